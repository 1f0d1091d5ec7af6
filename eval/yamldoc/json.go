package yamldoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// ParseJSON reads one JSON value into a node, with places counted from line
// first. JSON is not read as YAML: the two differ in escapes (surrogate pairs).
// An escaped half of a surrogate pair becomes U+FFFD, as in encoding/json.
func ParseJSON(file string, data []byte, first int) (*Node, Problems) {
	if ps := tooLarge(file, first, data); ps != nil {
		return nil, ps
	}
	data = bytes.TrimPrefix(data, bom)
	if ps := CheckText(file, data); ps != nil {
		for i := range ps {
			ps[i].Line += first - 1
		}
		return nil, ps
	}
	if !json.Valid(data) {
		p := jsonProblem(file, data)
		p.Line += first - 1
		return nil, Problems{p}
	}
	t := jsonTree{data: data, line: first}
	root := t.value(0)
	if t.deep {
		return nil, Problems{{File: file, Line: t.line, Col: 1 + t.cols, Msg: fmt.Sprintf("the document is nested more than %d levels deep", maxDepth), Hint: "write it out more simply"}}
	}
	return bounded(file, root)
}

// DecodeLine reads a line of a JSON lines file into a pointer, see Node.Decode.
func DecodeLine(file string, line int, data []byte, into any) Problems {
	n, ps := ParseJSON(file, data, line)
	if n == nil {
		return ps
	}
	return append(ps, n.Decode(into)...)
}

// jsonTree builds the tree of a text that is known to be valid JSON, which
// leaves little to decide.
type jsonTree struct {
	data []byte
	off  int
	line int // at off
	cols int // characters before off in its line
	deep bool
}

// advance goes to an offset ahead and counts what it passes.
func (t *jsonTree) advance(to int) {
	passed := t.data[t.off:to]
	if i := bytes.LastIndexByte(passed, '\n'); i >= 0 {
		t.line += bytes.Count(passed, []byte("\n"))
		t.cols, passed = 0, passed[i+1:]
	}
	t.cols += utf8.RuneCount(passed)
	t.off = to
}

// skip goes to the beginning of the next value, key or closing bracket.
func (t *jsonTree) skip() byte {
	to := t.off
	for strings.IndexByte(" \t\r\n,:", t.data[to]) >= 0 {
		to++
	}
	t.advance(to)
	return t.data[to]
}

func (t *jsonTree) value(depth int) *yaml.Node {
	c := t.skip()
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: t.line, Column: 1 + t.cols}
	switch c {
	case '[', '{':
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		if c == '{' {
			n.Kind, n.Tag = yaml.MappingNode, "!!map"
		}
		if t.deep = depth >= maxDepth; t.deep {
			return n
		}
		t.advance(t.off + 1)
		for next := t.skip(); next != ']' && next != '}'; next = t.skip() {
			n.Content = append(n.Content, t.value(depth+1)) // a mapping's keys, too
			if t.deep {
				return n
			}
		}
		t.advance(t.off + 1)
	case '"':
		n.Tag, n.Style, n.Value = "!!str", yaml.DoubleQuotedStyle, t.text()
	default:
		n.Value = t.word()
		switch c {
		case 't', 'f':
			n.Tag = "!!bool"
		case 'n':
			n.Tag = "!!null"
		default:
			n.Tag = "!!int"
			if strings.ContainsAny(n.Value, ".eE") {
				n.Tag = "!!float"
			}
		}
	}
	return n
}

// text reads a string.
func (t *jsonTree) text() string {
	begin, end, escaped := t.off, t.off+1, false
	for ; t.data[end] != '"'; end++ {
		if t.data[end] == '\\' {
			escaped = true
			end++
		}
	}
	t.advance(end + 1)
	if !escaped {
		return string(t.data[begin+1 : end])
	}
	var s string
	if err := json.Unmarshal(t.data[begin:end+1], &s); err != nil {
		panic("yamldoc: a valid document holds an invalid string: " + err.Error())
	}
	return s
}

// word reads a number, true, false or null.
func (t *jsonTree) word() string {
	end := t.off
	for end < len(t.data) && strings.IndexByte(" \t\r\n,:]}", t.data[end]) < 0 {
		end++
	}
	w := string(t.data[t.off:end])
	t.advance(end)
	return w
}

// jsonProblem finds and words what is wrong with a text that is not JSON.
func jsonProblem(file string, data []byte) Problem {
	off, follows, err := jsonError(data)
	msg, hint := "something follows the value", ""
	rest := data[off:]
	switch {
	case follows:
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		off = len(bytes.TrimRight(data, " \t\r\n"))
		msg, hint = "it ends too early", "a bracket, brace or quote is not closed"
	default:
		msg = err.Error()
		switch {
		case bytes.HasPrefix(rest, []byte("'")):
			hint = "use double quotes"
		case bytes.HasPrefix(rest, []byte("NaN")), bytes.HasPrefix(rest, []byte("Inf")), bytes.HasPrefix(rest, []byte("-Inf")):
			hint = "JSON has no such number; write null or leave the key out"
		case len(rest) > 0 && (rest[0] == ']' || rest[0] == '}'):
			hint = "a comma too many, or the wrong bracket?"
		}
	}
	line, col := place(data, off)
	return Problem{File: file, Line: line, Col: col, Msg: "not valid JSON: " + msg, Hint: hint}
}

// jsonError reads token by token up to the error, or to what follows the value.
func jsonError(data []byte) (off int, follows bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	begins := func(skipped string) int {
		off := int(dec.InputOffset())
		return len(data) - len(bytes.TrimLeft(data[off:], skipped))
	}
	for depth := 0; ; {
		tok, err := dec.Token()
		if err != nil {
			return begins(" \t\r\n,:"), false, err
		}
		switch tok {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		if depth == 0 {
			return begins(" \t\r\n"), true, nil
		}
	}
}
