package yamldoc

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bomb is the "billion laughs" document: levels of ten aliases each.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

func TestBounds(t *testing.T) {
	const tooMany = "the document grows too large through its aliases (*name); write it out more simply"
	const tooDeep = "the document is nested more than 100 levels deep, or an alias holds itself; write it out more simply"
	deepFlow := strings.Repeat("[", 150) + strings.Repeat("]", 150)
	for name, tc := range map[string]struct{ doc, want string }{
		"bomb":       {bomb(9), tooMany},
		"self":       {"a: &x [*x]", tooDeep},
		"deep":       {deepFlow, tooDeep},
		"long alias": {"t: &t " + strings.Repeat("word ", 1<<20) + "\nl: [" + strings.Repeat("*t, ", 60) + "]\n", tooMany},
		"very deep":  {strings.Repeat("[", 20_000), "the document is nested more than 100 levels deep; write it out more simply"},
		"too large":  {strings.Repeat("#", MaxDocument+1), "64 MB is too large for one document, the limit is 64 MB; split it, or write JSON lines (.jsonl)"},
	} {
		n, ps := Parse("f", []byte(tc.doc))
		if n != nil || len(ps) != 1 || !strings.HasSuffix(ps.Error(), ": "+tc.want) {
			t.Errorf("%s: %.300s", name, ps.Error())
		}
	}
}

// Aliases are for saving words: a large document may use many of them.
func TestAliasesInBounds(t *testing.T) {
	var b strings.Builder
	b.WriteString("doc: &d [one, two]\ncases:\n")
	for i := range 90_000 {
		fmt.Fprintf(&b, "- {id: c%d, context: *d}\n", i)
	}
	n, ps := Parse("f", []byte(b.String()))
	if ps != nil {
		t.Fatal(ps)
	}
	if got, _ := n.Find("cases", "89999", "context").Any(); !reflect.DeepEqual(got, []any{"one", "two"}) {
		t.Errorf("read %v", got)
	}
	if _, ps := Parse("f", []byte(bomb(4))); ps != nil {
		t.Errorf("11,110 values are no bomb: %v", ps)
	}
}

// anyJSON draws a plain JSON value.
func anyJSON() *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.IntRange(-1<<40, 1<<40), func(i int) any { return float64(i) }),
		rapid.Map(rapid.Float64Range(-1e6, 1e6), func(f float64) any { return f }),
		rapid.Map(text(), func(s string) any { return s }),
	)
	return rapid.OneOf(scalar,
		rapid.Map(rapid.SliceOfN(scalar, 0, 4), func(s []any) any { return s }),
		rapid.Map(rapid.MapOfN(text(), scalar, 0, 4), func(m map[string]any) any { return m }))
}

// text draws what both JSON and YAML (in JSON's quoting) can hold: encoding/json
// writes characters beyond U+FFFF and most controls so that YAML reads them.
func text() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune("aé\n\t \"'\\{}[]:#-&*!|>%@`0123😀\u2028,?~<.")), 0, 12, -1)
}

// JSON is read alike as JSON and as YAML.
func TestJSONIsYAML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]any{"v": anyJSON().Draw(t, "value")}
		doc, err := json.MarshalIndent(want, "", rapid.SampledFrom([]string{"", "  "}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"f.json", "f.yaml"} {
			n, ps := Parse(file, doc)
			if ps != nil {
				t.Fatalf("%s: %v\n%s", file, ps, doc)
			}
			if got, ps := n.Any(); ps != nil || !reflect.DeepEqual(got, any(want)) {
				t.Fatalf("%s: read %#v %v, want %#v", file, got, ps, want)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"provider: x\nlimit: 5\n", "a: &x [*x]", bomb(7), "{\"a\": [1, {\"b\": null}]}", "? [a]\n: b", "a:\n\tb", "a: |\n  x\n y", "<<: *a", "\ufeffa: 1\r\n---\n", "- !!binary x\n- 'a'b\n", "a: 'x", "%YAML 1.2\n---\na: \"\\x\"", "a: 1 # c\n# d\n-\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, file := range []string{"f.yaml", "f.json"} {
			var m model
			check(t, data, Decode(file, data, &m))
			var v any
			check(t, data, Decode(file, data, &v))
			if _, err := json.Marshal(v); err != nil {
				t.Errorf("read what JSON cannot hold: %v", err)
			}
		}
	})
}

// check wants problems to say something, and in the document.
func check(t *testing.T, data []byte, ps Problems) {
	t.Helper()
	// YAML ends lines with more than \n.
	lines := 1 + strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + strings.Count(string(data), "\u0085") +
		strings.Count(string(data), "\u2028") + strings.Count(string(data), "\u2029")
	for _, p := range ps {
		if p.Msg == "" || p.Line < 1 || p.Line > lines+1 || p.Col < 1 {
			t.Errorf("a problem without sense: %+v", p)
		}
	}
}

func TestRepeatedKeysAreBounded(t *testing.T) {
	n, ps := Parse("f", []byte(strings.Repeat("a: b\n", 5000)))
	if n == nil || len(ps) != maxNoted {
		t.Errorf("%d problems", len(ps))
	}
}

// A parser that breaks down is a problem of the file, not the program's end.
func TestParserPanicIsAProblem(t *testing.T) {
	root, more, err := documents(panicReader{})
	if root != nil || more != nil || err == nil || !strings.Contains(err.Error(), "cannot cope") {
		t.Errorf("%v %v %v", root, more, err)
	}
}

type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("invariant") }
