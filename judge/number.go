package judge

import (
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A numeral is a number as it stands in a text.
type numeral struct {
	start, end int // bytes of the prepared text
	value      *big.Rat
	percent    bool
	// spelled is the numeral as written, for reasons.
	spelled string
}

// numberStyle says how numerals are read.
type numberStyle struct {
	comma      bool // the comma is the decimal mark, the point groups digits
	fraction   bool // 5% is 0.05; else it is 5
	magnitudes bool // "2 million" is 2000000; else it is 2
}

// maxDigits bounds a numeral. Longer runs of digits are no numbers but codes,
// and exact arithmetic on them would cost.
const maxDigits = 1000

// nextNumeral finds the first numeral at or after from.
func (st numberStyle) nextNumeral(t string, from int) (numeral, bool) {
	for i := from; i < len(t); {
		if n, ok := st.numeralAt(t, i); ok {
			if n.value != nil {
				return n, true
			}
			i = n.end // digits that are no number: a date, a version
			continue
		}
		_, w := utf8.DecodeRuneInString(t[i:])
		i += w
	}
	return numeral{}, false
}

// lastBetween finds the last numeral at or after from.
func (st numberStyle) lastBetween(t string, from int) (last numeral, ok bool) {
	for {
		n, found := st.nextNumeral(t, from)
		if !found {
			return last, ok
		}
		last, ok, from = n, true, n.end
	}
}

// numeralAt reads the numeral that starts at byte i. ok with a nil value means
// that the text up to end holds digits but is not a number.
func (st numberStyle) numeralAt(t string, i int) (numeral, bool) {
	p := &numeralParser{style: st, text: t, start: i, pos: i}
	if !p.starts() {
		return numeral{}, false
	}
	if isDigit(t[i]) && (insideWord(t, i) || isExponent(t, i)) {
		return numeral{end: i + codeLength(t[i:])}, true
	}
	v := p.magnitude()
	if v == nil {
		return numeral{end: max(p.pos, i+1)}, true
	}
	first, negative := signBefore(t, i)
	if negative {
		v.Neg(v)
	}
	if p.percent && st.fraction {
		v.Quo(v, big.NewRat(100, 1))
	}
	return numeral{start: first, end: p.pos, value: v, percent: p.percent, spelled: strings.TrimSpace(t[first:p.pos])}, true
}

type numeralParser struct {
	style      numberStyle
	text       string
	start, pos int
	percent    bool
}

func (p *numeralParser) rest() string { return p.text[p.pos:] }

func (p *numeralParser) point() byte {
	if p.style.comma {
		return ','
	}
	return '.'
}

// starts reports whether a numeral may begin here: at a digit, at a decimal
// mark before a digit, at a vulgar fraction or \frac.
func (p *numeralParser) starts() bool {
	t, i := p.text, p.pos
	switch c := t[i]; {
	case isDigit(c):
		return i == 0 || !isDigit(t[i-1])
	case c == p.point() && i+1 < len(t) && isDigit(t[i+1]):
		prev, _ := utf8.DecodeLastRuneInString(t[:i])
		return i == 0 || unicode.IsSpace(prev) || strings.ContainsRune("-+=(*$€£¥:|`\"'{[", prev)
	case c == '\\':
		_, _, n := latexFraction(t[i:])
		return n > 0
	case c >= utf8.RuneSelf:
		r, _ := utf8.DecodeRuneInString(t[i:])
		return vulgar[r] != nil
	}
	return false
}

// insideWord reports digits that belong to a name: x2, CO2, GPT-4, x_1. The
// letters of a currency or of a LaTeX command do not make a name, and neither
// do scripts that put no space before a number.
func insideWord(t string, i int) bool {
	j := i
	r, w := utf8.DecodeLastRuneInString(t[:j])
	if isMinus(r) {
		j -= w
		r, w = utf8.DecodeLastRuneInString(t[:j])
	} else if r == '_' || strings.HasSuffix(t[:j], "_{") {
		return true
	}
	start := j
	for ; unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic); r, w = utf8.DecodeLastRuneInString(t[:start]) {
		if start -= w; j-start > 16 {
			return true
		}
	}
	return start < j && r != '\\' && !currencyWords[t[start:j]]
}

var currencyWords = map[string]bool{
	"USD": true, "EUR": true, "GBP": true, "JPY": true, "INR": true, "CNY": true, "CHF": true, "CAD": true, "AUD": true,
	"BRL": true, "RM": true, "Rs": true, "kr": true, "Kč": true, "zł": true,
}

// isExponent reports the digits of a power that is not read with its base,
// such as cm^2 and s^{-1}.
func isExponent(t string, i int) bool {
	before := strings.TrimSuffix(t[:i], "-")
	return strings.HasSuffix(before, "^") || strings.HasSuffix(before, "^{")
}

// codeLength measures digits with everything that glues further ones to them.
func codeLength(s string) int {
	n := 0
	for n < len(s) {
		switch {
		case isDigit(s[n]):
			n++
		case n+1 < len(s) && strings.IndexByte(".,-/:_", s[n]) >= 0 && isDigit(s[n+1]):
			n += 2
		default:
			return n
		}
	}
	return n
}

// signBefore looks for a minus that belongs to the numeral at i, over a
// currency sign in between; at is where the signed numeral begins. A minus
// after a digit, a letter or a closing bracket subtracts and is no sign.
func signBefore(t string, i int) (at int, negative bool) {
	at = i
	r, w := utf8.DecodeLastRuneInString(t[:at])
	if unicode.Is(unicode.Sc, r) {
		at -= w
		if strings.HasSuffix(t[:at], "\\") {
			at--
		}
		r, w = utf8.DecodeLastRuneInString(t[:at])
	}
	if !isMinus(r) {
		return i, false
	}
	at -= w
	prev, _ := utf8.DecodeLastRuneInString(t[:at])
	if unicode.IsDigit(prev) || unicode.IsLetter(prev) || isMinus(prev) || strings.ContainsRune(")]}%.", prev) {
		return i, false
	}
	return at, true
}

func isMinus(r rune) bool { return r == '-' || r == '−' || r == '–' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// magnitude reads the numeral without its sign and moves behind it; nil if the
// digits are no number.
func (p *numeralParser) magnitude() *big.Rat {
	if num, den, n := latexFraction(p.rest()); n > 0 {
		p.pos += n
		return ratio(num, den)
	}
	if r, w := utf8.DecodeRuneInString(p.rest()); vulgar[r] != nil {
		p.pos += w
		return new(big.Rat).Set(vulgar[r])
	}
	digits, whole := p.digits()
	if p.isCode() {
		return nil
	}
	v := parseRat(digits)
	if v != nil && whole {
		v = p.fractionTail(v, digits)
	}
	if v == nil || !p.exponent(v) || !p.suffix(v) {
		return nil
	}
	return v
}

// digits reads digits with their groups and decimals, as plain "1234.5".
func (p *numeralParser) digits() (plain string, whole bool) {
	t, i := p.text, p.pos
	var b strings.Builder
	if n := groupedLength(t[i:], p.style.comma); n > 0 {
		for _, c := range []byte(t[i : i+n]) {
			if isDigit(c) {
				b.WriteByte(c)
			}
		}
		i += n
	} else {
		for i < len(t) && isDigit(t[i]) {
			b.WriteByte(t[i])
			i++
		}
	}
	whole = true
	if i+1 < len(t) && t[i] == p.point() && isDigit(t[i+1]) {
		whole = false
		b.WriteByte('.')
		for i++; i < len(t) && isDigit(t[i]); i++ {
			b.WriteByte(t[i])
		}
	}
	p.pos = i
	return b.String(), whole
}

// isCode reports digits that go on as a date, a version, an address or a
// longer run with slashes, and moves behind them.
func (p *numeralParser) isCode() bool {
	t, i, parts := p.text, p.pos, 0
	mark := byte(0)
	for i+1 < len(t) && (t[i] == '.' || t[i] == '-' || t[i] == '/') && isDigit(t[i+1]) && (mark == 0 || t[i] == mark) {
		mark = t[i]
		for i++; i < len(t) && isDigit(t[i]); i++ {
		}
		parts++
	}
	// 2024-11-24, 24/11/2024, 1.2.3 (whose first point digits took).
	if parts >= 2 || parts == 1 && mark == '.' {
		p.pos = i
		return true
	}
	return false
}

// groupedLength measures digits grouped in thousands from the start of s:
// 1,234,567 or 12,34,567 (India), or with ' _ or a no-break or thin space; 0 if
// they are not grouped.
func groupedLength(s string, comma bool) int {
	marks := []string{",", "'", "’", "_", "\u00a0", "\u202f", "\u2009"}
	if comma {
		marks[0] = "."
	}
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	if n == 0 || n > 3 {
		return 0
	}
	for _, mark := range marks {
		if end := groupEnd(s, n, mark); end > 0 {
			return end
		}
	}
	return 0
}

// groupEnd follows groups of three digits, or of two before a last one of three.
func groupEnd(s string, at int, mark string) int {
	last := 0
	for strings.HasPrefix(s[at:], mark) {
		k := at + len(mark)
		n := 0
		for k+n < len(s) && isDigit(s[k+n]) {
			n++
		}
		if n != 3 && n != 2 {
			break
		}
		at, last = k+n, n
	}
	if last != 3 || at < len(s) && isDigit(s[at]) {
		return 0
	}
	return at
}

// fractionTail reads what may follow a whole number: /4, " 1/2", ½.
func (p *numeralParser) fractionTail(v *big.Rat, digits string) *big.Rat {
	s := p.rest()
	trimmed := strings.TrimPrefix(s, " ")
	if r, w := utf8.DecodeRuneInString(trimmed); vulgar[r] != nil {
		p.pos += len(s) - len(trimmed) + w
		return v.Add(v, vulgar[r])
	}
	if den, n := denominator(s); n > 0 {
		p.pos += n
		return ratio(digits, den)
	}
	if len(trimmed) < len(s) { // "3 1/2"
		k := 0
		for k < len(trimmed) && isDigit(trimmed[k]) {
			k++
		}
		if k > 0 && k <= 4 {
			if den, n := denominator(trimmed[k:]); n > 0 {
				if f := ratio(trimmed[:k], den); f != nil {
					p.pos += 1 + k + n
					return v.Add(v, f)
				}
			}
		}
	}
	return v
}

// denominator reads "/4" or "⁄4", with at most a space around the slash.
func denominator(s string) (digits string, n int) {
	rest := strings.TrimPrefix(s, " ")
	switch {
	case strings.HasPrefix(rest, "/"):
		rest = rest[1:]
	case strings.HasPrefix(rest, "⁄"):
		rest = rest[len("⁄"):]
	default:
		return "", 0
	}
	rest = strings.TrimPrefix(rest, " ")
	k := 0
	for k < len(rest) && isDigit(rest[k]) {
		k++
	}
	if k == 0 || strings.Trim(rest[:k], "0") == "" {
		return "", 0
	}
	// 3/4.5 and 3/4/5 are calculations, which are not done here.
	if k+1 < len(rest) && strings.ContainsRune("./,", rune(rest[k])) && isDigit(rest[k+1]) {
		return "", 0
	}
	return rest[:k], len(s) - len(rest) + k
}

// exponent reads 2^10, e5, E-3, ×10^5, x 10^{-3}, ·10⁵. It is false where the
// power is too large to compute with.
func (p *numeralParser) exponent(v *big.Rat) bool {
	s := p.rest()
	if len(s) > 1 && (s[0] == 'e' || s[0] == 'E') {
		if e, n := signedInt(s[1:]); n > 0 && !startsWithLetter(s[1+n:]) {
			p.pos += 1 + n
			return scale(v, e)
		}
	}
	if e, n := power(s); n > 0 {
		p.pos += n
		return raise(v, e)
	}
	rest := strings.TrimLeft(s, " ")
	for _, times := range []string{"×", "x", "*", "·", "\\times", "\\cdot"} {
		after, ok := strings.CutPrefix(rest, times)
		if !ok {
			continue
		}
		after, ok = strings.CutPrefix(strings.TrimLeft(after, " "), "10")
		if !ok {
			continue
		}
		if e, n := power(after); n > 0 {
			p.pos += len(s) - len(after) + n
			return scale(v, e)
		}
	}
	return true
}

// power reads ^5, ^{-5}, **5 or superscript digits.
func power(s string) (e, n int) {
	for _, mark := range []string{"^{", "^", "**"} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			e, k := signedInt(rest)
			if k == 0 {
				return 0, 0
			}
			n = len(mark) + k
			if mark == "^{" && strings.HasPrefix(s[n:], "}") {
				n++
			}
			return e, n
		}
	}
	var b strings.Builder
	for _, r := range s {
		i := strings.IndexRune("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", r)
		if i < 0 {
			break
		}
		b.WriteByte("0123456789-"[len([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹⁻"[:i]))])
		n += utf8.RuneLen(r)
	}
	e, k := signedInt(b.String())
	if k == 0 || k != b.Len() {
		return 0, 0
	}
	return e, n
}

func signedInt(s string) (v, n int) {
	if n < len(s) && (s[n] == '-' || s[n] == '+') {
		n++
	}
	first := n
	for n < len(s) && isDigit(s[n]) && n-first < 6 {
		n++
	}
	if n == first {
		return 0, 0
	}
	v, err := strconv.Atoi(s[:n])
	if err != nil {
		return 0, 0
	}
	return v, n
}
