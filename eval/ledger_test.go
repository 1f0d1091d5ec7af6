package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestLedgerIsLockedAgainstASecondWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl")
	w, err := CreateLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AppendLedger(path, 0); !errors.Is(err, ErrLocked) {
		t.Errorf("a second writer got %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w, err = AppendLedger(path, 0)
	if err != nil {
		t.Fatalf("after the first closed: %v", err)
	}
	w.Close()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", st.Mode().Perm())
	}
}

// fullDisk takes so many bytes and then none.
type fullDisk struct {
	bytes.Buffer
	room  int
	syncs int
}

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) <= d.room {
		d.room -= len(p)
		return d.Buffer.Write(p)
	}
	n, _ := d.Buffer.Write(p[:d.room])
	d.room = 0
	return n, syscall.ENOSPC
}
func (d *fullDisk) Truncate(n int64) error { d.Buffer.Truncate(int(n)); return nil }
func (d *fullDisk) Sync() error            { d.syncs++; return nil }
func (d *fullDisk) Close() error           { return nil }
func (d *fullDisk) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(d.Bytes()).ReadAt(p, off)
}

func TestFullDiskLeavesAReadableLedger(t *testing.T) {
	for _, room := range []int{600, 5000, 12345} {
		disk := &fullDisk{room: room}
		w := newLedgerWriter("l.jsonl", disk, 0)
		p := testPlan(t, newWorld(.9, .9), 20, nil)
		_, err := Run(t.Context(), p, RunOptions{Ledger: w, Now: fixedClock})
		w.Close()
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "run again, it continues") {
			t.Errorf("room for %d bytes: %v", room, err)
		}
		if b := disk.Bytes(); len(b) > 0 && b[len(b)-1] != '\n' {
			t.Errorf("room for %d bytes: the ledger ends in a torn line", room)
		}
		if _, err := ReadLedger(bytes.NewReader(disk.Bytes()), "l.jsonl"); err != nil && room > 1000 {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
}

func TestLedgerSyncsInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &fullDisk{room: 1 << 20}
		w := newLedgerWriter("l.jsonl", disk, 0)
		for range 100 {
			if _, _, err := w.Append(Event{Extend: &ExtendEvent{To: 2}}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(SyncInterval + time.Millisecond)
		synctest.Wait()
		if disk.syncs != 1 {
			t.Errorf("%d syncs after 100 events in one interval, want 1", disk.syncs)
		}
		time.Sleep(10 * SyncInterval)
		synctest.Wait()
		if disk.syncs != 1 {
			t.Errorf("%d syncs while nothing was written, want 1", disk.syncs)
		}
		w.Close()
	})
}

func TestLedgerErrorsNameTheLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl")
	if _, err := runPlan(t, testPlan(t, newWorld(.9, .9), 5, nil), path, nil); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
	edit := func(change func(l []string) []string) string {
		return strings.Join(change(append([]string(nil), lines...)), "")
	}
	for _, tt := range []struct{ name, text, want string }{
		{"corrupt middle", edit(func(l []string) []string { l[9] = "{\"sample\":{\"ca\n"; return l }), "l.jsonl:10: not an event"},
		{"other version", edit(func(l []string) []string {
			l[0] = strings.Replace(l[0], "qualgate.ledger/1", "qualgate.ledger/7", 1)
			return l
		}), `l.jsonl:1: this is a ledger of format "qualgate.ledger/7"`},
		{"no plan", edit(func(l []string) []string { return l[1:] }), "l.jsonl:1: the first line is not a plan"},
		{"empty", "", "no plan in it"},
		{"not a ledger", "hello\nworld\n", "l.jsonl:1: not an event"},
		{"unknown case", edit(func(l []string) []string {
			return append(l, "\n", `{"failure":{"case":"nope","arm":"candidate","trial":0,"stage":"judge","message":"x"}}`+"\n")
		}), `case "nope" is not in the plan`},
		{"score out of range", edit(func(l []string) []string {
			for i := range l {
				l[i] = strings.Replace(l[i], `"value":1,`, `"value":7,`, 1)
			}
			return l
		}), "outside [0,1]"},
		{"not UTF-8", edit(func(l []string) []string { l[8] = "{\"x\":\"\xff\"}\n"; return l }), "l.jsonl:9: the line is not valid UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadLedger(strings.NewReader(tt.text), "l.jsonl")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to say %q", err, tt.want)
			}
		})
	}
}

// Reading must not depend on which scorer of a slot was faster.
func TestOrderOfEventsDoesNotMatter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl")
	if _, err := runPlan(t, testPlan(t, newWorld(.9, .7), 60, nil), path, nil); err != nil {
		t.Fatal(err)
	}
	want := readBack(t, path)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	var head, samples, scores, tail []string
	for _, l := range lines {
		switch {
		case strings.HasPrefix(l, `{"sample"`):
			samples = append([]string{l}, samples...)
		case strings.HasPrefix(l, `{"scores"`):
			scores = append([]string{l}, scores...)
		case strings.HasPrefix(l, `{"end"`):
			tail = append(tail, l)
		default:
			head = append(head, l)
		}
	}
	text := strings.Join(head, "") + strings.Join(samples, "") + strings.Join(scores, "") + strings.Join(tail, "")
	c, err := ReadLedger(strings.NewReader(text), "l.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := mustJSON(t, want), mustJSON(t, Summarize(c)); a != b {
		t.Errorf("in another order the result differs:\n%s\n%s", a, b)
	}
}

func FuzzReadLedger(f *testing.F) {
	path := filepath.Join(f.TempDir(), "l.jsonl")
	if _, err := runPlan(f, testPlan(f, newWorld(.9, .7), 3, nil), path, nil); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte(`{"plan":{"format":"qualgate.ledger/1","repeats":1,"cases":1}}` + "\n" + `{"case":{"id":"a"}}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadLedger(bytes.NewReader(data), "f.jsonl")
		if err != nil {
			return
		}
		if c.Header.Cases*c.Header.MaxTrials() > 10000 {
			return
		}
		r := Summarize(c)
		if _, err := json.Marshal(r); err != nil {
			t.Fatalf("the result cannot be written: %v", err)
		}
		planned := r.Candidate.Planned
		if r.Baseline != nil {
			planned += r.Baseline.Planned
		}
		scored := r.Candidate.Scored
		if r.Baseline != nil {
			scored += r.Baseline.Scored
		}
		if planned != scored+len(r.Failures) {
			t.Fatalf("planned %d, scored %d, failed %d", planned, scored, len(r.Failures))
		}
	})
}

func BenchmarkReadLedger(b *testing.B) {
	text := strings.Repeat("a word of an answer, ", 200)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	const cases = 20000
	h := Header{Format: LedgerFormat, Kind: "run", Cases: cases, Repeats: 1, Policy: DefaultPolicy(), Baseline: &ArmInfo{},
		Scorers: []ScorerInfo{{Name: "checks"}}, PlanDigest: "x"}
	enc.Encode(Event{Plan: &h})
	for i := range cases {
		enc.Encode(Event{Case: &CaseInfo{ID: fmt.Sprint(i)}})
	}
	for i := range cases {
		for _, arm := range []Arm{Baseline, Candidate} {
			s := Slot{fmt.Sprint(i), arm, 0}
			enc.Encode(Event{Sample: &SampleEvent{Slot: s, Output: Output{Text: text}}})
			enc.Encode(Event{Scores: &ScoresEvent{Slot: s, Scorer: "checks", Scores: []Score{{Criterion: "check:x", Value: coin(fmt.Sprint(s)), Weight: 1, Deterministic: true}}}})
		}
	}
	b.SetBytes(int64(buf.Len()))
	for b.Loop() {
		c, err := ReadLedger(bytes.NewReader(buf.Bytes()), "b.jsonl")
		if err != nil {
			b.Fatal(err)
		}
		if r := Summarize(c); r.Candidate.Scored != cases {
			b.Fatal("lost scores")
		}
	}
}
