package report

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/qualgate/qualgate/eval"
)

// ColorMode says which colours a terminal shows. The zero value is none: not
// one escape sequence is written.
type ColorMode int

// The colour modes.
const (
	NoColor ColorMode = iota
	ANSI16
	ANSI256
	TrueColor
)

func (m ColorMode) profile() termenv.Profile {
	switch m {
	case ANSI16:
		return termenv.ANSI
	case ANSI256:
		return termenv.ANSI256
	case TrueColor:
		return termenv.TrueColor
	}
	return termenv.Ascii
}

// theme holds the few styles of the terminal: plain text, one colour for each
// verdict, dim for what stands back.
type theme struct {
	text, bold, dim, heading, mark lipgloss.Style

	pass, regressed, inconclusive, unmeasured lipgloss.Style
	badge                                     map[eval.Verdict]lipgloss.Style
}

// hue is one colour for each mode, on a dark and on a light background.
type hue struct{ dark, light lipgloss.CompleteColor }

func hex(trueColor, c256, c16 string) lipgloss.CompleteColor {
	return lipgloss.CompleteColor{TrueColor: trueColor, ANSI256: c256, ANSI: c16}
}

var (
	green = hue{hex("#7fc98f", "114", "2"), hex("#1a7f37", "28", "2")}
	red   = hue{hex("#f2827f", "210", "1"), hex("#c0281f", "160", "1")}
	amber = hue{hex("#e5b567", "179", "3"), hex("#8a5a00", "94", "3")}
	blue  = hue{hex("#8ab4f8", "111", "4"), hex("#0b57d0", "26", "4")}
	grey  = hue{hex("#8b929c", "245", "8"), hex("#6a717b", "242", "8")}
	paper = hue{hex("#16181c", "234", "0"), hex("#ffffff", "231", "15")}
)

func newTheme(mode ColorMode, dark bool) theme {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(mode.profile())
	r.SetHasDarkBackground(dark)
	pick := func(h hue) lipgloss.TerminalColor {
		if dark {
			return h.dark
		}
		return h.light
	}
	fg := func(h hue) lipgloss.Style { return r.NewStyle().Foreground(pick(h)) }
	badge := func(h hue) lipgloss.Style {
		return r.NewStyle().Bold(true).Foreground(pick(paper)).Background(pick(h))
	}
	return theme{
		text: r.NewStyle(), bold: r.NewStyle().Bold(true), dim: fg(grey), heading: r.NewStyle().Bold(true), mark: fg(amber),
		pass: fg(green), regressed: fg(red), inconclusive: fg(amber), unmeasured: fg(blue),
		badge: map[eval.Verdict]lipgloss.Style{
			eval.Pass: badge(green), eval.Regressed: badge(red), eval.Inconclusive: badge(amber), eval.Unmeasured: badge(blue),
		},
	}
}

// of is a verdict's colour.
func (t *theme) of(v eval.Verdict) lipgloss.Style {
	switch v {
	case eval.Pass:
		return t.pass
	case eval.Regressed:
		return t.regressed
	case eval.Unmeasured:
		return t.unmeasured
	}
	return t.inconclusive
}

// badgeText is a verdict in capitals.
func badgeText(v eval.Verdict) string {
	switch v {
	case eval.Pass:
		return "PASS"
	case eval.Regressed:
		return "REGRESSED"
	case eval.Unmeasured:
		return "COULD NOT MEASURE"
	}
	return "INCONCLUSIVE"
}

// glyph is a verdict as one character, for those who do not see its colour.
func glyph(v eval.Verdict) string {
	switch v {
	case eval.Pass:
		return "✓"
	case eval.Regressed:
		return "✗"
	case eval.Unmeasured:
		return "!"
	}
	return "?"
}
