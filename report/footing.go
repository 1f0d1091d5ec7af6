package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qualgate/qualgate/eval"
)

// maxFailures is how many kinds of failure are shown.
const maxFailures = 5

// notMeasured says what was lost, where, and whether it could matter.
func (p *page) notMeasured(r *eval.Result) {
	planned := r.Candidate.Planned
	if r.Baseline != nil {
		planned += r.Baseline.Planned
	}
	if len(r.Failures) == 0 && r.Bounds == nil {
		return
	}
	p.heading("Not measured", fmt.Sprintf("%s of %s", thousands(len(r.Failures)), thousands(planned)))
	if s := stages(r); s != "" {
		p.paragraph(margin, "by stage: "+s, p.text)
	}
	if r.Run.Ended != "complete" && r.Run.Ended != "" {
		why := "the run ended: " + r.Run.Ended
		if r.Run.EndedWhy != "" {
			why += " (" + r.Run.EndedWhy + ")"
		}
		p.paragraph(margin, printable(clip(why)), p.text)
	}
	groups := failureGroups(r.Failures)
	for _, g := range groups[:min(len(groups), maxFailures)] {
		head := margin + p.unmeasured.Render(padLeft(thousands(g.n)+" ×", 7)) + " " + printable(clip(string(g.stage)))
		if g.scorer != "" {
			head += " (" + printable(clip(g.scorer)) + ")"
		}
		p.line(head + p.dim.Render("  first: "+printable(clip(g.first))))
		p.lines(spaces(10), wrapAtMost(printable(clip(g.message)), min(p.width, measure)-10, 2), p.text)
	}
	if more := len(groups) - maxFailures; more > 0 {
		p.line(margin + p.dim.Render("and "+count(more, "further kind")+" in the JSON report"))
	}
	if b := r.Bounds; b != nil {
		p.paragraph(margin, boundsText(b), p.text)
	}
}

func boundsText(b *eval.Bounds) string {
	if b.Against == b.For {
		return fmt.Sprintf("Counted all against the candidate or all for it, the verdict is %s.", b.For)
	}
	return fmt.Sprintf("Counted all against the candidate the verdict would be %s, all for it %s.", b.Against, b.For)
}

// stages lists the lost slots by stage, in the order a slot passes them.
func stages(r *eval.Result) string {
	var parts []string
	known := []eval.Stage{eval.StageGenerate, eval.StageJudge, eval.StageParse, eval.StageTimeout, eval.StageBudget, eval.StageStopped}
	for _, st := range known {
		if n := r.FailuresByStage[st]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", st, thousands(n)))
		}
	}
	return strings.Join(parts, ", ")
}

// failureGroup is a number of failures that say the same.
type failureGroup struct {
	stage           eval.Stage
	scorer, message string
	n               int
	first           string
}

func failureGroups(list []eval.FailureRecord) []failureGroup {
	type key struct {
		stage           eval.Stage
		scorer, message string
	}
	index := map[key]int{}
	var groups []failureGroup
	for i := range list {
		f := &list[i]
		k := key{f.Stage, f.Scorer, f.Message}
		at, ok := index[k]
		if !ok {
			at = len(groups)
			index[k] = at
			groups = append(groups, failureGroup{stage: f.Stage, scorer: f.Scorer, message: f.Message,
				first: fmt.Sprintf("%s, %s, trial %d", f.Case, f.Arm, f.Trial)})
		}
		groups[at].n++
	}
	slices.SortStableFunc(groups, func(a, b failureGroup) int { return cmp.Compare(b.n, a.n) })
	return groups
}

// evidence is what a statistician asks for next.
func (p *page) evidence(r *eval.Result) {
	var notes []string
	if r.Looks > 1 {
		notes = append(notes, fmt.Sprintf("%d looks at the data; the error is split between them.", r.Looks))
	}
	if s := marginTest(r); s != "" {
		notes = append(notes, s)
	}
	if b := r.Binary; b != nil {
		notes = append(notes, fmt.Sprintf("Yes/no cases: %s pass on both, %s on the baseline only, %s on the candidate only, %s on neither; exact McNemar p %s, Tango interval %s points.",
			thousands(b.BothPass), thousands(b.OnlyBaseline), thousands(b.OnlyCandidate), thousands(b.NeitherPass), pValue(b.McNemarP), interval(&b.Tango)))
	}
	if rep := r.Repeats; rep != nil {
		var parts []string
		if rep.Baseline != nil {
			parts = append(parts, "baseline "+percent(rep.Baseline.ICC))
		}
		if rep.Candidate != nil {
			parts = append(parts, "candidate "+percent(rep.Candidate.ICC))
		}
		if len(parts) > 0 {
			notes = append(notes, "Share of the spread that lies between cases, not between repeats of one: "+strings.Join(parts, ", ")+".")
		}
	}
	if len(notes) == 0 {
		return
	}
	p.heading("Evidence", "")
	for _, n := range notes {
		p.paragraph(margin, n, p.text)
	}
}

// marginTest is the quantity that decides, with its one-sided bounds.
func marginTest(r *eval.Result) string {
	o := &r.Overall
	if r.Baseline == nil || o.Lower == nil || o.Upper == nil {
		return ""
	}
	what := fmt.Sprintf("candidate − %s of the baseline", percent(1-o.Margin.Value))
	if o.Margin.Points {
		what = fmt.Sprintf("candidate − baseline + %s points", score(&o.Margin.Value))
	}
	by := ""
	if o.LowerBy != "" && o.UpperBy != "" {
		by = fmt.Sprintf(" (%s, %s)", printable(clip(o.LowerBy)), printable(clip(o.UpperBy)))
	}
	return fmt.Sprintf("Margin test: %s lies between %s and %s points, one-sided %s bounds%s; above 0 passes, below 0 regresses.",
		what, points(*o.Lower), points(*o.Upper), percent(1-o.Alpha), by)
}

func pValue(v float64) string {
	if v < 0.0001 {
		return "< 0.0001"
	}
	return fmt.Sprintf("= %.4f", v)
}

// spending is calls, tokens, latency and cost by arm and judge, and the time.
func (p *page) spending(r *eval.Result) {
	total := r.Candidate.Spend.Add(r.JudgeSpend)
	if r.Baseline != nil {
		total = total.Add(r.Baseline.Spend)
	}
	digits := 2
	if total.USD < 1 {
		digits = 4
	}
	rows := [][]string{{"", "calls", "cached", "tokens in", "tokens out", "latency p50", "p95", "cost"}}
	add := func(name string, s eval.Spend, p50, p95 *time.Duration) {
		if s != (eval.Spend{}) || p50 != nil {
			rows = append(rows, []string{name, some(s.Calls), some(s.Cached), some(s.InputTokens), some(s.OutputTokens),
				latency(p50), latency(p95), cost(s, digits)})
		}
	}
	if b := r.Baseline; b != nil {
		add("baseline", b.Spend, b.LatencyP50, b.LatencyP95)
	}
	add("candidate", r.Candidate.Spend, r.Candidate.LatencyP50, r.Candidate.LatencyP95)
	add("judge", r.JudgeSpend, nil, nil)
	if len(rows) == 1 {
		if r.Run.Elapsed > 0 {
			p.gap()
			p.line(margin + p.dim.Render("in "+elapsed(r.Run.Elapsed)))
		}
		return
	}
	if len(rows) > 2 {
		add("total", total, nil, nil)
	}
	p.heading("Spent", spentAside(r))
	p.table(rows)
	if total.SavedUSD > 0 {
		p.paragraph(margin, "The cache saved "+dollars(total.SavedUSD, digits)+".", p.dim)
	}
}

// some writes a count of which nothing is worth no number.
func some(n int) string {
	if n == 0 {
		return none
	}
	return thousands(n)
}

func spentAside(r *eval.Result) string {
	if r.Run.Elapsed <= 0 {
		return ""
	}
	return "in " + elapsed(r.Run.Elapsed)
}

// table writes rows of which the first is the header and the first column
// names the row. Columns without a value are left out, and those that do not
// fit, from the last but one leftwards.
func (p *page) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	empty := slices.Repeat([]bool{true}, len(widths))
	for n, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], width(cell))
			empty[i] = empty[i] && (n == 0 || cell == none)
		}
	}
	total := len(margin) + widths[0]
	for i, w := range widths[1:] {
		if !empty[i+1] {
			total += 3 + w
		}
	}
	skip := empty
	for i := len(widths) - 2; i > 0 && total > p.width; i-- {
		if !skip[i] {
			skip[i] = true
			total -= widths[i] + 3
		}
	}
	for n, row := range rows {
		s := margin
		for i, cell := range row {
			switch {
			case skip[i]:
			case i == 0:
				s += p.dim.Render(padRight(cell, widths[i]))
			case n == 0:
				s += "   " + p.dim.Render(padLeft(cell, widths[i]))
			default:
				s += "   " + padLeft(cell, widths[i])
			}
		}
		p.line(s)
	}
}
