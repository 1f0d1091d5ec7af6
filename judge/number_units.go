package judge

import (
	"math/big"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// vulgar holds Unicode's fractions.
var vulgar = map[rune]*big.Rat{
	'½': big.NewRat(1, 2), '⅓': big.NewRat(1, 3), '⅔': big.NewRat(2, 3), '¼': big.NewRat(1, 4), '¾': big.NewRat(3, 4),
	'⅕': big.NewRat(1, 5), '⅖': big.NewRat(2, 5), '⅗': big.NewRat(3, 5), '⅘': big.NewRat(4, 5), '⅙': big.NewRat(1, 6),
	'⅚': big.NewRat(5, 6), '⅐': big.NewRat(1, 7), '⅛': big.NewRat(1, 8), '⅜': big.NewRat(3, 8), '⅝': big.NewRat(5, 8),
	'⅞': big.NewRat(7, 8), '⅑': big.NewRat(1, 9), '⅒': big.NewRat(1, 10),
}

var latexFrac = regexp.MustCompile(`^\\[dt]?frac\s?\{\s?([0-9]{1,40})\s?\}\s?\{\s?([0-9]{1,40})\s?\}`)

// latexFraction reads \frac{a}{b}; n is its length, 0 if there is none.
func latexFraction(s string) (num, den string, n int) {
	if !strings.HasPrefix(s, `\`) {
		return "", "", 0
	}
	m := latexFrac.FindStringSubmatch(s)
	if m == nil || strings.Trim(m[2], "0") == "" {
		return "", "", 0
	}
	return m[1], m[2], len(m[0])
}

func ratio(num, den string) *big.Rat {
	a, b := parseRat(num), parseRat(den)
	if a == nil || b == nil || b.Sign() == 0 {
		return nil
	}
	return a.Quo(a, b)
}

// parseRat reads plain digits with at most one point; nil if there are more
// digits than a number has.
func parseRat(digits string) *big.Rat {
	if digits == "" || len(digits) > maxDigits {
		return nil
	}
	v, ok := new(big.Rat).SetString(digits)
	if !ok {
		return nil
	}
	return v
}

// scale multiplies by a power of ten; false if that is out of reach.
func scale(v *big.Rat, e int) bool {
	if e > maxDigits || e < -maxDigits {
		return false
	}
	p := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(e, -e))), nil))
	if e < 0 {
		v.Quo(v, p)
	} else {
		v.Mul(v, p)
	}
	return true
}

// raise sets v to v^e for a power that a person would write.
func raise(v *big.Rat, e int) bool {
	bits := max(v.Num().BitLen(), v.Denom().BitLen())
	if e < 0 || bits*e > 4*maxDigits {
		return false
	}
	exp := big.NewInt(int64(e))
	v.SetFrac(new(big.Int).Exp(v.Num(), exp, nil), new(big.Int).Exp(v.Denom(), exp, nil))
	return true
}

var magnitudeWords = []struct {
	word string
	exp  int
}{
	{"hundred", 2}, {"thousand", 3}, {"million", 6}, {"billion", 9}, {"trillion", 12},
	{"万", 4}, {"萬", 4}, {"億", 8}, {"亿", 8}, {"兆", 12},
}

// moneyLetters scale only right behind an amount with a currency sign: $5k is
// 5000, but 5k may be a run and 5m a length.
var moneyLetters = []struct {
	letters string
	exp     int
}{{"bn", 9}, {"mn", 6}, {"k", 3}, {"K", 3}, {"M", 6}, {"B", 9}, {"T", 12}}

// suffix reads a percent sign and words such as million. It is false where the
// number gets out of reach.
func (p *numeralParser) suffix(v *big.Rat) bool {
	rest := p.rest()
	trimmed := strings.TrimLeft(rest, " -\u00a0\u202f")
	gap := len(rest) - len(trimmed)
	for _, word := range []string{"%", "percent", "per cent"} {
		if gap <= 2 && strings.HasPrefix(trimmed, word) {
			p.percent = true
			p.pos += gap + len(word)
			return true
		}
	}
	if !p.style.magnitudes {
		return true
	}
	for _, m := range magnitudeWords {
		if gap <= 2 && len(trimmed) >= len(m.word) && strings.EqualFold(trimmed[:len(m.word)], m.word) {
			after := strings.TrimPrefix(trimmed[len(m.word):], "s")
			if m.word[0] < utf8.RuneSelf && startsWithLetter(after) {
				continue
			}
			p.pos += len(rest) - len(after)
			return scale(v, m.exp)
		}
	}
	before, _ := utf8.DecodeLastRuneInString(p.text[:p.start])
	if !unicode.Is(unicode.Sc, before) {
		return true
	}
	for _, m := range moneyLetters {
		if after, ok := strings.CutPrefix(rest, m.letters); ok && !startsWithLetter(after) {
			p.pos += len(m.letters)
			return scale(v, m.exp)
		}
	}
	return true
}

func startsWithLetter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

var latexSpacing = strings.NewReplacer(`{,}`, ",", `\,`, "", `\!`, "", `\;`, " ", `\%`, "%", `\$`, "$", `\left`, "", `\right`, "")

// prepareNumbers rewrites a text so that numerals are spelled in one way:
// digits of all scripts as ASCII, LaTeX's spacing taken out.
func prepareNumbers(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.ContainsAny(s, `\{`) {
		s = latexSpacing.Replace(s)
	}
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
			return r
		case unicode.IsDigit(r):
			return '0' + digitValue(r)
		}
		switch r {
		case '٫', '．':
			return '.'
		case '٬':
			return ','
		case '％', '٪':
			return '%'
		case '＄':
			return '$'
		case '＝':
			return '='
		case '：':
			return ':'
		case '－':
			return '-'
		}
		return r
	}, s)
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// digitValue gives a decimal digit's value: Unicode lays the ten digits of a
// script out in a row, and ranges hold whole rows.
func digitValue(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}
