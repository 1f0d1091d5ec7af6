package eval

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// contextVar joins the documents of a case.
const contextVar = "context"

// promptScanner splits a message into text and variables.
type promptScanner struct {
	file, text string
	locate     func(off int) yamldoc.Pos
	lit        strings.Builder
	parts      []promptPart
	problems   yamldoc.Problems
}

func (s *promptScanner) fail(off int, hint, format string, args ...any) {
	at := s.locate(off)
	s.problems = append(s.problems, yamldoc.Problem{File: s.file, Line: at.Line, Col: at.Col, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

func (s *promptScanner) scan() {
	for i := 0; i < len(s.text) && len(s.problems) < maxPromptProblems; {
		rest := s.text[i:]
		next := strings.IndexAny(rest, `\{`)
		if next < 0 {
			next = len(rest)
		}
		s.lit.WriteString(rest[:next])
		i += next
		switch rest = rest[next:]; {
		case strings.HasPrefix(rest, `\{{`), strings.HasPrefix(rest, `\{%`):
			s.lit.WriteString(rest[1:3])
			i += 3
		case strings.HasPrefix(rest, "{%"):
			s.fail(i, `only {{name}} is filled in; write \{% for the characters themselves`, "{%% %%} is not supported")
			i += 2
		case strings.HasPrefix(rest, "{{"):
			i += s.variable(i, rest)
		case rest != "":
			s.lit.WriteByte(rest[0])
			i++
		}
	}
	s.flush()
}

func (s *promptScanner) flush() {
	if s.lit.Len() > 0 {
		s.parts = append(s.parts, promptPart{text: s.lit.String()})
		s.lit.Reset()
	}
}

// variable reads {{name}} at offset i and returns its length.
func (s *promptScanner) variable(i int, rest string) int {
	end := strings.Index(rest, "}}")
	if nl := strings.IndexByte(rest, '\n'); end < 0 || nl >= 0 && nl < end {
		s.fail(i, `close it with }} in the same line, or write \{{ for the characters themselves`, "{{ is never closed")
		return 2
	}
	name := strings.TrimSpace(rest[2:end])
	if why, hint := badVariable(name); why != "" {
		s.fail(i, hint, "%s", why)
		return end + 2
	}
	s.flush()
	s.parts = append(s.parts, promptPart{name: name, off: i})
	return end + 2
}

// badVariable says why {{name}} cannot be filled in.
func badVariable(name string) (why, hint string) {
	const plain = `write {{name}}, or \{{ for the characters themselves`
	shown := name
	if r := []rune(shown); len(r) > 40 {
		shown = string(r[:40]) + "…"
	}
	switch {
	case name == "":
		return "{{}} names no variable", plain
	case strings.Contains(name, "{{"):
		return "{{ is never closed", `close it with }}, or write \{{ for the characters themselves`
	case strings.ContainsAny(name[:1], "#/^>!&{"):
		return fmt.Sprintf("{{%s}} is an instruction to a template engine; only plain {{name}} is filled in", shown), plain
	case name == "reference":
		return "{{reference}} is not given to a prompt: it would show the model the answer", "remove it"
	case !variableName(name):
		return fmt.Sprintf("{{%s}} is not a variable's name; expressions and filters are not supported", shown), plain
	}
	return "", ""
}

// variableName reports whether a variable can be called so.
func variableName(name string) bool {
	for i, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '_' && (i == 0 || r != '-' && r != '.') {
			return false
		}
	}
	return name != ""
}
