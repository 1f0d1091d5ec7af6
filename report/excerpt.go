package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// excerptBytes is how much of a long answer is looked at.
	excerptBytes = 4000
	// lead is about how much of the common beginning stays in sight, in bytes.
	lead = 90
	// similar is the share of common words from which marking the others
	// helps; below it, everything would be marked.
	similar = 0.4
)

// excerpt is the part of an answer that is shown: from shortly before its
// first difference from the other arm's answer.
type excerpt struct {
	text []span // printable
	// rest counts the characters after it.
	rest int
}

// excerpts cuts both answers of a case to where they begin to differ, and
// marks the words that the other one does not have.
func excerpts(base, cand string) (b, c excerpt) {
	start := firstDifference(base, cand)
	b, c = excerptFrom(base, start), excerptFrom(cand, start)
	b.text, c.text = markDifferent(b.text, c.text)
	return b, c
}

// excerptFrom cuts a text that starts at byte start; 0 is its beginning.
func excerptFrom(s string, start int) excerpt {
	prefix := ""
	if start > 0 {
		prefix = "… "
	}
	s = s[min(start, len(s)):]
	rest := 0
	if len(s) > excerptBytes {
		end := excerptBytes
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		rest = utf8.RuneCountInString(s[end:])
		s = s[:end]
	}
	return excerpt{text: []span{{text: prefix + squeeze(printableText(s))}}, rest: rest}
}

// firstDifference is the byte at which an excerpt of both begins: 0 where they
// differ early, else the beginning of the line in which they differ, or of a
// word about lead bytes before. Equal texts begin at 0.
func firstDifference(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	if n == len(a) && n == len(b) || n < 2*lead {
		return 0
	}
	start := n - lead
	if i := strings.LastIndexByte(a[start-lead:n], '\n'); i >= 0 {
		return start - lead + i + 1
	}
	if i := strings.IndexByte(a[start:n], ' '); i >= 0 {
		return start + i + 1
	}
	for start < n && !utf8.RuneStart(a[start]) {
		start++
	}
	return start
}

// squeeze takes out empty lines beyond one, and those at both ends: height is
// dear where two answers stand side by side.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	out := lines[:0]
	for _, l := range lines {
		l = strings.TrimRight(l, " ")
		if l == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, l)
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

// markDifferent marks in both texts the words that are not in a longest common
// subsequence of their words. Texts with little in common stay unmarked.
func markDifferent(a, b []span) ([]span, []span) {
	aw, bw := words(plain(a)), words(plain(b))
	inA, inB := commonWords(aw, bw)
	return marked(aw, inA), marked(bw, inB)
}

// words splits a text into alternating words and stretches of white space.
func words(s string) []string {
	var out []string
	begin, space := 0, false
	for i, r := range s {
		if now := unicode.IsSpace(r); now != space {
			if i > begin {
				out = append(out, s[begin:i])
			}
			begin, space = i, now
		}
	}
	if begin < len(s) {
		out = append(out, s[begin:])
	}
	return out
}

func isSpace(word string) bool { return strings.TrimSpace(word) == "" }

// commonWords finds a longest common subsequence of two lists of words by
// dynamic programming; both results are nil where too little is common.
func commonWords(a, b []string) (inA, inB []bool) {
	table := make([][]int32, len(a)+1)
	for i := range table {
		table[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	inA, inB = make([]bool, len(a)), make([]bool, len(b))
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			if !isSpace(a[i]) {
				common++
			}
			inA[i], inB[j] = true, true
			i, j = i+1, j+1
		case table[i+1][j] >= table[i][j+1]:
			i++
		default:
			j++
		}
	}
	if longest := max(countWords(a), countWords(b)); float64(common) < similar*float64(longest) {
		return nil, nil
	}
	fillIslands(a, inA)
	fillIslands(b, inB)
	return inA, inB
}

// fillIslands takes single common words between two different ones as
// different too: a reader sees one change there, not two.
func fillIslands(list []string, common []bool) {
	last, island := -1, -1 // the last different word, and the single common one after it
	for i, w := range list {
		switch {
		case isSpace(w):
		case common[i] && island < 0:
			island = i
		case common[i]:
			last = -1
		default:
			if last >= 0 && island >= 0 {
				common[island] = false
			}
			last, island = i, -1
		}
	}
}

func countWords(list []string) int {
	n := 0
	for _, w := range list {
		if !isSpace(w) {
			n++
		}
	}
	return n
}

func marked(list []string, common []bool) []span {
	var out []span
	for i, w := range list {
		mark := common != nil && !common[i] && !isSpace(w)
		if n := len(out); n > 0 && out[n-1].mark == mark {
			out[n-1].text += w
		} else {
			out = append(out, span{w, mark})
		}
	}
	return out
}

// lines wraps an excerpt to w columns and at most n lines; where something is
// left out, the last line says how much.
func (e excerpt) lines(w, n int) [][]span {
	all := wrapSpans(e.text, w)
	if len(all) <= n && e.rest == 0 {
		return all
	}
	left := e.rest
	if len(all) >= n {
		for _, l := range all[n-1:] {
			left += utf8.RuneCountInString(plain(l))
		}
		all = all[:n-1]
	}
	return append(all, []span{{text: fit(fmt.Sprintf("… and %s more", count(left, "character")), w)}})
}
