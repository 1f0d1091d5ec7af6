package judge

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/qualgate/qualgate/eval"
)

// buildRegex compiles an RE2 expression, as Go's regexp reads it: matching
// time is linear in the answer's length, whatever the expression. flags are
// the letters i (ignore case), m (^ and $ at lines), s (. matches newlines)
// and U (ungreedy).
func buildRegex(negate bool) builder {
	return func(_ *compiler, o *options) (rule, error) {
		pattern, _ := o.text("pattern")
		if pattern == "" && len(o.errs) == 0 {
			o.fail("needs a pattern that is not empty")
		}
		flags, _ := o.text("flags")
		if bad := strings.Trim(flags, "imsU"); bad != "" {
			o.fail("flags may hold the letters i, m, s and U, not %q", bad)
		}
		if len(o.errs) > 0 {
			return nil, o.finish()
		}
		if flags != "" {
			pattern = "(?" + flags + ")" + pattern
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, regexError(err)
		}
		return func(_ context.Context, s *eval.Sample) (ruling, error) {
			return matchRuling(re, s.Output.Text, negate), nil
		}, nil
	}
}

func matchRuling(re *regexp.Regexp, text string, negate bool) ruling {
	at := re.FindStringIndex(text)
	switch {
	case at != nil && negate:
		return yesNo(false, "matched", fmt.Sprintf("%s matches %s, which it must not", re, quote(text[at[0]:at[1]], 120)))
	case at != nil:
		return yesNo(true, "matched", fmt.Sprintf("%s matches %s", re, quote(text[at[0]:at[1]], 120)))
	case negate:
		return yesNo(true, "no match", fmt.Sprintf("%s does not match", re))
	}
	return yesNo(false, "no match", fmt.Sprintf("%s does not match; the answer begins %s", re, quote(text, 120)))
}

// regexError explains what RE2 leaves out to people who know other dialects.
func regexError(err error) error {
	var syn *syntax.Error
	if !errors.As(err, &syn) {
		return err
	}
	switch {
	case syn.Code == syntax.ErrInvalidPerlOp && (strings.HasPrefix(syn.Expr, "(?=") || strings.HasPrefix(syn.Expr, "(?!") || strings.HasPrefix(syn.Expr, "(?<")):
		return fmt.Errorf("the pattern uses %s; look-ahead and look-behind are not part of RE2: use two checks, or not_regex", syn.Expr)
	case syn.Code == syntax.ErrInvalidEscape && len(syn.Expr) == 2 && syn.Expr[1] >= '1' && syn.Expr[1] <= '9':
		return fmt.Errorf("the pattern uses %s; back-references are not part of RE2", syn.Expr)
	}
	return fmt.Errorf("the pattern is not valid RE2: %s: %s", syn.Code, quote(syn.Expr, 80))
}
