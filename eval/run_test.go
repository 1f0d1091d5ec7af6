package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world answers and scores as a pure function of the slot, so that any two
// runs that measured the same slots agree; faults say which calls fail.
type world struct {
	quality  map[Arm]float64
	faults   func(purpose string, s Slot, call int) error
	mu       sync.Mutex
	calls    map[string]int // purpose and slot → calls
	answered map[string]int // of them, those that came back
	delay    time.Duration
}

func newWorld(base, cand float64) *world {
	return &world{quality: map[Arm]float64{Baseline: base, Candidate: cand}, calls: map[string]int{}, answered: map[string]int{}}
}

func (w *world) call(ctx context.Context, purpose string, s Slot) error {
	key := fmt.Sprintf("%s %s %s %d", purpose, s.Case, s.Arm, s.Trial)
	w.mu.Lock()
	w.calls[key]++
	n := w.calls[key]
	w.mu.Unlock()
	if w.delay > 0 {
		select {
		case <-time.After(w.delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if w.faults != nil {
		if err := w.faults(purpose, s, n); err != nil {
			return err
		}
	}
	w.mu.Lock()
	w.answered[key]++
	w.mu.Unlock()
	return nil
}

func (w *world) Generate(ctx context.Context, c *Case, s Slot) (Output, error) {
	if err := w.call(ctx, "generate", s); err != nil {
		return Output{}, err
	}
	return Output{Text: fmt.Sprintf("answer to %s by %s, trial %d", c.ID, s.Arm, s.Trial), Latency: time.Millisecond,
		Spend: Spend{Calls: 1, Attempts: 1, InputTokens: 10, OutputTokens: 5, USD: .001}}, nil
}

// coin is a uniform number fixed by its name.
func coin(name string) float64 { return float64(Seed(name, "coin")>>11) / (1 << 53) }

type worldScorer struct {
	w      *world
	remote bool
}

func (s worldScorer) Name() string {
	if s.remote {
		return "judge"
	}
	return "checks"
}
func (s worldScorer) Remote() bool { return s.remote }

func (s worldScorer) Score(ctx context.Context, x Sample) (Scored, error) {
	slot := Slot{x.Case.ID, x.Arm, x.Trial}
	if !s.remote {
		return Scored{Scores: []Score{{Criterion: "check:length", Value: 1, Weight: 1, Pass: true, Deterministic: true}}}, nil
	}
	if err := s.w.call(ctx, "judge", slot); err != nil {
		return Scored{}, err
	}
	v := 1.0
	// The case decides most of it, so that the arms are correlated as real ones.
	if .7*coin(x.Case.ID)+.3*coin(fmt.Sprint(slot)) > s.w.quality[x.Arm] {
		v = 0
	}
	return Scored{Scores: []Score{{Criterion: "judge:accuracy", Value: v, Weight: 1, Label: "yes", Reason: "because " + x.Output.Text, Pass: v > 0}},
		Spend: Spend{Calls: 1, Attempts: 1, USD: .002}}, nil
}

func testSet(n int) *GoldenSet {
	set := &GoldenSet{Name: "test"}
	for i := range n {
		id := fmt.Sprintf("case-%03d", i)
		set.Cases = append(set.Cases, Case{ID: id, Digest: Digest(id), Vars: map[string]any{"question": "q " + id}, Tags: []string{fmt.Sprintf("t%d", i%3)}})
	}
	set.Digest = Digest(n)
	return set
}

func testPlan(t testing.TB, w *world, n int, change func(*PlanSpec)) *Plan {
	t.Helper()
	spec := PlanSpec{
		Name: "test", Golden: testSet(n), Candidate: ArmInfo{Label: "cand", Digest: "c"}, Baseline: &ArmInfo{Label: "base", Digest: "b"},
		CandidateTarget: w, BaselineTarget: w,
		Scorers:     []Scorer{worldScorer{w, false}, worldScorer{w, true}},
		ScorerInfos: []ScorerInfo{{Name: "checks", Version: "1"}, {Name: "judge", Version: "1", Remote: true}},
		Judge:       "j", Policy: DefaultPolicy(), Repeats: 1, Created: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
	}
	if change != nil {
		change(&spec)
	}
	p, err := NewPlan(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fixedClock makes elapsed times equal.
func fixedClock() time.Time { return time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC) }

func runPlan(t testing.TB, p *Plan, path string, change func(*RunOptions)) (*Result, error) {
	t.Helper()
	o := RunOptions{Concurrency: 8, Now: fixedClock}
	if c, err := OpenLedger(path); err == nil {
		c.Close()
		o.Resumed = c
		if o.Ledger, err = AppendLedger(path, c.Size); err != nil {
			t.Fatal(err)
		}
	} else if o.Ledger, err = CreateLedger(path); err != nil {
		t.Fatal(err)
	}
	defer o.Ledger.Close()
	if change != nil {
		change(&o)
	}
	return Run(context.Background(), p, o)
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// readBack summarises a ledger from its file.
func readBack(t testing.TB, path string) *Result {
	t.Helper()
	c, err := OpenLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return Summarize(c)
}

func TestRunVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name       string
		base, cand float64
		want       Verdict
		exit       int
	}{
		{"unchanged", .9, .9, Pass, 0},
		{"better", .7, .9, Pass, 0},
		{"worse", .9, .6, Regressed, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "l.jsonl")
			p := testPlan(t, newWorld(tt.base, tt.cand), 300, func(s *PlanSpec) { s.Repeats = 2 })
			got, err := runPlan(t, p, path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.Verdict != tt.want || got.ExitCode != tt.exit {
				t.Errorf("verdict %v, exit %d; want %v, %d: %s", got.Verdict, got.ExitCode, tt.want, tt.exit, got.Sentence)
			}
			if a, b := mustJSON(t, got), mustJSON(t, readBack(t, path)); a != b {
				t.Errorf("read back, the result differs:\n%s\n%s", a, b)
			}
		})
	}
}

// Every slot ends as a score or a failure, whatever fails and in which order.
func TestPlannedIsScoredPlusFailed(t *testing.T) {
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		rate := rapid.Float64Range(0, 1).Draw(rt, "fault rate")
		seed := rapid.Uint64().Draw(rt, "seed")
		kinds := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 4).Draw(rt, "kinds")
		w := newWorld(.9, .8)
		w.faults = func(purpose string, s Slot, call int) error {
			rng := rand.New(rand.NewPCG(seed, Seed(fmt.Sprint(purpose, s, call), "")))
			if rng.Float64() >= rate {
				return nil
			}
			switch kinds[rng.IntN(len(kinds))] {
			case 0:
				return errors.New("connection reset")
			case 1:
				return context.DeadlineExceeded
			case 2:
				return &Failure{Stage: StageParse, Scorer: "judge", Message: "not a verdict", Spend: Spend{USD: .001}}
			case 3:
				panic("a target that panics")
			case 4:
				return &FatalError{Err: errors.New("wrong key")}
			}
			return &FatalError{Err: &Failure{Stage: StageBudget, Message: "budget used up"}}
		}
		n := rapid.IntRange(1, 30).Draw(rt, "cases")
		p := testPlan(t, w, n, func(s *PlanSpec) { s.Repeats = rapid.IntRange(1, 3).Draw(rt, "repeats") })
		path := filepath.Join(dir, fmt.Sprint(run), "l.jsonl")
		got, err := runPlan(t, p, path, func(o *RunOptions) { o.Concurrency = rapid.IntRange(1, 9).Draw(rt, "concurrency") })
		var fatal *FatalError
		if err != nil && !errors.As(err, &fatal) {
			rt.Fatal(err)
		}
		failed := 0
		for _, a := range []*ArmSummary{got.Baseline, &got.Candidate} {
			if a.Planned != n*p.Header.Repeats || a.Planned != a.Scored+a.Failed {
				rt.Fatalf("planned %d, scored %d, failed %d", a.Planned, a.Scored, a.Failed)
			}
			failed += a.Failed
		}
		if failed != len(got.Failures) {
			rt.Fatalf("%d slots failed, %d are listed", failed, len(got.Failures))
		}
		if failed > 0 && float64(failed) > .02*float64(2*n*p.Header.Repeats) && got.Verdict != Unmeasured {
			rt.Fatalf("%d lost slots and verdict %v", failed, got.Verdict)
		}
		if a, b := mustJSON(t, got), mustJSON(t, readBack(t, path)); a != b {
			rt.Fatalf("read back, the result differs:\n%s\n%s", a, b)
		}
	})
}

// A ledger cut anywhere, as kill -9 leaves it, is continued to the same
// result, and nothing that came back is asked again.
func TestResumeAfterKill(t *testing.T) {
	dir := t.TempDir()
	whole := newWorld(.9, .7)
	p := testPlan(t, whole, 40, func(s *PlanSpec) { s.Repeats = 2 })
	full := filepath.Join(dir, "full.jsonl")
	want, err := runPlan(t, p, full, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(full)
	if err != nil {
		t.Fatal(err)
	}
	head := bytes.IndexByte(data, '\n') + 1
	i := 0
	rapid.Check(t, func(rt *rapid.T) {
		i++
		cut := rapid.IntRange(head, len(data)).Draw(rt, "cut")
		path := filepath.Join(dir, fmt.Sprint(i), "l.jsonl")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			rt.Fatal(err)
		}
		if err := os.WriteFile(path, data[:cut], 0o600); err != nil {
			rt.Fatal(err)
		}
		kept := bytes.Count(data[:cut], []byte(`{"sample":`)) + bytes.Count(data[:cut], []byte(`"scorer":"judge"`))
		if cut < len(data) && !bytes.HasSuffix(data[:cut], []byte("\n")) { // the torn line may hold one
			last := data[bytes.LastIndexByte(data[:cut], '\n')+1 : cut]
			kept -= bytes.Count(last, []byte(`{"sample":`)) + bytes.Count(last, []byte(`"scorer":"judge"`))
		}
		w := newWorld(.9, .7)
		p := testPlan(t, w, 40, func(s *PlanSpec) { s.Repeats = 2 })
		got, err := runPlan(t, p, path, nil)
		if err != nil {
			rt.Fatal(err)
		}
		got.Run.Elapsed = want.Run.Elapsed
		got.Warnings = dropWarning(got.Warnings, "torn-line")
		if a, b := mustJSON(t, want), mustJSON(t, got); a != b {
			rt.Fatalf("cut at %d, the result differs:\n%s\n%s", cut, a, b)
		}
		asked := 0
		for _, n := range w.calls {
			asked += n
		}
		if asked+kept != 2*2*40*2 {
			rt.Fatalf("cut at %d: %d calls kept, %d asked again; want %d in all", cut, kept, asked, 2*2*40*2)
		}
	})
}

func dropWarning(ws []Warning, code string) []Warning {
	var out []Warning
	for _, w := range ws {
		if w.Code != code {
			out = append(out, w)
		}
	}
	return out
}

func TestOutageHalfWayIsResumed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl")
	w := newWorld(.9, .9)
	var down atomic.Bool
	var calls atomic.Int64
	w.faults = func(string, Slot, int) error {
		if calls.Add(1) == 200 {
			down.Store(true)
		}
		if down.Load() {
			return errors.New("connection refused")
		}
		return nil
	}
	p := testPlan(t, w, 300, nil)
	got, err := runPlan(t, p, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.ExitCode != 3 || got.Run.Ended != "outage" || !strings.Contains(got.Sentence, "Could not measure") {
		t.Fatalf("exit %d, ended %s: %s", got.ExitCode, got.Run.Ended, got.Sentence)
	}
	down.Store(false)
	got, err = runPlan(t, p, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.ExitCode != 0 || len(got.Failures) != 0 {
		t.Fatalf("after the outage: exit %d, %d failures: %s", got.ExitCode, len(got.Failures), got.Sentence)
	}
	for k, n := range w.answered {
		if n != 1 {
			t.Errorf("%s was paid for %d times", k, n)
		}
	}
}

func TestFatalErrorStopsAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl")
	w := newWorld(.9, .9)
	w.faults = func(string, Slot, int) error {
		return &FatalError{Err: errors.New("invalid api key"), Hint: "set OPENAI_API_KEY"}
	}
	p := testPlan(t, w, 300, nil)
	got, err := runPlan(t, p, path, nil)
	var fatal *FatalError
	if !errors.As(err, &fatal) || got == nil || got.ExitCode != 3 {
		t.Fatalf("got %v, %v", got, err)
	}
	if len(w.calls) > 8 {
		t.Errorf("%d calls were made after the first refusal, with 8 at once", len(w.calls))
	}
}

func TestDrainKeepsWhatIsUnderWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl")
	w := newWorld(.9, .9)
	drain := make(chan struct{})
	var once sync.Once
	var n atomic.Int64
	w.faults = func(string, Slot, int) error {
		if n.Add(1) == 50 {
			once.Do(func() { close(drain) })
		}
		return nil
	}
	p := testPlan(t, w, 300, nil)
	got, err := runPlan(t, p, path, func(o *RunOptions) { o.Drain = drain })
	if err != nil {
		t.Fatal(err)
	}
	if got.Run.Ended != "interrupted" || got.Verdict != Unmeasured {
		t.Fatalf("ended %s, verdict %v", got.Run.Ended, got.Verdict)
	}
	c, err := OpenLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Finished() {
		t.Error("an interrupted run counts as finished")
	}
	kept := 0
	for i := range c.slots {
		if c.slots[i].sample.len > 0 {
			kept++
		}
	}
	samples := 0
	for k, n := range w.answered {
		if strings.HasPrefix(k, "generate") {
			samples += n
		}
	}
	if kept != samples {
		t.Errorf("%d answers came, %d were kept", samples, kept)
	}
}

func TestExtendsOnceWhenInconclusive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl")
	p := testPlan(t, newWorld(.5, .5), 120, func(s *PlanSpec) { s.Repeats, s.ExtendTo, s.Policy.MaxDrop.Value = 1, 4, .02 })
	got, err := runPlan(t, p, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Looks != 2 || got.Run.Trials != 4 || !got.ErrorSplit {
		t.Fatalf("looks %d, trials %d, split %v: %s", got.Looks, got.Run.Trials, got.ErrorSplit, got.Sentence)
	}
	if got.Overall.Alpha != (1-got.Policy.Confidence)/2 {
		t.Errorf("alpha of each look is %v", got.Overall.Alpha)
	}
	if got.Candidate.Planned != 4*120 || got.Candidate.Failed != 0 {
		t.Errorf("planned %d, failed %d", got.Candidate.Planned, got.Candidate.Failed)
	}
}

func TestRecordedBaselineAsksOnlyTheCandidate(t *testing.T) {
	dir := t.TempDir()
	live := newWorld(.9, .9)
	if _, err := runPlan(t, testPlan(t, live, 100, nil), filepath.Join(dir, "old.jsonl"), nil); err != nil {
		t.Fatal(err)
	}
	rec, err := OpenLedger(filepath.Join(dir, "old.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	var committed bytes.Buffer
	if err := WriteBaseline(&committed, rec, "me", "first", fixedClock()); err != nil {
		t.Fatal(err)
	}
	base, err := ReadLedger(bytes.NewReader(committed.Bytes()), "qualgate.baseline")
	if err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]*Collected{"ledger": rec, "committed": base} {
		w := newWorld(.9, .5)
		p := testPlan(t, w, 100, func(s *PlanSpec) {
			s.Recorded, s.BaselineTarget = from, nil
			s.Baseline.Recorded, s.Baseline.RecordedAt = "abc", fixedClock().AddDate(0, -1, 0)
			if why := RecordedMismatch(s, from); why != "" {
				t.Fatal(why)
			}
		})
		got, err := runPlan(t, p, filepath.Join(dir, name+".jsonl"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict != Regressed || got.Baseline.Scored != 100 || got.Baseline.Spend != (Spend{}) {
			t.Errorf("%s: %v, baseline %+v", name, got.Verdict, got.Baseline)
		}
		if len(w.calls) != 200 {
			t.Errorf("%s: %d calls, want 200", name, len(w.calls))
		}
		if !hasWarning(got, "old-baseline") {
			t.Errorf("%s: the baseline's age is not remarked on: %v", name, got.Warnings)
		}
	}
}

func hasWarning(r *Result, code string) bool {
	for _, w := range r.Warnings {
		if w.Code == code {
			return true
		}
	}
	return false
}

func TestRecordedMismatchNamesTheField(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl")
	if _, err := runPlan(t, testPlan(t, newWorld(.9, .9), 30, nil), path, nil); err != nil {
		t.Fatal(err)
	}
	rec, err := OpenLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	for want, change := range map[string]func(*PlanSpec){
		"judge differs":           func(s *PlanSpec) { s.Judge = "another" },
		"rubric differs":          func(s *PlanSpec) { s.RubricDigest = "x" },
		"trials (run.repeats)":    func(s *PlanSpec) { s.Repeats = 3 },
		"scorers differs":         func(s *PlanSpec) { s.ScorerInfos[0].Version = "2" },
		"changed case-003":        func(s *PlanSpec) { s.Golden.Cases[3].Digest = "x" },
		"removed case-029":        func(s *PlanSpec) { s.Golden.Cases = s.Golden.Cases[:29] },
		"added case-030, case-03": func(s *PlanSpec) { s.Golden = testSet(32) },
	} {
		p := testPlan(t, newWorld(.9, .9), 30, nil)
		spec := p.spec
		change(&spec)
		if got := RecordedMismatch(&spec, rec); !strings.Contains(got, want) {
			t.Errorf("got %q, want it to say %q", got, want)
		}
	}
}
