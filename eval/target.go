package eval

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Arm is one side of a comparison.
type Arm string

// The two arms. A run without a baseline has only the candidate.
const (
	Baseline  Arm = "baseline"
	Candidate Arm = "candidate"
)

// Slot is one planned measurement.
type Slot struct {
	Case  string `json:"case"`
	Arm   Arm    `json:"arm"`
	Trial int    `json:"trial"`
}

// Spend is what a step cost. The zero value means nothing was spent.
type Spend struct {
	InputTokens  int `json:"in,omitempty"`
	OutputTokens int `json:"out,omitempty"`
	// USD is the known cost in US dollars. Where a price is unknown the cost
	// is not 0 but unknown: UnknownCost counts such calls.
	USD         float64 `json:"usd,omitempty"`
	UnknownCost int     `json:"unknown_cost,omitempty"`
	// Calls counts answered model calls, Attempts every request sent.
	Calls    int `json:"calls,omitempty"`
	Attempts int `json:"attempts,omitempty"`
	// Cached counts calls answered from the cache: their tokens and cost are
	// the original ones and are not in the fields above but in Saved.
	Cached   int     `json:"cached,omitempty"`
	SavedUSD float64 `json:"saved_usd,omitempty"`
}

// Add returns the sum of two spends.
func (s Spend) Add(o Spend) Spend {
	s.InputTokens += o.InputTokens
	s.OutputTokens += o.OutputTokens
	s.USD += o.USD
	s.UnknownCost += o.UnknownCost
	s.Calls += o.Calls
	s.Attempts += o.Attempts
	s.Cached += o.Cached
	s.SavedUSD += o.SavedUSD
	return s
}

// Output is what a target answered.
type Output struct {
	Text string `json:"text"`
	// Model is the model that answered, as the server names it.
	Model string `json:"model,omitempty"`
	// Finish is the server's reason for ending: stop, length, content_filter …
	Finish string `json:"finish,omitempty"`
	// Truncated says that the answer was cut at the token limit.
	Truncated bool `json:"truncated,omitempty"`
	// Latency is the answer's time without queueing and failed attempts; for a
	// cached answer it is the original one.
	Latency time.Duration `json:"latency_ns,omitempty"`
	Cached  bool          `json:"cached,omitempty"`
	// CostUSD is this answer's cost; nil means unknown.
	CostUSD *float64 `json:"cost_usd,omitempty"`
	// OutputTokens is the answer's length as the server counted it; 0 unknown.
	OutputTokens int   `json:"tokens,omitempty"`
	Spend        Spend `json:"spend,omitzero"`
}

// Sample is one output of one slot.
type Sample struct {
	Case   *Case
	Arm    Arm
	Trial  int
	Output Output
}

// Score is one scorer's opinion of one sample on one criterion.
type Score struct {
	// Criterion is "judge:<id>" or "check:<name>".
	Criterion string `json:"criterion"`
	// Value is in [0,1]: 0 the worst, 1 the best of its scale.
	Value float64 `json:"value"`
	// Weight is the criterion's share within its part (judge or checks).
	Weight float64 `json:"weight"`
	// Label is the verdict in a word: yes, no, 4/5, matched, …
	Label string `json:"label,omitempty"`
	// Reason tells a person why, and what to change.
	Reason string `json:"reason,omitempty"`
	// Pass says whether the value reaches the criterion's own bar.
	Pass bool `json:"pass"`
	// Deterministic is true for checks, false for a model's opinion.
	Deterministic bool `json:"det,omitempty"`
	// MustPass is true where the check itself was declared a hard rule.
	MustPass bool `json:"must,omitempty"`
}

// Scored is what a Scorer returns: at least one score, and what it cost.
type Scored struct {
	Scores []Score
	Spend  Spend
}

// Target is what is under test.
type Target interface {
	// Generate answers one case. The slot is part of the identity of the
	// answer: two trials are two measurements. An error is a *Failure, or is
	// wrapped into one with StageGenerate; a *FatalError stops the run.
	Generate(ctx context.Context, c *Case, slot Slot) (Output, error)
}

// Scorer turns a sample into scores. All scores of one call exist, or none: a
// Scorer that could not score returns a *Failure and never a made-up value.
type Scorer interface {
	// Name identifies the scorer in ledgers, with its version.
	Name() string
	// Remote reports whether Score calls a model, so that the engine can put
	// it through the limits.
	Remote() bool
	Score(ctx context.Context, s Sample) (Scored, error)
}

// Stage says where a slot was lost.
type Stage string

// The stages of a Failure.
const (
	StageGenerate Stage = "generate" // the target did not answer
	StageJudge    Stage = "judge"    // the judge did not answer
	StageParse    Stage = "parse"    // the judge answered, but no score could be read
	StageTimeout  Stage = "timeout"  // no answer in the configured time
	StageBudget   Stage = "budget"   // the budget was used up before
	StageStopped  Stage = "stopped"  // the run ended before the slot was measured
)

// Failure is a sample or score that did not come. It is never a quality
// failure and never a pass.
type Failure struct {
	Stage Stage `json:"stage"`
	// Scorer is the scorer that failed; empty when generating failed.
	Scorer  string `json:"scorer,omitempty"`
	Message string `json:"message"`
	Spend   Spend  `json:"spend,omitzero"`
	// Err is the cause, for errors.Is; it is not recorded.
	Err error `json:"-"`
}

func (f *Failure) Error() string {
	if f.Scorer != "" {
		return fmt.Sprintf("%s (%s): %s", f.Stage, f.Scorer, f.Message)
	}
	return fmt.Sprintf("%s: %s", f.Stage, f.Message)
}

func (f *Failure) Unwrap() error { return f.Err }

// FatalError stops the whole run: every further call would fail alike (wrong
// key, unknown model, used-up budget). The slot it hit stays open and is tried
// again when the run is resumed.
type FatalError struct {
	Err  error
	Hint string // what to do
}

func (e *FatalError) Error() string { return e.Err.Error() }
func (e *FatalError) Unwrap() error { return e.Err }

// AsFailure turns any error into a Failure, keeping one that already is.
func AsFailure(err error, stage Stage) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		stage = StageTimeout
	}
	return &Failure{Stage: stage, Message: err.Error(), Err: err}
}
