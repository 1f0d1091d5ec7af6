package eval

import (
	"time"
)

// Position names a place in a document. Line and Column count from 1; zero
// means unknown.
type Position struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// Message is one turn of a conversation. Role is "system", "user" or
// "assistant".
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// KnownIssue marks a case that is expected to fail until a date. Before that
// date the case is run and shown but not counted; from that date on it counts.
type KnownIssue struct {
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"`
}

// Active reports whether the issue still excuses the case at time now.
func (k *KnownIssue) Active(now time.Time) bool {
	return k != nil && now.Before(k.Until)
}

// CheckSpec is a check as written in a golden set or configuration; package
// judge compiles it. Params holds the value written under the check's kind:
// for `contains: x` it is the string "x", for `number: {value: 3, tolerance: .1}`
// a map[string]any. Values are the plain JSON types (string, float64, bool,
// []any, map[string]any, nil).
type CheckSpec struct {
	// Kind is the check's name in documents: exact, one_of, contains, regex …
	Kind string `json:"kind"`
	// Name is how the check appears as a criterion in reports; Kind if empty.
	Name string `json:"name,omitempty"`
	// Weight is the check's share among the checks of its case; 0 means 1.
	Weight float64 `json:"weight,omitempty"`
	// MustPass makes the check a hard rule, see Policy.
	MustPass bool     `json:"must_pass,omitempty"`
	Params   any      `json:"params"`
	Pos      Position `json:"-"`
}

// Case is one question of the golden set.
type Case struct {
	// ID is unique in the set and stable over its life.
	ID string `json:"id"`
	// Vars fill the prompt's {{variables}}. Values are plain JSON types.
	Vars map[string]any `json:"vars,omitempty"`
	// Messages is the conversation before the question; it is placed between
	// the prompt's system part and its last user part.
	Messages []Message `json:"messages,omitempty"`
	// Reference is a good answer, for checks and for the judge.
	Reference string `json:"reference,omitempty"`
	// Context holds the documents an answer must be faithful to.
	Context []string `json:"context,omitempty"`
	Tags    []string `json:"tags,omitempty"`
	// Cluster groups cases that share a document, user or template and so are
	// not independent; empty means the case is its own cluster.
	Cluster string      `json:"cluster,omitempty"`
	Checks  []CheckSpec `json:"checks,omitempty"`
	// Rubric holds extra lines shown to the judge for this case only.
	Rubric []string `json:"rubric,omitempty"`
	// MustPass makes the case a hard rule: failing it where the baseline
	// passed is a regression by itself.
	MustPass   bool        `json:"must_pass,omitempty"`
	KnownIssue *KnownIssue `json:"known_issue,omitempty"`

	// Digest identifies the canonical content (everything above).
	Digest string   `json:"-"`
	Pos    Position `json:"-"`
}

// ClusterOrID returns the cluster the case belongs to.
func (c *Case) ClusterOrID() string {
	if c.Cluster != "" {
		return c.Cluster
	}
	return c.ID
}

// GoldenSet is the frozen exam.
type GoldenSet struct {
	Name  string
	Cases []Case
	// Digest identifies the whole set: its case ids and digests in id order,
	// so that splitting a file or reordering cases does not change it.
	Digest string
}
