package eval

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"
)

// Collected is a ledger read into memory: every score and failure, and where
// the texts are. Outputs and reasons stay in the ledger and are read when a
// report shows them, so memory does not grow with what models write.
type Collected struct {
	Header Header
	Cases  []CaseInfo
	// ExtendedTo is the number of trials after an extension, 0 without one.
	ExtendedTo int
	// End is the last end event; nil while a run goes on or was killed.
	End *EndEvent
	// Resumes counts how often the run was continued.
	Resumes int
	// Size is the length of the whole lines read; what lies behind was torn.
	Size int64
	// Notes are remarks of the reader: a torn last line, for example.
	Notes []Warning

	index    map[string]int // case id → position in Cases
	slots    []slotState
	criteria []string // names, in order of first appearance
	critIdx  map[string]int
	scorers  map[string]int
	source   io.ReaderAt
	elapsed  time.Duration // of runs before the last end event
}

// slotState is what is kept of one slot.
type slotState struct {
	sample   span
	scores   []span // one a scorer, index as in Header.Scorers
	parts    []part
	failure  *Failure
	latency  time.Duration
	spend    Spend
	judged   Spend
	cached   bool
	trunc    bool
	recorded bool
}

// span is a line of the ledger.
type span struct {
	off int64
	len int32
}

// part is one score without its words.
type part struct {
	criterion int32
	value     float64
	weight    float64
	scorer    int16
	pass      bool
	det       bool
	must      bool
}

// NewCollected starts an empty collection whose details will be read from src.
func NewCollected(src io.ReaderAt) *Collected {
	return &Collected{index: map[string]int{}, critIdx: map[string]int{}, scorers: map[string]int{}, source: src}
}

// slotIndex returns the position of a slot, or an error naming what is unknown.
func (c *Collected) slotIndex(s Slot) (int, error) {
	ci, ok := c.index[s.Case]
	if !ok {
		return 0, fmt.Errorf("case %q is not in the plan", s.Case)
	}
	arm := 0
	switch s.Arm {
	case Candidate:
		arm = 1
	case Baseline:
		if c.Header.Baseline == nil {
			return 0, fmt.Errorf("the plan has no baseline, but case %q has an answer for one", s.Case)
		}
	default:
		return 0, fmt.Errorf("unknown arm %q", s.Arm)
	}
	if s.Trial < 0 || s.Trial >= c.Header.MaxTrials() {
		return 0, fmt.Errorf("trial %d of case %q is not in the plan (%d trials)", s.Trial, s.Case, c.Header.MaxTrials())
	}
	return (ci*2+arm)*c.Header.MaxTrials() + s.Trial, nil
}

func (c *Collected) at(ci int, arm Arm, trial int) *slotState {
	a := 0
	if arm == Candidate {
		a = 1
	}
	return &c.slots[(ci*2+a)*c.Header.MaxTrials()+trial]
}

// Trials is how many trials each arm has in the plan as it stands.
func (c *Collected) Trials() int { return max(c.Header.Repeats, c.ExtendedTo) }

// Add takes one event into account. at says where its line is in the source.
func (c *Collected) Add(e Event, off int64, length int) error {
	at := span{off, int32(length)}
	switch {
	case e.Plan != nil:
		return c.addPlan(e.Plan)
	case c.Header.Format == "":
		return fmt.Errorf("the first line is not a plan")
	case e.Case != nil:
		return c.addCase(e.Case)
	case e.Sample != nil:
		return c.addSample(e.Sample, at)
	case e.Scores != nil:
		return c.addScores(e.Scores, at)
	case e.Failure != nil:
		i, err := c.slotIndex(e.Failure.Slot)
		if err != nil {
			return err
		}
		f := e.Failure.Failure
		s := &c.slots[i]
		s.failure = &f
		s.judged = s.judged.Add(f.Spend)
	case e.Extend != nil:
		if e.Extend.To <= c.Header.Repeats || e.Extend.To > c.Header.MaxTrials() {
			return fmt.Errorf("extension to %d trials is outside the plan", e.Extend.To)
		}
		c.ExtendedTo = e.Extend.To
	case e.Resume != nil:
		c.Resumes++
		c.End = nil
	case e.End != nil:
		c.End = e.End
		c.elapsed += e.End.Elapsed
	default:
		return fmt.Errorf("the event is empty or of a kind this version does not know")
	}
	return nil
}

func (c *Collected) addPlan(h *Header) error {
	if c.Header.Format != "" {
		return fmt.Errorf("a second plan in one ledger")
	}
	if h.Format != LedgerFormat {
		return fmt.Errorf("this is a ledger of format %q; this version of qualgate reads %q: use the qualgate that wrote it, or run again", h.Format, LedgerFormat)
	}
	if h.Repeats < 1 || h.MaxTrials() > 1000 || h.Cases < 1 || h.Cases > 10_000_000 {
		return fmt.Errorf("the plan's numbers make no sense: %d cases, %d trials", h.Cases, h.MaxTrials())
	}
	c.Header = *h
	for i, s := range h.Scorers {
		c.scorers[s.Name] = i
	}
	return nil
}

func (c *Collected) addCase(ci *CaseInfo) error {
	if _, ok := c.index[ci.ID]; ok {
		return fmt.Errorf("case %q appears twice", ci.ID)
	}
	if len(c.Cases) >= c.Header.Cases {
		return fmt.Errorf("more cases than the plan's %d", c.Header.Cases)
	}
	c.index[ci.ID] = len(c.Cases)
	c.Cases = append(c.Cases, *ci)
	c.slots = append(c.slots, make([]slotState, 2*c.Header.MaxTrials())...)
	return nil
}

func (c *Collected) addSample(e *SampleEvent, at span) error {
	i, err := c.slotIndex(e.Slot)
	if err != nil {
		return err
	}
	s := &c.slots[i]
	*s = slotState{sample: at, latency: e.Output.Latency, spend: e.Output.Spend, cached: e.Output.Cached,
		trunc: e.Output.Truncated, recorded: e.Recorded, judged: s.judged.Add(s.spend)}
	return nil
}

func (c *Collected) addScores(e *ScoresEvent, at span) error {
	i, err := c.slotIndex(e.Slot)
	if err != nil {
		return err
	}
	k, ok := c.scorers[e.Scorer]
	if !ok {
		return fmt.Errorf("scorer %q is not in the plan", e.Scorer)
	}
	s := &c.slots[i]
	if s.sample.len == 0 && c.Header.Kind == "run" && !e.Recorded {
		return fmt.Errorf("scores of case %q, %s, trial %d come before its answer", e.Case, e.Arm, e.Trial)
	}
	if s.scores == nil {
		s.scores = make([]span, len(c.Header.Scorers))
	}
	if s.scores[k].len != 0 {
		return fmt.Errorf("scorer %q scored case %q, %s, trial %d twice", e.Scorer, e.Case, e.Arm, e.Trial)
	}
	for _, sc := range e.Scores {
		if !(sc.Value >= 0 && sc.Value <= 1) || !(sc.Weight >= 0) {
			return fmt.Errorf("score %v (weight %v) of %q for case %q is outside [0,1]", sc.Value, sc.Weight, sc.Criterion, e.Case)
		}
		s.parts = append(s.parts, part{criterion: c.criterion(sc.Criterion), value: sc.Value, weight: sc.Weight,
			scorer: int16(k), pass: sc.Pass, det: sc.Deterministic, must: sc.MustPass})
	}
	// In the scorers' order, whoever was first: sums must not depend on it.
	slices.SortStableFunc(s.parts, func(a, b part) int { return cmp.Compare(a.scorer, b.scorer) })
	s.scores[k] = at
	s.judged = s.judged.Add(e.Spend)
	s.failure = nil
	return nil
}

func (c *Collected) criterion(name string) int32 {
	i, ok := c.critIdx[name]
	if !ok {
		i = len(c.criteria)
		c.critIdx[name] = i
		c.criteria = append(c.criteria, name)
	}
	return int32(i)
}

// scored reports whether the slot has an answer and every scorer's opinion.
func (c *Collected) scored(s *slotState) bool {
	if s.failure != nil || s.scores == nil || len(s.parts) == 0 {
		return false
	}
	for _, sp := range s.scores {
		if sp.len == 0 {
			return false
		}
	}
	return true
}

// lost returns why a slot that is not scored was lost. Slots that were never
// tried are lost too, to whatever ended the run: nothing is silently dropped.
func (c *Collected) lost(s *slotState) Failure {
	if s.failure != nil {
		return *s.failure
	}
	f := Failure{Stage: StageStopped, Message: "not measured: the run ended before"}
	if s.sample.len != 0 {
		f.Message = "answered, but not scored: the run ended before"
	}
	if c.Header.Kind != "run" {
		f.Message = "no score was given"
	} else if c.End != nil && c.End.How == "budget" {
		f.Stage = StageBudget
		f.Message = "not measured: " + c.End.Why
	} else if c.End != nil && c.End.Why != "" {
		f.Message += " (" + c.End.Why + ")"
	}
	return f
}

// Spent is everything paid for in the ledger.
func (c *Collected) Spent() Spend {
	var sum Spend
	for i := range c.slots {
		s := &c.slots[i]
		if s.recorded {
			continue
		}
		sum = sum.Add(s.spend).Add(s.judged)
	}
	return sum
}

// Finished reports whether nothing is left to do in the ledger: the run came
// to its end and measured enough. A run that lost too much is not finished: the
// next run of the same plan tries the lost slots again.
func (c *Collected) Finished() bool {
	return c.End != nil && c.End.How == "complete" && Summarize(c).Verdict != Unmeasured
}
