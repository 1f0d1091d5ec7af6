package judge

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qualgate/qualgate/eval"
)

// buildLength bounds an answer's length.
//
//   - chars: Unicode code points.
//   - words: runs without white space that hold a letter or digit; in Chinese
//     and Japanese every character is a word.
//   - tokens: an estimate that depends on the text alone, because tokenizers
//     differ and servers count hidden reasoning: one token for every four
//     characters, and one for every Chinese or Japanese character. It is within
//     about a third of the true number for prose.
func buildLength(_ *compiler, o *options) (rule, error) {
	unit := o.choice("unit", "chars", "words", "tokens")
	low, hasLow := o.count("min")
	high, hasHigh := o.count("max")
	if !hasLow && !hasHigh && len(o.errs) == 0 {
		o.fail("needs min, max or both")
	}
	if hasLow && hasHigh && low > high {
		o.fail("min %d is above max %d", low, high)
	}
	measure := map[string]func(string) int{"chars": utf8.RuneCountInString, "words": countWords, "tokens": estimateTokens}[unit]
	return func(_ context.Context, s *eval.Sample) (ruling, error) {
		n := measure(s.Output.Text)
		label := fmt.Sprintf("%d %s", n, unit)
		if unit == "tokens" {
			label = "about " + label
		}
		switch {
		case hasLow && n < low:
			return yesNo(false, label, fmt.Sprintf("the answer has %s, at least %d wanted: %s", label, low, quote(s.Output.Text, 120))), nil
		case hasHigh && n > high:
			return yesNo(false, label, fmt.Sprintf("the answer has %s, at most %d allowed; it ends %s", label, high, quote(tail(s.Output.Text, 80), 80))), nil
		}
		return yesNo(true, label, fmt.Sprintf("the answer has %s", label)), nil
	}, nil
}

func countWords(s string) int {
	n := 0
	for _, f := range strings.Fields(s) {
		for _, part := range splitIdeographs(f) {
			if strings.ContainsFunc(part, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
				n++
			}
		}
	}
	return n
}

func estimateTokens(s string) int {
	wide, other := 0, 0
	for _, r := range s {
		if isIdeograph(r) {
			wide++
		} else {
			other++
		}
	}
	return wide + (other+3)/4
}
