package judge

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSegment bounds the text looked at behind a marker, in bytes.
const maxSegment = 2000

// answerWords are words that announce the final answer, in lower case.
var answerWords = []string{
	"final answer", "answer", "ans", "antwort", "lösung", "réponse", "respuesta", "resposta", "risposta", "antwoord",
	"svar", "odpowiedź", "ответ", "答案", "答え", "答", "정답", "उत्तर", "الجواب",
}

// What may follow such a word, or stand before it.
var (
	// "Answer:", "**Answer**:", "Answer (in dollars):".
	colonTail = regexp.MustCompile(`^[\s*_]{0,4}(?:\([^()\n]{0,60}\)[\s*_]{0,4})?:`)
	// "The answer is", "答案是".
	isTail = regexp.MustCompile(`^(?i:[ *_]{0,4}(?:is|=|equals|comes to|ist|es|é|è|est|är|to|это|равен)(?:[^\pL\pN]|$)|\s?(?:是|为|は))`)
	// A heading "## Final answer" over the answer.
	headLead = regexp.MustCompile(`^[ \t>]*(?:#{1,6}|\*\*)[ \t]*(?i:the )?$`)
	headTail = regexp.MustCompile(`^[ \t*_:]{0,4}\r?(?:\n|$)`)
)

var (
	// "A:" at the start of a line.
	letterMarker = regexp.MustCompile(`(?m)^[ \t>*_#-]*[Aa][*_]{0,4}:`)
	// "#### 42": how GSM8K ends a solution. In Markdown it is also a heading.
	hashMarker = regexp.MustCompile(`(?m)^[ \t]*####[ \t]*`)
	boxMarker  = regexp.MustCompile(`\\f?box(?:ed)?[ ]?\{`)
	// Words that may stand between a marker and its number.
	filler     = regexp.MustCompile(`^(?i:[\s*_"'` + "`" + `“(\[{|~≈=:]|\\\(|\\\[|\\boxed|\\text|\\mathbf|approximately|approx\.?|about|around|roughly|exactly|simply|just|therefore|thus|equal to|also|still|us|then|,)+`)
	enumerated = regexp.MustCompile(`^[.):][ \t]+\pL`)
)

// An answer is the number a text comes to, and how it was found.
type answer struct {
	numeral
	how string
}

// finalNumber finds the number a text gives as its answer. The last place that
// announces an answer decides: \boxed{…}, "#### …", "Answer: …", "the answer is
// …"; without any, the last number of the text does.
func (st numberStyle) finalNumber(text string) (answer, bool) {
	t := prepareNumbers(text)
	best, at := answer{}, -1
	for _, m := range []struct {
		maybe bool // a cheap test before the costly one
		how   string
		mark  *regexp.Regexp
		read  func(t string, end int) (numeral, bool)
	}{
		{strings.Contains(t, "box"), `in \boxed{}`, boxMarker, st.boxed},
		{strings.Contains(t, "####"), "after ####", hashMarker, st.hashed},
		{strings.Contains(t, ":"), `after "A:"`, letterMarker, st.announced},
	} {
		if !m.maybe {
			continue
		}
		if n, ok := lastMarked(t, m.mark, m.read); ok && n.start > at {
			best, at = answer{n, m.how}, n.start
		}
	}
	if n, ok := st.afterWord(t); ok && n.start > at {
		best, at = answer{n, "after the word for answer"}, n.start
	}
	if at >= 0 {
		return best, true
	}
	n, ok := st.lastBetween(t, 0)
	return answer{n, "as the last number"}, ok
}

// afterWord reads behind the last word that announces an answer.
func (st numberStyle) afterWord(t string) (numeral, bool) {
	hits := answerWordsIn(t)
	for i := len(hits) - 1; i >= max(0, len(hits)-maxMarkers); i-- {
		start, end := hits[i][0], hits[i][1]
		rest := t[end:lineEnd(t, end)]
		if m := colonTail.FindString(rest); m != "" {
			if n, ok := st.announced(t, end+len(m)); ok {
				return n, true
			}
		}
		if m := isTail.FindString(rest); m != "" {
			if n, ok := st.stated(t, end+len(m)); ok {
				return n, true
			}
		}
		line := strings.LastIndexByte(t[:start], '\n') + 1
		if start-line <= 20 && headLead.MatchString(t[line:start]) && headTail.MatchString(t[end:]) {
			if n, ok := st.announced(t, end); ok {
				return n, true
			}
		}
	}
	return numeral{}, false
}

// answerWordsIn finds the answer words that stand as words, in text order.
func answerWordsIn(t string) [][2]int {
	low := strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
			return l // positions in low are positions in t
		}
		return r
	}, t)
	var hits [][2]int
	for _, w := range answerWords {
		for from := 0; ; {
			k := strings.Index(low[from:], w)
			if k < 0 {
				break
			}
			start := from + k
			from = start + len(w)
			before, _ := utf8.DecodeLastRuneInString(low[:start])
			if ideographic(w) || !unicode.IsLetter(before) && !unicode.IsDigit(before) {
				hits = append(hits, [2]int{start, from})
			}
		}
	}
	slices.SortFunc(hits, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) })
	return hits
}

func ideographic(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return isIdeograph(r)
}

// maxMarkers bounds how many markers without a number are looked behind.
const maxMarkers = 100

// lastMarked reads behind the last marker that has a number.
func lastMarked(t string, mark *regexp.Regexp, read func(string, int) (numeral, bool)) (numeral, bool) {
	hits := mark.FindAllStringIndex(t, -1)
	for i := len(hits) - 1; i >= max(0, len(hits)-maxMarkers); i-- {
		if n, ok := read(t, hits[i][1]); ok {
			return n, true
		}
	}
	return numeral{}, false
}

// boxed reads the content of \boxed{…}, whose brace opened before end.
func (st numberStyle) boxed(t string, end int) (numeral, bool) {
	depth := 1
	for i := end; i < len(t) && i < end+maxSegment; i++ {
		switch t[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return st.conclude(t, end, i)
			}
		}
	}
	return numeral{}, false
}

// hashed reads "#### 42": the number must come at once and must not count the
// headings of a Markdown text ("#### 2. Compare").
func (st numberStyle) hashed(t string, end int) (numeral, bool) {
	n, ok := st.first(t, end, lineEnd(t, end))
	if !ok || enumerated.MatchString(t[n.end:lineEnd(t, n.end)]) {
		return numeral{}, false
	}
	return n, true
}

// announced reads the line behind "Answer:", or the next line that is not
// empty where nothing follows on the same one.
func (st numberStyle) announced(t string, end int) (numeral, bool) {
	stop := lineEnd(t, end)
	for strings.Trim(t[end:stop], " \t\r*_#:") == "" && stop < len(t) {
		end = stop + 1
		stop = lineEnd(t, end)
	}
	return st.conclude(t, end, stop)
}

// stated reads "the answer is 42": the number must come at once, since a
// sentence may go on otherwise ("the answer is found by adding 3").
func (st numberStyle) stated(t string, end int) (numeral, bool) {
	return st.first(t, end, lineEnd(t, end))
}

// conclude reads what a line comes to: the number it begins with, unless that
// begins a calculation; else the number behind the last equals sign; else the
// last one.
func (st numberStyle) conclude(t string, from, to int) (numeral, bool) {
	part := t[:to]
	n, ok := st.first(part, from, to)
	if ok && !calculates(part[n.end:]) {
		return n, true
	}
	if eq := strings.LastIndexAny(part[from:], "=≈"); eq >= 0 {
		if n, ok := st.nextNumeral(part, from+eq+1); ok {
			return n, true
		}
	}
	return st.lastBetween(part, from)
}

// calculates reports that a number is the first of a calculation.
func calculates(rest string) bool {
	rest = strings.TrimLeft(rest, " \t")
	for _, cmd := range []string{`\times`, `\cdot`, `\div`} {
		if strings.HasPrefix(rest, cmd) {
			return true
		}
	}
	r, w := utf8.DecodeRuneInString(rest)
	if !strings.ContainsRune("+-−×*÷/^=≈x·", r) {
		return false
	}
	after := strings.TrimLeft(rest[w:], " \t($")
	next, _ := utf8.DecodeRuneInString(after)
	switch r {
	case '-', '−', 'x', '*', '·':
		// "5 - which is …", "5 x-ray tubes", "5**" end the number; "5 - 3" does not.
		return unicode.IsDigit(next)
	}
	return after != ""
}

// first reads a number that stands at from, behind filler at most.
func (st numberStyle) first(t string, from, to int) (numeral, bool) {
	part := t[:to]
	at := from + len(filler.FindString(part[from:]))
	for range 4 { // over a sign, a currency's letters and sign
		if at >= len(part) {
			return numeral{}, false
		}
		if n, ok := st.numeralAt(part, at); ok {
			return n, n.value != nil
		}
		r, w := utf8.DecodeRuneInString(part[at:])
		if isMinus(r) || r == '+' || unicode.Is(unicode.Sc, r) {
			at += w
			continue
		}
		k := 0
		for k < 4 && at+k < len(part) && unicode.IsLetter(rune(part[at+k])) {
			k++
		}
		if k == 0 || !currencyWords[part[at:at+k]] && part[at:at+k] != "US" && part[at:at+k] != "R" {
			return numeral{}, false
		}
		at += k
		at += len(part[at:]) - len(strings.TrimLeft(part[at:], " "))
	}
	return numeral{}, false
}

// lineEnd is where the line of byte i ends, or the segment a marker may reach.
func lineEnd(t string, i int) int {
	if i >= len(t) {
		return len(t)
	}
	limit := min(len(t), i+maxSegment)
	if k := strings.IndexByte(t[i:limit], '\n'); k >= 0 {
		return i + k
	}
	for limit < len(t) && limit > i && !utf8.RuneStart(t[limit]) {
		limit--
	}
	return limit
}
