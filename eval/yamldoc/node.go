package yamldoc

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Kind is the shape of a Node.
type Kind int

// The kinds.
const (
	Null Kind = iota
	Scalar
	Sequence
	Mapping
)

// Node is a part of a document with its place.
type Node struct {
	File string
	Pos
	y *yaml.Node
}

// Bounds on what a document may expand to. An alias costs what it stands for,
// so nested aliases (a "YAML bomb") run into them.
const (
	maxNodes = 20_000_000
	maxDepth = 100
	// aliasFactor is how much larger than its text a document with aliases may
	// become.
	maxAliasNodes = 200_000
)

var yamlError = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// Parse reads one document into its root node. The node is nil where the
// document cannot be read at all; repeated keys are problems beside a node.
func Parse(file string, data []byte) (*Node, Problems) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if p := checkText(file, data); p != nil {
		return nil, p
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if err.Error() == "EOF" {
			return nil, Problems{{File: file, Line: 1, Col: 1, Msg: "the document is empty"}}
		}
		return nil, Problems{syntaxProblem(file, data, err)}
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil {
		return nil, Problems{{File: file, Line: more.Line, Col: more.Column, Msg: "a second document begins here", Hint: "one file holds one document; remove the --- line or split the file"}}
	} else if err.Error() != "EOF" {
		return nil, Problems{syntaxProblem(file, data, err)}
	}
	root := &doc
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		root = doc.Content[0]
	}
	b := bound{file: file}
	b.walk(root, 0, false)
	if b.stopped {
		return nil, b.problems
	}
	return &Node{file, Pos{root.Line, root.Column}, root}, b.problems
}

// checkText refuses what the parser would explain badly.
func checkText(file string, data []byte) Problems {
	if !utf8.Valid(data) {
		line, col := 1, 1
		for len(data) > 0 {
			r, n := utf8.DecodeRune(data)
			if r == utf8.RuneError && n == 1 {
				break
			}
			if r == '\n' {
				line, col = line+1, 0
			}
			col++
			data = data[n:]
		}
		return Problems{{File: file, Line: line, Col: col, Msg: "the file is not valid UTF-8", Hint: "save it as UTF-8"}}
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return Problems{{File: file, Line: 1 + bytes.Count(data[:i], []byte("\n")), Col: 1, Msg: "the file holds a zero byte", Hint: "it is not a text file"}}
	}
	return nil
}

// syntaxProblem words the parser's error. Tabs are its worst: it names the
// line before or after.
func syntaxProblem(file string, data []byte, err error) Problem {
	m := yamlError.FindStringSubmatch(err.Error())
	p := Problem{File: file, Msg: m[2]}
	if n, e := strconv.Atoi(m[1]); e == nil {
		p.Line = n
	}
	if strings.Contains(p.Msg, "cannot start any token") || strings.Contains(p.Msg, "tab character") || strings.Contains(p.Msg, "found character") {
		for i, line := range strings.Split(string(data), "\n") {
			indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
			if c := strings.IndexByte(indent, '\t'); c >= 0 {
				return Problem{File: file, Line: i + 1, Col: c + 1, Msg: "a tab in the indentation", Hint: "YAML is indented with spaces"}
			}
		}
	}
	p.Msg = "not valid YAML: " + p.Msg
	return p
}

// bound walks a document and refuses what would explode or loop.
type bound struct {
	file     string
	nodes    int
	problems Problems
	stopped  bool
}

func (b *bound) walk(n *yaml.Node, depth int, viaAlias bool) {
	if b.stopped {
		return
	}
	b.nodes++
	if depth > maxDepth || b.nodes > maxNodes || viaAlias && b.nodes > maxAliasNodes {
		b.stopped = true
		what := "the document is nested too deeply"
		if b.nodes > maxAliasNodes {
			what = "the document grows too large through its aliases (*name)"
		}
		b.problems = append(b.problems, Problem{File: b.file, Line: n.Line, Col: n.Column, Msg: what, Hint: "write it out"})
		return
	}
	if n.Kind == yaml.AliasNode {
		b.walk(n.Alias, depth+1, true)
		return
	}
	if n.Kind == yaml.MappingNode {
		b.duplicates(n)
	}
	for _, c := range n.Content {
		b.walk(c, depth+1, viaAlias)
	}
}

func (b *bound) duplicates(n *yaml.Node) {
	if len(n.Content) < 4 {
		return
	}
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode {
			continue
		}
		if first, ok := seen[k.Value]; ok {
			b.problems = append(b.problems, Problem{File: b.file, Line: k.Line, Col: k.Column,
				Msg: fmt.Sprintf("key %q is given twice, first in line %d", k.Value, first.Line), Hint: "remove one"})
		}
		seen[k.Value] = k
	}
}

// resolved follows aliases.
func (n *Node) resolved() *yaml.Node {
	y := n.y
	for y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	return y
}

// Kind returns the node's shape.
func (n *Node) Kind() Kind {
	switch y := n.resolved(); y.Kind {
	case yaml.SequenceNode:
		return Sequence
	case yaml.MappingNode:
		return Mapping
	default:
		if y.ShortTag() == "!!null" {
			return Null
		}
		return Scalar
	}
}

// Text is a scalar's text as written, without quotes: 007 stays "007".
func (n *Node) Text() string { return n.resolved().Value }

// Quoted reports whether a scalar was written in quotes or as a block.
func (n *Node) Quoted() bool {
	return n.resolved().Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
}

// Items are the elements of a sequence.
func (n *Node) Items() []*Node {
	y := n.resolved()
	if y.Kind != yaml.SequenceNode {
		return nil
	}
	out := make([]*Node, len(y.Content))
	for i, c := range y.Content {
		out[i] = &Node{n.File, Pos{c.Line, c.Column}, c}
	}
	return out
}

// Entry is one key of a mapping with its value.
type Entry struct {
	Key   string
	At    *Node // the key's place
	Value *Node
}

// Entries are a mapping's keys in their order.
func (n *Node) Entries() []Entry {
	y := n.resolved()
	if y.Kind != yaml.MappingNode {
		return nil
	}
	out := make([]Entry, 0, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		out = append(out, Entry{k.Value, &Node{n.File, Pos{k.Line, k.Column}, k}, &Node{n.File, Pos{v.Line, v.Column}, v}})
	}
	return out
}

// Get returns the value of a key, nil if the mapping does not have it.
func (n *Node) Get(key string) *Node {
	for _, e := range n.Entries() {
		if e.Key == key {
			return e.Value
		}
	}
	return nil
}

// Problem makes a problem at the node.
func (n *Node) Problem(hint, format string, args ...any) Problem {
	return Problem{File: n.File, Line: n.Line, Col: n.Col, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// Describe says what the node is, for messages.
func (n *Node) Describe() string {
	switch n.Kind() {
	case Sequence:
		return "a list"
	case Mapping:
		return "a mapping"
	case Null:
		return "nothing"
	}
	t := n.Text()
	if r := []rune(t); len(r) > 40 {
		t = string(r[:40]) + "…"
	}
	switch n.resolved().ShortTag() {
	case "!!int", "!!float":
		return "the number " + t
	case "!!bool":
		return "the truth value " + t
	}
	return fmt.Sprintf("the text %q", t)
}

// Any decodes a node to plain JSON types: string, float64, bool, nil, []any,
// map[string]any. A number a float64 cannot hold exactly, and a date, stay text.
func (n *Node) Any() (any, Problems) {
	switch n.Kind() {
	case Null:
		return nil, nil
	case Sequence:
		out := make([]any, 0, len(n.Items()))
		var ps Problems
		for _, it := range n.Items() {
			v, p := it.Any()
			ps = append(ps, p...)
			out = append(out, v)
		}
		return out, ps
	case Mapping:
		out := map[string]any{}
		var ps Problems
		for _, e := range n.Entries() {
			v, p := e.Value.Any()
			if e.Key == "<<" {
				p = append(p, e.At.Problem("write the keys out", "merge keys (<<) are not supported"))
			}
			ps = append(ps, p...)
			out[e.Key] = v
		}
		return out, ps
	}
	return n.scalar()
}

func (n *Node) scalar() (any, Problems) {
	y, text := n.resolved(), n.Text()
	switch y.ShortTag() {
	case "!!bool":
		if b, err := strconv.ParseBool(strings.ToLower(text)); err == nil {
			return b, nil
		}
		return text, nil
	case "!!int":
		// 007 and 0x1F are labels more often than numbers: kept as written.
		if i, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(i, 10) == strings.TrimPrefix(text, "+") && i > -1<<53 && i < 1<<53 {
			return float64(i), nil
		}
		return text, nil
	case "!!float":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, Problems{n.Problem("write a number, or quote it as text", "%s is not a finite number", text)}
		}
		return f, nil
	}
	return text, nil
}
