package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/qualgate/qualgate/eval/stats"
)

// Below these a slice is shown but not tested.
const (
	minSliceCases    = 30
	minSliceClusters = 10
	// minMustPassTrials is how many repeats a judged case must fail in, all of
	// them, before it breaks a hard rule: a case that passes 98 times in 100
	// would otherwise raise false alarms.
	minMustPassTrials = 3
	// advisoryResamples is enough where nothing is decided.
	advisoryResamples = 1999
	// advisoryFDR is the false discovery rate among advisory slices.
	advisoryFDR = 0.10
)

// decider fills the deciding parts of a Result.
type decider struct {
	c     *Collected
	r     *Result
	alpha float64
}

func (d *decider) decide() {
	d.mustPass()
	d.compareAll()
	d.r.Verdict = d.verdict(d.gates())
	if len(d.r.MustPass) > 0 {
		d.r.Verdict = Regressed // a measured fact, whatever else is missing
		return
	}
	if d.missingTooMuch() || d.boundsChange() {
		d.r.Verdict = Unmeasured
	}
}

// config is the statistics' configuration for one comparison.
func (d *decider) config(name string, m Margin, alpha float64, gating bool) stats.NIConfig {
	cfg := stats.NIConfig{X: m.Value, Points: m.Points, Alpha: alpha, MinCases: d.c.Header.Policy.MinCases,
		Seed: Seed(d.c.Header.PlanDigest, "resample:"+name)}
	if !gating {
		cfg.Resamples = advisoryResamples
	}
	return cfg
}

// compareAll computes the overall comparison, every criterion and every slice.
func (d *decider) compareAll() {
	c, p := d.c, &d.c.Header.Policy
	d.r.Overall = d.compare("overall", c.pairs(c.overall, nil, nil, nil), p.MaxDrop, true, d.alpha)
	if c.Header.Baseline != nil {
		d.binary()
	}
	criteria := map[string]Gate{}
	for _, g := range p.Criteria {
		criteria[g.Name] = g
	}
	for _, k := range c.sortedCriteria() {
		name := c.criteria[k]
		g, gating := criteria[name]
		if !gating {
			g.MaxDrop = p.MaxDrop
		}
		cmp := d.compare(name, c.pairs(c.ofCriterion(k), nil, nil, nil), g.MaxDrop, gating, d.alpha)
		d.r.Criteria = append(d.r.Criteria, cmp)
		delete(criteria, name)
	}
	for _, g := range p.Criteria { // listed, but nothing was scored on it
		if _, missing := criteria[g.Name]; missing {
			d.r.Criteria = append(d.r.Criteria, Comparison{Name: g.Name, Gating: true, Margin: g.MaxDrop, Alpha: d.alpha})
		}
	}
	d.slices()
	d.advisory()
}

// slices compares every tag; those of the policy first and in its order.
func (d *decider) slices() {
	c, p := d.c, &d.c.Header.Policy
	seen := map[string]bool{}
	var names []Gate
	for _, g := range p.Slices {
		names = append(names, g)
		seen[g.Name] = true
	}
	gating := len(names)
	var tags []string
	for i := range c.Cases {
		for _, t := range c.Cases[i].Tags {
			if name := "tag:" + t; !seen[name] {
				seen[name] = true
				tags = append(tags, name)
			}
		}
	}
	slices.Sort(tags)
	for _, t := range tags {
		names = append(names, Gate{Name: t, MaxDrop: p.MaxDrop})
	}
	for i, g := range names {
		in := func(ci *CaseInfo) bool { return slices.Contains(ci.Tags, g.Name[len("tag:"):]) }
		d.r.Slices = append(d.r.Slices, d.compare(g.Name, c.pairs(c.overall, in, nil, nil), g.MaxDrop, i < gating, d.alpha))
	}
}

// compare computes one comparison.
func (d *decider) compare(name string, m matrix, margin Margin, gating bool, alpha float64) Comparison {
	cmp := Comparison{Name: name, Gating: gating, Cases: len(m.cases), Clusters: m.clusters, Margin: margin, Alpha: alpha}
	if len(m.cases) == 0 {
		return cmp
	}
	if d.c.Header.Baseline == nil {
		d.oneArm(&cmp, m)
		return cmp
	}
	small := cmp.Cases < minSliceCases || cmp.Clusters < minSliceClusters
	cmp.Tested = name == "overall" || gating || !small
	cfg := d.config(name, margin, alpha, gating)
	if d.c.Header.Policy.Population == "fixed" {
		cfg.FixedSE, cfg.FixedDF = d.fixedSE(m, margin)
	}
	ni := stats.NonInferiority(stats.Pairs{Base: m.base, Cand: m.cand, Cluster: m.cluster}, cfg)
	fill(&cmp, ni)
	if !cmp.Tested { // shown only: so few cases bear no interval
		cmp.Verdict = Inconclusive
		cmp.ChangeCI, cmp.RelativeCI, cmp.Lower, cmp.Upper, cmp.LowerBy, cmp.UpperBy = nil, nil, nil, nil, "", ""
		cmp.Excluded, cmp.SignFlipP, cmp.SignFlipPass, cmp.Warnings = nil, nil, nil, nil
	}
	return cmp
}

// fill copies what the statistics found; numbers that are not known stay nil.
func fill(cmp *Comparison, ni stats.NI) {
	cmp.Baseline, cmp.Candidate, cmp.Change = ptr(ni.BaseMean), ptr(ni.CandMean), ptr(ni.Delta)
	cmp.ChangeCI = interval(ni.DeltaLo, ni.DeltaHi)
	if ni.BaseMean > 0 {
		cmp.Relative = ptr(ni.Delta / ni.BaseMean)
		cmp.RelativeCI = interval(ni.RelLo, ni.RelHi)
	}
	cmp.Lower, cmp.Upper, cmp.LowerBy, cmp.UpperBy = ptr(ni.Lower), ptr(ni.Upper), ni.LowerBy, ni.UpperBy
	cmp.Excluded, cmp.Needed = ptr(ni.Excluded), ni.Needed
	cmp.SignFlipP, cmp.SignFlipPass = ptr(ni.SignFlipWorse), ptr(ni.SignFlipBetter)
	fillOutcome(cmp, ni.Outcome)
	for _, n := range ni.Notes {
		cmp.Warnings = append(cmp.Warnings, noteWarning(n))
	}
}

func fillOutcome(cmp *Comparison, o stats.Outcome) {
	switch o {
	case stats.Better:
		cmp.Verdict = Pass
	case stats.Worse:
		cmp.Verdict = Regressed
	}
}

func interval(lo, hi float64) *Interval {
	if math.IsNaN(lo) || math.IsNaN(hi) || math.IsInf(lo, 0) || math.IsInf(hi, 0) {
		return nil
	}
	return &Interval{lo, hi}
}

// oneArm judges a candidate alone against the policy's floor.
func (d *decider) oneArm(cmp *Comparison, m matrix) {
	cmp.Candidate = ptr(stats.Mean(m.cand))
	floor := d.c.Header.Policy.MinScore
	if floor == nil || cmp.Name != "overall" {
		return
	}
	ni := stats.Floor(m.cand, m.cluster, *floor, d.config(cmp.Name, Margin{Value: *floor, Points: true}, cmp.Alpha, true))
	cmp.Tested = true
	cmp.Lower, cmp.Upper, cmp.LowerBy, cmp.UpperBy = ptr(ni.Lower), ptr(ni.Upper), ni.LowerBy, ni.UpperBy
	fillOutcome(cmp, ni.Outcome)
}

// fixedSE is the standard error when the cases themselves are the requirement:
// only the spread between repeats is left.
func (d *decider) fixedSE(m matrix, margin Margin) (se, df float64) {
	share := 1 - margin.Value
	if margin.Points {
		share = 1
	}
	within := func(arm Arm) []float64 {
		vs := make([]float64, len(m.cases))
		for i, ci := range m.cases {
			var xs []float64
			for t := range d.c.Trials() {
				if v, ok := d.c.overall(d.c.at(ci, arm, t)); ok {
					xs = append(xs, v)
				}
			}
			if len(xs) > 1 {
				vs[i] = stats.Variance(xs)
			}
		}
		return vs
	}
	se, df = stats.FixedSE(within(Baseline), within(Candidate), d.c.Trials(), share)
	if math.IsNaN(se) {
		return 0, 0
	}
	return se, df
}

// gates lists pointers to what decides: the overall score, the criteria and
// the slices of the policy, and the absolute floor where there is one.
func (d *decider) gates() []*Comparison {
	var gates []*Comparison
	if d.c.Header.Baseline != nil || d.c.Header.Policy.MinScore != nil {
		gates = append(gates, &d.r.Overall)
	}
	for i := range d.r.Criteria {
		if d.r.Criteria[i].Gating {
			gates = append(gates, &d.r.Criteria[i])
		}
	}
	for i := range d.r.Slices {
		if d.r.Slices[i].Gating {
			gates = append(gates, &d.r.Slices[i])
		}
	}
	if floor := d.c.Header.Policy.MinScore; floor != nil && d.c.Header.Baseline != nil {
		d.r.Floor = d.floor(*floor)
		gates = append(gates, d.r.Floor)
	}
	return gates
}

// floor is the absolute rule beside a comparison.
func (d *decider) floor(floor float64) *Comparison {
	m := d.c.pairs(d.c.overall, nil, nil, nil)
	cmp := &Comparison{Name: "min_score", Gating: true, Tested: true, Cases: len(m.cases), Clusters: m.clusters,
		Margin: Margin{Value: floor, Points: true}, Alpha: d.alpha}
	if len(m.cases) == 0 {
		return cmp
	}
	ni := stats.Floor(m.cand, m.cluster, floor, d.config("min_score", cmp.Margin, d.alpha, true))
	cmp.Candidate, cmp.Lower, cmp.Upper = ptr(stats.Mean(m.cand)), ptr(ni.Lower), ptr(ni.Upper)
	cmp.LowerBy, cmp.UpperBy = ni.LowerBy, ni.UpperBy
	fillOutcome(cmp, ni.Outcome)
	return cmp
}

// verdict combines the gates: passing needs all of them, each at the full
// error (an intersection–union test); a regression is any of them after Holm.
func (d *decider) verdict(gates []*Comparison) Verdict {
	d.holm(gates)
	all := true
	for _, g := range gates {
		if g.Verdict == Regressed {
			return Regressed
		}
		all = all && g.Verdict == Pass
	}
	if all && d.decides() {
		return Pass
	}
	return Inconclusive
}

// decides reports whether there is any rule at all: without a baseline, a
// floor or hard rules nothing was asked, and silence is not a pass.
func (d *decider) decides() bool {
	return d.c.Header.Baseline != nil || d.c.Header.Policy.MinScore != nil || d.hasHardRules()
}

func (d *decider) hasHardRules() bool {
	for i := range d.c.Cases {
		if d.c.Cases[i].MustPass {
			return true
		}
	}
	for i := range d.c.slots {
		for _, p := range d.c.slots[i].parts {
			if p.must {
				return true
			}
		}
	}
	return false
}

// holm takes back regressions that do not hold at the error Holm leaves them:
// the k-th strongest of m gates is tested at alpha/(m−k+1).
func (d *decider) holm(gates []*Comparison) {
	if len(gates) < 2 {
		return
	}
	order := slices.Clone(gates)
	slices.SortStableFunc(order, func(a, b *Comparison) int { return cmp.Compare(upperOf(a), upperOf(b)) })
	stopped := false
	for k, g := range order {
		g.AdjustedP = adjusted(g.SignFlipP, len(order)-k)
		if g.Verdict != Regressed {
			stopped = true
			continue
		}
		if !stopped && !d.holdsAt(g, d.alpha/float64(len(order)-k)) {
			stopped = true
		}
		if stopped {
			g.Verdict = Inconclusive
			g.Warnings = append(g.Warnings, Warning{"holm", fmt.Sprintf("worse at %.0f%% confidence alone, but not after allowing for the %d gates of the policy", 100*(1-d.alpha), len(gates))})
		}
	}
}

func adjusted(p *float64, factor int) *float64 {
	if p == nil {
		return nil
	}
	return ptr(min(1, *p*float64(factor)))
}

// upperOf sorts gates by how clearly they are worse.
func upperOf(c *Comparison) float64 {
	if c.Upper == nil {
		return math.Inf(1)
	}
	return *c.Upper
}

// holdsAt tests a regressed gate again at a smaller error.
func (d *decider) holdsAt(g *Comparison, alpha float64) bool {
	c := d.c
	switch {
	case g.Name == "overall":
		return d.compare(g.Name, c.pairs(c.overall, nil, nil, nil), g.Margin, true, alpha).Verdict == Regressed
	case g.Name == "min_score":
		return g.Upper != nil && *g.Upper < 0
	}
	if k, ok := c.critIdx[g.Name]; ok {
		return d.compare(g.Name, c.pairs(c.ofCriterion(int32(k)), nil, nil, nil), g.Margin, true, alpha).Verdict == Regressed
	}
	in := func(ci *CaseInfo) bool { return slices.Contains(ci.Tags, g.Name[len("tag:"):]) }
	return d.compare(g.Name, c.pairs(c.overall, in, nil, nil), g.Margin, true, alpha).Verdict == Regressed
}

// advisory marks worsened criteria and slices that do not gate, at a false
// discovery rate of 10 % (Benjamini–Hochberg): they never change the verdict.
func (d *decider) advisory() {
	var rows []*Comparison
	var ps []float64
	for _, list := range [][]Comparison{d.r.Criteria, d.r.Slices} {
		for i := range list {
			if g := &list[i]; !g.Gating && g.Tested && g.SignFlipP != nil {
				rows = append(rows, g)
				ps = append(ps, *g.SignFlipP)
			}
		}
	}
	for i, q := range stats.BenjaminiHochberg(ps) {
		rows[i].AdjustedP = ptr(q)
		noChange := rows[i].ChangeCI == nil || rows[i].ChangeCI.Hi >= 0 // the interval beside it must not contradict
		if rows[i].Verdict == Regressed && (q > advisoryFDR || noChange) {
			rows[i].Verdict = Inconclusive
		}
	}
}
