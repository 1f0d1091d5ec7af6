package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"unicode/utf8"
)

// maxLine bounds one event: a 10 MB answer, escaped, and room.
const maxLine = 256 << 20

// OpenLedger reads a ledger. The file stays open for details until the
// returned Collected is closed.
func OpenLedger(path string) (*Collected, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the ledger: %w", err)
	}
	c, err := ReadLedger(f, path)
	if err != nil {
		f.Close()
		return nil, err
	}
	return c, nil
}

// Close frees the file behind a Collected, if there is one.
func (c *Collected) Close() error {
	if cl, ok := c.source.(io.Closer); ok {
		return cl.Close()
	}
	return nil
}

// ReadLedger reads all events of a ledger; name is used in errors. A torn last
// line, as a kill leaves it, is dropped with a note; anything else that cannot
// be read is an error with its line number.
func ReadLedger(src io.ReaderAt, name string) (*Collected, error) {
	c := NewCollected(src)
	lines := decodeLines(src)
	defer lines.stop()
	for n := 1; ; n++ {
		l, ok := lines.next()
		if !ok {
			break
		}
		if l.err != nil && l.torn {
			c.Notes = append(c.Notes, Warning{"torn-line", fmt.Sprintf("the last line of %s was cut off while it was written and is not counted", name)})
			continue // it is the last one
		}
		err := l.err
		if err == nil {
			err = c.Add(l.event, l.off, l.len)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		c.Size = l.off + int64(l.len)
	}
	if err := lines.err; err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if c.Header.Format == "" {
		return nil, fmt.Errorf("%s: no plan in it: this is not a qualgate ledger, or nothing was recorded yet", name)
	}
	if len(c.Cases) != c.Header.Cases && c.End != nil {
		return nil, fmt.Errorf("%s: %d cases of the plan's %d are in it: the file is damaged", name, len(c.Cases), c.Header.Cases)
	}
	return c, nil
}

type lineOf struct {
	event Event
	off   int64
	len   int
	torn  bool
	err   error
}

// lineReader decodes lines on several cores and hands them out in order.
type lineReader struct {
	batches chan chan []lineOf
	quit    chan struct{}
	current []lineOf
	err     error
}

const (
	batchLines = 64
	batchBytes = 1 << 20
)

type rawBatch struct {
	data []byte
	ends []int
	off  int64
	torn bool // the last line has no newline
	out  chan []lineOf
}

func decodeLines(src io.ReaderAt) *lineReader {
	workers := runtime.GOMAXPROCS(0)
	r := &lineReader{batches: make(chan chan []lineOf, 2*workers), quit: make(chan struct{})}
	work := make(chan rawBatch, workers)
	for range workers {
		go func() {
			for b := range work {
				b.out <- decodeBatch(b)
			}
		}()
	}
	go func() {
		defer close(r.batches)
		defer close(work)
		r.err = splitLines(src, func(b rawBatch) bool {
			b.out = make(chan []lineOf, 1)
			select {
			case r.batches <- b.out:
			case <-r.quit:
				return false
			}
			select {
			case work <- b:
			case <-r.quit:
				return false
			}
			return true
		})
	}()
	return r
}

func (r *lineReader) next() (lineOf, bool) {
	for len(r.current) == 0 {
		out, ok := <-r.batches
		if !ok {
			return lineOf{}, false
		}
		r.current = <-out
	}
	l := r.current[0]
	r.current = r.current[1:]
	return l, true
}

// stop ends the goroutines and waits for the reading one, so that the source
// may be closed.
func (r *lineReader) stop() {
	close(r.quit)
	for range r.batches {
	}
}

// splitLines reads src to its end and yields whole lines in batches.
func splitLines(src io.ReaderAt, yield func(rawBatch) bool) error {
	br := bufio.NewReaderSize(io.NewSectionReader(src, 0, 1<<62), 1<<20)
	b := rawBatch{}
	off := int64(0)
	flush := func() bool {
		if len(b.ends) == 0 {
			return true
		}
		ok := yield(b)
		b = rawBatch{off: off}
		return ok
	}
	for {
		start := len(b.data)
		for {
			chunk, err := br.ReadSlice('\n')
			b.data = append(b.data, chunk...)
			if len(b.data)-start > maxLine {
				return fmt.Errorf("a line of over %d MB", maxLine>>20)
			}
			if err == nil {
				break
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if !errors.Is(err, io.EOF) {
				return err
			}
			if len(b.data) > start {
				b.ends = append(b.ends, len(b.data))
				b.torn = true
			}
			flush()
			return nil
		}
		off += int64(len(b.data) - start)
		b.ends = append(b.ends, len(b.data))
		if len(b.ends) >= batchLines || len(b.data) >= batchBytes {
			if !flush() {
				return nil
			}
		}
	}
}

func decodeBatch(b rawBatch) []lineOf {
	out := make([]lineOf, 0, len(b.ends))
	start := 0
	for i, end := range b.ends {
		l := lineOf{off: b.off + int64(start), len: end - start}
		l.torn = b.torn && i == len(b.ends)-1
		l.event, l.err = decodeEvent(b.data[start:end])
		if l.torn && l.err == nil {
			// Whole JSON without its newline: the write was cut just there.
			// It is dropped all the same, as the writer would continue behind it.
			l.err = errors.New("the line has no end")
		}
		out = append(out, l)
		start = end
	}
	return out
}

// decodeEvent reads one line; answers' texts are checked but not kept.
func decodeEvent(line []byte) (Event, error) {
	var e Event
	if !utf8.Valid(line) {
		return e, fmt.Errorf("the line is not valid UTF-8")
	}
	line = bytes.TrimRight(line, "\r\n")
	if err := json.Unmarshal(line, &e); err != nil {
		return e, fmt.Errorf("not an event: %w", err)
	}
	if e.Sample != nil {
		e.Sample.Output.Text = ""
	}
	if e.Scores != nil {
		for i := range e.Scores.Scores {
			e.Scores.Scores[i].Label, e.Scores.Scores[i].Reason = "", ""
		}
	}
	return e, nil
}

// event reads one line again, with its words.
func (c *Collected) event(at span) (Event, error) {
	var e Event
	buf := make([]byte, at.len)
	if _, err := c.source.ReadAt(buf, at.off); err != nil {
		return e, err
	}
	return e, json.Unmarshal(buf, &e)
}

// Answer reads a slot's answer and scores from the ledger; nil if it has none.
func (c *Collected) Answer(slot Slot) (*Answer, error) {
	i, err := c.slotIndex(slot)
	if err != nil {
		return nil, err
	}
	s := &c.slots[i]
	if s.sample.len == 0 {
		return nil, nil
	}
	e, err := c.event(s.sample)
	if err != nil || e.Sample == nil {
		return nil, fmt.Errorf("cannot read an answer back from the ledger: %w", err)
	}
	a := &Answer{Text: e.Sample.Output.Text, Truncated: e.Sample.Output.Truncated}
	for _, sp := range s.scores {
		if sp.len == 0 {
			continue
		}
		e, err := c.event(sp)
		if err != nil || e.Scores == nil {
			return nil, fmt.Errorf("cannot read a score back from the ledger: %w", err)
		}
		a.Scores = append(a.Scores, e.Scores.Scores...)
	}
	return a, nil
}

// Output reads a slot's whole output from the ledger; ok is false if it has none.
func (c *Collected) Output(slot Slot) (out Output, ok bool, err error) {
	i, err := c.slotIndex(slot)
	if err != nil || c.slots[i].sample.len == 0 {
		return out, false, err
	}
	e, err := c.event(c.slots[i].sample)
	if err != nil || e.Sample == nil {
		return out, false, fmt.Errorf("cannot read an answer back from the ledger: %w", err)
	}
	return e.Sample.Output, true, nil
}
