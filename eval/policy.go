package eval

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Margin is the largest drop a team accepts.
type Margin struct {
	// Value is a fraction: 0.05 for "5%" and for "5pt".
	Value float64 `json:"value"`
	// Points makes the margin absolute (percentage points of the score scale)
	// instead of relative to the baseline's mean.
	Points bool `json:"points,omitempty"`
}

// ParseMargin reads "5%", "0.05" (relative) or "3pt" (points). The value must
// lie in (0,1).
func ParseMargin(s string) (Margin, error) {
	t := strings.TrimSpace(s)
	m, scale := Margin{}, 1.0
	switch {
	case strings.HasSuffix(t, "%"):
		t, scale = strings.TrimSpace(strings.TrimSuffix(t, "%")), 100
	case strings.HasSuffix(t, "pt"):
		t, scale, m.Points = strings.TrimSpace(strings.TrimSuffix(t, "pt")), 100, true
	}
	v, err := strconv.ParseFloat(t, 64)
	if err != nil {
		return m, fmt.Errorf("%q is not a margin; write a percentage such as 5%% (of the baseline's mean) or points such as 3pt", s)
	}
	m.Value = v / scale
	if !(m.Value > 0 && m.Value < 1) {
		return m, fmt.Errorf("margin %q must be above 0 and below 100%%", s)
	}
	return m, nil
}

// String gives the margin as a person writes it.
func (m Margin) String() string {
	n := strconv.FormatFloat(roundTo(m.Value*100, 6), 'f', -1, 64)
	if m.Points {
		return n + "pt"
	}
	return n + "%"
}

// Gate names what decides: "overall", a criterion ("judge:accuracy",
// "check:json") or a slice ("tag:billing"), each with its own margin.
type Gate struct {
	Name    string `json:"name"`
	MaxDrop Margin `json:"max_drop"`
}

// Policy says what a change may do and how sure one must be.
type Policy struct {
	// MaxDrop is the margin of the overall score. Default 5%.
	MaxDrop Margin `json:"max_drop"`
	// Confidence of each one-sided decision, in (0.5,1). Default 0.95.
	Confidence float64 `json:"confidence"`
	// MaxUnmeasured is the share of slots that may be missing. Default 0.02.
	MaxUnmeasured float64 `json:"max_unmeasured"`
	// OnInconclusive maps the exit code of an inconclusive verdict: fail keeps
	// 4, pass gives 0. Default fail.
	OnInconclusive string `json:"on_inconclusive"`
	// MinCases below which nothing passes; 0 leaves it to the rule of three.
	MinCases int `json:"min_cases,omitempty"`
	// MinScore is an absolute floor for the candidate's mean (its lower
	// confidence bound must lie above); the only statistical rule when there
	// is no baseline. Nil when not set.
	MinScore *float64 `json:"min_score,omitempty"`
	// Criteria and Slices that gate beside the overall score, in the order of
	// the policy (fixed-sequence gatekeeping for slices).
	Criteria []Gate `json:"criteria,omitempty"`
	Slices   []Gate `json:"slices,omitempty"`
	// Population is "cases" (default: the cases are a sample of a larger
	// world) or "fixed" (this set is the requirement).
	Population string `json:"population,omitempty"`
	// JudgeWeight and ChecksWeight combine the two parts of a case's score.
	JudgeWeight  float64 `json:"judge_weight"`
	ChecksWeight float64 `json:"checks_weight"`
}

// DefaultPolicy is what an empty policy means.
func DefaultPolicy() Policy {
	return Policy{
		MaxDrop: Margin{Value: 0.05}, Confidence: 0.95, MaxUnmeasured: 0.02,
		OnInconclusive: "fail", Population: "cases", JudgeWeight: 1, ChecksWeight: 1,
	}
}

// Verdict is the answer of a run.
type Verdict int

// The verdicts. The zero value claims nothing.
const (
	Inconclusive Verdict = iota
	Pass
	Regressed
	// Unmeasured means that too little could be measured to say anything.
	Unmeasured
)

var verdictNames = [...]string{"inconclusive", "pass", "regressed", "unmeasured"}

func (v Verdict) String() string {
	if v < 0 || int(v) >= len(verdictNames) {
		return "inconclusive"
	}
	return verdictNames[v]
}

// MarshalJSON writes the verdict's name.
func (v Verdict) MarshalJSON() ([]byte, error) { return json.Marshal(v.String()) }

// UnmarshalJSON reads the verdict's name.
func (v *Verdict) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	for i, n := range verdictNames {
		if n == s {
			*v = Verdict(i)
			return nil
		}
	}
	return fmt.Errorf("unknown verdict %q", s)
}
