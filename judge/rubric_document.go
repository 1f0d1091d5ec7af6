package judge

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// rubricDoc is a rubric as its document writes it.
type rubricDoc struct {
	Version      int            `doc:"version,required"`
	Name         string         `doc:"name"`
	Instructions string         `doc:"instructions"`
	Criteria     []criterionDoc `doc:"criteria,required"`
	Needs        *[]string      `doc:"needs"`
}

type criterionDoc struct {
	ID       string   `doc:"id,required"`
	Question string   `doc:"question,required"`
	Type     string   `doc:"type"`
	Weight   *float64 `doc:"weight"`
	Good     string   `doc:"good"`
	Anchors  anchors  `doc:"anchors"`
	PassAt   *float64 `doc:"pass_at"`
	Pos      yamldoc.Pos
}

// anchors are the described steps of a scale, sorted.
type anchors []Anchor

// DecodeNode reads a mapping of whole numbers to texts.
func (a *anchors) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	if n.Kind() != yamldoc.Mapping {
		return yamldoc.Problems{n.Problem(`write {1: "worst", 5: "best"}`, "anchors are a mapping of steps to what they mean, found %s", n.Describe())}
	}
	var ps yamldoc.Problems
	for _, e := range n.Entries() {
		step, err := strconv.Atoi(e.Key)
		if err != nil || step < -1000 || step > 1000 {
			ps = append(ps, e.At.Problem(`write {1: "worst", 5: "best"}`, "step %q is not a whole number from -1000 to 1000", e.Key))
			continue
		}
		var text string
		ps = append(ps, e.Value.Decode(&text)...)
		*a = append(*a, Anchor{Step: step, Meaning: text})
	}
	slices.SortFunc(*a, func(x, y Anchor) int { return x.Step - y.Step })
	return ps
}

var criterionID = regexp.MustCompile(`^[a-z0-9_-]{1,60}$`)

// maxSteps bounds a scale: a judge tells few steps apart.
const maxSteps = 101

// ParseRubric reads a rubric:
//
//	version: 1
//	criteria:
//	  - {id: accuracy, question: "Is every fact right?"}           # yes or no
//	  - {id: tone, question: …, type: scale, anchors: {1: rude, 5: warm}}
//
// Every problem of the document is returned.
func ParseRubric(file string, data []byte) (*Rubric, yamldoc.Problems) {
	var d rubricDoc
	ps := yamldoc.Decode(file, data, &d)
	problem := func(pos yamldoc.Pos, hint, format string, args ...any) {
		ps = append(ps, yamldoc.Problem{File: file, Line: max(pos.Line, 1), Col: max(pos.Col, 1), Msg: fmt.Sprintf(format, args...), Hint: hint})
	}
	if len(ps) == 0 && d.Version != 1 {
		problem(yamldoc.Pos{}, "write version: 1", "rubric version %d is not known", d.Version)
	}
	r := &Rubric{Name: d.Name, Instructions: d.Instructions, NeedsReference: d.Needs == nil, NeedsContext: d.Needs == nil}
	if d.Needs != nil {
		for _, n := range *d.Needs {
			switch n {
			case "reference":
				r.NeedsReference = true
			case "context":
				r.NeedsContext = true
			default:
				problem(yamldoc.Pos{}, yamldoc.DidYouMean(n, []string{"reference", "context"}), "needs: %q is not known", n)
			}
		}
	}
	seen := map[string]bool{}
	for _, cd := range d.Criteria {
		c := cd.criterion(func(hint, format string, args ...any) { problem(cd.Pos, hint, format, args...) })
		if seen[c.ID] {
			problem(cd.Pos, "rename one", "criterion %q is there twice", c.ID)
		}
		seen[c.ID] = true
		r.Criteria = append(r.Criteria, c)
	}
	if len(d.Criteria) == 0 && len(ps) == 0 {
		problem(yamldoc.Pos{}, "add criteria: [{id: accuracy, question: …}]", "the rubric has no criteria")
	}
	if len(ps) > 0 {
		return nil, ps
	}
	return r, nil
}

func (d *criterionDoc) criterion(problem func(hint, format string, args ...any)) Criterion {
	c := Criterion{ID: d.ID, Question: d.Question, Type: YesNo, Weight: 1, Anchors: d.Anchors}
	if d.ID != "" && !criterionID.MatchString(d.ID) {
		problem("use small letters, digits, - and _", "criterion id %q cannot be used", d.ID)
	}
	if d.Weight != nil {
		c.Weight = *d.Weight
		if !(c.Weight > 0 && c.Weight <= 1e6) {
			problem("write a number above 0", "weight %v of criterion %q is out of range", c.Weight, d.ID)
		}
	}
	switch d.Type {
	case "", string(YesNo):
		d.yesNo(&c, problem)
	case string(Scale):
		c.Type = Scale
		d.scale(&c, problem)
	default:
		problem(yamldoc.DidYouMean(d.Type, []string{string(YesNo), string(Scale)}), "type %q of criterion %q is not known", d.Type, d.ID)
	}
	return c
}

func (d *criterionDoc) yesNo(c *Criterion, problem func(hint, format string, args ...any)) {
	switch d.Good {
	case "", "yes":
	case "no":
		c.GoodNo = true
	default:
		problem("write good: yes or good: no", "good answer %q of criterion %q is neither yes nor no", d.Good, d.ID)
	}
	if len(d.Anchors) > 0 || d.PassAt != nil {
		problem("add type: scale", "criterion %q has anchors or pass_at, but is a yes/no question", d.ID)
	}
}

func (d *criterionDoc) scale(c *Criterion, problem func(hint, format string, args ...any)) {
	if d.Good != "" {
		problem("order the anchors from worst to best instead", "good is for yes/no questions, criterion %q is a scale", d.ID)
	}
	if len(d.Anchors) < 2 {
		problem(`write anchors: {1: "worst", 5: "best"}`, "the scale of criterion %q needs at least its two ends described", d.ID)
		return
	}
	if c.Highest()-c.Lowest() >= maxSteps {
		problem("five steps are usual", "the scale of criterion %q has over %d steps", d.ID, maxSteps)
	}
	c.PassAt = float64(c.Lowest()+c.Highest()) / 2
	if d.PassAt != nil {
		c.PassAt = *d.PassAt
		if !(c.PassAt >= float64(c.Lowest()) && c.PassAt <= float64(c.Highest())) {
			problem("", "pass_at %v of criterion %q is not on its scale from %d to %d", c.PassAt, d.ID, c.Lowest(), c.Highest())
		}
	}
}
