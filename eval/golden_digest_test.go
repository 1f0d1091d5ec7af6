package eval_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qualgate/qualgate/eval"
)

func digestOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, name, doc string) string {
	t.Helper()
	set, ps := files{name: doc}.load()
	if ps != nil {
		t.Fatalf("%s: %v\n%s", name, ps, doc)
	}
	if len(set.Cases) != 1 {
		t.Fatalf("%s: %d cases", name, len(set.Cases))
	}
	return set.Cases[0].Digest
}

// The digest is of the content: of no white space, order, style or format.
func TestDigestOfContent(t *testing.T) {
	want := digestOf(t, "a.yaml", "- {id: a, vars: {q: 'x y', n: 3}, tags: [s, t], checks: [{contains: x, weight: 2}], reference: 42, known_issue: {reason: r, until: 2026-12-01}}")
	for name, doc := range map[string]string{
		"block.yaml":    "# a remark\ncases:\n  -   known_issue:\n        until: 2026-12-01T00:00:00Z # another\n        reason: \"r\"\n      reference: '42'\n      checks:\n      -  weight: 2.0\n         contains: x\n      tags:\n      - s\n      - t\n      vars:\n        n:   3\n        q: x\n          y\n      id: a\n",
		"defaults.yaml": "name: n\ndefaults: {vars: {q: wrong, n: 3}, tags: [s], checks: [{contains: x, weight: 2}]}\ncases: [{id: a, vars: {q: x y}, tags: [t, s], reference: 42, known_issue: {reason: r, until: 2026-12-01T01:00:00+01:00}}]",
		"alias.yaml":    "- id: &i a\n  vars: {q: x y, n: 3}\n  tags: [s, t]\n  checks: [{contains: x, weight: 2}]\n  reference: 42\n  known_issue: {reason: r, until: 2026-12-01}\n  context: []\n  cluster: ''\n  must_pass: false\n",
		"a.json":        `[{"known_issue":{"until":"2026-12-01","reason":"r"},"reference":"42","checks":[{"weight":2,"contains":"\u0078"}],"tags":["s","t"],"vars":{"n":3,"q":"x y"},"id":"a"}]`,
		"a.jsonl":       `{"id":"a","vars":{"n":3,"q":"x y"},"tags":["s","t"],"checks":[{"contains":"x","weight":2}],"reference":"42","known_issue":{"reason":"r","until":"2026-12-01"}}`,
	} {
		if got := digestOf(t, name, doc); got != want {
			t.Errorf("%s: another digest", name)
		}
	}
}

// Every piece of content counts, and only equal content has equal digests.
func TestDigestSeesEveryChange(t *testing.T) {
	seen := map[string]string{}
	for _, doc := range []string{
		"{id: a}", "{id: b}", "{id: a, vars: {q: x}}", "{id: a, vars: {q: X}}", "{id: a, vars: {r: x}}", "{id: a, vars: {q: 'x '}}", "{id: a, vars: {q: 1}}", "{id: a, vars: {q: '1'}}",
		"{id: a, vars: {q: 1.0}}", "{id: a, vars: {q: [1, 2]}}", "{id: a, vars: {q: [2, 1]}}", "{id: a, vars: {q: {x: 1}}}",
		"{id: a, messages: [{role: user, content: x}]}", "{id: a, messages: [{role: assistant, content: x}]}", "{id: a, reference: x}", "{id: a, context: x}", "{id: a, context: [x, x]}",
		"{id: a, tags: x}", "{id: a, cluster: x}", "{id: a, rubric: x}", "{id: a, must_pass: true}", "{id: a, known_issue: {reason: x, until: 2026-12-01}}",
		"{id: a, known_issue: {reason: y, until: 2026-12-01}}", "{id: a, known_issue: {reason: x, until: 2026-12-02}}",
		"{id: a, checks: [json]}", "{id: a, checks: [{json: {}}]}", "{id: a, checks: [{contains: x}]}", "{id: a, checks: [{contains: y}]}", "{id: a, checks: [{regex: x}]}",
		"{id: a, checks: [{contains: x, name: n}]}", "{id: a, checks: [{contains: x, weight: 2}]}", "{id: a, checks: [{contains: x, must_pass: true}]}",
		"{id: a, checks: [{contains: x}, {regex: x}]}", "{id: a, checks: [{regex: x}, {contains: x}]}",
	} {
		d := digestOf(t, "a.yaml", "- "+doc)
		if other, dup := seen[d]; dup {
			t.Errorf("%s and %s have one digest", doc, other)
		}
		seen[d] = doc
	}
}

func TestDigestIsCanonicalJSON(t *testing.T) {
	type pair struct {
		Zeta  int     `json:"zeta"`
		Alpha float64 `json:"alpha"`
	}
	// The digests were made with sha256sum, from the JSON in the remarks.
	for _, tc := range []struct {
		v    any
		want string
	}{
		{pair{1, 2}, "d14138144f7e5af20af771cf03db0fcaef73d58e95127e373960ed5d042a5a64"}, // {"alpha":2,"zeta":1}
		{"<a&b>", "6d85c008467ec95ee7aeaeffdb47286365804935d1113218a712f74946b83a14"},    // "<a&b>"
		{nil, "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"},        // null
		// {"a":{"b":[1,0.1,1e+21,-5],"é":"\n"}}
		{map[string]any{"a": map[string]any{"é": "\n", "b": []any{1, 0.1, 1e21, -5.0}}}, "db90d4a940bc189be8760262168693ee59e23465c82a8a4c71e1f5c4d9eaa4de"},
	} {
		if got := eval.Digest(tc.v); got != tc.want {
			t.Errorf("%v: %s", tc.v, got)
		}
	}
	if a, b := eval.Digest(pair{1, 2}), eval.Digest(map[string]any{"zeta": 1, "alpha": 2.0}); a != b {
		t.Error("the order of a struct's fields counts")
	}
	defer func() {
		if recover() == nil {
			t.Error("what has no JSON form has a digest")
		}
	}()
	eval.Digest(make(chan int))
}

// drawn is a random case with its content.
type drawn struct {
	ID      string
	Vars    map[string]string
	Context []string
	Tags    []string
	Ref     string
	Cluster string
	Checks  []map[string]any
	Msgs    []map[string]string
	Must    bool
	Reason  string
	Until   time.Time
}

var word = rapid.StringOfN(rapid.RuneFrom([]rune("abcXYZ019éß漢😀,;:'\"\\{}[]#&*!|>%@`-?<= \n\t")), 1, 15, -1)

func drawCase(t *rapid.T) drawn {
	plain := rapid.StringMatching(`[a-z][a-z0-9_]{0,6}`)
	d := drawn{
		ID: rapid.StringMatching(`[a-z0-9]([ -~é漢]{0,20}[a-z0-9#:])?`).Draw(t, "id"),
		Vars: rapid.MapOfN(plain.Filter(func(s string) bool {
			return !strings.HasPrefix(s, "context") && s != "reference" && !slices.Contains(columns, s)
		}), word, 0, 3).Draw(t, "vars"),
		Context: rapid.SliceOfN(word, 0, 3).Draw(t, "context"),
		Tags:    rapid.SliceOfNDistinct(plain, 0, 3, rapid.ID).Draw(t, "tags"),
		Ref:     rapid.OneOf(rapid.Just(""), word).Draw(t, "reference"),
		Cluster: rapid.OneOf(rapid.Just(""), word).Draw(t, "cluster"),
		Must:    rapid.Bool().Draw(t, "must_pass"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "checks") {
		d.Checks = append(d.Checks, map[string]any{"contains": word.Draw(t, "params"), "weight": rapid.IntRange(1, 9).Draw(t, "weight")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "messages") {
		d.Msgs = append(d.Msgs, map[string]string{"role": rapid.SampledFrom([]string{"user", "assistant"}).Draw(t, "role"), "content": word.Draw(t, "content")})
	}
	if rapid.Bool().Draw(t, "known") {
		d.Reason = word.Draw(t, "reason")
		d.Until = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "until"), 0).UTC()
	}
	return d
}

var columns = []string{"id", "reference", "context", "tags", "cluster", "must_pass", "rubric", "checks", "messages"}

// content is the case as a JSON object, with its keys in a random order.
func (d drawn) content(t *rapid.T) string {
	fields := map[string]any{"id": d.ID}
	put := func(k string, v any, ok bool) {
		// What is empty may be written or left out.
		if ok || rapid.Bool().Draw(t, "write empty") {
			fields[k] = v
		}
	}
	put("vars", d.Vars, len(d.Vars) > 0)
	put("context", d.Context, len(d.Context) > 0)
	put("tags", d.Tags, len(d.Tags) > 0)
	put("reference", d.Ref, d.Ref != "")
	put("cluster", d.Cluster, d.Cluster != "")
	put("checks", d.Checks, len(d.Checks) > 0)
	put("messages", d.Msgs, len(d.Msgs) > 0)
	put("must_pass", d.Must, d.Must)
	if d.Reason != "" {
		fields["known_issue"] = map[string]any{"reason": d.Reason, "until": d.Until.Format(time.RFC3339)}
	}
	var parts []string
	for _, k := range rapid.Permutation(slices.Sorted(maps.Keys(fields))).Draw(t, "order") {
		v, err := json.Marshal(fields[k])
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, fmt.Sprintf("%q:%s%s", k, rapid.SampledFrom([]string{"", " "}).Draw(t, "space"), v))
	}
	return "{" + strings.Join(parts, rapid.SampledFrom([]string{",", ", "}).Draw(t, "comma")) + "}"
}

// yaml is the case as YAML people would write.
func (d drawn) yaml(t *rapid.T) string {
	var b strings.Builder
	text := func(s string) string {
		if rapid.Bool().Draw(t, "single quotes") && !strings.ContainsAny(s, "\n\t") {
			return "'" + strings.ReplaceAll(s, "'", "''") + "'"
		}
		q, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(q)
	}
	fmt.Fprintf(&b, "name: x # a remark\ncases:\n- tags:\n")
	for _, s := range d.Tags {
		fmt.Fprintf(&b, "  - %s\n", text(s))
	}
	fmt.Fprintf(&b, "  vars:\n")
	for _, k := range slices.Sorted(maps.Keys(d.Vars)) {
		fmt.Fprintf(&b, "    %s: %s\n", k, text(d.Vars[k]))
	}
	fmt.Fprintf(&b, "\n  context:\n")
	for _, s := range d.Context {
		fmt.Fprintf(&b, "    - %s\n", text(s))
	}
	fmt.Fprintf(&b, "  reference: %s\n  cluster:   %s\n  must_pass: %t\n  checks:\n", text(d.Ref), text(d.Cluster), d.Must)
	for _, c := range d.Checks {
		fmt.Fprintf(&b, "  - weight: %d.0\n    contains: %s\n", c["weight"], text(c["contains"].(string)))
	}
	fmt.Fprintf(&b, "  messages:\n")
	for _, m := range d.Msgs {
		fmt.Fprintf(&b, "  - {content: %s, role: %s}\n", text(m["content"]), m["role"])
	}
	if d.Reason != "" {
		fmt.Fprintf(&b, "  known_issue:\n    until: %s\n    reason: %s\n", d.Until.Format(time.RFC3339), text(d.Reason))
	}
	fmt.Fprintf(&b, "  id: %s\n", text(d.ID))
	return b.String()
}

// csv is the case as a table.
func (d drawn) csv(t *rapid.T) string {
	list := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	cells := map[string]string{"id": d.ID, "reference": d.Ref, "context": list(append([]string{}, d.Context...)), "tags": strings.Join(d.Tags, " ; "), "cluster": d.Cluster, "must_pass": fmt.Sprint(d.Must)}
	if len(d.Checks) > 0 {
		cells["checks"] = list(d.Checks)
	}
	if len(d.Msgs) > 0 {
		cells["messages"] = list(d.Msgs)
	}
	if d.Reason != "" {
		cells["known_issue_reason"], cells["known_issue_until"] = d.Reason, d.Until.Format(time.RFC3339)
	}
	for k, v := range d.Vars {
		cells[rapid.SampledFrom([]string{"", "vars."}).Draw(t, "prefix")+k] = v
	}
	head := rapid.Permutation(slices.Sorted(maps.Keys(cells))).Draw(t, "columns")
	row := make([]string, len(head))
	for i, h := range head {
		row[i] = cells[h]
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll([][]string{head, row}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDigestIsOfContentInEveryFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawCase(t)
		want := digestOf(t, "a.jsonl", d.content(t))
		for name, doc := range map[string]string{"b.jsonl": d.content(t), "a.json": "[\n" + d.content(t) + "]\n", "a.yaml": d.yaml(t), "flow.yaml": "- " + d.content(t), "a.csv": d.csv(t)} {
			if got := digestOf(t, name, doc); got != want {
				t.Fatalf("%s: another digest\n%s\n%s", name, d.content(t), doc)
			}
		}
	})
}

// How cases are spread over files, and in which order, is no content.
func TestSetDigestIsOfCases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		line := func(i int, text string) string { return fmt.Sprintf("{\"id\": \"c%d\", \"reference\": %q}\n", i, text) }
		var one strings.Builder
		for i := range order {
			one.WriteString(line(i, "x"))
		}
		want, ps := files{"a.jsonl": one.String()}.load()
		if ps != nil {
			t.Fatal(ps)
		}
		spread := files{}
		for _, i := range rapid.Permutation(order).Draw(t, "order") {
			spread[rapid.SampledFrom([]string{"a.jsonl", "b.jsonl", "c.jsonl"}).Draw(t, "file")] += line(i, "x")
		}
		got, ps := spread.load()
		if ps != nil || got.Digest != want.Digest {
			t.Fatalf("another digest: %v", ps)
		}
		changed, ps := files{"a.jsonl": strings.Replace(one.String(), `"x"`, `"y"`, 1)}.load()
		if ps != nil || changed.Digest == want.Digest {
			t.Fatalf("a change is not seen: %v", ps)
		}
	})
}
