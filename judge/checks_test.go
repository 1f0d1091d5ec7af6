package judge

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qualgate/qualgate/eval"
)

func check(t testing.TB, kind string, params any) *Check {
	t.Helper()
	c, err := CompileCheck(eval.CheckSpec{Kind: kind, Params: params})
	if err != nil {
		t.Fatalf("%s %v: %v", kind, params, err)
	}
	return c
}

type m = map[string]any

func TestChecks(t *testing.T) {
	cost := .02
	for _, tt := range []struct {
		kind   string
		params any
		output string
		ref    string
		want   float64
	}{
		{"exact", "Paris", "Paris", "", 1},
		{"exact", "Paris", "paris", "", 0},
		{"exact", m{"value": "Paris", "ignore_case": true}, "PARIS", "", 1},
		{"exact", nil, "Straße", "Straße", 1},
		{"exact", m{"value": "Straße", "fold": true}, "STRASSE", "", 1},
		{"exact", m{"value": "é", "fold": true}, "e\u0301", "", 1},
		{"exact", m{"value": "a", "trim": true}, "  a\n", "", 1},
		{"not_exact", "x", "y", "", 1},
		{"one_of", []any{"yes", "no"}, "no", "", 1},
		{"one_of", []any{"yes", "no"}, "maybe", "", 0},
		{"not_one_of", []any{"yes"}, "no", "", 1},
		{"contains", "30 days", "within 30 days of", "", 1},
		{"contains", "30 days", "within 14 days", "", 0},
		{"contains", m{"value": "日本", "fold": true}, "東京は日本の首都", "", 1},
		{"not_contains", "refund", "no money", "", 1},
		{"contains_any", []any{"a", "b"}, "xbx", "", 1},
		{"contains_all", []any{"a", "b"}, "xbx", "", 0},
		{"contains_all", []any{"a", "b"}, "ab", "", 1},
		{"not_contains_any", []any{"a", "b"}, "c", "", 1},
		{"not_contains_all", []any{"a", "b"}, "a", "", 1},
		{"starts_with", "Dear", "Dear Sir", "", 1},
		{"not_starts_with", "As an AI", "As an AI model", "", 0},
		{"ends_with", ".", "Done.", "", 1},
		{"regex", `^\d{4}$`, "2026", "", 1},
		{"regex", m{"pattern": "^b", "flags": "m"}, "a\nb", "", 1},
		{"not_regex", `\d{16}`, "4111111111111111", "", 0},
		{"json", nil, `{"a": 1}`, "", 1},
		{"json", nil, `{"a": 1`, "", 0},
		{"json", m{"type": "object"}, `[1]`, "", 0},
		{"json_schema", m{"schema": m{"type": "object", "required": []any{"a"}}}, `{"a":1}`, "", 1},
		{"json_schema", m{"schema": m{"type": "object", "required": []any{"a"}}}, `{"b":1}`, "", 0},
		{"number", 42.0, "The answer is 42.", "", 1},
		{"number", 1234.5, "That makes $1,234.50 in all", "", 1},
		{"number", nil, "so #### 18", "18", 1},
		{"number", nil, `thus \boxed{-7}`, "-7", 1},
		{"number", m{"value": 3.14, "tolerance": .01}, "about 3.1416", "", 1},
		{"number", 5.0, "no idea", "", 0},
		{"length", m{"max": 10.0, "unit": "chars"}, "héllo wörld", "", 0},
		{"length", m{"min": 2.0, "max": 3.0, "unit": "words"}, "three little words", "", 1},
		{"refusal", true, "I'm sorry, but I can't help with that.", "", 1},
		{"refusal", false, "Sure, here is how.", "", 1},
		{"latency", m{"max": "2s"}, "x", "", 1},
		{"latency", m{"max": "1s"}, "x", "", 0},
		{"cost", m{"max": .05}, "x", "", 1},
		{"cost", m{"max": .01}, "x", "", 0},
		{"expr", "output.size() < 5 && reference == 'r'", "abc", "r", 1},
		{"expr", "output.contains('x')", "abc", "r", 0},
		{"expr", "latency_ms < 2000.0 ? 0.5 : 0.0", "abc", "r", .5},
	} {
		s := eval.Sample{Case: &eval.Case{ID: "a", Reference: tt.ref}, Output: eval.Output{Text: tt.output, Latency: 1500 * time.Millisecond, CostUSD: &cost}}
		got, err := check(t, tt.kind, tt.params).Score(t.Context(), s)
		if err != nil || got.Value != tt.want {
			t.Errorf("%s %v on %q: %+v, %v; want %v", tt.kind, tt.params, tt.output, got, err, tt.want)
		}
		if got.Label == "" || got.Reason == "" || !got.Deterministic {
			t.Errorf("%s %v on %q: no label or reason: %+v", tt.kind, tt.params, tt.output, got)
		}
	}
}

func TestSimilarity(t *testing.T) {
	for _, tt := range []struct {
		method, a, b string
		lo, hi       float64
	}{
		{"levenshtein", "kitten", "sitting", .571, .572}, // 3 edits in 7
		{"levenshtein", "same", "same", 1, 1},
		{"token_f1", "the cat sat", "the cat", .66, .67},                            // articles are dropped, as for SQuAD: 1 of 2, 1 of 1
		{"rouge_l", "police killed the gunman", "police kill the gunman", .74, .76}, // Lin 2004: LCS 3 of 4
		{"rouge_l", "x y", "a b", 0, 0},
	} {
		got, err := check(t, "similarity", m{"method": tt.method, "value": tt.b, "min": .5}).Score(t.Context(), eval.Sample{Case: &eval.Case{}, Output: eval.Output{Text: tt.a}})
		if err != nil || got.Value < tt.lo || got.Value > tt.hi {
			t.Errorf("%s(%q, %q) = %+v, %v; want %v to %v", tt.method, tt.a, tt.b, got, err, tt.lo, tt.hi)
		}
	}
}

// What cannot be measured is a failure, not a score.
func TestUnmeasurableChecks(t *testing.T) {
	for kind, params := range map[string]any{"cost": m{"max": 1.0}, "expr": "cost_usd < 1.0", "exact": nil} {
		if got, err := check(t, kind, params).Score(t.Context(), eval.Sample{Case: &eval.Case{}, Output: eval.Output{Text: "x"}}); err == nil {
			t.Errorf("%s gave %+v", kind, got)
		}
	}
	set := &eval.GoldenSet{Cases: []eval.Case{{ID: "a", Checks: []eval.CheckSpec{{Kind: "contains", Params: "x"}, {Kind: "cost", Params: m{"max": 1.0}}}}, {ID: "b"}}}
	cs, ps := CompileChecks(set, nil)
	if ps != nil {
		t.Fatal(ps)
	}
	_, err := cs.Score(t.Context(), eval.Sample{Case: &set.Cases[0], Output: eval.Output{Text: "x"}})
	var f *eval.Failure
	if !errors.As(err, &f) || f.Scorer != "checks" {
		t.Errorf("%v", err)
	}
	if got, err := cs.Score(t.Context(), eval.Sample{Case: &set.Cases[1]}); err != nil || len(got.Scores) != 0 {
		t.Errorf("a case without checks: %+v, %v", got, err)
	}
}

func TestCompileChecksNamesThePlace(t *testing.T) {
	set := &eval.GoldenSet{Cases: []eval.Case{{ID: "a", Pos: eval.Position{File: "g.yaml", Line: 3, Column: 5},
		Checks: []eval.CheckSpec{{Kind: "regexp", Params: "x", Pos: eval.Position{File: "g.yaml", Line: 4, Column: 9}}, {Kind: "exact", Pos: eval.Position{File: "g.yaml", Line: 5, Column: 9}}}}}}
	_, ps := CompileChecks(set, nil)
	text := ps.Error()
	if !strings.Contains(text, `g.yaml:4:9: there is no check "regexp"; did you mean "regex"?`) || !strings.Contains(text, "g.yaml:3:5: case a has no reference") {
		t.Errorf("%s", text)
	}
}

// Whatever a model writes, a check's score is a score.
func TestCheckScoresAreScores(t *testing.T) {
	cs := []*Check{check(t, "exact", "x"), check(t, "contains", "x"), check(t, "regex", "x+"), check(t, "json", nil), check(t, "number", 1.0),
		check(t, "similarity", m{"method": "rouge_l", "value": "a b c", "min": .5}), check(t, "similarity", m{"method": "levenshtein", "value": "abc", "min": .5}),
		check(t, "similarity", m{"method": "token_f1", "value": "a b", "min": .5}), check(t, "length", m{"max": 5.0}), check(t, "refusal", true)}
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String().Draw(rt, "output")
		for _, c := range cs {
			got, err := c.Score(t.Context(), eval.Sample{Case: &eval.Case{}, Output: eval.Output{Text: text}})
			if err != nil || !(got.Value >= 0 && got.Value <= 1) {
				rt.Fatalf("%s: %+v, %v", c.Kind, got, err)
			}
		}
	})
}

func FuzzRubric(f *testing.F) {
	f.Add([]byte(testRubric))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, ps := ParseRubric("r.yaml", data)
		if (r == nil) != (len(ps) > 0) {
			t.Fatalf("rubric %v with problems %v", r, ps)
		}
	})
}
