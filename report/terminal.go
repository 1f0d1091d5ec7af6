package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/qualgate/qualgate/eval"
)

// Widths a terminal is written for. Below the least, lines are as wide as it;
// paragraphs stay at a measure that can be read.
const (
	defaultWidth = 80
	minWidth     = 40
	maxWidth     = 200
	measure      = 110
	// sideBySide is the width from which two answers stand next to each other.
	sideBySide = 100
	margin     = "  "
)

// TerminalOptions say what the terminal can show. The zero value is 80 columns
// without colour.
type TerminalOptions struct {
	// Width in columns, 40 to 200; 0 means 80. No line is wider.
	Width int
	Color ColorMode
	// Dark says that the terminal's background is dark.
	Dark bool
}

func (o TerminalOptions) columns() int {
	if o.Width == 0 {
		return defaultWidth
	}
	return min(max(o.Width, minWidth), maxWidth)
}

// Terminal writes a Result for a person: the verdict and what to do, broken
// hard rules, the scores, the worst cases with both answers, what was not
// measured, warnings, and what it cost. The error is the writer's.
func Terminal(w io.Writer, r *eval.Result, opt TerminalOptions) error {
	p := &page{width: opt.columns(), theme: newTheme(opt.Color, opt.Dark)}
	p.verdict(r)
	p.arms(r)
	p.hardRules(r)
	p.scores(r)
	p.worst(r)
	p.notMeasured(r)
	p.warnings(r)
	p.evidence(r)
	p.spending(r)
	p.gap()
	_, err := io.WriteString(w, p.b.String())
	return err
}

// page collects lines of at most width columns.
type page struct {
	theme
	width int
	b     strings.Builder
}

// line writes one line; whatever it holds, it never gets wider than the page.
func (p *page) line(s string) {
	p.b.WriteString(strings.TrimRight(fit(s, p.width), " "))
	p.b.WriteByte('\n')
}

func (p *page) gap() { p.b.WriteByte('\n') }

// heading begins a section.
func (p *page) heading(title, aside string) {
	p.gap()
	if aside != "" {
		aside = "  " + p.dim.Render(aside)
	}
	p.line(margin + p.theme.heading.Render(title) + aside)
}

// paragraph writes wrapped text behind an indent; further lines are indented
// by as many spaces. text must be printable.
func (p *page) paragraph(indent, text string, style lipgloss.Style) {
	in := width(indent)
	for i, l := range wrap(text, min(p.width, measure)-in) {
		if i == 1 {
			indent = spaces(in)
		}
		p.line(indent + style.Render(l))
	}
}

// verdict is the block a hurried reader reads: badge, sentence, next step,
// tied together by a bar in the verdict's colour.
func (p *page) verdict(r *eval.Result) {
	bar := margin + p.of(r.Verdict).Render("▌") + " "
	p.gap()
	name := printable(r.Run.Name)
	if name == "" {
		name = printable(r.Run.Kind)
	}
	badge := p.badge[r.Verdict].Render(" " + badgeText(r.Verdict) + " ")
	exit := fmt.Sprintf("exit %d", r.ExitCode)
	if r.Verdict == eval.Inconclusive && r.ExitCode == 0 {
		exit += ", as on_inconclusive says"
	}
	right := min(p.width, measure) - width(exit)
	left := fit(bar+badge+"  "+p.bold.Render(name), right-2)
	p.line(padRight(left, right) + p.dim.Render(exit))
	p.line(bar)
	p.barred(bar, printable(r.Sentence), p.bold)
	if r.Next != "" {
		p.line(bar)
		p.barred(bar, printable(r.Next), p.text)
	}
}

func (p *page) barred(bar, text string, style lipgloss.Style) {
	for _, l := range wrap(text, min(p.width, measure)-width(bar)) {
		p.line(bar + style.Render(l))
	}
}

// arms names what was compared, and by which judge on which cases.
func (p *page) arms(r *eval.Result) {
	p.gap()
	row := func(label, text, aside string) {
		room := p.width - 2 - 11
		if aside != "" {
			aside = "  " + aside
		}
		text = fit(text, max(room-width(aside), room/2))
		p.line(margin + p.dim.Render(padRight(label, 11)) + text + p.dim.Render(aside))
	}
	committed := r.Candidate.Commit != "" || r.Baseline != nil && r.Baseline.Commit != ""
	arm := func(label string, a *eval.ArmSummary) {
		at := short(a.Commit)
		if at == "" && committed {
			at = "work tree"
		}
		row(label, printable(a.Label), printable(at))
	}
	if r.Baseline != nil {
		arm("baseline", r.Baseline)
	}
	arm("candidate", &r.Candidate)
	if r.Run.Judge != "" {
		with := ""
		if r.Run.Rubric != "" {
			with = " with " + printable(r.Run.Rubric)
		}
		row("judge", printable(r.Run.Judge)+with, "")
	}
	row("cases", sample(r), printable(short(r.Run.GoldenHash)))
}

// sample says on how much the scores rest.
func sample(r *eval.Result) string {
	s := count(len(r.Cases), "case")
	if r.Run.GoldenName != "" {
		s = printable(r.Run.GoldenName) + ": " + s
	}
	o := &r.Overall
	if o.Cases != len(r.Cases) {
		s += fmt.Sprintf(", %s of them counted", thousands(o.Cases))
	}
	if o.Clusters != o.Cases {
		s += " in " + count(o.Clusters, "cluster")
	}
	if r.Run.Trials > 1 {
		s += ", " + count(r.Run.Trials, "trial") + " each"
	}
	if r.Run.Subset != "" {
		s += ", subset " + printable(r.Run.Subset)
	}
	return s
}

// short is a digest or commit as people quote it.
func short(digest string) string { return digest[:min(len(digest), 12)] }

// hardRules lists what was broken, before any average.
func (p *page) hardRules(r *eval.Result) {
	if len(r.MustPass) == 0 {
		return
	}
	p.heading("Broken must_pass rules", "any of them decides")
	for _, b := range r.MustPass {
		what := p.bold.Render(printable(b.Case))
		if b.Check != "" {
			what += "  " + printable(b.Check)
		}
		p.line(margin + p.regressed.Render("✗ ") + what + p.dim.Render(fmt.Sprintf("  failed %d of %s", b.Failed, count(b.Trials, "trial"))))
		if b.Reason != "" {
			p.lines(margin+margin, wrapAtMost(printable(clip(b.Reason)), min(p.width, measure)-4, 3), p.text)
		}
	}
}

func (p *page) lines(indent string, lines []string, style lipgloss.Style) {
	for _, l := range lines {
		p.line(indent + style.Render(l))
	}
}

// maxClip bounds, in bytes, what is looked at of a text that is shown in a few
// lines.
const maxClip = 2000

// clip cuts a text that will be shown in a few lines, so that a megabyte in a
// reason costs nothing.
func clip(s string) string {
	if len(s) <= maxClip {
		return s
	}
	return strings.ToValidUTF8(s[:maxClip], "") + "…"
}

func (p *page) warnings(r *eval.Result) {
	type note struct{ where, text string }
	var notes []note
	for _, w := range r.Warnings {
		notes = append(notes, note{"", w.Text})
	}
	for _, list := range [][]eval.Comparison{r.Criteria, r.Slices} {
		for i := range list {
			if c := &list[i]; c.Gating {
				for _, w := range c.Warnings {
					notes = append(notes, note{printable(c.Name) + ": ", w.Text})
				}
			}
		}
	}
	if r.Floor != nil {
		for _, w := range r.Floor.Warnings {
			notes = append(notes, note{"min_score: ", w.Text})
		}
	}
	if len(notes) == 0 {
		return
	}
	p.heading("Warnings", "")
	for _, n := range notes {
		p.paragraph(margin+p.inconclusive.Render("!")+" ", n.where+printable(clip(n.text)), p.text)
	}
}
