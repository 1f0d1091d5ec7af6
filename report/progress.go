package report

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// ProgressState is how far a run has come.
type ProgressState struct {
	// Phase is what is being done, in a word or two: measuring, extending.
	Phase string
	// Done of Total slots have ended, Failed of them without a score.
	Done, Total, Failed int
	// Rate is slots a second, ETA the time left; 0 is not known yet.
	Rate float64
	ETA  time.Duration
	// SpentUSD is the known cost; SpendKnown is false if prices are missing.
	SpentUSD   float64
	SpendKnown bool
	// InFlight of at most Limit calls are under way.
	InFlight, Limit int
}

// Tenths is how many tenths of the run are done, 0 to 10: a log has a new line
// to write when it grows.
func (s ProgressState) Tenths() int {
	if s.Total <= 0 {
		return 0
	}
	return min(max(s.Done, 0)*10/s.Total, 10)
}

func (s ProgressState) share() float64 {
	if s.Total <= 0 {
		return 0
	}
	return min(max(float64(s.Done)/float64(s.Total), 0), 1)
}

// Line is the live line of a terminal, at most width−1 columns: a line that
// fills the last column makes some terminals wrap. What matters least goes
// first where there is little room.
func Line(s ProgressState, columns int, color ColorMode) string {
	columns = TerminalOptions{Width: columns}.columns()
	t := newTheme(min(color, ANSI16), true) // the terminal's own palette suits every background
	p := &page{theme: t, width: columns - 1}
	room := p.width - 1

	total := thousands(s.Total)
	parts := []string{padLeft(thousands(s.Done), len(total)) + "/" + total}
	room -= width(parts[0])
	add := func(text, styled string) bool {
		if text == "" || room < width(text)+2 {
			return false
		}
		room -= width(text) + 2
		parts = append(parts, styled)
		return true
	}
	dim := func(text string) bool { return add(text, t.dim.Render(text)) }
	if s.Failed > 0 {
		text := thousands(s.Failed) + " failed"
		add(text, t.regressed.Render(text))
	}
	if s.ETA > 0 {
		text := "ETA " + elapsed(roundETA(s.ETA))
		add(text, text)
	}
	text := spent(s)
	add(text, text)
	if s.Rate > 0 {
		dim(rate(s.Rate))
	}
	dim(inFlight(s))

	head := ""
	if phase := printable(s.Phase); phase != "" && room >= width(phase)+2 {
		head = phase + "  "
		room -= width(head)
	}
	if bar := min(room-2, 40); bar >= 8 {
		head += p.bar(s.share(), bar) + "  "
	}
	return fit(" "+head+strings.Join(parts, "  "), p.width)
}

// bar is a progress bar of n columns, filled in eighths of one.
func (p *page) bar(share float64, n int) string {
	eighths := int(math.Floor(share * float64(8*n)))
	full, part := eighths/8, eighths%8
	filled := strings.Repeat("█", full)
	if part > 0 {
		filled += string([]rune("▏▎▍▌▋▊▉")[part-1])
	}
	return p.pass.Render(filled) + p.dim.Render(strings.Repeat("░", n-width(filled)))
}

func rate(r float64) string {
	if r < 10 {
		return fmt.Sprintf("%.1f/s", r)
	}
	return fmt.Sprintf("%.0f/s", min(r, 1e9))
}

// roundETA keeps a forecast from flickering: to seconds, and to tens of them
// above two minutes.
func roundETA(d time.Duration) time.Duration {
	if d > 2*time.Minute {
		return d.Round(10 * time.Second)
	}
	return max(d.Round(time.Second), time.Second)
}

func spent(s ProgressState) string {
	switch {
	case s.SpendKnown:
		return fmt.Sprintf("$%.2f", min(s.SpentUSD, 1e12))
	case s.SpentUSD > 0:
		return fmt.Sprintf("$%.2f + unpriced", min(s.SpentUSD, 1e12))
	}
	return "cost unknown"
}

func inFlight(s ProgressState) string {
	if s.Limit <= 0 {
		return ""
	}
	return fmt.Sprintf("%*d of %d in flight", len(fmt.Sprint(s.Limit)), s.InFlight, s.Limit)
}

// Plain is the same as one line of a log.
func Plain(s ProgressState) string {
	parts := []string{fmt.Sprintf("%3.0f %%", math.Floor(100*s.share())), fmt.Sprintf("%s of %s", thousands(s.Done), thousands(s.Total))}
	if s.Rate > 0 {
		parts = append(parts, rate(s.Rate))
	}
	if s.ETA > 0 {
		parts = append(parts, "ETA "+elapsed(roundETA(s.ETA)))
	}
	parts = append(parts, spent(s))
	if s.Failed > 0 {
		parts = append(parts, thousands(s.Failed)+" failed")
	}
	if s.Limit > 0 {
		parts = append(parts, fmt.Sprintf("limit %d", s.Limit))
	}
	head := printable(s.Phase)
	if head != "" {
		head += " "
	}
	return head + strings.Join(parts, "  ")
}
