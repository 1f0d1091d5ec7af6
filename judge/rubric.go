package judge

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Rubric is what a judge is asked: named criteria, each a question with fixed
// answers.
type Rubric struct {
	Name string
	// Instructions tell the judge who it is and what to look out for.
	Instructions string
	Criteria     []Criterion
	// NeedsReference and NeedsContext say which of a case's parts the judge
	// gets to see, where the case has them.
	NeedsReference bool
	NeedsContext   bool
}

// AnswerType is how a criterion is answered.
type AnswerType string

// The types of answers.
const (
	YesNo AnswerType = "yes_no"
	Scale AnswerType = "scale"
)

// Criterion is one question of a rubric.
type Criterion struct {
	// ID names the criterion: [a-z0-9_-]+.
	ID       string
	Question string
	Type     AnswerType
	// Weight is the criterion's share in the judge's part of the score.
	Weight float64
	// GoodNo says, for yes_no, that "no" is the good answer and scores 1.
	GoodNo bool
	// Anchors say what the steps of a scale mean, lowest first. The lowest
	// scores 0, the highest 1, and integers between them lie evenly.
	Anchors []Anchor
	// PassAt is the step from which a scale passes; by default its middle.
	PassAt float64
}

// Anchor is one described step of a scale.
type Anchor struct {
	Step    int
	Meaning string
}

// Lowest and Highest are the ends of a scale.
func (c *Criterion) Lowest() int { return c.Anchors[0].Step }

// Highest is the upper end of a scale.
func (c *Criterion) Highest() int { return c.Anchors[len(c.Anchors)-1].Step }

// value maps a step of a scale to [0,1].
func (c *Criterion) value(step int) float64 {
	return float64(step-c.Lowest()) / float64(c.Highest()-c.Lowest())
}

// Digest identifies what the rubric means: everything but its name, however
// the document spells it.
func (r *Rubric) Digest() string {
	copied := *r
	copied.Name = ""
	b, err := json.Marshal(copied)
	if err != nil {
		panic("judge: rubric is not plain data: " + err.Error())
	}
	sum := sha256.Sum256(append([]byte("rubric/1\n"), b...))
	return hex.EncodeToString(sum[:])
}

// ref is how the rubric is named with a judge: its name and the start of its
// digest.
func (r *Rubric) ref() string {
	name := r.Name
	if name == "" {
		name = "rubric"
	}
	return fmt.Sprintf("%s@%.8s", name, r.Digest())
}
