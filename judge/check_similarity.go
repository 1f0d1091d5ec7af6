package judge

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/qualgate/qualgate/eval"
)

// maxCompared bounds the shorter of two compared texts, in characters or
// words, so that one sample cannot hold up a run.
const maxCompared = 200_000

// buildSimilarity compares an answer with `value` or the reference; the score
// is the similarity itself and the check passes from `min` on.
//
//   - levenshtein: 1 − d/max(|a|,|b|) with d the Levenshtein distance over
//     Unicode code points.
//   - token_f1: the F1 of the bags of words, as SQuAD's evaluation script
//     computes it (Rajpurkar et al. 2016): lower case, without punctuation and
//     the articles a, an, the.
//   - rouge_l: ROUGE-L (Lin 2004, sentence level), the F-measure of the longest
//     common subsequence of words with β = 1, lower case, without stemming.
//
// Two empty texts have similarity 1, an empty and another one 0.
func buildSimilarity(_ *compiler, o *options) (rule, error) {
	method := o.choice("method", "levenshtein", "token_f1", "rouge_l")
	if !o.has("method") {
		o.fail("needs a method: levenshtein, token_f1 or rouge_l")
	}
	mode, want := readTextMode(o, true), readWanted(o, false)
	low, ok := o.number("min", 0, 1)
	if !ok && !o.has("min") {
		o.fail("needs min: the similarity from 0 to 1 at which the check passes")
	}
	measure := map[string]func(context.Context, string, string) (float64, error){
		"levenshtein": levenshteinRatio, "token_f1": tokenF1, "rouge_l": rougeL,
	}[method]
	return func(ctx context.Context, s *eval.Sample) (ruling, error) {
		exp := want.in(s)
		v, err := measure(ctx, mode.apply(s.Output.Text), mode.apply(exp))
		if err != nil {
			return ruling{}, err
		}
		r := ruling{value: v, pass: v >= low, label: fmt.Sprintf("%.2f", v)}
		r.reason = fmt.Sprintf("%s similarity %.3f, at least %s wanted", method, v, formatFloat(low))
		if !r.pass {
			r.reason += fmt.Sprintf("; expected %s, got %s", quote(exp, 120), quote(s.Output.Text, 120))
		}
		return r, nil
	}, nil
}

func tooLong(a, b int, unit string) error {
	if min(a, b) > maxCompared {
		return fmt.Errorf("both texts are longer than %d %s; that is too long to compare", maxCompared, unit)
	}
	return nil
}

func levenshteinRatio(ctx context.Context, a, b string) (float64, error) {
	ra, rb := []rune(a), []rune(b)
	if err := tooLong(len(ra), len(rb), "characters"); err != nil {
		return 0, err
	}
	longest := max(len(ra), len(rb))
	if longest == 0 {
		return 1, nil
	}
	d, err := levenshtein(ctx, ra, rb)
	return 1 - float64(d)/float64(longest), err
}

func tokenF1(_ context.Context, got, want string) (float64, error) {
	g, w := squadTokens(got), squadTokens(want)
	if len(g) == 0 || len(w) == 0 {
		return boolValue(len(g) == len(w)), nil
	}
	count := map[string]int{}
	for _, t := range w {
		count[t]++
	}
	same := 0
	for _, t := range g {
		if count[t] > 0 {
			count[t]--
			same++
		}
	}
	return fMeasure(same, len(g), len(w)), nil
}

func rougeL(ctx context.Context, got, want string) (float64, error) {
	g, w := wordTokens(got), wordTokens(want)
	if err := tooLong(len(g), len(w), "words"); err != nil {
		return 0, err
	}
	if len(g) == 0 || len(w) == 0 {
		return boolValue(len(g) == len(w)), nil
	}
	n, err := lcsLength(ctx, g, w)
	return fMeasure(n, len(g), len(w)), err
}

// fMeasure is the harmonic mean of precision same/got and recall same/want.
func fMeasure(same, got, want int) float64 {
	return 2 * float64(same) / float64(got+want)
}

func boolValue(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// squadTokens splits as SQuAD's script does: lower case, punctuation deleted
// (Unicode's, where the script knows ASCII only), articles dropped, split at
// white space. Characters of scripts written without spaces are words of their
// own, as in MLQA's script (Lewis et al. 2020).
func squadTokens(s string) []string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPunct(r) || unicode.IsSymbol(r) && r < unicode.MaxASCII {
			return -1
		}
		return r
	}, strings.ToLower(s))
	var out []string
	for _, f := range strings.Fields(s) {
		for _, t := range splitIdeographs(f) {
			if t != "a" && t != "an" && t != "the" {
				out = append(out, t)
			}
		}
	}
	return out
}

// wordTokens splits into runs of letters, marks and digits, lower case, with
// characters of scripts written without spaces as words of their own.
func wordTokens(s string) []string {
	var out []string
	for _, f := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}) {
		out = append(out, splitIdeographs(f)...)
	}
	return out
}

func splitIdeographs(s string) []string {
	if !strings.ContainsFunc(s, isIdeograph) {
		return []string{s}
	}
	var out []string
	start := 0
	for i, r := range s {
		if !isIdeograph(r) {
			continue
		}
		if start < i {
			out = append(out, s[start:i])
		}
		n := i + len(string(r))
		out = append(out, s[i:n])
		start = n
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// isIdeograph reports characters of Chinese and Japanese writing, which puts
// no spaces between words.
func isIdeograph(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
