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
	r := jsonReader{dec: json.NewDecoder(bytes.NewReader(data)), data: data, line: first}
	r.dec.UseNumber()
	y, err := r.value(0)
	if err == nil && len(bytes.TrimSpace(data[r.dec.InputOffset():])) > 0 {
		err = errFollows
	}
	if err != nil {
		return nil, Problems{r.problem(file, err)}
	}
	return bounded(file, y)
}

// DecodeLine reads a line of a JSON lines file into a pointer, see Node.Decode.
func DecodeLine(file string, line int, data []byte, into any) Problems {
	n, ps := ParseJSON(file, data, line)
	if n == nil {
		return ps
	}
	return append(ps, n.Decode(into)...)
}

// jsonReader builds a tree token by token, with the place of each.
type jsonReader struct {
	dec  *json.Decoder
	data []byte
	off  int // up to here lines are counted
	line int // at off
	bol  int // where that line begins
	seen int // up to here columns are counted
	cols int // characters between bol and seen
}

// place turns an offset into line and column. Offsets only grow, so that all
// of them together cost one pass.
func (r *jsonReader) place(off int) (line, col int) {
	off = min(max(off, r.off), len(r.data))
	passed := r.data[r.off:off]
	if n := bytes.Count(passed, []byte("\n")); n > 0 {
		r.line += n
		r.bol = r.off + bytes.LastIndexByte(passed, '\n') + 1
		r.seen, r.cols = r.bol, 0
	}
	r.cols += utf8.RuneCount(r.data[r.seen:off])
	r.off, r.seen = off, off
	return r.line, 1 + r.cols
}

// next is where the coming token begins.
func (r *jsonReader) next() int {
	off := int(r.dec.InputOffset())
	for off < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[off]) >= 0 {
		off++
	}
	return off
}

var errFollows = errors.New("something follows the value")

// problem words the reader's error.
func (r *jsonReader) problem(file string, err error) Problem {
	off := r.next()
	rest := r.data[min(off, len(r.data)):]
	msg, hint := err.Error(), ""
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errFollows):
		off = len(r.data) - len(bytes.TrimLeft(r.data[r.dec.InputOffset():], " \t\r\n"))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		off = len(bytes.TrimRight(r.data, " \t\r\n"))
		msg, hint = "it ends too early", "a bracket, brace or quote is not closed"
	case bytes.HasPrefix(rest, []byte("'")):
		hint = "use double quotes"
	case bytes.HasPrefix(rest, []byte("NaN")), bytes.HasPrefix(rest, []byte("Inf")), bytes.HasPrefix(rest, []byte("-Inf")):
		hint = "JSON has no such number; write null or leave the key out"
	case errors.As(err, &syntax) && len(rest) > 0 && (rest[0] == ']' || rest[0] == '}'):
		hint = "a comma too many, or the wrong bracket?"
	}
	line, col := r.place(off)
	return Problem{File: file, Line: line, Col: col, Msg: "not valid JSON: " + msg, Hint: hint}
}

func (r *jsonReader) value(depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested more than %d levels deep", maxDepth)
	}
	line, col := r.place(r.next())
	n := &yaml.Node{Line: line, Column: col}
	tok, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := tok.(type) {
	case json.Delim:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		if t == '{' {
			n.Kind, n.Tag = yaml.MappingNode, "!!map"
		}
		for r.dec.More() {
			c, err := r.value(depth + 1) // a mapping's keys come as values too
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, c)
		}
		_, err = r.dec.Token()
		return n, err
	case string:
		n.Kind, n.Tag, n.Value, n.Style = yaml.ScalarNode, "!!str", t, yaml.DoubleQuotedStyle
	case json.Number:
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!float", t.String()
		if !strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!int"
		}
	case bool:
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!bool", fmt.Sprint(t)
	case nil:
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!null", "null"
	}
	return n, nil
}
