package eval

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// RunOptions says how a plan is carried out. None of it changes a verdict.
type RunOptions struct {
	// Ledger receives every event; Resumed is what it already holds (nil for a
	// new one).
	Ledger  *LedgerWriter
	Resumed *Collected
	// Concurrency bounds the steps (answers and judgements) under way. Default 8.
	Concurrency int
	// Drain, when closed, lets steps under way finish and starts no new one.
	Drain <-chan struct{}
	// GiveUpAfter ends the run as an outage after so many steps failed in a
	// row. Default twice the concurrency, at least 16.
	GiveUpAfter int
	// Progress is called after every step, one call at a time.
	Progress func(Progress)
	// Now is the clock for elapsed times. Default time.Now.
	Now func() time.Time
}

// Progress is how far a run is.
type Progress struct {
	Phase string
	// Done counts finished slots, scored or failed, of Total.
	Done, Total, Failed int
	// Calls counts steps that called a model in this process.
	Calls int
	Spent Spend
}

// Run carries out the plan and returns its result. Everything that came back
// is in the ledger, whatever happens: the error then says why there is no
// result. An interrupted, stopped or exhausted run still has a result, in
// which what was not measured is counted as lost.
func Run(ctx context.Context, p *Plan, o RunOptions) (*Result, error) {
	r := newRunner(p, o)
	if err := r.begin(); err != nil {
		return nil, err
	}
	r.trials(ctx, 0, p.Header.Repeats)
	if r.collected.ExtendedTo == 0 && r.endHow == "" && p.Header.ExtendTo > p.Header.Repeats {
		if res := Summarize(r.collected); res.Verdict == Inconclusive {
			r.append(Event{Extend: &ExtendEvent{To: p.Header.ExtendTo}})
		}
	}
	if r.collected.ExtendedTo > 0 && r.endHow == "" {
		r.trials(ctx, p.Header.Repeats, r.collected.ExtendedTo)
	}
	return r.finish()
}

type runner struct {
	plan *Plan
	o    RunOptions

	mu        sync.Mutex
	collected *Collected
	ledgerErr error
	endHow    string // why the run ends early, see EndEvent
	endWhy    string
	fatal     *FatalError
	inARow    int
	lastFail  string
	progress  Progress
	started   time.Time
}

func newRunner(p *Plan, o RunOptions) *runner {
	if o.Concurrency < 1 {
		o.Concurrency = 8
	}
	if o.GiveUpAfter < 1 {
		o.GiveUpAfter = max(16, 2*o.Concurrency)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return &runner{plan: p, o: o, started: o.Now()}
}

// begin writes the head of a new ledger, or takes up an old one.
func (r *runner) begin() error {
	if r.o.Resumed != nil {
		if d := r.o.Resumed.Header.PlanDigest; d != r.plan.Header.PlanDigest {
			return fmt.Errorf("the ledger belongs to another plan (%.8s, this is %.8s)", d, r.plan.Header.PlanDigest)
		}
		r.collected = r.o.Resumed
		r.collected.source = r.o.Ledger
		r.append(Event{Resume: &ResumeEvent{At: r.o.Now().UTC().Truncate(time.Second)}})
	} else {
		r.collected = NewCollected(r.o.Ledger)
		r.append(Event{Plan: &r.plan.Header})
	}
	for i := len(r.collected.Cases); i < len(r.plan.spec.Golden.Cases); i++ {
		r.append(Event{Case: caseInfo(&r.plan.spec.Golden.Cases[i])})
	}
	if r.plan.spec.Recorded != nil {
		r.takeOver(r.plan.spec.Recorded)
	}
	return r.ledgerErr
}

// append records an event and takes it into account, in one step, so that the
// collection in memory is always what the ledger would read back.
func (r *runner) append(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.appendLocked(e)
}

func (r *runner) appendLocked(e Event) {
	if r.ledgerErr != nil {
		return
	}
	off, n, err := r.o.Ledger.Append(e)
	if err == nil {
		err = r.collected.Add(e, off, n)
	}
	if err != nil {
		r.ledgerErr = err
		r.end("stopped", err.Error())
	}
}

// end notes why the run ends; the first reason stays. Callers hold r.mu or are
// the only goroutine.
func (r *runner) end(how, why string) {
	if r.endHow == "" {
		r.endHow, r.endWhy = how, why
	}
}

// takeOver copies a recorded arm into this run's ledger.
func (r *runner) takeOver(from *Collected) {
	for _, c := range r.plan.spec.Golden.Cases {
		for t := range r.plan.Header.Repeats {
			slot := Slot{Case: c.ID, Arm: Baseline, Trial: t}
			i, err := r.collected.slotIndex(slot)
			if err != nil || r.collected.scored(&r.collected.slots[i]) {
				continue
			}
			if err := r.takeOverSlot(from, slot); err != nil {
				r.append(Event{Failure: &FailureEvent{Slot: slot, Failure: Failure{Stage: StageGenerate, Message: err.Error()}}})
			}
		}
	}
}

func (r *runner) takeOverSlot(from *Collected, slot Slot) error {
	src := slot
	src.Arm = Candidate
	out, ok, err := from.Output(src)
	if err != nil {
		return err
	}
	i, err := from.slotIndex(src)
	if err != nil {
		return err
	}
	if s := &from.slots[i]; !from.scored(s) {
		return fmt.Errorf("the recorded baseline lost it: %s", from.lost(s).Message)
	}
	if ok { // a committed baseline holds scores without answers
		out.Spend = Spend{}
		r.append(Event{Sample: &SampleEvent{Slot: slot, Recorded: true, Output: out}})
	}
	for _, sp := range from.slots[i].scores {
		e, err := from.event(sp)
		if err != nil || e.Scores == nil {
			return fmt.Errorf("cannot read the recorded score: %w", err)
		}
		r.append(Event{Scores: &ScoresEvent{Slot: slot, Recorded: true, Scorer: e.Scores.Scorer, Scores: e.Scores.Scores}})
	}
	return nil
}

// trials measures what is open in trials [from, to).
func (r *runner) trials(ctx context.Context, from, to int) {
	if r.endHow != "" {
		return
	}
	q := &queue{}
	q.wake = sync.NewCond(&q.mu)
	r.progress.Phase = "measuring"
	if from > 0 {
		r.progress.Phase = "extending"
	}
	for _, slot := range r.plan.Slots(from, to) {
		i, err := r.collected.slotIndex(slot)
		if err != nil {
			continue
		}
		r.progress.Total++
		s := &r.collected.slots[i]
		if r.collected.scored(s) {
			r.progress.Done++
			continue
		}
		if s.sample.len == 0 {
			q.fresh = append(q.fresh, step{slot: slot})
			continue
		}
		q.judge = append(q.judge, r.openSteps(slot, s)...)
	}
	r.progress.Spent = r.collected.Spent()
	r.o.Progress(r.progress)

	stopWatch := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-ctx.Done():
			q.close()
		case <-r.o.Drain:
			q.close()
		case <-stopWatch:
		}
	})
	var workers sync.WaitGroup
	for range r.o.Concurrency {
		workers.Go(func() {
			for {
				s, ok := q.next()
				if !ok {
					return
				}
				more := r.do(ctx, s)
				r.mu.Lock()
				ended := r.endHow != ""
				r.mu.Unlock()
				if ended {
					q.close()
				}
				q.done(more)
			}
		})
	}
	workers.Wait()
	close(stopWatch)
	watch.Wait()
	select {
	case <-r.o.Drain:
		r.end("interrupted", "interrupted by the user")
	default:
		if ctx.Err() != nil {
			r.end("interrupted", "interrupted by the user")
		}
	}
}

// openSteps lists what scorers have still to say of a sample from before.
func (r *runner) openSteps(slot Slot, s *slotState) []step {
	var open []step
	for k := range r.plan.spec.Scorers {
		if s.scores == nil || s.scores[k].len == 0 {
			open = append(open, step{slot: slot, scorer: k, load: true})
		}
	}
	return open
}

// do carries out one step and returns those that follow from it.
func (r *runner) do(ctx context.Context, s step) (more []step) {
	c := r.plan.Case(s.slot.Case)
	if s.sample == nil && s.load {
		out, ok, err := r.collected.Output(s.slot) // reads the file only
		if err != nil || !ok {
			r.lose(s.slot, &Failure{Stage: StageGenerate, Message: "the recorded answer cannot be read back"})
			return nil
		}
		s.sample = &Sample{Case: c, Arm: s.slot.Arm, Trial: s.slot.Trial, Output: out}
		return r.score(ctx, s)
	}
	if s.sample != nil {
		return r.score(ctx, s)
	}
	out, err := guard(func() (Output, error) { return r.plan.target(s.slot.Arm).Generate(ctx, c, s.slot) })
	if err != nil {
		r.failed(ctx, s.slot, err, StageGenerate)
		return nil
	}
	sample := &Sample{Case: c, Arm: s.slot.Arm, Trial: s.slot.Trial, Output: out}
	r.append(Event{Sample: &SampleEvent{Slot: s.slot, Output: out}})
	r.advance(true, out.Spend)
	for k, sc := range r.plan.spec.Scorers {
		next := step{slot: s.slot, sample: sample, scorer: k}
		if sc.Remote() {
			more = append(more, next)
		} else {
			r.score(ctx, next)
		}
	}
	return more
}

// score lets one scorer see a sample.
func (r *runner) score(ctx context.Context, s step) []step {
	sc := r.plan.spec.Scorers[s.scorer]
	scored, err := guard(func() (Scored, error) { return sc.Score(ctx, *s.sample) })
	if err != nil {
		r.failed(ctx, s.slot, err, StageJudge)
		return nil
	}
	r.append(Event{Scores: &ScoresEvent{Slot: s.slot, Scorer: r.plan.spec.ScorerInfos[s.scorer].Name, Scores: scored.Scores, Spend: scored.Spend}})
	if sc.Remote() {
		r.advance(true, scored.Spend)
	}
	r.settle(s.slot)
	return nil
}

// settle counts a slot as done once every scorer has spoken.
func (r *runner) settle(slot Slot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, err := r.collected.slotIndex(slot)
	if err != nil {
		return
	}
	s := &r.collected.slots[i]
	if r.collected.scored(s) {
		r.progress.Done++
		r.o.Progress(r.progress)
		return
	}
	if s.failure != nil {
		return
	}
	for k := range s.scores {
		if s.scores[k].len == 0 {
			return
		}
	}
	// Every scorer spoke and none had anything to say.
	r.loseLocked(slot, &Failure{Stage: StageJudge, Message: "nothing scores this case: give it a check, or the run a judge"})
}

// advance notes a step that came through.
func (r *runner) advance(call bool, spend Spend) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inARow = 0
	if call {
		r.progress.Calls++
	}
	r.progress.Spent = r.progress.Spent.Add(spend)
	r.o.Progress(r.progress)
}

// failed sorts an error: the end of the run, or the loss of one slot.
func (r *runner) failed(ctx context.Context, slot Slot, err error, stage Stage) {
	var fatal *FatalError
	if errors.As(err, &fatal) {
		r.mu.Lock()
		defer r.mu.Unlock()
		f := AsFailure(fatal.Err, stage)
		how := "stopped"
		if f.Stage == StageBudget {
			how = "budget"
		}
		if r.fatal == nil {
			r.fatal = fatal
		}
		r.end(how, fatal.Error())
		return
	}
	if ctx.Err() != nil {
		return // the slot stays open; nothing came back that could be kept
	}
	r.lose(slot, AsFailure(err, stage))
}

func (r *runner) lose(slot Slot, f *Failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loseLocked(slot, f)
}

func (r *runner) loseLocked(slot Slot, f *Failure) {
	i, err := r.collected.slotIndex(slot)
	if err != nil {
		return
	}
	already := r.collected.slots[i].failure != nil
	r.appendLocked(Event{Failure: &FailureEvent{Slot: slot, Failure: *f}})
	r.progress.Spent = r.progress.Spent.Add(f.Spend)
	if !already {
		r.progress.Done++
		r.progress.Failed++
	}
	if f.Stage != StageParse { // an unreadable judge is not an outage
		r.inARow++
		r.lastFail = f.Message
	}
	if r.inARow >= r.o.GiveUpAfter {
		r.end("outage", fmt.Sprintf("%d steps in a row failed, the last with: %s", r.inARow, r.lastFail))
	}
	r.o.Progress(r.progress)
}

// finish writes the end and summarises.
func (r *runner) finish() (*Result, error) {
	if r.ledgerErr != nil {
		return nil, r.ledgerErr
	}
	how := r.endHow
	if how == "" {
		how = "complete"
	}
	r.append(Event{End: &EndEvent{How: how, Why: r.endWhy, Elapsed: r.o.Now().Sub(r.started)}})
	if r.ledgerErr != nil {
		return nil, r.ledgerErr
	}
	if r.fatal != nil {
		return Summarize(r.collected), r.fatal
	}
	return Summarize(r.collected), nil
}

// guard turns a panic of a target or scorer into an error: one bad answer must
// not cost the run.
func guard[T any](f func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}
