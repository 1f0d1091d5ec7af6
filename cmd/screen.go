package cmd

import (
	"strconv"
	"strings"

	"github.com/qualgate/qualgate/report"
)

// Widths a report is laid out for; without a terminal it gets a fixed one, so
// that logs do not depend on who reads them.
const (
	minWidth   = 60
	maxWidth   = 200
	plainWidth = 100
)

// columns is the width to write for: COLUMNS if set, else the terminal's.
func (a *app) columns() int {
	w := a.env.Width
	if n, err := strconv.Atoi(a.env.Getenv("COLUMNS")); err == nil && n > 0 {
		w = n
	}
	if w <= 0 {
		return plainWidth
	}
	return min(max(w, minWidth), maxWidth)
}

// colorMode decides on colour for one stream: --color, else NO_COLOR, else
// whether a person watches.
func (a *app) colorMode(when string, tty bool) report.ColorMode {
	term := a.env.Getenv("TERM")
	switch when {
	case "never":
		return report.NoColor
	case "always":
	default:
		if a.env.Getenv("NO_COLOR") != "" || !tty || term == "dumb" {
			return report.NoColor
		}
	}
	if _, known := a.darkBackground(); !known {
		// The sixteen colours of the terminal's own palette suit its background.
		return report.ANSI16
	}
	switch c := a.env.Getenv("COLORTERM"); {
	case c == "truecolor" || c == "24bit":
		return report.TrueColor
	case strings.Contains(term, "256color"):
		return report.ANSI256
	}
	return report.ANSI16
}

// darkBackground reads COLORFGBG, in which some terminals tell their colours.
// The terminal itself is not asked: its answer would arrive on a standard
// input that may belong to somebody else.
func (a *app) darkBackground() (dark, known bool) {
	v := a.env.Getenv("COLORFGBG")
	i := strings.LastIndexByte(v, ';')
	if i < 0 {
		return true, false
	}
	bg, err := strconv.Atoi(v[i+1:])
	if err != nil {
		return true, false
	}
	return bg < 7 || bg == 8, true
}

func (a *app) terminalOptions(when string, tty bool) report.TerminalOptions {
	dark, _ := a.darkBackground()
	return report.TerminalOptions{Width: a.columns(), Color: a.colorMode(when, tty), Dark: dark}
}
