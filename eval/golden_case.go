package eval

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// caseDoc is a case as documents write it.
type caseDoc struct {
	ID         string         `doc:"id"`
	Vars       varsDoc        `doc:"vars"`
	Messages   []messageDoc   `doc:"messages"`
	Reference  string         `doc:"reference"`
	Context    textList       `doc:"context"`
	Tags       textList       `doc:"tags"`
	Cluster    string         `doc:"cluster"`
	Checks     []CheckDoc     `doc:"checks"`
	Rubric     textList       `doc:"rubric"`
	MustPass   bool           `doc:"must_pass"`
	KnownIssue *knownIssueDoc `doc:"known_issue"`
	Pos        yamldoc.Pos
}

// KeyHint says where a key that other tools have belongs here.
func (*caseDoc) KeyHint(key string) string {
	for name, others := range map[string][]string{
		"reference":   {"expected", "expected_output", "ideal", "answer", "target", "ground_truth", "output"},
		"checks":      {"assert", "asserts", "assertions", "evaluators", "scorers"},
		"context":     {"documents", "docs", "retrieved", "contexts"},
		"tags":        {"category", "categories", "labels", "metadata"},
		"cluster":     {"group"},
		"messages":    {"history", "conversation", "turns"},
		"known_issue": {"skip", "xfail"},
	} {
		if slices.Contains(others, strings.ToLower(key)) {
			return "write " + name
		}
	}
	return "put what the prompt shows under vars: {" + key + ": …}"
}

type messageDoc struct {
	Role    string `doc:"role,required"`
	Content string `doc:"content,required"`
	Pos     yamldoc.Pos
}

type knownIssueDoc struct {
	Reason string `doc:"reason,required"`
	Until  date   `doc:"until,required"`
}

// date is a day (2026-12-01, its midnight UTC) or an RFC 3339 time.
type date struct{ time.Time }

// UnmarshalText reads the date. It is kept in UTC: how a zone is written is no
// content.
func (d *date) UnmarshalText(b []byte) error {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		t, err := time.Parse(layout, string(b))
		if err == nil && t.Year() > 1900 && t.Year() < 9999 {
			d.Time = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("%q is not a date; write 2026-12-01", b)
}

// varsDoc is a case's variables. A number or truth value keeps its spelling
// where JSON would write another (1.50, 007, True): the prompt shows what the
// document says. null is the same as no variable.
type varsDoc map[string]any

// DecodeNode reads the variables.
func (v *varsDoc) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	if n.Kind() == yamldoc.Null {
		return nil
	}
	if n.Kind() != yamldoc.Mapping {
		return yamldoc.Problems{n.Problem("write vars: {name: value}", "variables are a mapping of names to values, found %s", n.Describe())}
	}
	*v = varsDoc{}
	var ps yamldoc.Problems
	for _, e := range n.Entries() {
		if why, hint := badVarName(e.Key); why != "" {
			ps = append(ps, e.At.Problem(hint, "%s", why))
			continue
		}
		value, p := e.Value.Verbatim()
		ps = append(ps, p...)
		if value != nil {
			(*v)[e.Key] = value
		}
	}
	return ps
}

// badVarName says why a case cannot have a variable of that name.
func badVarName(name string) (why, hint string) {
	switch name {
	case contextVar:
		return `"context" is no variable's name: {{context}} is the case's context`, "write context beside vars, not in it"
	case "reference":
		return `"reference" is no variable's name: a prompt must not see the reference`, "write reference beside vars, not in it"
	}
	if !variableName(name) {
		return fmt.Sprintf("%q is no variable's name", name), "use letters, digits, _, - and ."
	}
	return "", ""
}

// textList is a list of texts, or a single one.
type textList []string

// DecodeNode reads the list.
func (t *textList) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	if n.Kind() == yamldoc.Scalar {
		*t = textList{n.Text()}
		return nil
	}
	var list []string
	ps := n.Decode(&list)
	*t = list
	return ps
}

// CheckDoc is a check as documents write it: one kind beside name, weight and
// must_pass. Package judge says what the kinds mean.
type CheckDoc struct {
	CheckSpec
	At yamldoc.Pos
}

const checkForm = `write - contains: "text"`

// DecodeNode reads the check.
func (c *CheckDoc) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	c.At = n.Pos
	c.Pos = Position{n.File, n.Line, n.Col}
	if n.Kind() == yamldoc.Scalar { // `- json`: a kind without a value
		c.Kind = n.Text()
		return nil
	}
	if n.Kind() != yamldoc.Mapping {
		return yamldoc.Problems{n.Problem(checkForm, "a check is expected, found %s", n.Describe())}
	}
	var ps yamldoc.Problems
	for _, e := range n.Entries() {
		switch e.Key {
		case "name":
			ps = append(ps, e.Value.Decode(&c.Name)...)
		case "weight":
			ps = append(ps, c.readWeight(e.Value)...)
		case "must_pass":
			ps = append(ps, e.Value.Decode(&c.MustPass)...)
		default:
			if c.Kind != "" {
				ps = append(ps, e.At.Problem("begin each check with its own dash", "a check has one kind, but this one has %q and %q", c.Kind, e.Key))
				continue
			}
			params, p := e.Value.Any()
			ps = append(ps, p...)
			c.Kind, c.Params = e.Key, params
			c.Pos = Position{e.At.File, e.At.Line, e.At.Col}
		}
	}
	if c.Kind == "" {
		ps = append(ps, n.Problem(checkForm, "the check has no kind"))
	}
	return ps
}

func (c *CheckDoc) readWeight(n *yamldoc.Node) yamldoc.Problems {
	ps := n.Decode(&c.Weight)
	if ps == nil && !(c.Weight > 0 && c.Weight <= 1e6) {
		ps = yamldoc.Problems{n.Problem("write a number above 0, at most a million", "the weight is out of range, found %s", n.Describe())}
	}
	return ps
}

// claim notes a case's id and place, and refuses an id that is bad or taken.
func (l *loader) claim(file string, d *caseDoc) bool {
	if d.Pos == (yamldoc.Pos{}) {
		return false // no mapping, and reported as such
	}
	at := func(hint, format string, args ...any) bool {
		l.problem(file, d.Pos.Line, d.Pos.Col, hint, format, args...)
		return false
	}
	if why := badID(d.ID); why != "" {
		return at("", "%s", why)
	}
	if first, dup := l.seen[d.ID]; dup {
		return at("ids are unique over all golden files; use cluster for cases that belong together",
			"case %q was already given at %s:%d:%d", d.ID, first.File, first.Line, first.Column)
	}
	l.seen[d.ID] = Position{file, d.Pos.Line, d.Pos.Col}
	return true
}

// add checks a case and puts it into the set.
func (l *loader) add(file string, d *caseDoc, def *defaultsDoc) {
	if !l.claim(file, d) {
		return
	}
	c := Case{ID: d.ID, Reference: d.Reference, Cluster: cmp.Or(d.Cluster, def.Cluster), MustPass: d.MustPass, Pos: l.seen[d.ID],
		Context: slices.Concat(def.Context, d.Context), Rubric: slices.Concat(def.Rubric, d.Rubric), Vars: map[string]any{}}
	maps.Copy(c.Vars, def.Vars)
	maps.Copy(c.Vars, d.Vars)
	for _, t := range slices.Concat(def.Tags, d.Tags) {
		if why := badTag(t); why != "" {
			l.problem(file, d.Pos.Line, d.Pos.Col, "", "%s of case %q", why, d.ID)
		}
		if !slices.Contains(c.Tags, t) {
			c.Tags = append(c.Tags, t)
		}
	}
	for _, m := range d.Messages {
		if m.Role != "" && !knownRole(m.Role) { // without one it is reported as missing
			l.problem(file, m.Pos.Line, m.Pos.Col, "write user, assistant or system", "role %q of case %q is not known", m.Role, d.ID)
		}
		c.Messages = append(c.Messages, Message{m.Role, m.Content})
	}
	for _, ck := range slices.Concat(def.Checks, d.Checks) {
		l.checkKind(&ck)
		c.Checks = append(c.Checks, ck.CheckSpec)
	}
	if d.KnownIssue != nil {
		c.KnownIssue = &KnownIssue{Reason: d.KnownIssue.Reason, Until: d.KnownIssue.Until.Time}
	}
	c.Digest = caseDigest(&c)
	l.set.Cases = append(l.set.Cases, c)
}

func (l *loader) checkKind(c *CheckDoc) {
	if l.opt.CheckKinds == nil || c.Kind == "" || slices.Contains(l.opt.CheckKinds, c.Kind) {
		return
	}
	l.problem(c.Pos.File, c.Pos.Line, c.Pos.Column, yamldoc.DidYouMean(c.Kind, l.opt.CheckKinds), "unknown check %q", c.Kind)
}

func knownRole(role string) bool { return role == "system" || role == "user" || role == "assistant" }

// maxID bounds an id's length in characters: it stands in every report.
const maxID = 200

func badID(id string) string {
	switch {
	case id == "":
		return `the case has no "id"`
	case utf8.RuneCountInString(id) > maxID:
		return fmt.Sprintf("id %.40q… is longer than %d characters", id, maxID)
	case strings.TrimSpace(id) != id:
		return fmt.Sprintf("id %q begins or ends with a space", id)
	case strings.ContainsFunc(id, unseen):
		return fmt.Sprintf("id %+q holds a control character", id)
	}
	return ""
}

func badTag(tag string) string {
	switch {
	case strings.TrimSpace(tag) == "":
		return "an empty tag"
	case utf8.RuneCountInString(tag) > maxID:
		return fmt.Sprintf("tag %.40q… (longer than %d characters)", tag, maxID)
	case strings.ContainsFunc(tag, unseen):
		return fmt.Sprintf("tag %+q (it holds a control character)", tag)
	}
	return ""
}

// unseen are characters that would make two ids look alike or a report's line
// another one: control characters, line separators, marks of direction.
func unseen(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\ufeff'
}
