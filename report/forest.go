package report

import (
	"math"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/qualgate/qualgate/eval"
)

// forest draws changes as a forest plot, one line a row: the interval ━━●━━
// with its point, a line │ at no change and ┊ at the largest accepted drop.
type forest struct {
	width  int
	lo, hi float64
	edge   *float64 // the overall score's accepted drop, for the axis
}

// forestOf reports whether there is anything to draw.
func forestOf(rows []scoreRow) bool {
	for i := range rows {
		if drawable(rows[i].c) {
			return true
		}
	}
	return false
}

func drawable(c *eval.Comparison) bool {
	return c.Change != nil && c.ChangeCI != nil && c.ChangeCI.Lo <= c.ChangeCI.Hi &&
		!math.IsInf(c.ChangeCI.Lo, 0) && !math.IsInf(c.ChangeCI.Hi, 0)
}

// scale spans the axis over everything drawn, and half a cell more.
func (f *forest) scale(rows []scoreRow) {
	f.lo, f.hi = 0, 0
	for i := range rows {
		c := rows[i].c
		if !drawable(c) {
			continue
		}
		f.lo, f.hi = min(f.lo, c.ChangeCI.Lo, *c.Change), max(f.hi, c.ChangeCI.Hi, *c.Change)
		if e := edgeOf(c); e != nil {
			f.lo = min(f.lo, *e)
			if c.Name == "overall" {
				f.edge = e
			}
		}
	}
	if f.hi == f.lo {
		f.lo, f.hi = f.lo-.01, f.hi+.01
	}
	rim := (f.hi - f.lo) / float64(2*f.width)
	f.lo, f.hi = f.lo-rim, f.hi+rim
}

// edgeOf is where the accepted drop lies on the scale of changes.
func edgeOf(c *eval.Comparison) *float64 {
	v := -c.Margin.Value
	if !c.Margin.Points {
		if c.Baseline == nil {
			return nil
		}
		v *= *c.Baseline
	}
	return &v
}

// cell is the column of a value on the axis.
func (f *forest) cell(v float64) int {
	x := math.Round((v - f.lo) / (f.hi - f.lo) * float64(f.width-1))
	return min(max(int(x), 0), f.width-1)
}

// axis labels the two lines: what is accepted, and no change.
func (f *forest) axis() string {
	cells := []rune(spaces(f.width))
	zero := f.cell(0)
	cells[zero] = '0'
	if f.edge != nil {
		label := []rune(points(*f.edge))
		at := f.cell(*f.edge) - len(label) + 1 // ends at its line
		if at < 0 {
			at = max(f.cell(*f.edge)-len(label)/2, 0)
		}
		if at+len(label) < zero || at > zero+1 {
			copy(cells[at:], label)
		}
	}
	return string(cells)
}

// draw is one row of the plot.
func (f *forest) draw(p *page, c *eval.Comparison, style lipgloss.Style) string {
	cells := []rune(spaces(f.width))
	zero, edge := f.cell(0), -1
	cells[zero] = '│'
	if e := edgeOf(c); e != nil {
		edge = f.cell(*e)
		cells[edge] = '┊'
	}
	from, to := f.width, -1
	if drawable(c) {
		from, to = f.cell(c.ChangeCI.Lo), f.cell(c.ChangeCI.Hi)
		for i := from; i <= to; i++ {
			cells[i] = '━'
			if i == zero || i == edge {
				cells[i] = '┿'
			}
		}
		point := f.cell(*c.Change)
		cells[point] = '●'
		from, to = min(from, point), max(to, point)
	}
	var b strings.Builder
	if from > to {
		return p.dim.Render(string(cells))
	}
	b.WriteString(p.dim.Render(string(cells[:from])))
	b.WriteString(style.Render(string(cells[from : to+1])))
	b.WriteString(p.dim.Render(string(cells[to+1:])))
	return b.String()
}
