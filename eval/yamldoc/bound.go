package yamldoc

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Bounds on what a document may expand to. An alias (*name) costs what it
// stands for, so nested aliases (a "YAML bomb") run into them.
const (
	maxDepth = 100
	maxNodes = 20_000_000
	// Aliases may add this many nodes, or aliasFactor times those written out.
	maxAliasNodes = 200_000
	aliasFactor   = 10
	// maxAliasBytes bounds the text that aliases repeat.
	maxAliasBytes = 256 << 20
)

// bound walks a document as its reader will. It refuses what would explode or
// loop, and reports what a mapping cannot mean.
type bound struct {
	file       string
	written    int // nodes
	aliased    int // nodes repeated through aliases
	aliasBytes int
	problems   Problems
	stopped    bool
}

// maxNoted is when nobody reads on.
const maxNoted = 1000

func (b *bound) problem(n *yaml.Node, hint, format string, args ...any) {
	if len(b.problems) >= maxNoted && !b.stopped {
		return
	}
	b.problems = append(b.problems, Problem{File: b.file, Line: n.Line, Col: n.Column, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

func (b *bound) walk(n *yaml.Node, depth int, viaAlias bool) {
	if b.stopped {
		return
	}
	if why := b.exceeded(n, depth, viaAlias); why != "" {
		b.stopped = true
		b.problem(n, "write it out more simply", "%s", why)
		return
	}
	if n.Kind == yaml.AliasNode {
		b.walk(n.Alias, depth+1, true)
		return
	}
	if !viaAlias { // what an alias repeats was looked at where it is written
		b.look(n)
	}
	for _, c := range n.Content {
		b.walk(c, depth+1, viaAlias)
	}
}

// exceeded counts a node and says which bound it breaks.
func (b *bound) exceeded(n *yaml.Node, depth int, viaAlias bool) string {
	if viaAlias {
		b.aliased++
		b.aliasBytes += len(n.Value)
	} else {
		b.written++
	}
	switch {
	case depth > maxDepth:
		return fmt.Sprintf("the document is nested more than %d levels deep, or an alias holds itself", maxDepth)
	case b.written > maxNodes:
		return fmt.Sprintf("the document has more than %d values", maxNodes)
	case b.aliased > max(maxAliasNodes, aliasFactor*b.written), b.aliasBytes > maxAliasBytes:
		return "the document grows too large through its aliases (*name)"
	}
	return ""
}

// look reports what would otherwise be read as something else.
func (b *bound) look(n *yaml.Node) {
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!str" {
		b.problem(n, "put text that begins with ! in quotes", "the tag %s is not supported", n.Tag)
	}
	if n.Anchor != "" && n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "" {
		b.problem(n, "put text that begins with & in quotes", "&%s names an empty value", n.Anchor)
	}
	if n.Kind == yaml.MappingNode {
		b.keys(n)
	}
}

func (b *bound) keys(n *yaml.Node) {
	var seen map[string]*yaml.Node
	if len(n.Content) > 2 {
		seen = make(map[string]*yaml.Node, len(n.Content)/2)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch text, ok := keyText(k); {
		case !ok:
			b.problem(k, "put text that begins with { or [ in quotes", "a key is a single text, not a list or a mapping")
		case k.Tag == "!!merge":
			b.problem(k, "write the keys out", "merge keys (<<) are not supported")
		case seen[text] != nil:
			b.problem(k, "remove one", "key %q is given twice, first in line %d", text, seen[text].Line)
		case seen != nil:
			seen[text] = k
		}
	}
}

// keyText is a mapping's key; ok is false where it is not a single text.
func keyText(k *yaml.Node) (text string, ok bool) {
	for k.Kind == yaml.AliasNode {
		k = k.Alias
	}
	return k.Value, k.Kind == yaml.ScalarNode
}
