// Package yamldoc reads YAML and JSON documents strictly. It reports every
// problem of a document at once, each with its place, what is wrong and the
// nearest right spelling; nothing is guessed and nothing is ignored.
//
// A document is decoded into Go structs by their `doc` tags:
//
//	type Model struct {
//		Provider string            `doc:"provider,required"`
//		Headers  map[string]string `doc:"headers"`
//		Pos      yamldoc.Pos       // filled with the mapping's place
//	}
//	var m Model
//	if ps := yamldoc.Decode("qualgate.yaml", data, &m); ps != nil { … }
//
// A type that reads itself implements Decoder:
//
//	func (p *percent) DecodeNode(n *yamldoc.Node) yamldoc.Problems {
//		f, err := parsePercent(n.Text())
//		if err != nil {
//			return yamldoc.Problems{n.Problem("write 5%", "a share is expected, found %s", n.Describe())}
//		}
//		*p = percent(f)
//		return nil
//	}
//
// # What is YAML here
//
// YAML 1.2 as people write it: one document a file, text keys, aliases within
// bounds. Not read, and said so: several documents, tags other than !!str,
// merge keys (<<), lists or mappings as keys, a key given twice. Only true and
// false are truth values; yes, no, on, off and dates are text. See Node.Decode
// and Node.Any for numbers.
//
// This is the only package that imports a YAML library, so that replacing it
// is one change.
package yamldoc

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// Pos is a place in a document, counted from 1; zero is unknown.
type Pos struct{ Line, Col int }

// Problem is one thing wrong with a document.
type Problem struct {
	File      string
	Line, Col int
	// Msg says what is wrong and why; Hint what to write instead.
	Msg, Hint string
}

// String is the problem in one line. Control characters, which only the
// document can have brought in, are written as escapes.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Col > 0 {
			fmt.Fprintf(&b, ":%d", p.Col)
		}
	}
	b.WriteString(": " + p.Msg)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return visible(b.String())
}

// visible replaces what would break a line or command a terminal.
func visible(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) {
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Problems is everything wrong with one or more documents. Nil means none.
type Problems []Problem

// maxListed bounds how many problems are printed.
const maxListed = 50

func (ps Problems) Error() string {
	sorted := ps.Sorted()
	lines := make([]string, 0, len(sorted))
	for i, p := range sorted {
		if i == maxListed {
			lines = append(lines, fmt.Sprintf("… and %d more problems", len(sorted)-maxListed))
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// Sorted returns the problems by file and place, each once.
func (ps Problems) Sorted() Problems {
	out := slices.Clone(ps)
	slices.SortStableFunc(out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Msg, b.Msg), cmp.Compare(a.Hint, b.Hint))
	})
	return slices.Compact(out)
}

// Err returns the problems as an error, nil if there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Nearest returns the candidate closest to word in edits, "" if none is close
// enough to be a slip of the pen.
func Nearest(word string, candidates []string) string {
	best, dist := "", 2
	if n := len([]rune(word)); n > 3 {
		dist = max(2, n/3) + 1
	}
	for _, c := range candidates {
		d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(c))
		if d < dist || d == dist && best != "" && c < best {
			best, dist = c, d
		}
	}
	return best
}

// DidYouMean words a hint for an unknown word: the nearest right one, or all
// of them where they are few.
func DidYouMean(word string, valid []string) string {
	if n := Nearest(word, valid); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	if len(valid) == 0 {
		return ""
	}
	sorted := slices.Clone(valid)
	slices.Sort(sorted)
	if len(sorted) > 24 {
		sorted = append(sorted[:24], "…")
	}
	return "valid are " + strings.Join(sorted, ", ")
}
