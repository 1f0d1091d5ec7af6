package eval

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// Prompt is a parsed prompt: messages with {{variables}}.
type Prompt struct {
	Path string
	// Digest identifies the prompt by its messages, not by white space at their
	// ends or the way they were written down.
	Digest   string
	messages []promptMessage
}

type promptMessage struct {
	role  string
	parts []promptPart
	// locate finds the place of an offset. It reads the file again, which is
	// for problems only.
	locate func(off int) yamldoc.Pos
}

// promptPart is literal text, or a variable where name is set.
type promptPart struct {
	text string
	name string
	off  int // of the variable in its message
}

const (
	// maxPrompt bounds a prompt, in bytes; it is sent with every call.
	maxPrompt = 4 << 20
	// maxPromptProblems is when a prompt is no prompt.
	maxPromptProblems = 100
)

// ParsePrompt reads a prompt. A text or Markdown file is one user message, or,
// where lines saying `system:`, `user:` or `assistant:` stand alone, a message
// for each. A .yaml, .yml or .json file is a list of {role, content}. White
// space at a message's ends is no part of it.
//
// {{name}} is a variable; names have letters, digits, _, - and dots. \{{ is a
// literal {{, \{% a literal {%, and a line \user: is the line user: itself.
func ParsePrompt(file string, data []byte) (*Prompt, yamldoc.Problems) {
	if len(data) > maxPrompt {
		return nil, yamldoc.Problems{{File: file, Msg: fmt.Sprintf("%d MB is too large for a prompt, the limit is %d MB", len(data)>>20, maxPrompt>>20)}}
	}
	p := &Prompt{Path: file}
	var ps yamldoc.Problems
	switch strings.ToLower(path.Ext(file)) {
	case ".yaml", ".yml", ".json":
		ps = p.readList(file, data)
	default:
		ps = p.readText(file, data)
	}
	if len(ps) > 0 {
		return nil, ps.Sorted()
	}
	if !slices.ContainsFunc(p.messages, func(m promptMessage) bool { return m.role == "user" }) {
		return nil, yamldoc.Problems{{File: file, Line: 1, Col: 1, Msg: "the prompt has no user message", Hint: "add a line `user:` and what the user says"}}
	}
	p.Digest = p.digest()
	return p, nil
}

func (p *Prompt) digest() string {
	sources := make([]any, len(p.messages))
	for i, m := range p.messages {
		sources[i] = []any{m.role, m.source()}
	}
	return Digest(sources)
}

// source is the message as ParsePrompt would read it again.
func (m *promptMessage) source() string {
	var b strings.Builder
	for _, part := range m.parts {
		if part.name != "" {
			b.WriteString("{{" + part.name + "}}")
		} else {
			b.WriteString(escapeBraces.Replace(part.text))
		}
	}
	return b.String()
}

var escapeBraces = strings.NewReplacer("{{", `\{{`, "{%", `\{%`)

func (p *Prompt) readList(file string, data []byte) yamldoc.Problems {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var list []struct {
		Role    string `doc:"role,required"`
		Content textAt `doc:"content,required"`
		Pos     yamldoc.Pos
	}
	ps := yamldoc.Decode(file, data, &list)
	for _, m := range list {
		if m.Role == "" || m.Content.Pos == (yamldoc.Pos{}) {
			continue // reported as missing
		}
		ps = append(ps, p.message(file, m.Role, m.Content.text, m.Pos, m.Content.locate(data))...)
	}
	if len(list) == 0 && len(ps) == 0 {
		ps = yamldoc.Problems{{File: file, Line: 1, Col: 1, Msg: "the prompt has no messages", Hint: "write - {role: user, content: …}"}}
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

// mark is where a variable or something like it begins.
var mark = regexp.MustCompile(`\{[{%]`)

// locate finds marks of the text in the document: the n-th in the text is the
// n-th from the text's place on, whatever quoting and indentation lie between.
func (t *textAt) locate(data []byte) func(off int) yamldoc.Pos {
	return func(off int) yamldoc.Pos {
		begin := 0
		for range t.Line - 1 {
			begin += bytes.IndexByte(data[begin:], '\n') + 1
		}
		for range t.Col - 1 {
			_, n := utf8.DecodeRune(data[begin:])
			begin += n
		}
		n := len(mark.FindAllStringIndex(t.text[:off], -1))
		if marks := mark.FindAllIndex(data[begin:], n+1); n < len(marks) {
			return yamldoc.PlaceOf(data, begin+marks[n][0])
		}
		return t.Pos
	}
}

// roleLine is a line that begins a message, or looks as if it should.
var roleLine = regexp.MustCompile(`^(\\?)((?i:system|user|assistant)):[ \t]*$`)

// readText reads the messages of a text file.
func (p *Prompt) readText(file string, data []byte) yamldoc.Problems {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if ps := yamldoc.CheckText(file, data); ps != nil {
		return ps
	}
	var ps yamldoc.Problems
	fail := func(line int, hint, format string, args ...any) {
		ps = append(ps, yamldoc.Problem{File: file, Line: line, Col: 1, Msg: fmt.Sprintf(format, args...), Hint: hint})
	}
	role, head, body := "user", 0, textBody{} // head is the line that began the message, 0 before any did
	flush := func() {
		if head > 0 || !body.blank() {
			ps = append(ps, p.message(file, role, body.String(), yamldoc.Pos{Line: max(head, 1), Col: 1}, body.locate)...)
		}
		body = textBody{}
	}
	for i, line := range strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n") {
		m := roleLine.FindStringSubmatch(line)
		switch {
		case m == nil:
			body.add(i+1, 1, line)
		case m[1] != "":
			body.add(i+1, 2, line[1:])
		case strings.ToLower(m[2]) != m[2]:
			fail(i+1, fmt.Sprintf(`write %s:, or \%s: for the words themselves`, strings.ToLower(m[2]), m[2]),
				"%q alone on a line begins no message, %q does", m[2]+":", strings.ToLower(m[2])+":")
		default:
			if head == 0 && !body.blank() {
				fail(1, "begin the file with system: or user:", "text stands before the first part (%s: in line %d)", m[2], i+1)
				body = textBody{}
			}
			flush()
			role, head = m[2], i+1
		}
	}
	flush()
	if len(p.messages) == 0 && len(ps) == 0 {
		fail(1, "", "the prompt is empty")
	}
	return ps
}

// textBody is the text of a message with the place of each of its lines.
type textBody struct {
	lines  []string
	places []yamldoc.Pos
}

func (b *textBody) add(line, col int, text string) {
	b.lines = append(b.lines, text)
	b.places = append(b.places, yamldoc.Pos{Line: line, Col: col})
}

func (b textBody) String() string { return strings.Join(b.lines, "\n") }

func (b textBody) blank() bool { return strings.TrimSpace(b.String()) == "" }

// locate finds the place of an offset in String.
func (b textBody) locate(off int) yamldoc.Pos {
	for i, line := range b.lines {
		if off <= len(line) {
			return yamldoc.Pos{Line: b.places[i].Line, Col: b.places[i].Col + utf8.RuneCountInString(line[:off])}
		}
		off -= len(line) + 1
	}
	return yamldoc.Pos{}
}

// message adds a message. at is its place, locate that of an offset in text.
func (p *Prompt) message(file, role, text string, at yamldoc.Pos, locate func(off int) yamldoc.Pos) yamldoc.Problems {
	if !knownRole(role) {
		return yamldoc.Problems{{File: file, Line: at.Line, Col: at.Col, Msg: fmt.Sprintf("role %q is not known", role), Hint: "write system, user or assistant"}}
	}
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return yamldoc.Problems{{File: file, Line: at.Line, Col: at.Col, Msg: fmt.Sprintf("the %s message is empty", role)}}
	}
	skipped := strings.Index(text, trimmed)
	s := promptScanner{file: file, text: trimmed, locate: func(off int) yamldoc.Pos { return locate(skipped + off) }}
	s.scan()
	p.messages = append(p.messages, promptMessage{role, s.parts, s.locate})
	return s.problems
}
