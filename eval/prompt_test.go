package eval_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/qualgate/qualgate/eval"
)

func parsePrompt(t *testing.T, file, text string) *eval.Prompt {
	t.Helper()
	p, ps := eval.ParsePrompt(file, []byte(text))
	if ps != nil {
		t.Fatalf("%s: %v", file, ps)
	}
	return p
}

func TestRenderPrompt(t *testing.T) {
	c := &eval.Case{ID: "a", Vars: map[string]any{"q": "What of {{n}} and {{reference}}?", "n": 3.0, "list": []any{1.0, "<b>"}, "é-1.x": true},
		Context: []string{"one", "two"}, Reference: "secret",
		Messages: []eval.Message{{Role: "user", Content: "Hi {{q}}"}, {Role: "assistant", Content: "Yes?"}}}
	bare := *c
	bare.Messages = nil
	m := func(pairs ...string) (ms []eval.Message) {
		for i := 0; i < len(pairs); i += 2 {
			ms = append(ms, eval.Message{Role: pairs[i], Content: pairs[i+1]})
		}
		return ms
	}
	for name, tc := range map[string]struct {
		file, text string
		c          *eval.Case
		want       []eval.Message
		vars       []string
	}{
		"one message":  {"p.md", "\n# Task\n\nAnswer {{q}} in {{ n }} words; {{list}}.\n\n", &bare, m("user", "# Task\n\nAnswer What of {{n}} and {{reference}}? in 3 words; [1,\"<b>\"]."), []string{"list", "n", "q"}},
		"parts":        {"p.txt", "system:\r\nBe kind.\r\n\r\nuser:  \r\n{{é-1.x}} {{context}}\r\n", &bare, m("system", "Be kind.", "user", "true one\n\ntwo"), []string{"context", "é-1.x"}},
		"history":      {"p.md", "system:\nS\nuser:\n{{q}}\n", c, m("system", "S", "user", "Hi {{q}}", "assistant", "Yes?", "user", "What of {{n}} and {{reference}}?"), []string{"q"}},
		"few shots":    {"p.md", "system:\nS\nuser:\nU1\nassistant:\nA1\nuser:\nU2\nassistant:\nSo", c, m("system", "S", "user", "U1", "assistant", "A1", "user", "Hi {{q}}", "assistant", "Yes?", "user", "U2", "assistant", "So"), nil},
		"only user":    {"p.md", "U", c, m("user", "Hi {{q}}", "assistant", "Yes?", "user", "U"), nil},
		"escapes":      {"p.md", "\ufeff\\{{q}} {q} {{q}}} \\{% if %} } }} \\x {\n\\user:\n user:\nuser: x", &bare, m("user", "{{q}} {q} What of {{n}} and {{reference}}?} {% if %} } }} \\x {\nuser:\n user:\nuser: x"), []string{"q"}},
		"YAML list":    {"p.yaml", "- {role: system, content: S}\n- role: user\n  content: |\n    {{n}}\n    end\n", &bare, m("system", "S", "user", "3\nend"), []string{"n"}},
		"JSON list":    {"p.json", "[{\"role\": \"user\", \"content\": \"\\ud83d\\ude00 {{n}}\"}]", &bare, m("user", "😀 3"), []string{"n"}},
		"JSON in text": {"p.md", `Reply as {"a": {"b": 1}} for {{n}}`, &bare, m("user", `Reply as {"a": {"b": 1}} for 3`), []string{"n"}},
	} {
		p := parsePrompt(t, tc.file, tc.text)
		got, err := p.Render(tc.c)
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %v\n got %q\nwant %q", name, err, got, tc.want)
		}
		if vars := p.Vars(); !slices.Equal(vars, tc.vars) {
			t.Errorf("%s: variables %q, want %q", name, vars, tc.vars)
		}
	}
	_, err := parsePrompt(t, "p.md", "a\né {{missing}}").Render(c)
	if err == nil || err.Error() != `p.md:2:3: case "a" does not set {{missing}}` {
		t.Errorf("missing variable: %v", err)
	}
}

func TestPromptProblems(t *testing.T) {
	const chars = `write {{name}}, or \{{ for the characters themselves`
	for _, tc := range []struct{ file, text, want string }{
		{"p.md", "", "p.md:1:1: the prompt is empty"},
		{"p.md", " \n\n", "p.md:1:1: the prompt is empty"},
		{"p.md", "a\nb {{q", `p.md:2:3: {{ is never closed; close it with }} in the same line, or write \{{ for the characters themselves`},
		{"p.md", "{{q\n}} {{r}}", `p.md:1:1: {{ is never closed; close it with }} in the same line, or write \{{ for the characters themselves`},
		{"p.md", "é {{q {{r}}", `p.md:1:3: {{ is never closed; close it with }}, or write \{{ for the characters themselves`},
		{"p.md", "{{}} {{ }}", "p.md:1:1: {{}} names no variable; " + chars + "\np.md:1:6: {{}} names no variable; " + chars},
		{"p.md", "{{#if x}}y{{/if}}", "p.md:1:1: {{#if x}} is an instruction to a template engine; only plain {{name}} is filled in; " + chars + "\np.md:1:11: {{/if}} is an instruction to a template engine; only plain {{name}} is filled in; " + chars},
		{"p.md", "{{{x}}}", "p.md:1:1: {{{x}} is an instruction to a template engine; only plain {{name}} is filled in; " + chars},
		{"p.md", "{{ x | upper }}", "p.md:1:1: {{x | upper}} is not a variable's name; expressions and filters are not supported; " + chars},
		{"p.md", "{% for x %}", `p.md:1:1: {% %} is not supported; only {{name}} is filled in; write \{% for the characters themselves`},
		{"p.md", "user:\n{{reference}}", "p.md:2:1: {{reference}} is not given to a prompt: it would show the model the answer; remove it"},
		{"p.md", "system:\nS", "p.md:1:1: the prompt has no user message; add a line `user:` and what the user says"},
		{"p.md", "system:\n\nuser:\nx", "p.md:1:1: the system message is empty"},
		{"p.md", "# Title\nsystem:\nS\nuser:\nU {{", "p.md:1:1: text stands before the first part (system: in line 2); begin the file with system: or user:\np.md:5:3: {{ is never closed; close it with }} in the same line, or write \\{{ for the characters themselves"},
		{"p.md", "System:\nS\nuser:\nU", `p.md:1:1: "System:" alone on a line begins no message, "system:" does; write system:, or \System: for the words themselves` + "\np.md:1:1: text stands before the first part (user: in line 3); begin the file with system: or user:"},
		{"p.md", "a\xff", "p.md:1:2: the file is not valid UTF-8: byte 1 is 0xff; save it as UTF-8"},
		{"p.yaml", "- {role: developer, content: x}\n- {role: user}\n- {content: y, role: user, rol: z}\n", "p.yaml:1:3: role \"developer\" is not known; write system, user or assistant\np.yaml:2:3: \"content\" is missing\np.yaml:3:28: unknown key \"rol\"; did you mean \"role\"?"},
		{"p.yaml", "role: user\n", "p.yaml:1:1: a list is expected, found a mapping; begin each element with a dash"},
		{"p.yaml", "[]", "p.yaml:1:1: the prompt has no messages; write - {role: user, content: …}"},
		{"p.yaml", "- role: user\n  content: |\n    é {{ok}}\n\n    and {{a b}}\n", "p.yaml:5:9: {{a b}} is not a variable's name; expressions and filters are not supported; " + chars},
		{"p.yaml", "- {role: user, content: \"x\"}\n- {role: user, content: \"é\\n \\\\{{ {{a b}}\"}\n", "p.yaml:2:35: {{a b}} is not a variable's name; expressions and filters are not supported; " + chars},
		{"p.json", "[{\"role\": \"user\", \"content\": \"é {{a b}}\"}]", "p.json:1:33: {{a b}} is not a variable's name; expressions and filters are not supported; " + chars},
		{"p.md", strings.Repeat(" ", 5<<20), "p.md: 5 MB is too large for a prompt, the limit is 4 MB"},
	} {
		p, ps := eval.ParsePrompt(tc.file, []byte(tc.text))
		if p != nil || ps.Error() != tc.want {
			t.Errorf("%.100q:\n got %s\nwant %s", tc.text, ps.Error(), tc.want)
		}
	}
}

func TestPromptDigest(t *testing.T) {
	want := parsePrompt(t, "p.md", "system:\nS {{a}}\nuser:\nU \\{{b}}\n").Digest
	for file, text := range map[string]string{
		"crlf.md": "system:\r\n\r\nS {{ a }}\r\n\r\nuser:\r\nU \\{{b}}\r\n\r\n",
		"p.yaml":  "- {content: 'S {{a}}', role: system}\n- {role: user, content: 'U \\{{b}}'}\n",
		"p.json":  `[{"role":"system","content":"S {{a}}"},{"role":"user","content":"U \\{{b}}"}]`,
	} {
		if got := parsePrompt(t, file, text).Digest; got != want {
			t.Errorf("%s: another digest", file)
		}
	}
	for _, text := range []string{"system:\nS {{a}}\nuser:\nU {{b}}\n", "system:\nS {{a}}\nuser:\nU \\{{c}}\n", "assistant:\nS {{a}}\nuser:\nU \\{{b}}\n", "S {{a}}\nU \\{{b}}"} {
		if got := parsePrompt(t, "p.md", text).Digest; got == want {
			t.Errorf("%q: the same digest", text)
		}
	}
}

func TestCheckPrompts(t *testing.T) {
	set := &eval.GoldenSet{}
	for i := range 5 {
		set.Cases = append(set.Cases, eval.Case{ID: fmt.Sprintf("c%d", i), Vars: map[string]any{"question": "x", "order": map[string]any{"id": 1.0}, "tone": "y"},
			Pos: eval.Position{File: "g.yaml", Line: 10 + i, Column: 3}})
	}
	set.Cases[1].Vars["quesion"] = "typo"
	delete(set.Cases[1].Vars, "question")
	set.Cases[2].Context = []string{"doc"}
	old := parsePrompt(t, "old.md", "{{question}} {{vars.tone}}\n{tone}")
	now := parsePrompt(t, "new.md", "user:\n{{question}} {{question}}\n{{order.id}} {{context}} {{lang}}")
	want := `g.yaml:10:3: variable "order" of cases c0, c1, c2 and 2 more is never used by old.md or new.md; use {{order}} in the prompt, or remove the variable
g.yaml:10:3: variable "tone" of cases c0, c1, c2 and 2 more is never used by old.md or new.md; write {{tone}} with two braces in old.md
g.yaml:11:3: variable "quesion" of case c1 is never used by old.md or new.md; did you mean "question"?
new.md:2:1: the prompt uses {{question}}, which case c1 does not set; did you mean {{quesion}}?
new.md:3:1: the prompt uses {{order.id}}, which cases c0, c1, c2 and 2 more do not set; a part of "order" cannot be named; make it a variable of its own
new.md:3:14: the prompt uses {{context}}, which cases c0, c1, c3 and 1 more do not set; add context: [the documents' text] to the case
new.md:3:26: the prompt uses {{lang}}, which cases c0, c1, c2 and 2 more do not set; set it in the case's vars
old.md:1:1: the prompt uses {{question}}, which case c1 does not set; did you mean {{quesion}}?
old.md:1:14: the prompt uses {{vars.tone}}, which cases c0, c1, c2 and 2 more do not set; write {{tone}}`
	if got := eval.CheckPrompts([]*eval.Prompt{old, now}, set).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	good := &eval.GoldenSet{Cases: []eval.Case{{ID: "a", Vars: map[string]any{"q": "x"}}, {ID: "b", Vars: map[string]any{"q": ""}}}}
	if ps := parsePrompt(t, "p.md", "{{q}}").Check(good); ps != nil {
		t.Errorf("nothing is wrong, but: %v", ps)
	}
}

// Literal text comes through as it is, and values are never looked into.
func TestRenderIsLiteral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		braces := rapid.StringOfN(rapid.RuneFrom([]rune(`{}%\ abé`)), 0, 12, -1)
		before, value, after := braces.Draw(t, "before"), braces.Draw(t, "value"), braces.Draw(t, "after")
		source := strings.NewReplacer("{{", `\{{`, "{%", `\{%`).Replace
		text := "|" + source(before) + "| {{v}} |" + source(after) + "|"
		p, ps := eval.ParsePrompt("p.md", []byte(text))
		if ps != nil {
			t.Fatal(ps)
		}
		got, err := p.Render(&eval.Case{ID: "a", Vars: map[string]any{"v": value}})
		if want := "|" + before + "| " + value + " |" + after + "|"; err != nil || got[0].Content != want {
			t.Fatalf("%q rendered as %q, want %q", text, got[0].Content, want)
		}
	})
}
