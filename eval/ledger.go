package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// LedgerFormat names the ledger format this version writes. The number grows
// when an old reader would misread a new ledger.
const LedgerFormat = "qualgate.ledger/1"

// SyncInterval is the longest time a written event may sit in the operating
// system's cache: what a power cut can cost. A killed process loses nothing.
const SyncInterval = 250 * time.Millisecond

// Event is one line of a ledger; exactly one field is set.
type Event struct {
	Plan    *Header       `json:"plan,omitempty"`
	Case    *CaseInfo     `json:"case,omitempty"`
	Sample  *SampleEvent  `json:"sample,omitempty"`
	Scores  *ScoresEvent  `json:"scores,omitempty"`
	Failure *FailureEvent `json:"failure,omitempty"`
	Extend  *ExtendEvent  `json:"extend,omitempty"`
	Resume  *ResumeEvent  `json:"resume,omitempty"`
	End     *EndEvent     `json:"end,omitempty"`
}

// SampleEvent records an answer as soon as it came.
type SampleEvent struct {
	Slot
	// Recorded marks an answer taken over from an earlier ledger: it cost
	// nothing now.
	Recorded bool   `json:"recorded,omitempty"`
	Output   Output `json:"output"`
}

// ScoresEvent records what one scorer said of one sample.
type ScoresEvent struct {
	Slot
	Recorded bool    `json:"recorded,omitempty"`
	Scorer   string  `json:"scorer"`
	Scores   []Score `json:"scores"`
	Spend    Spend   `json:"spend,omitzero"`
}

// FailureEvent records a slot that was lost. A later sample or score of the
// same slot, from a resumed run, supersedes it.
type FailureEvent struct {
	Slot
	Failure
}

// ExtendEvent says that an inconclusive run went on to more trials.
type ExtendEvent struct {
	To int `json:"to"`
}

// ResumeEvent says that an interrupted run went on.
type ResumeEvent struct {
	At time.Time `json:"at"`
}

// EndEvent says how a run ended: complete, interrupted, stopped, budget,
// outage. Only a complete run is finished; any other is continued by the next
// run of the same plan.
type EndEvent struct {
	How     string        `json:"how"`
	Why     string        `json:"why,omitempty"`
	Elapsed time.Duration `json:"elapsed_ns"`
}

// ErrLocked says that another process writes the ledger.
var ErrLocked = errors.New("ledger is in use")

// ledgerFile is what a LedgerWriter needs of a file.
type ledgerFile interface {
	io.Writer
	io.ReaderAt
	Sync() error
	Truncate(size int64) error
	Close() error
}

// LedgerWriter appends events. Every event is one write(2) before Append
// returns, so a killed process loses nothing that came back; the file is
// synced at most SyncInterval later.
type LedgerWriter struct {
	// Scrub takes secrets out of a line before it is written, if set. It must
	// leave the line valid JSON.
	Scrub func([]byte) []byte

	path string
	lock *flock.Flock

	mu    sync.Mutex
	file  ledgerFile
	size  int64
	dirty bool
	err   error // the first write error; nothing is written after it
	stop  chan struct{}
	done  chan struct{}
}

// CreateLedger makes a new ledger at path, with mode 0600, and locks it
// against a second writer. It fails if the file exists.
func CreateLedger(path string) (*LedgerWriter, error) {
	return openLedger(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0)
}

// AppendLedger opens an existing ledger to go on writing after its first size
// bytes; what lies behind (a torn last line) is cut off.
func AppendLedger(path string, size int64) (*LedgerWriter, error) {
	return openLedger(path, os.O_RDWR, size)
}

func openLedger(path string, flag int, size int64) (*LedgerWriter, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the ledger's directory: %w", err)
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("cannot lock the ledger: %w", err)
	}
	if !ok {
		return nil, fmt.Errorf("%s: %w by another qualgate run; wait for it or give --ledger another path", path, ErrLocked)
	}
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		lock.Unlock()
		return nil, fmt.Errorf("cannot open the ledger: %w", err)
	}
	if flag&os.O_EXCL == 0 {
		if err = f.Truncate(size); err == nil {
			_, err = f.Seek(size, io.SeekStart)
		}
		if err != nil {
			f.Close()
			lock.Unlock()
			return nil, fmt.Errorf("cannot continue the ledger: %w", err)
		}
	}
	w := newLedgerWriter(path, f, size)
	w.lock = lock
	return w, nil
}

func newLedgerWriter(path string, f ledgerFile, size int64) *LedgerWriter {
	w := &LedgerWriter{path: path, file: f, size: size, stop: make(chan struct{}), done: make(chan struct{})}
	go w.syncLoop()
	return w
}

// Path returns where the ledger is.
func (w *LedgerWriter) Path() string { return w.path }

// Append writes one event and returns where its line begins and how long it is.
func (w *LedgerWriter) Append(e Event) (offset int64, length int, err error) {
	line, err := json.Marshal(e)
	if err != nil {
		return 0, 0, fmt.Errorf("cannot record an event: %w", err)
	}
	if w.Scrub != nil {
		line = w.Scrub(line)
	}
	line = append(line, '\n')
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, 0, w.err
	}
	n, err := w.file.Write(line)
	if err != nil {
		if n > 0 { // take the torn line away, so that the ledger stays whole
			w.file.Truncate(w.size)
		}
		w.err = fmt.Errorf("ledger %s: %w; everything recorded before is kept: make room and run again, it continues", w.path, err)
		return 0, 0, w.err
	}
	offset = w.size
	w.size += int64(n)
	w.dirty = true
	return offset, n, nil
}

// ReadAt reads what was written, for details of the report.
func (w *LedgerWriter) ReadAt(p []byte, off int64) (int, error) { return w.file.ReadAt(p, off) }

func (w *LedgerWriter) syncLoop() {
	defer close(w.done)
	tick := time.NewTicker(SyncInterval)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
			w.sync()
		}
	}
}

func (w *LedgerWriter) sync() error {
	w.mu.Lock()
	dirty := w.dirty
	w.dirty = false
	w.mu.Unlock()
	if !dirty {
		return nil
	}
	return w.file.Sync()
}

// Close syncs and closes the ledger and frees its lock.
func (w *LedgerWriter) Close() error {
	close(w.stop)
	<-w.done
	err := errors.Join(w.sync(), w.file.Close())
	if w.lock != nil {
		// The lock file stays: removing it would let two later writers hold
		// locks on two different files of the same name.
		err = errors.Join(err, w.lock.Unlock())
	}
	return err
}
