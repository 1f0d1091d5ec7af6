package eval_test

import (
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/yamldoc"
)

// files are documents by their names.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	s, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(s), nil
}

// load reads all of the files in the order of their names.
func (f files) load(kinds ...string) (*eval.GoldenSet, yamldoc.Problems) {
	names := make([]string, 0, len(f))
	for n := range f {
		names = append(names, n)
	}
	slices.Sort(names)
	return eval.LoadGolden(names, eval.LoadOptions{Read: f.read, CheckKinds: kinds})
}

const goldenYAML = `name: support
defaults:
  vars: {lang: en, tone: kind}
  tags: [all]
  checks: [{length: {max_words: 90}}]
  context: [house rules]
  cluster: rest
  rubric: Is polite.
cases:
  - id: refund-late-01
    vars: {question: "May I?", order: 007, price: 1.50, n: 3, tone: stern, gone: ~}
    messages:
      - {role: user, content: Hello}
      - {role: assistant, content: Hi}
    reference: 42
    context: [doc one, doc two]
    tags: [billing, all]
    cluster: refund-late
    checks:
      - contains: "30 days"
        weight: 2
        name: deadline
        must_pass: true
      - number: {value: 42, tolerance: 0.50}
      - json
    rubric: ["Mentions the fee."]
    must_pass: true
    known_issue: {reason: "Not yet.", until: 2026-12-01}
  - id: plain
`

func TestLoadGolden(t *testing.T) {
	set, ps := files{"golden/a.yaml": goldenYAML}.load("contains", "number", "json", "length")
	if ps != nil {
		t.Fatal(ps)
	}
	length := eval.CheckSpec{Kind: "length", Params: map[string]any{"max_words": 90.0}, Pos: eval.Position{File: "golden/a.yaml", Line: 5, Column: 13}}
	want := []eval.Case{{
		ID:        "refund-late-01",
		Vars:      map[string]any{"lang": "en", "tone": "stern", "question": "May I?", "order": "007", "price": "1.50", "n": 3.0},
		Messages:  []eval.Message{{Role: "user", Content: "Hello"}, {Role: "assistant", Content: "Hi"}},
		Reference: "42", Context: []string{"house rules", "doc one", "doc two"}, Tags: []string{"all", "billing"}, Cluster: "refund-late",
		Checks: []eval.CheckSpec{length,
			{Kind: "contains", Name: "deadline", Weight: 2, MustPass: true, Params: "30 days", Pos: eval.Position{File: "golden/a.yaml", Line: 20, Column: 9}},
			{Kind: "number", Params: map[string]any{"value": 42.0, "tolerance": 0.5}, Pos: eval.Position{File: "golden/a.yaml", Line: 24, Column: 9}},
			{Kind: "json", Pos: eval.Position{File: "golden/a.yaml", Line: 25, Column: 9}}},
		Rubric: []string{"Is polite.", "Mentions the fee."}, MustPass: true,
		KnownIssue: &eval.KnownIssue{Reason: "Not yet.", Until: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)},
		Pos:        eval.Position{File: "golden/a.yaml", Line: 10, Column: 5},
	}, {
		ID: "plain", Vars: map[string]any{"lang": "en", "tone": "kind"}, Context: []string{"house rules"}, Tags: []string{"all"}, Cluster: "rest",
		Checks: []eval.CheckSpec{length}, Rubric: []string{"Is polite."}, Pos: eval.Position{File: "golden/a.yaml", Line: 29, Column: 5},
	}}
	got := slices.Clone(set.Cases)
	for i := range got {
		if len(got[i].Digest) != 64 {
			t.Errorf("digest %q", got[i].Digest)
		}
		got[i].Digest = ""
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("got  %+v\nwant %+v", got[i], want[i])
		}
	}
	if set.Name != "support" || len(got) != 2 {
		t.Errorf("set %q of %d cases", set.Name, len(got))
	}
}

func TestGoldenNames(t *testing.T) {
	for want, fs := range map[string]files{
		"a": {"1.yaml": "name: a\ncases: [{id: x}]", "2.yaml": "name: a\ncases: [{id: y}]", "3.jsonl": `{"id": "z"}`},
		"":  {"1.yaml": "name: a\ncases: [{id: x}]", "2.yaml": "name: b\ncases: [{id: y}]"},
	} {
		set, ps := fs.load()
		if ps != nil || set.Name != want {
			t.Errorf("got %+v %v, want the name %q", set, ps, want)
		}
	}
}

func TestFilesGivenTwiceAreReadOnce(t *testing.T) {
	f := files{"a.jsonl": `{"id": "x"}`}
	set, ps := eval.LoadGolden([]string{"a.jsonl", "a.jsonl"}, eval.LoadOptions{Read: f.read})
	if ps != nil || len(set.Cases) != 1 {
		t.Errorf("got %+v %v", set, ps)
	}
}

// A byte order mark and Windows line ends change nothing.
func TestGoldenFromWindows(t *testing.T) {
	want, ps := files{"a.yaml": goldenYAML}.load()
	if ps != nil {
		t.Fatal(ps)
	}
	got, ps := files{`golden\a.yaml`: "\ufeff" + strings.ReplaceAll(goldenYAML, "\n", "\r\n")}.load()
	if ps != nil || got.Digest != want.Digest {
		t.Errorf("YAML: %v", ps)
	}
	for name, doc := range map[string]string{"a.jsonl": "{\"id\": \"a\", \"vars\": {\"q\": \"x\"}}\n\n{\"id\": \"b\"}\n", "a.csv": "id,q,tags\na,\"x\ny\",t\nb,z,\n"} {
		want, ps := files{name: doc}.load()
		if ps != nil {
			t.Fatal(ps)
		}
		got, ps := files{name: "\ufeff" + strings.ReplaceAll(doc, "\n", "\r\n")}.load()
		if ps != nil || got.Digest != want.Digest {
			t.Errorf("%s: %v", name, ps)
		}
	}
}

func TestLargeCase(t *testing.T) {
	doc := strings.Repeat("word ", 2<<20)
	for name, text := range map[string]string{
		"a.yaml":  "- id: a\n  context: |\n    " + doc + "\n",
		"a.jsonl": `{"id": "a", "context": "` + doc + `"}`,
		"a.csv":   "id,context\na," + doc + "\n",
	} {
		set, ps := files{name: text}.load()
		if ps != nil || strings.TrimSpace(set.Cases[0].Context[0]) != strings.TrimSpace(doc) {
			t.Errorf("%s: 10 MB were not read: %.200s", name, ps.Error())
		}
	}
}

func TestManyProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("defaults: {checks: [{contans: x}]}\ncases:\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "- {id: c%d, checks: [{contaims: x}], tags: ['']}\n", i)
	}
	_, ps := files{"a.yaml": b.String()}.load("contains")
	if len(ps) < 1000 || len(ps) > 1010 {
		t.Errorf("%d problems", len(ps))
	}
	if n := strings.Count(ps.Error(), "\n"); n != 50 {
		t.Errorf("%d lines", n+1)
	}
	if n := strings.Count(ps.Error(), "a.yaml:1:22:"); n != 1 {
		t.Errorf("the set's own problem is there %d times", n)
	}
}
