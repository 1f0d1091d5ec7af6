package eval

import (
	"math"
	"time"
)

// ResultSchema names the version of Result's JSON form.
const ResultSchema = "qualgate.result/1"

// Interval is a confidence interval. An unbounded or unknown interval is nil
// where it is used, never zero width.
type Interval struct {
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
}

// Result is everything a report may print. It is computed once by Summarize
// and never changed by a renderer; equal ledgers give equal Results.
type Result struct {
	Schema  string  `json:"schema"`
	Verdict Verdict `json:"verdict"`
	// ExitCode follows from the verdict and the policy: 0 pass, 1 regressed,
	// 3 could not measure, 4 inconclusive.
	ExitCode int `json:"exit_code"`
	// Sentence states the verdict and its evidence, Next what to do.
	Sentence string `json:"sentence"`
	Next     string `json:"next"`

	Run       RunInfo     `json:"run"`
	Policy    Policy      `json:"policy"`
	Baseline  *ArmSummary `json:"baseline,omitempty"` // nil: nothing was compared
	Candidate ArmSummary  `json:"candidate"`

	// Overall decides; Criteria and Slices decide only where Gating.
	Overall  Comparison   `json:"overall"`
	Criteria []Comparison `json:"criteria,omitempty"`
	Slices   []Comparison `json:"slices,omitempty"`
	// Floor is the absolute rule (policy min_score) beside a comparison.
	Floor *Comparison `json:"floor,omitempty"`
	// Binary is the exact report for yes/no scores, nil otherwise.
	Binary *BinaryReport `json:"binary,omitempty"`
	// Repeats decomposes the variance where there are at least two trials.
	Repeats *RepeatReport `json:"repeats,omitempty"`
	// MustPass lists the hard rules the candidate broke; any of them decides.
	MustPass []MustPassBreach `json:"must_pass,omitempty"`
	// Looks says how often the data was decided upon: 1, or 2 after an
	// automatic extension; ErrorSplit that the error was divided between them.
	Looks      int  `json:"looks"`
	ErrorSplit bool `json:"error_split,omitempty"`
	// Bounds holds the verdicts when every unmeasured slot is counted against
	// and for the candidate.
	Bounds *Bounds `json:"bounds,omitempty"`

	// Cases in golden-set order; Worst are indexes into it, most worsened first.
	Cases    []CaseResult    `json:"cases"`
	Worst    []int           `json:"worst,omitempty"`
	Failures []FailureRecord `json:"failures,omitempty"`
	// FailuresByStage counts lost slots.
	FailuresByStage map[Stage]int `json:"failures_by_stage,omitempty"`

	JudgeSpend Spend     `json:"judge_spend"`
	Warnings   []Warning `json:"warnings,omitempty"`
}

// RunInfo describes where a Result comes from.
type RunInfo struct {
	Kind        string        `json:"kind"` // "run" or "compare"
	Name        string        `json:"name,omitempty"`
	PlanDigest  string        `json:"plan_digest"`
	ToolVersion string        `json:"tool_version,omitempty"`
	Created     time.Time     `json:"created,omitzero"`
	Elapsed     time.Duration `json:"elapsed_ns,omitempty"`
	GoldenName  string        `json:"golden_name,omitempty"`
	GoldenHash  string        `json:"golden_digest,omitempty"`
	Judge       string        `json:"judge,omitempty"`
	Rubric      string        `json:"rubric,omitempty"`
	Trials      int           `json:"trials"`
	Subset      string        `json:"subset,omitempty"`
	// Ended says how the run ended: complete, interrupted, budget, stopped.
	Ended    string `json:"ended"`
	EndedWhy string `json:"ended_why,omitempty"`
}

// ArmSummary is one arm in numbers.
type ArmSummary struct {
	Label  string `json:"label"` // prompts/support.md on gpt-5-mini
	Model  string `json:"model,omitempty"`
	Prompt string `json:"prompt,omitempty"`
	Digest string `json:"digest,omitempty"`
	Commit string `json:"commit,omitempty"`
	// Planned = Scored + Failed, in slots.
	Planned int `json:"planned"`
	Scored  int `json:"scored"`
	Failed  int `json:"failed"`
	// Mean of the counted cases' scores, in [0,1]; nil if none was measured.
	Mean       *float64       `json:"mean"`
	Spend      Spend          `json:"spend"`
	LatencyP50 *time.Duration `json:"latency_p50_ns,omitempty"`
	LatencyP95 *time.Duration `json:"latency_p95_ns,omitempty"`
	Truncated  int            `json:"truncated,omitempty"`
}

// Comparison is one quantity on both arms. Change is candidate − baseline in
// points of the score scale (0.01 = one point); Relative divides by the
// baseline's mean.
type Comparison struct {
	Name     string `json:"name"` // overall, judge:accuracy, check:json, tag:billing
	Gating   bool   `json:"gating"`
	Tested   bool   `json:"tested"` // false: too few cases, shown only
	Cases    int    `json:"cases"`
	Clusters int    `json:"clusters"`

	Baseline  *float64 `json:"baseline"`
	Candidate *float64 `json:"candidate"`
	Change    *float64 `json:"change"`
	// ChangeCI is the two-sided interval of Change at the policy's confidence.
	ChangeCI *Interval `json:"change_ci"`
	Relative *float64  `json:"relative"`
	// RelativeCI is ChangeCI seen against the baseline's mean, computed from
	// the linearised drop, not by dividing.
	RelativeCI *Interval `json:"relative_ci,omitempty"`

	Margin Margin `json:"margin"`
	// Lower and Upper are the one-sided bounds of mean(cand − (1−X)·base):
	// pass needs Lower > 0, regressed needs Upper < 0.
	Lower *float64 `json:"lower"`
	Upper *float64 `json:"upper"`
	// Method names the bound that decided: "t", "bca", "score", "rule-of-three".
	LowerBy string `json:"lower_by,omitempty"`
	UpperBy string `json:"upper_by,omitempty"`
	// Alpha is the one-sided error used for this look.
	Alpha float64 `json:"alpha"`
	// Excluded is the smallest drop that would still have passed ("a drop above
	// 3.8 % is excluded"), a fraction like Margin.Value; nil if even 100 % would not pass.
	Excluded *float64 `json:"excluded,omitempty"`
	// Needed is how many cases like these would settle an unchanged target
	// with 80 % power; 0 unknown.
	Needed int `json:"needed,omitempty"`
	// SignFlipP is the one-sided p-value for "worse than the margin", and
	// SignFlipPass for "better than the margin".
	SignFlipP    *float64 `json:"sign_flip_p,omitempty"`
	SignFlipPass *float64 `json:"sign_flip_p_pass,omitempty"`
	// AdjustedP is SignFlipP after Holm over the gating set.
	AdjustedP *float64  `json:"adjusted_p,omitempty"`
	Verdict   Verdict   `json:"verdict"`
	Warnings  []Warning `json:"warnings,omitempty"`
}

// BinaryReport is the exact side of a yes/no comparison (one trial) .
type BinaryReport struct {
	BothPass      int      `json:"both_pass"`
	OnlyBaseline  int      `json:"only_baseline"`  // c: passes on the baseline only
	OnlyCandidate int      `json:"only_candidate"` // b: passes on the candidate only
	NeitherPass   int      `json:"neither_pass"`
	McNemarP      float64  `json:"mcnemar_p"`     // exact, two-sided: any difference
	McNemarMidP   float64  `json:"mcnemar_mid_p"` // mid-p
	Tango         Interval `json:"tango"`         // score interval of candidate − baseline
}

// RepeatReport decomposes the spread of scores into cases and repeats.
type RepeatReport struct {
	Baseline  *VarianceParts `json:"baseline,omitempty"`
	Candidate *VarianceParts `json:"candidate,omitempty"`
}

// VarianceParts is the one-way ANOVA of an arm: Between is the variance of the
// cases' true means, Within of repeats of one case; ICC is the share of Between.
type VarianceParts struct {
	Between float64 `json:"between"`
	Within  float64 `json:"within"`
	ICC     float64 `json:"icc"`
}

// Bounds are the verdicts when unmeasured slots count fully for one side.
type Bounds struct {
	Against Verdict `json:"against_candidate"`
	For     Verdict `json:"for_candidate"`
}

// MustPassBreach is a hard rule the candidate broke and the baseline kept.
type MustPassBreach struct {
	Case   string `json:"case"`
	Check  string `json:"check,omitempty"` // empty: the case as a whole
	Failed int    `json:"failed"`          // trials failed by the candidate
	Trials int    `json:"trials"`
	Reason string `json:"reason,omitempty"`
}

// CaseResult is one case on both arms.
type CaseResult struct {
	ID      string   `json:"id"`
	Cluster string   `json:"cluster,omitempty"`
	Tags    []string `json:"tags,omitempty"`
	Pos     Position `json:"pos,omitzero"`
	// Counted is false for a case under a known issue.
	Counted    bool   `json:"counted"`
	KnownIssue string `json:"known_issue,omitempty"`
	MustPass   bool   `json:"must_pass,omitempty"`
	// Baseline and Candidate are means over measured trials; nil: unmeasured.
	Baseline  *float64 `json:"baseline"`
	Candidate *float64 `json:"candidate"`
	Change    *float64 `json:"change"`
	// Missing counts lost slots of the case over both arms.
	Missing int              `json:"missing,omitempty"`
	Parts   []CriterionScore `json:"parts,omitempty"`
	// Detail is filled for the worst cases only: one output a side.
	Detail *CaseDetail `json:"detail,omitempty"`
}

// CriterionScore is one criterion of one case on both arms.
type CriterionScore struct {
	Criterion string   `json:"criterion"`
	Baseline  *float64 `json:"baseline"`
	Candidate *float64 `json:"candidate"`
}

// CaseDetail shows a person what changed: the lowest-scored trial of the
// candidate and the baseline's answer of the same trial.
type CaseDetail struct {
	Question  string  `json:"question,omitempty"` // the case's vars, or last user message
	Reference string  `json:"reference,omitempty"`
	Trial     int     `json:"trial"`
	Baseline  *Answer `json:"baseline,omitempty"`
	Candidate *Answer `json:"candidate,omitempty"`
}

// Answer is one sample with its scores.
type Answer struct {
	Text      string  `json:"text"`
	Truncated bool    `json:"truncated,omitempty"`
	Scores    []Score `json:"scores"`
}

// FailureRecord is one lost slot.
type FailureRecord struct {
	Slot
	Failure
}

// Warning is something a reader must know. Code is stable for machines.
type Warning struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// ptr returns a pointer to v, for the optional numbers of a Result; a value
// that is not finite is "not known".
func ptr(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func roundTo(v float64, digits int) float64 {
	p := math.Pow(10, float64(digits))
	return math.Round(v*p) / p
}
