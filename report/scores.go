package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/charmbracelet/lipgloss"

	"github.com/qualgate/qualgate/eval"
)

// maxAdvisory is how many slices that do not decide are shown; the JSON report
// has them all.
const maxAdvisory = 10

// scoreRow is one Comparison, ready to be laid out.
type scoreRow struct {
	c                                      *eval.Comparison
	name, baseline, candidate, change, ci  string
	relative, cases, verdict, verdictGlyph string
}

// scores is the table of everything that was compared. Rows that decide are
// marked, the others stand back.
func (p *page) scores(r *eval.Result) {
	rows, hidden := scoreRows(r)
	l := p.layout(r, rows)
	aside := "in % of the scale, changes in points"
	if r.Baseline != nil {
		aside += fmt.Sprintf(" with the %s interval", percent(r.Policy.Confidence))
	}
	p.heading("Scores", aside)
	p.line(l.header(p))
	for _, row := range rows {
		p.line(l.row(p, row))
	}
	advisory := slices.ContainsFunc(rows, func(row scoreRow) bool { return !row.c.Gating })
	if advisory {
		p.line(margin + p.dim.Render("◆ decides; the other rows are shown only"))
	}
	if hidden > 0 {
		p.line(margin + p.dim.Render(count(hidden, "further slice")+" in the JSON report"))
	}
}

// scoreRows lists the overall score, the floor, the criteria and the slices.
// Of the slices that only inform, the most worsened are kept.
func scoreRows(r *eval.Result) (rows []scoreRow, hidden int) {
	rows = append(rows, newScoreRow(r, &r.Overall))
	if r.Floor != nil {
		rows = append(rows, newScoreRow(r, r.Floor))
	}
	for i := range r.Criteria {
		rows = append(rows, newScoreRow(r, &r.Criteria[i]))
	}
	var gating, advisory []*eval.Comparison
	for i := range r.Slices {
		if c := &r.Slices[i]; c.Gating {
			gating = append(gating, c)
		} else {
			advisory = append(advisory, c)
		}
	}
	slices.SortStableFunc(advisory, func(a, b *eval.Comparison) int { return cmp.Compare(fall(a), fall(b)) })
	if hidden = len(advisory) - maxAdvisory; hidden > 0 {
		advisory = advisory[:maxAdvisory]
	}
	for _, c := range append(gating, advisory...) {
		rows = append(rows, newScoreRow(r, c))
	}
	return rows, max(hidden, 0)
}

// fall sorts slices: regressed ones first, then by change, untested ones last.
func fall(c *eval.Comparison) float64 {
	switch {
	case c.Change == nil:
		return 10
	case !c.Tested:
		return 5 + *c.Change
	case c.Verdict == eval.Regressed:
		return *c.Change - 5
	}
	return *c.Change
}

func newScoreRow(r *eval.Result, c *eval.Comparison) scoreRow {
	row := scoreRow{
		c: c, name: printable(c.Name), baseline: score(c.Baseline), candidate: score(c.Candidate),
		ci: interval(c.ChangeCI), relative: relative(c.Relative), cases: thousands(c.Cases),
		verdict: c.Verdict.String(), verdictGlyph: glyph(c.Verdict),
	}
	if c.Change != nil {
		row.change = change(c.Change)
	}
	floor := r.Policy.MinScore
	if r.Baseline == nil {
		row.baseline = ""
	}
	switch {
	case c == r.Floor:
		row.baseline, row.ci = "", "floor "+score(&c.Margin.Value)
	case r.Baseline == nil && c == &r.Overall && floor != nil:
		row.ci = "floor " + score(floor)
	case r.Baseline == nil && !c.Tested:
		row.verdict, row.verdictGlyph = "", ""
	case !c.Tested:
		row.verdict, row.verdictGlyph = "not tested", "·"
	}
	return row
}

// column is one column of the table: what it is called, in full and shortly,
// and what a row has in it.
type column struct {
	title, short string
	left         bool
	text         func(*scoreRow) string
	width        int
}

// layout is the table's columns as the width allows.
type layout struct {
	name           int
	columns        []column
	picture        *forest
	longTitles     bool
	verdictInWords bool
	verdictWidth   int
}

const columnGap = 2

// layout chooses what of the table can be shown: the least is name, both
// scores, change with interval and a sign for the verdict; what comes on top
// comes in the order of its use to a reader.
func (p *page) layout(r *eval.Result, rows []scoreRow) *layout {
	l := &layout{}
	nameWidth := 0
	for i := range rows {
		nameWidth = max(nameWidth, width(rows[i].name))
	}
	l.name = min(max(nameWidth, 12), max(16, p.width*27/100), 30)
	all := []column{
		{title: "baseline", short: "base", text: func(x *scoreRow) string { return x.baseline }},
		{title: "candidate", short: "cand", text: func(x *scoreRow) string { return x.candidate }},
		{title: "change", short: "change", text: func(x *scoreRow) string { return x.change }},
		{title: "", short: "", left: true, text: func(x *scoreRow) string { return x.ci }},
	}
	for _, c := range all {
		c.width = cellWidth(rows, c.text)
		if c.width > 0 {
			c.width = max(c.width, width(c.short))
			l.columns = append(l.columns, c)
		}
	}
	l.verdictWidth = 1
	room := p.width - l.natural()
	if room < 0 { // names give way first
		l.name = max(l.name+room, 8)
		room = 0
	}
	room = l.wordVerdicts(rows, room)
	room = l.fullTitles(room)
	pictured := forestOf(rows)
	const least, most = 17, 41
	if pictured && room >= least+columnGap {
		room -= least + columnGap
		l.picture = &forest{width: least}
	}
	room = l.add(rows, room, 4, column{title: "relative", short: "relative", text: func(x *scoreRow) string { return x.relative }})
	room = l.add(rows, room, -1, column{title: "cases", short: "cases", text: func(x *scoreRow) string { return x.cases }})
	if l.picture != nil {
		l.picture.width = min(least+room, most)
		l.picture.scale(rows)
	}
	return l
}

func cellWidth(rows []scoreRow, text func(*scoreRow) string) int {
	w := 0
	for i := range rows {
		w = max(w, width(text(&rows[i])))
	}
	return w
}

// natural is the width of the columns chosen so far.
func (l *layout) natural() int {
	w := len(margin) + 2 + l.name + columnGap + l.verdictWidth
	for _, c := range l.columns {
		w += columnGap + c.width
	}
	return w
}

func (l *layout) wordVerdicts(rows []scoreRow, room int) int {
	words := 2 + cellWidth(rows, func(x *scoreRow) string { return x.verdict })
	if room < words-1 {
		return room
	}
	l.verdictInWords, l.verdictWidth = true, words
	return room - (words - 1)
}

func (l *layout) fullTitles(room int) int {
	more := 0
	for _, c := range l.columns {
		more += max(width(c.title)-c.width, 0)
	}
	if more > room {
		return room
	}
	l.longTitles = true
	for i := range l.columns {
		c := &l.columns[i]
		c.width = max(c.width, width(c.title))
	}
	return room - more
}

// add puts a further column at an index (−1: last) if there is room for it.
func (l *layout) add(rows []scoreRow, room, at int, c column) int {
	c.width = cellWidth(rows, c.text)
	if c.width == 0 {
		return room
	}
	c.width = max(c.width, width(c.title))
	if room < c.width+columnGap {
		return room
	}
	if at < 0 || at > len(l.columns) {
		at = len(l.columns)
	}
	l.columns = slices.Insert(l.columns, at, c)
	return room - c.width - columnGap
}

func (l *layout) header(p *page) string {
	s := margin + "  " + spaces(l.name)
	for _, c := range l.columns {
		title := c.short
		if l.longTitles {
			title = c.title
		}
		s += spaces(columnGap) + align(title, c)
	}
	if l.picture != nil {
		s += spaces(columnGap) + l.picture.axis()
	}
	return p.dim.Render(fit(s, p.width))
}

func align(text string, c column) string {
	if c.left {
		return padRight(text, c.width)
	}
	return padLeft(text, c.width)
}

func (l *layout) row(p *page, row scoreRow) string {
	style, mark := p.dim, "  "
	verdictStyle := p.of(row.c.Verdict)
	if row.c.Gating {
		style, mark = p.text, "◆ "
	} else if row.c.Verdict != eval.Regressed {
		verdictStyle = p.dim
	}
	s := margin + verdictStyle.Render(mark) + style.Render(padRight(fit(row.name, l.name), l.name))
	for _, c := range l.columns {
		cell := style
		if c.title == "change" && row.c.Gating {
			cell = p.bold
		}
		s += spaces(columnGap) + cell.Render(align(c.text(&row), c))
	}
	if l.picture != nil {
		s += spaces(columnGap) + l.picture.draw(p, row.c, verdictStyle)
	}
	return s + spaces(columnGap) + l.verdict(row, verdictStyle)
}

func (l *layout) verdict(row scoreRow, style lipgloss.Style) string {
	if l.verdictInWords {
		return style.Render(row.verdictGlyph + " " + row.verdict)
	}
	return style.Render(row.verdictGlyph)
}
