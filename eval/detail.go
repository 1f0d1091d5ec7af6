package eval

import (
	"math"

	"github.com/qualgate/qualgate/eval/stats"
)

// binary adds the exact report where every case has one yes/no score an arm.
func (d *decider) binary() {
	m := d.c.pairs(d.c.overall, nil, nil, nil)
	if len(m.cases) == 0 {
		return
	}
	var b BinaryReport
	for i := range m.cases {
		base, cand := m.base[i], m.cand[i]
		switch {
		case base == 1 && cand == 1:
			b.BothPass++
		case base == 1 && cand == 0:
			b.OnlyBaseline++
		case base == 0 && cand == 1:
			b.OnlyCandidate++
		case base == 0 && cand == 0:
			b.NeitherPass++
		default:
			return
		}
	}
	test := stats.McNemar(b.OnlyCandidate, b.OnlyBaseline)
	b.McNemarP, b.McNemarMidP = test.Exact, test.MidP
	lo, hi := stats.TangoInterval(b.OnlyCandidate, b.OnlyBaseline, len(m.cases), d.c.Header.Policy.Confidence)
	b.Tango = Interval{lo, hi}
	d.r.Binary = &b
}

// reportRepeats decomposes the spread where there is more than one trial.
func (c *Collected) reportRepeats(r *Result) {
	if c.Trials() < 2 {
		return
	}
	rep := RepeatReport{Baseline: c.varianceParts(Baseline), Candidate: c.varianceParts(Candidate)}
	if rep.Baseline != nil || rep.Candidate != nil {
		r.Repeats = &rep
	}
}

func (c *Collected) varianceParts(arm Arm) *VarianceParts {
	rows := c.trials(arm, c.overall)
	if len(rows) < 2 {
		return nil
	}
	a := stats.Decompose(rows)
	if math.IsNaN(a.ICC) || math.IsNaN(a.Omega2) || math.IsNaN(a.Sigma2) {
		return nil // no spread at all: there is nothing to divide up
	}
	return &VarianceParts{Between: a.Omega2, Within: a.Sigma2, ICC: a.ICC}
}
