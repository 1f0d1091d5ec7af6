package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxMarks is how many combining marks may follow one another: a taller
	// stack prints over its neighbouring lines. Real scripts need up to four.
	maxMarks = 4
	tab      = "    "
)

// printable makes untrusted text safe for one line of a terminal: nothing in
// it moves the cursor, changes colours or reorders what stands around it. What
// would is shown, not dropped, so that a person sees what the model wrote:
// control characters as their pictures (␛), invisible and bidirectional ones
// as ⟨U+202E⟩. Line breaks become spaces.
func printable(s string) string { return clean(s, ' ') }

// printableText is printable for text of several lines: line breaks stay.
func printableText(s string) string { return clean(s, '\n') }

func clean(s string, newline rune) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	marks := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > maxMarks {
				continue
			}
			b.WriteRune(r)
			continue
		}
		marks = 0
		switch {
		case r == '\r' && i < len(s) && s[i] == '\n': // CRLF is one line break
		case r == '\n':
			b.WriteRune(newline)
		case r == '\t':
			b.WriteString(tab)
		case r < 0x20:
			b.WriteRune('\u2400' + r)
		case r == 0x7f:
			b.WriteRune('\u2421')
		case isHidden(r):
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		default: // a byte that is no UTF-8 decodes to U+FFFD and is written as that
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// isHidden reports characters that change how others are shown, or that take
// no visible place: C1 controls, bidirectional and other format characters,
// line separators, the tag block, fillers and noncharacters. The joiners stay: emoji and
// several scripts are written with them.
func isHidden(r rune) bool {
	switch {
	case r < 0x80:
		return false
	case r <= 0x9f:
		return true
	case r == '\u200c' || r == '\u200d':
		return false
	case r&0xfffe == 0xfffe || r >= '\ufdd0' && r <= '\ufdef': // noncharacters
		return true
	case r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0':
		return true
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}
