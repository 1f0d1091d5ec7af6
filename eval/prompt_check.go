package eval

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// Vars lists the prompt's variables, each once, sorted.
func (p *Prompt) Vars() []string {
	return slices.Sorted(maps.Keys(p.variables()))
}

// use is where a prompt uses a variable.
type use struct {
	message *promptMessage
	off     int
}

func (u use) pos() yamldoc.Pos { return u.message.locate(u.off) }

// variables are the prompt's variables with their first use.
func (p *Prompt) variables() map[string]use {
	vars := map[string]use{}
	for i := range p.messages {
		m := &p.messages[i]
		for _, part := range m.parts {
			if _, known := vars[part.name]; part.name != "" && !known {
				vars[part.name] = use{m, part.off}
			}
		}
	}
	return vars
}

// Render fills the prompt in for a case. What is filled in is never filled in
// again: a variable's value may hold {{x}}. The case's own messages stand
// between the leading system messages and the prompt's last user message.
//
// The error, of a variable the case lacks, names the place and the case.
func (p *Prompt) Render(c *Case) ([]Message, error) {
	out := make([]Message, 0, len(p.messages)+len(c.Messages))
	for i := range p.messages {
		m := &p.messages[i]
		var b strings.Builder
		for _, part := range m.parts {
			if part.name == "" {
				b.WriteString(part.text)
				continue
			}
			if !hasVariable(c, part.name) {
				pos := use{m, part.off}.pos()
				return nil, fmt.Errorf("%s:%d:%d: case %q does not set {{%s}}", p.Path, pos.Line, pos.Col, c.ID, part.name)
			}
			b.WriteString(variableText(c, part.name))
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

func hasVariable(c *Case, name string) bool {
	if name == contextVar {
		return len(c.Context) > 0
	}
	_, ok := c.Vars[name]
	return ok
}

func variableText(c *Case, name string) string {
	if name == contextVar {
		return strings.Join(c.Context, "\n\n")
	}
	return varText(c.Vars[name])
}

// Check finds cases that lack a variable of the prompt, and variables of cases
// that the prompt never uses.
func (p *Prompt) Check(set *GoldenSet) yamldoc.Problems {
	return CheckPrompts([]*Prompt{p}, set)
}

// CheckPrompts checks the prompts of both arms against the cases: each prompt
// needs all its variables, and each variable of a case must be used by one of
// the prompts at least, or it is a slip of the pen. One problem covers all the
// cases that share it and names the first three.
func CheckPrompts(prompts []*Prompt, set *GoldenSet) yamldoc.Problems {
	var ps yamldoc.Problems
	used := map[string]bool{}
	for _, p := range prompts {
		for name, first := range p.variables() {
			used[name] = true
			lacking := casesOf(set, func(c *Case) bool { return !hasVariable(c, name) })
			if len(lacking) > 0 {
				pos := first.pos()
				ps = append(ps, yamldoc.Problem{File: p.Path, Line: pos.Line, Col: pos.Col, Hint: lackingHint(name, lacking[0]),
					Msg: fmt.Sprintf("the prompt uses {{%s}}, which %s not set", name, subject(lacking))})
			}
		}
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
		pos := cases[0].Pos
		ps = append(ps, yamldoc.Problem{File: pos.File, Line: pos.Line, Col: pos.Column, Hint: unusedHint(v, prompts, used),
			Msg: fmt.Sprintf("variable %q of %s is never used by %s", v, caseList(cases), promptPaths(prompts))})
	}
	if len(ps) == 0 {
		return nil
	}
	return ps.Sorted()
}

func casesOf(set *GoldenSet, keep func(*Case) bool) (cases []*Case) {
	for i := range set.Cases {
		if keep(&set.Cases[i]) {
			cases = append(cases, &set.Cases[i])
		}
	}
	return cases
}

func lackingHint(name string, c *Case) string {
	if name == contextVar {
		return "add context: [the documents' text] to the case"
	}
	if short := strings.TrimPrefix(name, "vars."); short != name {
		return fmt.Sprintf("write {{%s}}", short)
	}
	if whole, _, dotted := strings.Cut(name, "."); dotted && c.Vars[whole] != nil {
		return fmt.Sprintf("a part of %q cannot be named; make it a variable of its own", whole)
	}
	if near := yamldoc.Nearest(name, slices.Sorted(maps.Keys(c.Vars))); near != "" {
		return fmt.Sprintf("did you mean {{%s}}?", near)
	}
	return "set it in the case's vars"
}

func unusedHint(name string, prompts []*Prompt, used map[string]bool) string {
	for _, p := range prompts {
		for _, m := range p.messages {
			for _, part := range m.parts {
				if strings.Contains(part.text, "{"+name+"}") || strings.Contains(part.text, "${"+name+"}") {
					return fmt.Sprintf("write {{%s}} with two braces in %s", name, p.Path)
				}
			}
		}
	}
	if near := yamldoc.Nearest(name, slices.Sorted(maps.Keys(used))); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Sprintf("use {{%s}} in the prompt, or remove the variable", name)
}

func promptPaths(prompts []*Prompt) string {
	var paths []string
	for _, p := range prompts {
		if !slices.Contains(paths, p.Path) {
			paths = append(paths, p.Path)
		}
	}
	if len(paths) == 0 {
		return "any prompt"
	}
	return strings.Join(paths, " or ")
}

// subject names cases as the subject of "… does not set".
func subject(cases []*Case) string {
	if len(cases) == 1 {
		return caseList(cases) + " does"
	}
	return caseList(cases) + " do"
}

func caseList(cases []*Case) string {
	ids := make([]string, 0, 3)
	for _, c := range cases[:min(len(cases), 3)] {
		ids = append(ids, c.ID)
	}
	switch {
	case len(cases) == 1:
		return "case " + ids[0]
	case len(cases) <= 3:
		return "cases " + strings.Join(ids, ", ")
	}
	return fmt.Sprintf("cases %s and %d more", strings.Join(ids, ", "), len(cases)-3)
}
