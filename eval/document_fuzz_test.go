package eval_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/yamldoc"
)

// fuzzGolden loads data under a name: a set comes out that can be relied on, or
// problems that say something.
func fuzzGolden(f *testing.F, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, ps := eval.LoadGolden([]string{name}, eval.LoadOptions{CheckKinds: []string{"contains", "json"}, Read: func(string) ([]byte, error) { return data, nil }})
		if (set == nil) == (len(ps) == 0) {
			t.Fatalf("neither a set nor problems, or both: %v", ps)
		}
		checkProblems(t, ps)
		if set == nil {
			return
		}
		ids := map[string]bool{}
		for _, c := range set.Cases {
			if c.ID == "" || ids[c.ID] || c.Pos.Line < 1 || c.Pos.File != name {
				t.Errorf("case %q at %v", c.ID, c.Pos)
			}
			ids[c.ID] = true
		}
		lock := eval.NewLock(set, nil, nil)
		back, ps := eval.ParseLock("lock", lock.Bytes())
		if ps != nil || !back.Diff(set, nil, nil).Empty() {
			t.Errorf("its lock does not read back: %v", ps)
		}
	})
}

func checkProblems(t *testing.T, ps yamldoc.Problems) {
	t.Helper()
	for _, p := range ps {
		if p.Msg == "" || p.File == "" || p.Line < 0 || p.Col < 0 || strings.ContainsAny(p.String(), "\n\r\x1b") {
			t.Errorf("a problem without sense: %q", p.String())
		}
	}
}

func FuzzGoldenYAML(f *testing.F) {
	fuzzGolden(f, "g.yaml", goldenYAML, "- id: a\n- {id: b, checks: [json, {contains: x, weight: 2}]}\n", "cases: []", "- id: &a x\n  context: *a\n", "- {id: 007, vars: {a: 1.50, b: .nan, c: [~]}}", "- id: a\n  known_issue: {reason: x, until: 2026-12-01T00:00:00+01:00}\n", "\ufeff- id: a\r\n  tags: x\r\n")
}

func FuzzGoldenJSONL(f *testing.F) {
	fuzzGolden(f, "g.jsonl", "{\"id\": \"a\"}\n{\"id\": \"b\", \"vars\": {\"q\": \"\\ud83d\", \"n\": 1e3}}\r\n\n", "[{}]", "{\n", `{"id":"a","checks":[{"contains":"x","weight":2}],"messages":[{"role":"user","content":"x"}],"known_issue":{"reason":"r","until":"2026-12-01"}}`)
}

func FuzzGoldenCSV(f *testing.F) {
	fuzzGolden(f, "g.csv", "id,q,tags,context,must_pass,checks,messages,known_issue_reason,known_issue_until,\na,\"x\ny\",s;t,\"[\"\"a\"\"]\",TRUE,\"[{\"\"json\"\": null}]\",[],r,2026-12-01,\n", "id;q\n", "id,vars.q,é\nb,\"\"\"\",\n", "\ufeffid\r\na\r\n")
}

func FuzzPrompt(f *testing.F) {
	for _, s := range []string{"Answer {{q}} with {{ context }}", "system:\nS\nuser:\n{{q}}\nassistant:\nA \\{{x}}", "\\user:\n{% if %}", "{{#x}}{{{y}}}{{", "- {role: user, content: '{{q}} x'}", `[{"role":"user","content":"\u007b{q}}"}]`, "\ufeffUser:\r\n{{q | f}}\r\n", "u\r\r-"} {
		f.Add(s, "value {{q}}")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		for _, file := range []string{"p.md", "p.yaml", "p.json"} {
			p, ps := eval.ParsePrompt(file, []byte(text))
			if (p == nil) == (len(ps) == 0) {
				t.Fatalf("neither a prompt nor problems, or both: %v", ps)
			}
			checkProblems(t, ps)
			if p == nil {
				continue
			}
			c := eval.Case{ID: "a", Vars: map[string]any{}, Context: []string{value}}
			for _, v := range p.Vars() {
				c.Vars[v] = value
			}
			ms, err := p.Render(&c)
			if err != nil {
				t.Fatal(err)
			}
			roles := map[string]bool{}
			for _, m := range ms {
				roles[m.Role] = true
			}
			if !roles["user"] {
				t.Errorf("no user message: %q", ms)
			}
			delete(c.Vars, "context") // is not a variable
			if ps := p.Check(&eval.GoldenSet{Cases: []eval.Case{c}}); ps != nil {
				t.Errorf("all is set, but: %v", ps)
			}
		}
	})
}

func FuzzLock(f *testing.F) {
	f.Add([]byte("# x\nqualgate.lock/1\nwho \"a\"\nwhen 2026-03-01T12:00:00Z\nwhy \"\"\nrubric \"a b\" 12\nscorer s 34\ncase é " + digits("0a") + "\n"))
	f.Add([]byte("qualgate.lock/1\r\nwhen 0001-01-01T00:00:00+05:00\r\n<<<<<<< x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, ps := eval.ParseLock("l", data)
		if (l == nil) == (len(ps) == 0) {
			t.Fatalf("neither a lock nor problems, or both: %v", ps)
		}
		checkProblems(t, ps)
		if l == nil {
			return
		}
		again, ps := eval.ParseLock("l", l.Bytes())
		if ps != nil || !again.When.Equal(l.When.Truncate(1e9)) {
			t.Fatalf("does not read back: %v\n%s", ps, l.Bytes())
		}
		again.When = l.When
		if !reflect.DeepEqual(again, l) {
			t.Fatalf("reads back as another:\n%s", l.Bytes())
		}
	})
}
