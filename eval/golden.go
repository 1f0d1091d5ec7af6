package eval

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// LoadOptions says how golden sets are read.
type LoadOptions struct {
	// Read returns a file's content, from the work tree or from a commit.
	Read func(path string) ([]byte, error)
	// CheckKinds are the known kinds of checks; nil leaves kinds unchecked.
	CheckKinds []string
}

// maxProblems bounds how many problems are collected before giving up.
const maxProblems = 1000

// LoadGolden reads golden sets, YAML, JSONL or CSV by their extension, into
// one. Every problem of every file is returned.
func LoadGolden(files []string, opt LoadOptions) (*GoldenSet, yamldoc.Problems) {
	l := loader{opt: opt, set: &GoldenSet{}, seen: map[string]Position{}}
	for _, f := range files {
		data, err := opt.Read(f)
		if err != nil {
			l.problem(f, 0, 0, "", "cannot be read: %v", err)
			continue
		}
		switch strings.ToLower(path.Ext(f)) {
		case ".jsonl", ".ndjson":
			l.jsonl(f, data)
		case ".csv":
			l.csv(f, data)
		case ".yaml", ".yml", ".json":
			l.yaml(f, data)
		default:
			l.problem(f, 0, 0, "name it .yaml, .jsonl or .csv", "not a golden set by its extension")
		}
		if len(l.problems) > maxProblems {
			break
		}
	}
	if len(l.problems) == 0 && len(l.set.Cases) == 0 {
		file := "golden set"
		if len(files) > 0 {
			file = files[0]
		}
		l.problem(file, 0, 0, "add cases: [{id: …, vars: {…}}]", "there are no cases")
	}
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	l.set.Digest = goldenDigest(infos(l.set.Cases))
	return l.set, nil
}

func infos(cases []Case) []CaseInfo {
	out := make([]CaseInfo, len(cases))
	for i := range cases {
		out[i] = CaseInfo{ID: cases[i].ID, Digest: cases[i].Digest}
	}
	return out
}

type loader struct {
	opt      LoadOptions
	set      *GoldenSet
	seen     map[string]Position
	problems yamldoc.Problems
}

func (l *loader) problem(file string, line, col int, hint, format string, args ...any) {
	l.problems = append(l.problems, yamldoc.Problem{File: file, Line: line, Col: col, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// caseDoc is a case as documents write it.
type caseDoc struct {
	ID         string         `doc:"id"`
	Vars       map[string]any `doc:"vars"`
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

// defaultsDoc is what a set gives every case.
type defaultsDoc struct {
	Vars    map[string]any `doc:"vars"`
	Tags    textList       `doc:"tags"`
	Checks  []CheckDoc     `doc:"checks"`
	Context textList       `doc:"context"`
	Cluster string         `doc:"cluster"`
	Rubric  textList       `doc:"rubric"`
}

type setDoc struct {
	Name     string      `doc:"name"`
	Defaults defaultsDoc `doc:"defaults"`
	Cases    []caseDoc   `doc:"cases,required"`
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

func (d *date) UnmarshalText(b []byte) (err error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if d.Time, err = time.Parse(layout, string(b)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%q is not a date; write 2026-12-01", b)
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

// DecodeNode reads the check.
func (c *CheckDoc) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	c.At = n.Pos
	c.Pos = Position{n.File, n.Line, n.Col}
	if n.Kind() == yamldoc.Scalar { // `- json`: a kind without a value
		c.Kind = n.Text()
		return nil
	}
	if n.Kind() != yamldoc.Mapping {
		return yamldoc.Problems{n.Problem(`write - contains: "text"`, "a check is expected, found %s", n.Describe())}
	}
	var ps yamldoc.Problems
	for _, e := range n.Entries() {
		switch e.Key {
		case "name":
			ps = append(ps, e.Value.Decode(&c.Name)...)
		case "weight":
			ps = append(ps, e.Value.Decode(&c.Weight)...)
			if !(c.Weight > 0 && c.Weight <= 1e6) {
				ps = append(ps, e.Value.Problem("write a number above 0", "weight %s is out of range", e.Value.Text()))
			}
		case "must_pass":
			ps = append(ps, e.Value.Decode(&c.MustPass)...)
		default:
			if c.Kind != "" {
				ps = append(ps, e.At.Problem("begin each check with its own dash", "a check has one kind, but this one has %q and %q", c.Kind, e.Key))
				continue
			}
			c.Kind = e.Key
			v, p := e.Value.Any()
			c.Params, ps = v, append(ps, p...)
			c.Pos = Position{e.At.File, e.At.Line, e.At.Col}
		}
	}
	if c.Kind == "" {
		ps = append(ps, n.Problem(`write - contains: "text"`, "the check has no kind"))
	}
	return ps
}

func (l *loader) yaml(file string, data []byte) {
	parse := yamldoc.Parse
	if strings.HasSuffix(strings.ToLower(file), ".json") {
		parse = func(file string, data []byte) (*yamldoc.Node, yamldoc.Problems) {
			return yamldoc.ParseJSON(file, data, 1)
		}
	}
	root, ps := parse(file, data)
	l.problems = append(l.problems, ps...)
	if root == nil {
		return
	}
	var doc setDoc
	if root.Kind() == yamldoc.Sequence {
		ps = root.Decode(&doc.Cases)
	} else {
		ps = root.Decode(&doc)
	}
	l.problems = append(l.problems, ps...)
	if doc.Name != "" && l.set.Name == "" {
		l.set.Name = doc.Name
	}
	for i := range doc.Cases {
		l.add(file, &doc.Cases[i], &doc.Defaults)
	}
}

// add checks a case and puts it into the set.
func (l *loader) add(file string, d *caseDoc, def *defaultsDoc) {
	at := func(hint, format string, args ...any) {
		l.problem(file, d.Pos.Line, d.Pos.Col, hint, format, args...)
	}
	if why := badID(d.ID); why != "" {
		at("", "%s", why)
		return
	}
	pos := Position{file, d.Pos.Line, d.Pos.Col}
	if first, dup := l.seen[d.ID]; dup {
		at("ids are unique over all golden files; use cluster for cases that belong together", "case %q was already given at %s:%d:%d", d.ID, first.File, first.Line, first.Column)
		return
	}
	l.seen[d.ID] = pos
	c := Case{ID: d.ID, Reference: d.Reference, Cluster: cmp.Or(d.Cluster, def.Cluster), MustPass: d.MustPass, Pos: pos,
		Context: slices.Concat(def.Context, d.Context), Rubric: slices.Concat(def.Rubric, d.Rubric)}
	c.Vars = map[string]any{}
	for _, vars := range []map[string]any{def.Vars, d.Vars} {
		for k, v := range vars {
			c.Vars[k] = v
		}
	}
	for _, t := range slices.Concat(def.Tags, d.Tags) {
		if !slices.Contains(c.Tags, t) {
			c.Tags = append(c.Tags, t)
		}
	}
	for _, m := range d.Messages {
		if m.Role != "user" && m.Role != "assistant" && m.Role != "system" {
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
	c.Digest = Digest(&c)
	l.set.Cases = append(l.set.Cases, c)
}

func (l *loader) checkKind(c *CheckDoc) {
	if l.opt.CheckKinds == nil || c.Kind == "" || slices.Contains(l.opt.CheckKinds, c.Kind) {
		return
	}
	p := yamldoc.Problem{File: c.Pos.File, Line: c.Pos.Line, Col: c.Pos.Column, Msg: fmt.Sprintf("unknown check %q", c.Kind), Hint: yamldoc.DidYouMean(c.Kind, l.opt.CheckKinds)}
	if !slices.Contains(l.problems, p) { // a set's default checks would repeat it for every case
		l.problems = append(l.problems, p)
	}
}

// maxID bounds an id's length, in bytes: it stands in file names and reports.
const maxID = 200

func badID(id string) string {
	switch {
	case id == "":
		return `the case has no "id"`
	case len(id) > maxID:
		return fmt.Sprintf("id %.40q… is longer than %d bytes", id, maxID)
	case strings.TrimSpace(id) != id:
		return fmt.Sprintf("id %q begins or ends with a space", id)
	case strings.ContainsFunc(id, unicode.IsControl):
		return fmt.Sprintf("id %q holds a control character", id)
	}
	return ""
}

// jsonl reads one case a line.
func (l *loader) jsonl(file string, data []byte) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for n := 1; len(data) > 0; n++ {
		line := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			line, data = data[:i], data[i+1:]
		} else {
			data = nil
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var d caseDoc
		ps := yamldoc.DecodeLine(file, n, line, &d)
		l.problems = append(l.problems, ps...)
		if len(ps) == 0 {
			d.Pos.Line = n
			l.add(file, &d, &defaultsDoc{})
		}
		if len(l.problems) > maxProblems {
			return
		}
	}
}
