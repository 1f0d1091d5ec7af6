package eval

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// Prompt is a parsed prompt: messages with {{variables}}.
type Prompt struct {
	Path string
	// Digest identifies the prompt by its messages, not by its white space at
	// the ends or the way they were written down.
	Digest   string
	messages []promptMessage
}

type promptMessage struct {
	role  string
	parts []promptPart
}

// promptPart is literal text, or a variable where name is set.
type promptPart struct {
	text string
	name string
	pos  yamldoc.Pos
}

// contextVar joins the documents of a case.
const contextVar = "context"

// ParsePrompt reads a prompt. A text or Markdown file is one user message, or,
// where lines saying `system:`, `user:` or `assistant:` stand alone, a message
// for each. A .yaml, .yml or .json file is a list of {role, content}.
//
// {{name}} is a variable; \{{ is a literal {{.
func ParsePrompt(file string, data []byte) (*Prompt, yamldoc.Problems) {
	p := &Prompt{Path: file}
	var ps yamldoc.Problems
	switch strings.ToLower(path.Ext(file)) {
	case ".yaml", ".yml", ".json":
		ps = p.readList(file, data)
	default:
		ps = p.readText(file, data)
	}
	if len(ps) > 0 {
		return nil, ps
	}
	if !slices.ContainsFunc(p.messages, func(m promptMessage) bool { return m.role == "user" }) {
		return nil, yamldoc.Problems{{File: file, Line: 1, Col: 1, Msg: "the prompt has no user message", Hint: "add a line `user:` and what the user says"}}
	}
	type flat struct{ Role, Text string }
	var all []flat
	for _, m := range p.messages {
		all = append(all, flat{m.role, m.source()})
	}
	p.Digest = Digest(all)
	return p, nil
}

func (m *promptMessage) source() string {
	var b strings.Builder
	for _, part := range m.parts {
		if part.name != "" {
			b.WriteString("{{" + part.name + "}}")
		} else {
			b.WriteString(strings.ReplaceAll(part.text, "{{", `\{{`))
		}
	}
	return b.String()
}

func (p *Prompt) readList(file string, data []byte) yamldoc.Problems {
	var list []struct {
		Role    string `doc:"role,required"`
		Content textAt `doc:"content,required"`
		Pos     yamldoc.Pos
	}
	ps := yamldoc.Decode(file, data, &list)
	for _, m := range list {
		ps = append(ps, p.message(file, m.Role, m.Content.text, m.Pos, m.Content.Pos)...)
	}
	return ps
}

// textAt is a text with its place.
type textAt struct {
	text string
	yamldoc.Pos
}

// DecodeNode reads the text.
func (t *textAt) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
	t.Pos = n.Pos
	return n.Decode(&t.text)
}

func (p *Prompt) readText(file string, data []byte) yamldoc.Problems {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return yamldoc.Problems{{File: file, Line: 1, Col: 1, Msg: "the file is not valid UTF-8", Hint: "save it as UTF-8"}}
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	role, start, found := "user", 1, false
	var lines []string
	var ps yamldoc.Problems
	flush := func(next int) {
		body := strings.Join(lines, "\n")
		if found || strings.TrimSpace(body) != "" {
			ps = append(ps, p.message(file, role, body, yamldoc.Pos{Line: max(start-1, 1), Col: 1}, yamldoc.Pos{Line: start, Col: 1})...)
		}
		lines, start = nil, next
	}
	for i, line := range strings.Split(text, "\n") {
		switch r := strings.TrimRight(line, " \t"); r {
		case "system:", "user:", "assistant:":
			flush(i + 2)
			role, found = strings.TrimSuffix(r, ":"), true
			continue
		}
		lines = append(lines, line)
	}
	flush(0)
	if len(p.messages) == 0 && len(ps) == 0 {
		return yamldoc.Problems{{File: file, Line: 1, Col: 1, Msg: "the prompt is empty"}}
	}
	return ps
}

// message adds a message; text begins at pos from of the file.
func (p *Prompt) message(file, role, text string, at, from yamldoc.Pos) yamldoc.Problems {
	if role != "system" && role != "user" && role != "assistant" {
		return yamldoc.Problems{{File: file, Line: at.Line, Col: at.Col, Msg: fmt.Sprintf("role %q is not known", role), Hint: "write system, user or assistant"}}
	}
	trimmed := strings.TrimLeft(text, "\n")
	from.Line += len(text) - len(trimmed)
	text = strings.TrimRight(trimmed, " \t\n")
	if text == "" {
		return yamldoc.Problems{{File: file, Line: at.Line, Col: at.Col, Msg: fmt.Sprintf("the %s message is empty", role)}}
	}
	m := promptMessage{role: role}
	ps := m.scan(file, text, from)
	p.messages = append(p.messages, m)
	return ps
}

// scan splits a message into text and variables.
func (m *promptMessage) scan(file, text string, from yamldoc.Pos) (ps yamldoc.Problems) {
	var lit strings.Builder
	place := func(off int) yamldoc.Pos {
		before := text[:off]
		if n := strings.Count(before, "\n"); n > 0 {
			return yamldoc.Pos{Line: from.Line + n, Col: 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])}
		}
		return yamldoc.Pos{Line: from.Line, Col: from.Col + utf8.RuneCountInString(before)}
	}
	fail := func(off int, hint, format string, args ...any) {
		at := place(off)
		ps = append(ps, yamldoc.Problem{File: file, Line: at.Line, Col: at.Col, Msg: fmt.Sprintf(format, args...), Hint: hint})
	}
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, `\{{`):
			lit.WriteString("{{")
			i += 3
		case strings.HasPrefix(rest, "{%"):
			fail(i, "only {{name}} is filled in; write the text out", "{%% … %%} is not supported")
			i += 2
		case strings.HasPrefix(rest, "{{"):
			end := strings.Index(rest, "}}")
			if end < 0 {
				fail(i, `close it with }}, or write \{{ for the characters themselves`, "{{ is never closed")
				return ps
			}
			name := strings.TrimSpace(rest[2:end])
			if why := badVariable(name); why != "" {
				fail(i, `write {{name}}, or \{{ for the characters themselves`, "%s", why)
			} else {
				if lit.Len() > 0 {
					m.parts = append(m.parts, promptPart{text: lit.String()})
					lit.Reset()
				}
				m.parts = append(m.parts, promptPart{name: name, pos: place(i)})
			}
			i += end + 2
		default:
			lit.WriteByte(text[i])
			i++
		}
	}
	if lit.Len() > 0 {
		m.parts = append(m.parts, promptPart{text: lit.String()})
	}
	return ps
}

func badVariable(name string) string {
	switch {
	case name == "":
		return "{{}} names no variable"
	case strings.ContainsAny(name[:1], "#/^>!&{"):
		return fmt.Sprintf("{{%s}} is a template instruction; only plain {{name}} is filled in", name)
	case name == "reference":
		return "{{reference}} is not given to a prompt: it would show the model the answer"
	case strings.ContainsAny(name, " \t\n|()'\"{}"):
		return fmt.Sprintf("{{%s}} is not a variable's name; filters and expressions are not supported", name)
	}
	return ""
}

// Vars lists the prompt's variables, each once, sorted.
func (p *Prompt) Vars() []string {
	var names []string
	for _, m := range p.messages {
		for _, part := range m.parts {
			if part.name != "" && !slices.Contains(names, part.name) {
				names = append(names, part.name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Render fills the prompt in for a case. What is filled in is never filled in
// again: a variable's value may hold {{x}}. The case's own messages stand
// between the leading system messages and the prompt's last user message.
func (p *Prompt) Render(c *Case) ([]Message, error) {
	out := make([]Message, 0, len(p.messages)+len(c.Messages))
	for _, m := range p.messages {
		var b strings.Builder
		for _, part := range m.parts {
			if part.name == "" {
				b.WriteString(part.text)
				continue
			}
			v, ok := variable(c, part.name)
			if !ok {
				return nil, fmt.Errorf("%s:%d:%d: case %q has no variable %q", p.Path, part.pos.Line, part.pos.Col, c.ID, part.name)
			}
			b.WriteString(v)
		}
		out = append(out, Message{m.role, b.String()})
	}
	if len(c.Messages) == 0 {
		return out, nil
	}
	last := len(out) - 1
	for last > 0 && out[last].Role != "user" {
		last--
	}
	return slices.Insert(out, last, c.Messages...), nil
}

func variable(c *Case, name string) (string, bool) {
	if v, ok := c.Vars[name]; ok {
		return varText(v), true
	}
	if name == contextVar && len(c.Context) > 0 {
		return strings.Join(c.Context, "\n\n"), true
	}
	return "", false
}

// Check finds cases that lack a variable of the prompt, and variables of cases
// that the prompt never uses.
func (p *Prompt) Check(set *GoldenSet) yamldoc.Problems {
	return CheckPrompts([]*Prompt{p}, set)
}

// CheckPrompts checks the prompts of both arms against the cases: each prompt
// needs all its variables, and each variable of a case must be used by one of
// the prompts at least, or it is a slip of the pen.
func CheckPrompts(prompts []*Prompt, set *GoldenSet) yamldoc.Problems {
	type key struct{ file, text, hint string }
	lacking := map[key][]string{}
	at := map[key]yamldoc.Pos{}
	used := map[string]bool{}
	var names []string
	for _, p := range prompts {
		for _, m := range p.messages {
			for _, part := range m.parts {
				if part.name == "" {
					continue
				}
				used[part.name] = true
				names = append(names, part.name)
				for i := range set.Cases {
					if _, ok := variable(&set.Cases[i], part.name); !ok {
						k := key{p.Path, fmt.Sprintf("the prompt uses {{%s}}, which %%s not set", part.name), nearestVar(part.name, &set.Cases[i])}
						lacking[k] = append(lacking[k], set.Cases[i].ID)
						if _, ok := at[k]; !ok {
							at[k] = part.pos
						}
					}
				}
			}
		}
	}
	var ps yamldoc.Problems
	for k, ids := range lacking {
		ps = append(ps, yamldoc.Problem{File: k.file, Line: at[k].Line, Col: at[k].Col, Msg: fmt.Sprintf(k.text, caseList(ids)), Hint: k.hint})
	}
	unused := map[string][]*Case{}
	for i := range set.Cases {
		for v := range set.Cases[i].Vars {
			if !used[v] {
				unused[v] = append(unused[v], &set.Cases[i])
			}
		}
	}
	for v, cases := range unused {
		ids := make([]string, len(cases))
		for i, c := range cases {
			ids[i] = c.ID
		}
		hint := "use {{" + v + "}} in the prompt or remove it"
		if n := yamldoc.Nearest(v, names); n != "" && n != v {
			hint = fmt.Sprintf("did you mean %q?", n)
		}
		pos := cases[0].Pos
		ps = append(ps, yamldoc.Problem{File: pos.File, Line: pos.Line, Col: pos.Column,
			Msg: fmt.Sprintf("variable %q of %s is used by no prompt", v, idList(ids)), Hint: hint})
	}
	if len(ps) == 0 {
		return nil
	}
	return ps.Sorted()
}

func nearestVar(name string, c *Case) string {
	names := make([]string, 0, len(c.Vars))
	for n := range c.Vars {
		names = append(names, n)
	}
	if n := yamldoc.Nearest(name, names); n != "" {
		return fmt.Sprintf("did you mean {{%s}}?", n)
	}
	return "set it in the case's vars"
}

// caseList names cases as the subject of "… does not set".
func caseList(ids []string) string {
	if len(ids) == 1 {
		return "case " + ids[0] + " does"
	}
	return idList(ids) + " do"
}

func idList(ids []string) string {
	switch {
	case len(ids) == 1:
		return "case " + ids[0]
	case len(ids) <= 3:
		return "cases " + strings.Join(ids, ", ")
	}
	return fmt.Sprintf("cases %s and %d more", strings.Join(ids[:3], ", "), len(ids)-3)
}
