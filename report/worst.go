package report

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/qualgate/qualgate/eval"
)

// How many lines each part of a worst case may take.
const (
	questionLines = 2
	answerLines   = 9
	reasonLines   = 3
)

// worst shows the cases that fell most: the question, both answers and what
// the scorers said of them.
func (p *page) worst(r *eval.Result) {
	var shown []*eval.CaseResult
	for _, i := range r.Worst {
		if i >= 0 && i < len(r.Cases) {
			shown = append(shown, &r.Cases[i])
		}
	}
	if len(shown) == 0 {
		return
	}
	p.heading("Worst cases", worstAside(r, len(shown)))
	for n, c := range shown {
		if n > 0 && (c.Detail != nil || shown[n-1].Detail != nil) {
			p.gap()
		}
		p.caseTitle(n+1, c)
		if c.Detail != nil {
			p.caseDetail(c.Detail)
		}
	}
}

func worstAside(r *eval.Result, shown int) string {
	fell := 0
	for i := range r.Cases {
		if c := &r.Cases[i]; c.Counted && c.Change != nil && *c.Change < 0 {
			fell++
		}
	}
	if fell > shown {
		return fmt.Sprintf("%d of %s that fell", shown, thousands(fell))
	}
	return ""
}

// caseTitle is one line: number, id, what happened, and where the case stands.
func (p *page) caseTitle(n int, c *eval.CaseResult) {
	moved := "  " + score(c.Candidate)
	if c.Baseline != nil {
		moved = "  " + score(c.Baseline) + " → " + score(c.Candidate)
	}
	if c.Change != nil {
		moved += "  " + change(c.Change)
	}
	number := fmt.Sprintf("%d  ", n)
	id := fit(printable(clip(c.ID)), max(p.width-len(margin)-len(number)-width(moved), 8))
	style := p.text
	if c.Change != nil && *c.Change < 0 {
		style = p.regressed
	}
	left := margin + p.dim.Render(number) + p.bold.Render(id) + style.Render(moved)
	room := p.width - width(left) - 2
	if aside := caseAside(c); room >= 12 && aside != "" {
		left += "  " + p.dim.Render(fit(aside, room))
	}
	p.line(left)
}

func caseAside(c *eval.CaseResult) string {
	var parts []string
	if c.MustPass {
		parts = append(parts, "must_pass")
	}
	if len(c.Tags) > 0 {
		parts = append(parts, clip(strings.Join(c.Tags, ", ")))
	}
	if at := place(c.Pos); at != "" {
		parts = append(parts, at)
	}
	return printable(strings.Join(parts, " · "))
}

// place is a position as editors read it: file:line.
func place(p eval.Position) string {
	if p.File == "" || p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

const caseIndent = "     "

func (p *page) caseDetail(d *eval.CaseDetail) {
	label := func(name, text string, lines int) {
		if text == "" {
			return
		}
		head := caseIndent + p.dim.Render(padRight(name, 11))
		for i, l := range wrapAtMost(squeeze(printableText(clip(text))), min(p.width, measure)-16, lines) {
			if i == 1 {
				head = spaces(16)
			}
			p.line(head + l)
		}
	}
	label("asked", d.Question, questionLines)
	label("reference", d.Reference, questionLines)
	switch {
	case d.Baseline == nil && d.Candidate == nil:
	case d.Baseline != nil && d.Candidate != nil && p.width >= sideBySide:
		p.besides(d)
	default:
		p.below(d)
	}
}

// sides are the two answers of a case, cut to where they differ.
func sides(d *eval.CaseDetail) (base, cand excerpt) {
	switch {
	case d.Baseline == nil:
		return excerpt{}, excerptFrom(d.Candidate.Text, 0)
	case d.Candidate == nil:
		return excerptFrom(d.Baseline.Text, 0), excerpt{}
	}
	return excerpts(d.Baseline.Text, d.Candidate.Text)
}

// besides writes two answers next to each other, and below them each
// scorer's opinion of both on one height.
func (p *page) besides(d *eval.CaseDetail) {
	col := (p.width - len(caseIndent) - 3) / 2
	pair := func(left, right []string) {
		for i := range max(len(left), len(right)) {
			var l, c string
			if i < len(left) {
				l = left[i]
			}
			if i < len(right) {
				c = right[i]
			}
			p.line(caseIndent + padRight(l, col) + p.dim.Render(" │ ") + c)
		}
	}
	base, cand := sides(d)
	pair([]string{p.dim.Render(answerTitle("baseline", d, d.Baseline))}, []string{p.dim.Render(answerTitle("candidate", d, d.Candidate))})
	pair(p.styled(base.lines(col, answerLines)), p.styled(cand.lines(col, answerLines)))
	opinions, alike := telling(d)
	for _, o := range opinions {
		pair(p.opinion(o.base, col), p.opinion(o.cand, col))
	}
	p.alike(alike)
}

// below writes two answers one below the other.
func (p *page) below(d *eval.CaseDetail) {
	base, cand := sides(d)
	opinions, alike := telling(d)
	w := min(p.width, measure) - 7
	side := func(name string, a *eval.Answer, e excerpt, pick func(opinionPair) *eval.Score) {
		if a == nil {
			return
		}
		p.line(caseIndent + p.dim.Render(answerTitle(name, d, a)))
		p.lines("       ", p.styled(e.lines(w, answerLines)), p.text)
		for _, o := range opinions {
			p.lines("       ", p.opinion(pick(o), w), p.text)
		}
	}
	side("baseline", d.Baseline, base, func(o opinionPair) *eval.Score { return o.base })
	side("candidate", d.Candidate, cand, func(o opinionPair) *eval.Score { return o.cand })
	p.alike(alike)
}

func (p *page) alike(n int) {
	if n > 0 {
		p.line(caseIndent + p.dim.Render(fmt.Sprintf("and %s alike on both sides", count(n, "score"))))
	}
}

func answerTitle(arm string, d *eval.CaseDetail, a *eval.Answer) string {
	s := arm
	if d.Trial > 0 {
		s += fmt.Sprintf(", trial %d", d.Trial)
	}
	if a != nil && a.Truncated {
		s += ", cut off at the token limit"
	}
	if a == nil {
		s += ": no answer"
	}
	return s
}

// styled renders an excerpt's lines, its marks in their colour.
func (p *page) styled(lines [][]span) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		var b strings.Builder
		for _, s := range line {
			style := p.text
			if s.mark {
				style = p.mark
			}
			b.WriteString(style.Render(s.text))
		}
		out[i] = b.String()
	}
	return out
}

// opinionPair is one criterion's score on both arms; either may be nil.
type opinionPair struct{ base, cand *eval.Score }

// telling picks the scores that explain the case: those that differ between
// the arms or that the candidate fails. The others are only counted, unless
// there is nothing else.
func telling(d *eval.CaseDetail) (shown []opinionPair, alike int) {
	var all []opinionPair
	if d.Candidate != nil {
		for i := range d.Candidate.Scores {
			all = append(all, opinionPair{cand: &d.Candidate.Scores[i]})
		}
	}
	if d.Baseline != nil {
		for i := range d.Baseline.Scores {
			all = pairUp(all, &d.Baseline.Scores[i])
		}
	}
	for _, o := range all {
		if o.cand != nil && o.cand.Pass && (d.Baseline == nil || o.base != nil && o.base.Value == o.cand.Value) {
			alike++
			continue
		}
		shown = append(shown, o)
	}
	if len(shown) == 0 {
		return all, 0
	}
	return shown, alike
}

func pairUp(all []opinionPair, base *eval.Score) []opinionPair {
	for i := range all {
		if all[i].base == nil && all[i].cand != nil && all[i].cand.Criterion == base.Criterion {
			all[i].base = base
			return all
		}
	}
	return append(all, opinionPair{base: base})
}

// opinion is one score in w columns: sign, criterion, label, and its reason
// below the others with a hanging indent.
func (p *page) opinion(s *eval.Score, w int) []string {
	if s == nil {
		return nil
	}
	sign, style := "✓ ", p.pass
	if !s.Pass {
		sign, style = "✗ ", p.regressed
	}
	head := printable(clip(s.Criterion))
	if s.Label != "" {
		head += " " + printable(clip(s.Label))
	}
	if s.Reason != "" {
		head += ":"
	}
	lines := wrapSpans([]span{{head, true}, {" " + printable(clip(s.Reason)), false}}, w-2)
	if len(lines) > reasonLines {
		lines = lines[:reasonLines]
		lines[reasonLines-1] = []span{{text: unfinished(plain(lines[reasonLines-1]), w-2)}}
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		indent := "  "
		if i == 0 {
			indent = style.Render(sign)
		}
		out[i] = indent + p.opinionLine(l, style)
	}
	return out
}

func (p *page) opinionLine(line []span, head lipgloss.Style) string {
	var b strings.Builder
	for _, s := range line {
		if s.mark {
			b.WriteString(head.Render(s.text))
		} else {
			b.WriteString(p.text.Render(s.text))
		}
	}
	return b.String()
}
