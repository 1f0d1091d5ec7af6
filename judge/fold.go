package judge

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// textMode says what does not count when two texts are compared.
type textMode struct {
	ignoreCase bool // upper and lower case, by Unicode's full case folding
	fold       bool // also compatibility forms (NFKC) and the amount of white space
	trim       bool // white space at both ends
}

// readTextMode reads the three options; trimDefault is the kind's own default.
func readTextMode(o *options, trimDefault bool) textMode {
	return textMode{
		ignoreCase: o.flag("ignore_case", false),
		fold:       o.flag("fold", false),
		trim:       o.flag("trim", trimDefault),
	}
}

// apply brings a text into the form that is compared.
func (m textMode) apply(s string) string {
	if m.fold {
		return foldText(s)
	}
	if m.ignoreCase {
		s = cases.Fold().String(s)
	}
	if m.trim {
		s = strings.TrimSpace(s)
	}
	return s
}

// foldText applies Unicode's NFKC, full case folding (UAX #15, Unicode 3.13)
// and makes every run of white space one space. Folding can undo the normal
// form, so that is restored after it.
func foldText(s string) string {
	s = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ")
}
