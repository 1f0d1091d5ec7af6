package judge

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quote shows a text in quotes on one line, its first limit runes, with
// control and invisible characters written out.
func quote(s string, limit int) string {
	head := capRunes(s, limit)
	if head == s {
		return strconv.Quote(s)
	}
	n := utf8.RuneCountInString(s)
	return strconv.Quote(strings.TrimSuffix(head, "…")) + fmt.Sprintf("… (%d characters)", n)
}

// quoteAll shows a list of texts, at most ten of them.
func quoteAll(list []string) string {
	var b strings.Builder
	for i, s := range list {
		if i == 10 {
			fmt.Fprintf(&b, " and %d more", len(list)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(s, 60))
	}
	return b.String()
}

// capRunes cuts s after limit runes and marks the cut.
func capRunes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// isHidden reports characters that do not show, or that change how others
// show: controls, formatting (zero width, bidirectional, tags), private use.
func isHidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
}

// nearest returns the candidate closest to word in edits, empty if none is
// close enough to be meant.
func nearest(word string, candidates []string) string {
	best, bestDist := "", len(word)/3+2
	folded := strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(word))
	if utf8.RuneCountInString(folded) > 60 {
		return ""
	}
	for _, c := range candidates {
		if d := editDistance([]rune(folded), []rune(c)); d < bestDist {
			best, bestDist = c, d
		}
	}
	return best
}
