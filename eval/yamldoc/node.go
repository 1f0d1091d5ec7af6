package yamldoc

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Kind is the shape of a Node.
type Kind int

// The kinds.
const (
	Null Kind = iota // nothing, ~ or null
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

func (n *Node) child(y *yaml.Node) *Node { return &Node{n.File, Pos{y.Line, y.Column}, y} }

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
		out[i] = n.child(c)
	}
	return out
}

// Entry is one key of a mapping with its value.
type Entry struct {
	Key   string
	At    *Node // the key's place
	Value *Node
}

// Entries are a mapping's keys in their order. A key that is no text, or a merge
// key, is left out: Parse has reported it.
func (n *Node) Entries() []Entry {
	y := n.resolved()
	if y.Kind != yaml.MappingNode {
		return nil
	}
	out := make([]Entry, 0, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		if text, ok := keyText(k); ok && k.Tag != "!!merge" {
			out = append(out, Entry{text, n.child(k), n.child(v)})
		}
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

// Find returns the value at a path of keys and, in sequences, of indexes from
// 0: Find("cases", "3", "id"). It is nil where the document has none there.
func (n *Node) Find(path ...string) *Node {
	for _, step := range path {
		var next *Node
		if n.Kind() == Sequence {
			items := n.Items()
			if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(items) {
				next = items[i]
			}
		} else {
			next = n.Get(step)
		}
		if next == nil {
			return nil
		}
		n = next
	}
	return n
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
