package judge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qualgate/qualgate/eval"
)

// wanted is the text a check compares with: a fixed one, or the reference.
type wanted struct {
	text      string
	reference bool
}

// readWanted reads `value`; without it the case's reference is meant, except
// where a check forbids a text.
func readWanted(o *options, forbidden bool) wanted {
	if s, ok := o.text("value"); ok {
		return wanted{text: s}
	}
	if o.has("value") {
		return wanted{}
	}
	if forbidden {
		o.fail("needs a value: the text that must not occur")
		return wanted{}
	}
	o.needsReference = true
	o.effective["value"] = nil
	return wanted{reference: true}
}

func (w wanted) in(s *eval.Sample) string {
	if w.reference {
		return s.Case.Reference
	}
	return w.text
}

func buildExact(negate bool) builder {
	return func(_ *compiler, o *options) (rule, error) {
		mode, want := readTextMode(o, true), readWanted(o, negate)
		return func(_ context.Context, s *eval.Sample) (ruling, error) {
			got, exp := s.Output.Text, want.in(s)
			equal := mode.apply(got) == mode.apply(exp)
			switch {
			case equal && negate:
				return yesNo(false, "equal", fmt.Sprintf("the answer is exactly the forbidden text %s", quote(exp, 120))), nil
			case equal:
				return yesNo(true, "equal", "the answer is the expected text"), nil
			case negate:
				return yesNo(true, "different", "the answer is not the forbidden text"), nil
			}
			return yesNo(false, "different", explainDifference(got, exp, mode)), nil
		}, nil
	}
}

// explainDifference says where two texts part, and which option would have
// made them equal, if one would.
func explainDifference(got, want string, mode textMode) string {
	hint := ""
	for _, more := range []struct {
		name string
		mode textMode
	}{
		{"trim: true", textMode{mode.ignoreCase, mode.fold, true}},
		{"ignore_case: true", textMode{true, mode.fold, mode.trim}},
		{"fold: true", textMode{mode.ignoreCase, true, mode.trim}},
	} {
		if more.mode.apply(got) == more.mode.apply(want) {
			hint = "; with " + more.name + " they would be equal"
			break
		}
	}
	if got == "" {
		return fmt.Sprintf("the answer is empty, expected %s%s", quote(want, 120), hint)
	}
	at := commonPrefix(mode.apply(got), mode.apply(want))
	return fmt.Sprintf("expected %s, got %s; they part at character %d%s", quote(want, 120), quote(got, 120), at+1, hint)
}

// commonPrefix counts the runes two texts share at their start.
func commonPrefix(a, b string) int {
	n := 0
	for a != "" && b != "" {
		ra, wa := utf8.DecodeRuneInString(a)
		rb, wb := utf8.DecodeRuneInString(b)
		if ra != rb || wa != wb {
			break
		}
		a, b = a[wa:], b[wb:]
		n++
	}
	return n
}

// readList reads `values` and requires at least one text; empty texts are
// refused where they would match everything.
func readList(o *options, allowEmpty bool) []string {
	list := o.texts("values")
	if len(list) == 0 && len(o.errs) == 0 {
		o.fail("needs values: a list with at least one text")
	}
	if !allowEmpty && slices.Contains(list, "") {
		o.fail("values holds an empty text, which every answer contains")
	}
	return list
}

func buildOneOf(negate bool) builder {
	return func(_ *compiler, o *options) (rule, error) {
		mode, list := readTextMode(o, true), readList(o, true)
		return func(_ context.Context, s *eval.Sample) (ruling, error) {
			got := mode.apply(s.Output.Text)
			for _, w := range list {
				if got != mode.apply(w) {
					continue
				}
				if negate {
					return yesNo(false, "listed", fmt.Sprintf("the answer is the forbidden %s", quote(w, 120))), nil
				}
				return yesNo(true, "listed", fmt.Sprintf("the answer is %s", quote(w, 120))), nil
			}
			if negate {
				return yesNo(true, "not listed", "the answer is none of the forbidden texts"), nil
			}
			return yesNo(false, "not listed", fmt.Sprintf("got %s, expected one of %s", quote(s.Output.Text, 120), quoteAll(list))), nil
		}, nil
	}
}

func buildContains(negate bool) builder {
	return func(_ *compiler, o *options) (rule, error) {
		mode, want := readTextMode(o, false), readWanted(o, negate)
		if !want.reference && mode.apply(want.text) == "" && len(o.errs) == 0 {
			o.fail("the value is empty, and every answer contains that")
		}
		return func(_ context.Context, s *eval.Sample) (ruling, error) {
			w := want.in(s)
			found := strings.Contains(mode.apply(s.Output.Text), mode.apply(w))
			return containment(found, negate, []string{w}, s.Output.Text), nil
		}, nil
	}
}

// containment words the outcome for one text.
func containment(found, negate bool, list []string, got string) ruling {
	label := "missing"
	if found {
		label = "found"
	}
	switch {
	case found && negate:
		return yesNo(false, label, fmt.Sprintf("the answer contains %s, which it must not", quoteAll(list)))
	case found:
		return yesNo(true, label, fmt.Sprintf("the answer contains %s", quoteAll(list)))
	case negate:
		return yesNo(true, label, fmt.Sprintf("the answer does not contain %s", quoteAll(list)))
	}
	return yesNo(false, label, fmt.Sprintf("the answer does not contain %s; it begins %s", quoteAll(list), quote(got, 120)))
}

// split sorts the list into the texts an answer holds and those it lacks.
func split(mode textMode, answer string, list []string) (found, missing []string) {
	got := mode.apply(answer)
	for _, w := range list {
		if strings.Contains(got, mode.apply(w)) {
			found = append(found, w)
		} else {
			missing = append(missing, w)
		}
	}
	return found, missing
}

func buildContainsAny(negate bool) builder {
	return func(_ *compiler, o *options) (rule, error) {
		mode, list := readTextMode(o, false), readList(o, false)
		return func(_ context.Context, s *eval.Sample) (ruling, error) {
			found, _ := split(mode, s.Output.Text, list)
			switch {
			case len(found) > 0 && negate:
				return yesNo(false, "found", fmt.Sprintf("the answer contains %s, which it must not", quoteAll(found))), nil
			case len(found) > 0:
				return yesNo(true, "found", fmt.Sprintf("the answer contains %s", quoteAll(found))), nil
			case negate:
				return yesNo(true, "none", "the answer contains none of the forbidden texts"), nil
			}
			return yesNo(false, "none", fmt.Sprintf("the answer contains none of %s; it begins %s", quoteAll(list), quote(s.Output.Text, 120))), nil
		}, nil
	}
}

func buildContainsAll(negate bool) builder {
	return func(_ *compiler, o *options) (rule, error) {
		mode, list := readTextMode(o, false), readList(o, false)
		return func(_ context.Context, s *eval.Sample) (ruling, error) {
			found, missing := split(mode, s.Output.Text, list)
			label := fmt.Sprintf("%d of %d", len(found), len(list))
			switch {
			case len(missing) == 0 && negate:
				return yesNo(false, label, fmt.Sprintf("the answer contains all of %s, which it must not", quoteAll(list))), nil
			case len(missing) == 0:
				return yesNo(true, label, fmt.Sprintf("the answer contains %s", quoteAll(list))), nil
			case negate:
				return yesNo(true, label, fmt.Sprintf("the answer lacks %s", quoteAll(missing))), nil
			}
			return yesNo(false, label, fmt.Sprintf("the answer lacks %s; it begins %s", quoteAll(missing), quote(s.Output.Text, 120))), nil
		}, nil
	}
}

type edge struct {
	test func(s, part string) bool
	verb string
	show func(s string) string
}

var (
	edgeStart = edge{strings.HasPrefix, "begin", func(s string) string { return "it begins " + quote(s, 120) }}
	edgeEnd   = edge{strings.HasSuffix, "end", func(s string) string { return "it ends " + quote(tail(s, 120), 120) }}
)

func tail(s string, runes int) string {
	i := len(s)
	for ; runes > 0 && i > 0; runes-- {
		_, w := utf8.DecodeLastRuneInString(s[:i])
		i -= w
	}
	return s[i:]
}

func buildEdge(e edge, negate bool) builder {
	return func(_ *compiler, o *options) (rule, error) {
		mode, want := readTextMode(o, true), readWanted(o, negate)
		if !want.reference && mode.apply(want.text) == "" && len(o.errs) == 0 {
			o.fail("the value is empty, and every answer %ss with that", e.verb)
		}
		return func(_ context.Context, s *eval.Sample) (ruling, error) {
			w := want.in(s)
			has := e.test(mode.apply(s.Output.Text), mode.apply(w))
			switch {
			case has && negate:
				return yesNo(false, "yes", fmt.Sprintf("the answer %ss with %s, which it must not", e.verb, quote(w, 120))), nil
			case has:
				return yesNo(true, "yes", fmt.Sprintf("the answer %ss with %s", e.verb, quote(w, 120))), nil
			case negate:
				return yesNo(true, "no", fmt.Sprintf("the answer does not %s with %s", e.verb, quote(w, 120))), nil
			}
			return yesNo(false, "no", fmt.Sprintf("the answer must %s with %s; %s", e.verb, quote(w, 120), e.show(strings.TrimSpace(s.Output.Text)))), nil
		}, nil
	}
}
