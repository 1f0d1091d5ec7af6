package yamldoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// ParseJSON reads one JSON value into a node, with places counted from line
// first. JSON is not read as YAML: the two differ in escapes (surrogate pairs).
func ParseJSON(file string, data []byte, first int) (*Node, Problems) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if ps := checkText(file, data); ps != nil {
		for i := range ps {
			ps[i].Line += first - 1
		}
		return nil, ps
	}
	r := jsonReader{dec: json.NewDecoder(bytes.NewReader(data)), data: data, first: first}
	r.dec.UseNumber()
	y, err := r.value(0)
	if err == nil {
		if _, extra := r.dec.Token(); !errors.Is(extra, io.EOF) {
			err = errors.New("something follows the value")
		}
	}
	if err != nil {
		line, col := r.place(int(r.dec.InputOffset()))
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("it ends too early")
		}
		return nil, Problems{{File: file, Line: line, Col: col, Msg: "not valid JSON: " + err.Error()}}
	}
	b := bound{file: file}
	b.walk(y, 0, false)
	if b.stopped {
		return nil, b.problems
	}
	return &Node{file, Pos{y.Line, y.Column}, y}, b.problems
}

// DecodeLine reads a line of a JSON lines file into a pointer, see Node.Decode.
func DecodeLine(file string, line int, data []byte, into any) Problems {
	n, ps := ParseJSON(file, data, line)
	if n == nil {
		return ps
	}
	return append(ps, n.Decode(into)...)
}

type jsonReader struct {
	dec   *json.Decoder
	data  []byte
	first int
}

// place turns an offset into line and column.
func (r *jsonReader) place(off int) (line, col int) {
	off = min(off, len(r.data))
	before := r.data[:off]
	return r.first + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

// next is where the coming token begins.
func (r *jsonReader) next() int {
	off := int(r.dec.InputOffset())
	for off < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[off]) >= 0 {
		off++
	}
	return off
}

func (r *jsonReader) value(depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, errors.New("it is nested too deeply")
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
