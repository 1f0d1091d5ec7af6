package report

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"
)

// width is the number of terminal columns of s; escape sequences take none,
// CJK and emoji two.
func width(s string) int { return ansi.StringWidth(s) }

// fit cuts s to w columns and says so with an ellipsis.
func fit(s string, w int) string {
	if width(s) <= w {
		return s
	}
	if w <= 0 {
		return ""
	}
	return ansi.Truncate(s, w, "…")
}

// padRight and padLeft fill s with spaces to w columns.
func padRight(s string, w int) string { return s + spaces(w-width(s)) }
func padLeft(s string, w int) string  { return spaces(w-width(s)) + s }

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// span is a piece of text that is marked, or not, as different from the other
// arm's.
type span struct {
	text string
	mark bool
}

// unit is what stays together when lines are broken: a word, with the spaces
// that stand before it on the same line.
type unit struct {
	lead    string
	spans   []span
	width   int
	newline bool
}

// wrap breaks text into lines of at most w columns.
func wrap(text string, w int) []string {
	lines := wrapSpans([]span{{text: text}}, w)
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = plain(line)
	}
	return out
}

// wrapAtMost is wrap cut to n lines, the last of which then ends in "…".
func wrapAtMost(text string, w, n int) []string {
	lines := wrap(text, w)
	if len(lines) <= n {
		return lines
	}
	lines = lines[:n]
	lines[n-1] = unfinished(lines[n-1], w)
	return lines
}

// unfinished ends a line with " …" within w columns.
func unfinished(line string, w int) string { return ansi.Truncate(line, w-2, "") + " …" }

func plain(line []span) string {
	var b strings.Builder
	for _, s := range line {
		b.WriteString(s.text)
	}
	return b.String()
}

// wrapSpans is wrap for marked text. Line breaks in the text are kept, spaces
// at a broken line's end are not.
func wrapSpans(text []span, w int) [][]span {
	w = max(w, 2) // a wide character must fit
	var lines [][]span
	var line []span
	used := 0
	flush := func() { lines, line, used = append(lines, line), nil, 0 }
	for _, u := range units(text) {
		if u.newline {
			flush()
			continue
		}
		lead := width(u.lead)
		switch {
		case used+lead+u.width <= w:
			line = append(line, span{text: u.lead})
			used += lead
		case u.width <= w:
			flush()
		default: // longer than a line: fill up this one and go on
			if used+lead+2 <= w {
				line = append(line, span{text: u.lead})
				used += lead
			} else {
				flush()
			}
			for _, s := range u.spans {
				for rest := s.text; rest != ""; {
					var head string
					head, rest = cut(rest, w-used)
					if head == "" {
						flush()
						continue
					}
					line = append(line, span{head, s.mark})
					used += width(head)
				}
			}
			continue
		}
		line = append(line, u.spans...)
		used += u.width
	}
	flush()
	return lines
}

// cut splits s after as many whole characters as fit into w columns.
func cut(s string, w int) (head, rest string) {
	used, end, state := 0, 0, -1
	for tail := s; tail != ""; {
		var cluster string
		var cw int
		cluster, tail, cw, state = uniseg.FirstGraphemeClusterInString(tail, state)
		if used+cw > w {
			break
		}
		used += cw
		end += len(cluster)
	}
	return s[:end], s[end:]
}

// units splits marked text into its words and line breaks. Wide characters are
// words of their own, as CJK is written without spaces.
func units(text []span) []unit {
	var out []unit
	lead, glue := "", false
	add := func(word string, mark bool) {
		joins := glue || staysWithPrevious(word)
		glue = word == "→"
		if n := len(out); joins && n > 0 && !out[n-1].newline {
			prev := &out[n-1]
			prev.spans = append(prev.spans, span{lead + word, mark})
			prev.width += width(lead) + width(word)
		} else {
			out = append(out, unit{lead: lead, spans: []span{{word, mark}}, width: width(word)})
		}
		lead = ""
	}
	for _, s := range text {
		word, state := "", -1
		end := func() {
			if word != "" {
				add(word, s.mark)
				word = ""
			}
		}
		for rest := s.text; rest != ""; {
			var cluster string
			var cw int
			cluster, rest, cw, state = uniseg.FirstGraphemeClusterInString(rest, state)
			switch {
			case cluster == "\n":
				end()
				out, lead, glue = append(out, unit{newline: true}), "", false
			case cluster == " ":
				end()
				lead += " "
			case cw > 1:
				end()
				add(cluster, s.mark)
			default:
				word += cluster
			}
		}
		end()
	}
	return out
}

// staysWithPrevious reports words that do not begin a line: units of numbers,
// the arrow between two scores, closing CJK punctuation.
func staysWithPrevious(word string) bool {
	return strings.HasPrefix(word, "%") || word == "→" || strings.Contains("。、，！？：；）」』】", word)
}
