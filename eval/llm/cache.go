package llm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// cacheVersion is part of every key: entries of another version are misses.
const cacheVersion = "1"

// Cache keeps answers on disk, by the content of everything that determines
// them, the Key (arm and trial) included: a repeat is a measurement of its own
// and never a copy. Several processes may share a directory.
type Cache struct {
	Dir string
	// Skip, if set, names requests that are asked anew although an answer is
	// kept, so that the two arms of a pair are both kept or both fresh.
	Skip func(Key) bool
}

type cached struct {
	inner    Client
	c        *Cache
	endpoint string
}

// Wrap puts a client behind the cache. Endpoint identifies where the client's
// answers come from (base URL and provider).
func (c *Cache) Wrap(inner Client, endpoint string) Client { return &cached{inner, c, endpoint} }

type cacheEntry struct {
	Stored   time.Time `json:"stored"`
	Response Response  `json:"response"`
}

// path is where the answer to a request is kept.
func (c *Cache) path(endpoint string, req Request) string {
	b, err := json.Marshal(struct {
		Version, Endpoint string
		Request           Request
		Key               Key
	}{cacheVersion, endpoint, req, req.Key})
	if err != nil { // params that are not JSON are refused by the client
		b = fmt.Appendf(nil, "%s %+v", endpoint, req)
	}
	sum := sha256.Sum256(b)
	name := hex.EncodeToString(sum[:])
	return filepath.Join(c.Dir, name[:2], name+".json")
}

// Has reports whether an answer to the request is kept.
func (c *Cache) Has(endpoint string, req Request) bool {
	_, ok := c.load(c.path(endpoint, req))
	return ok
}

// load reads an entry; a damaged one is a miss.
func (c *Cache) load(path string) (e cacheEntry, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(b, &e) != nil || e.Stored.IsZero() {
		return cacheEntry{}, false
	}
	return e, true
}

func (c *cached) Complete(ctx context.Context, req Request) (Response, error) {
	if err := ctx.Err(); err != nil {
		return Response{}, err
	}
	path := c.c.path(c.endpoint, req)
	if c.c.Skip == nil || !c.c.Skip(req.Key) {
		if e, ok := c.c.load(path); ok {
			r := e.Response
			r.Cached, r.Stored, r.Attempts = true, e.Stored, 0
			return r, nil
		}
	}
	resp, err := c.inner.Complete(ctx, req)
	if err == nil {
		// A cache that cannot be written costs money next time, not this run.
		_ = c.c.store(path, resp)
	}
	return resp, err
}

// store writes an entry whole or not at all.
func (c *Cache) store(path string, r Response) error {
	b, err := json.Marshal(cacheEntry{time.Now().UTC().Truncate(time.Second), r})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
