package llm

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// minSecret is the shortest value that is taken out: shorter ones occur in
// plain text by chance.
const minSecret = 6

// Redactor takes the values of named secrets out of text, in the forms they
// come back in: as they are, URL-escaped, JSON-escaped, base64 (standard and
// URL alphabet, at any of the three alignments), hexadecimal.
type Redactor struct {
	mu      sync.RWMutex
	pairs   [][2]string // form, replacement; longest form first
	longest int
	r       *strings.Replacer
}

// Add names a secret's value. Values shorter than six characters are ignored.
func (x *Redactor) Add(name, value string) {
	value = strings.TrimSpace(value)
	if len(value) < minSecret {
		return
	}
	mark := "[redacted:" + name + "]"
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, f := range forms(value) {
		x.pairs = append(x.pairs, [2]string{f, mark})
		x.longest = max(x.longest, len(f))
	}
	slices.SortStableFunc(x.pairs, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	var flat []string
	for _, p := range x.pairs {
		flat = append(flat, p[0], p[1])
	}
	x.r = strings.NewReplacer(flat...)
}

// forms lists how a value may be written.
func forms(v string) []string {
	js, _ := json.Marshal(v)
	fs := []string{v, url.QueryEscape(v), url.PathEscape(v), strings.Trim(string(js), `"`), hex.EncodeToString([]byte(v)), strings.ToUpper(hex.EncodeToString([]byte(v)))}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for pad := range 3 {
			// The characters that depend on the value alone, whatever stands
			// before and behind it.
			s := enc.EncodeToString(append(make([]byte, pad), v...))
			from := (pad*8 + 5) / 6
			to := (pad + len(v)) * 8 / 6
			if to-from >= minSecret {
				fs = append(fs, s[from:to])
			}
		}
	}
	slices.Sort(fs)
	return slices.Compact(fs)
}

// String returns the text without secrets.
func (x *Redactor) String(s string) string {
	if x == nil {
		return s
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.r == nil {
		return s
	}
	return x.r.Replace(s)
}

// Bytes returns the text without secrets.
func (x *Redactor) Bytes(b []byte) []byte {
	x.mu.RLock()
	none := x.r == nil
	x.mu.RUnlock()
	if none {
		return b
	}
	return []byte(x.String(string(b)))
}

// Error returns the error with its words redacted, as an *Error where it is one.
func (x *Redactor) Error(err error) error {
	if err == nil || x == nil {
		return err
	}
	var e *Error
	if errors.As(err, &e) {
		c := *e
		c.Message, c.Hint, c.Host = x.String(e.Message), x.String(e.Hint), x.String(e.Host)
		c.Err = nil // its words are the server's, or a URL
		if errors.Is(err, context.DeadlineExceeded) {
			c.Err = context.DeadlineExceeded
		}
		c.Headers = nil
		return &c
	}
	if clean := x.String(err.Error()); clean != err.Error() {
		return errors.New(clean)
	}
	return err
}

type redacted struct {
	inner Client
	x     *Redactor
}

// Wrap takes secrets out of a client's answers and errors.
func (x *Redactor) Wrap(inner Client) Client { return &redacted{inner, x} }

func (c *redacted) Complete(ctx context.Context, req Request) (Response, error) {
	resp, err := c.inner.Complete(ctx, req)
	resp.Text, resp.Model = c.x.String(resp.Text), c.x.String(resp.Model)
	return resp, c.x.Error(err)
}

// Writer takes secrets out of what is written, also where one is split over
// several writes: what could be a secret's beginning is held back until the
// next write or Close.
func (x *Redactor) Writer(w io.Writer) io.WriteCloser { return &redactWriter{w: w, x: x} }

type redactWriter struct {
	mu   sync.Mutex
	w    io.Writer
	x    *Redactor
	held string
}

func (r *redactWriter) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.x.String(r.held + string(p))
	keep := r.x.begins(s)
	r.held = s[len(s)-keep:]
	_, err := io.WriteString(r.w, s[:len(s)-keep])
	return len(p), err
}

// begins returns how many last bytes of s are the beginning of a secret.
func (x *Redactor) begins(s string) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for n := min(len(s), x.longest-1); n > 0; n-- {
		tail := s[len(s)-n:]
		for _, p := range x.pairs {
			if strings.HasPrefix(p[0], tail) {
				return n
			}
		}
	}
	return 0
}

// Close writes what was held back.
func (r *redactWriter) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := io.WriteString(r.w, r.held)
	r.held = ""
	return err
}
