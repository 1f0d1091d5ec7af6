package eval_test

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qualgate/qualgate/eval"
)

func digits(s string) string { return strings.Repeat(s, 64/len(s)) }

func TestLockIsText(t *testing.T) {
	l := &eval.Lock{Who: `Ann "A" <a@example.org>`, When: time.Date(2026, 3, 1, 13, 0, 0, 500, time.FixedZone("CET", 3600)), Why: "Fees\nhave changed.",
		Rubrics: map[string]string{"rubrics/support.yaml": "ab12"}, Scorers: map[string]string{"judge": "cd/1", "checks": "ef"},
		Cases: map[string]string{"refund-late-01": digits("0a"), "a b": digits("1"), `"q"`: digits("2"), "é#1": digits("3"), "x\u00a0y": digits("4"), "C": digits("5")}}
	want := "# The frozen exam. Written by `qualgate freeze`; review its diff, do not edit it.\n" + `qualgate.lock/1
who "Ann \"A\" <a@example.org>"
when 2026-03-01T12:00:00Z
why "Fees\nhave changed."
rubric rubrics/support.yaml ab12
scorer checks ef
scorer judge cd/1
case "\"q\"" ` + digits("2") + `
case C ` + digits("5") + `
case "a b" ` + digits("1") + `
case refund-late-01 ` + digits("0a") + `
case "x\u00a0y" ` + digits("4") + `
case é#1 ` + digits("3") + "\n"
	if got := string(l.Bytes()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	l.When = l.When.UTC().Truncate(time.Second)
	for _, text := range []string{want, "\ufeff" + strings.ReplaceAll(want, "\n", "\r\n"), strings.TrimSuffix(want, "\n") + "\n\n# a remark"} {
		if got, ps := eval.ParseLock("qualgate.lock", []byte(text)); ps != nil || !reflect.DeepEqual(got, l) {
			t.Errorf("read back %+v %v", got, ps)
		}
	}
}

func TestLockRoundTrip(t *testing.T) {
	name := rapid.StringN(1, 20, -1).Filter(func(s string) bool { return s != "" })
	digest := rapid.StringMatching(`[0-9a-f]{64}`)
	rapid.Check(t, func(t *rapid.T) {
		want := &eval.Lock{Who: rapid.String().Draw(t, "who"), Why: rapid.String().Draw(t, "why"), When: time.Unix(rapid.Int64Range(-1e10, 2e11).Draw(t, "when"), 0).UTC(),
			Cases: rapid.MapOfN(name, digest, 0, 5).Draw(t, "cases"), Rubrics: rapid.MapOfN(name, digest, 0, 2).Draw(t, "rubrics"), Scorers: rapid.MapOfN(name, digest, 0, 2).Draw(t, "scorers")}
		got, ps := eval.ParseLock("l", want.Bytes())
		if ps != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%v\n got %+v\nwant %+v\n%s", ps, got, want, want.Bytes())
		}
	})
}

func TestLockProblems(t *testing.T) {
	const again = "; run `qualgate freeze` again and review the diff"
	head := "qualgate.lock/1\nwho \"a\"\nwhen 2026-03-01T12:00:00Z\nwhy \"\"\n"
	for _, tc := range []struct{ text, want string }{
		{"", "l:1:1: the lock is empty" + again},
		{"# nothing\n", "l:1:1: the lock is empty" + again},
		{"version: 1\n", `l:1:1: this is no lock: it begins "version: 1", "qualgate.lock/1" is expected` + again},
		{"\nqualgate.lock/9\nnews x\n", `l:2:1: this is a lock of format "qualgate.lock/9"; this version of qualgate reads "qualgate.lock/1"` + again},
		{head + "<<<<<<< HEAD\ncase a " + digits("1") + "\n=======\ncase a " + digits("2") + "\n>>>>>>> x\n",
			"l:5:1: a merge conflict is left in the lock" + again + "\nl:7:1: a merge conflict is left in the lock" + again + "\nl:8:1: case \"a\" is there twice" + again + "\nl:9:1: a merge conflict is left in the lock" + again},
		{head + "case a 123\ncase b " + digits("G") + "\ncase " + digits("1") + "\nrubric r\nscorer \"s x\ncase \"a\"" + digits("1") + "\nscorer s a b\ncase \"\" " + digits("1") + "\n",
			`l:5:1: a case line needs a name and a digest, found "a 123"` + again + "\n" +
				`l:6:1: a case line needs a name and a digest, found "b ` + strings.Repeat("G", 58) + `"` + again + "\n" +
				`l:7:1: a case line needs a name and a digest, found "` + strings.Repeat("1", 60) + `"` + again + "\n" +
				`l:8:1: a rubric line needs a name and a digest, found "r"` + again + "\n" +
				`l:9:1: a scorer line needs a name and a digest, found "\"s x"` + again + "\n" +
				`l:10:1: a case line needs a name and a digest, found "\"a\"` + strings.Repeat("1", 57) + `"` + again + "\n" +
				`l:11:1: a scorer line needs a name and a digest, found "s a b"` + again + "\n" +
				`l:12:1: a case line needs a name and a digest, found "\"\" ` + strings.Repeat("1", 57) + `"` + again},
		{head + "cases 5\nhello\n", `l:5:1: the line "cases 5" is not understood` + again + "\n" + `l:6:1: the line "hello" is not understood` + again},
		{"qualgate.lock/1\nwho a\nwhen yesterday\nwhy 'x'\n", `l:2:1: the who line cannot be read: "a" is no text in double quotes` + again + "\n" +
			`l:3:1: the when line cannot be read: "yesterday" is no time such as 2026-03-01T12:00:00Z` + again + "\n" + `l:4:1: the why line cannot be read: "'x'" is no text in double quotes` + again},
		{head + "who \"b\"\n", `l:5:1: a second who line` + again},
		{"qualgate.lock/1\nwhy \"\"\n", "l:2:1: the who line is missing" + again + "\nl:2:1: the when line is missing" + again},
		{"qualgate.lock/1\n\xff\n", "l:2:1: the file is not valid UTF-8: byte 16 is 0xff; save it as UTF-8"},
	} {
		l, ps := eval.ParseLock("l", []byte(tc.text))
		if l != nil {
			t.Errorf("%q was read", tc.text)
		}
		lines := make([]string, len(ps))
		for i, p := range ps {
			lines[i] = p.String()
		}
		if got := strings.Join(lines, "\n"); got != tc.want {
			t.Errorf("%q:\n got %s\nwant %s", tc.text, got, tc.want)
		}
	}
}

func TestLockDiff(t *testing.T) {
	load := func(lines string) *eval.GoldenSet {
		set, ps := files{"g.jsonl": lines}.load()
		if ps != nil {
			t.Fatal(ps)
		}
		return set
	}
	rubrics, scorers := map[string]string{"r.yaml": "1", "old.yaml": "1"}, map[string]string{"checks": "1", "judge": "1"}
	set := load("{\"id\": \"a\"}\n{\"id\": \"b\"}\n{\"id\": \"c\"}\n")
	l := eval.NewLock(set, rubrics, scorers)
	if d := l.Diff(set, maps.Clone(rubrics), maps.Clone(scorers)); !d.Empty() || d.String() != "" {
		t.Errorf("nothing has changed, but: %v", d)
	}
	now := load("{\"id\": \"z\"}\n{\"id\": \"y\"}\n{\"id\": \"b\", \"reference\": \"new\"}\n{\"id\": \"c\"}\n")
	d := l.Diff(now, map[string]string{"r.yaml": "2", "new.yaml": "1"}, map[string]string{"checks": "1", "judge": "2"})
	want := eval.LockDiff{Added: []string{"y", "z"}, Changed: []string{"b"}, Removed: []string{"a"}, Rubrics: []string{"new.yaml", "old.yaml", "r.yaml"}, Scorers: []string{"judge"}}
	if !reflect.DeepEqual(d, want) || d.Empty() {
		t.Errorf("got %+v", d)
	}
	if got, want := d.String(), "added 2: y, z\nchanged 1: b\nremoved 1: a\nrubric differs: new.yaml, old.yaml, r.yaml\nscorer differs: judge"; got != want {
		t.Errorf("got\n%s", got)
	}
	if got := (eval.LockDiff{Removed: []string{"a b", "x\x1b[2J"}}).String(); got != `removed 2: "a b", "x\x1b[2J"` {
		t.Errorf("odd ids: %s", got)
	}
	var many strings.Builder
	for i := range 30 {
		fmt.Fprintf(&many, "{\"id\": \"m%02d\"}\n", i)
	}
	got := l.Diff(load(many.String()), rubrics, scorers).String()
	if !strings.HasPrefix(got, "added 30: m00, m01, ") || !strings.HasSuffix(strings.Split(got, "\n")[0], ", m19 and 10 more") {
		t.Errorf("a long list:\n%s", got)
	}
}

// Freezing survives being written down.
func TestFrozenSetMatchesItsLock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawCase(t)
		set, ps := files{"a.yaml": d.yaml(t)}.load()
		if ps != nil {
			t.Fatal(ps)
		}
		l, ps := eval.ParseLock("l", eval.NewLock(set, nil, nil).Bytes())
		if ps != nil {
			t.Fatal(ps)
		}
		if diff := l.Diff(set, nil, nil); !diff.Empty() {
			t.Fatalf("differs at once: %v", diff)
		}
	})
}
