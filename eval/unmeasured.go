package eval

import (
	"slices"
	"strings"

	"github.com/qualgate/qualgate/eval/stats"
)

// missingTooMuch applies the policy's bound on lost slots of counted cases.
func (d *decider) missingTooMuch() bool {
	lost, planned := d.c.countedSlots()
	return planned == 0 || float64(lost) > d.c.Header.Policy.MaxUnmeasured*float64(planned)
}

// countedSlots counts the slots of cases that count.
func (c *Collected) countedSlots() (lost, planned int) {
	for ci := range c.Cases {
		if c.Cases[ci].KnownIssue.Active(c.Header.Created) {
			continue
		}
		for _, arm := range c.Header.Arms() {
			for t := range c.Trials() {
				planned++
				if !c.scored(c.at(ci, arm, t)) {
					lost++
				}
			}
		}
	}
	return lost, planned
}

// boundsChange counts every lost slot first against and then for the
// candidate; if either verdict differs, the data does not decide.
func (d *decider) boundsChange() bool {
	if lost, _ := d.c.countedSlots(); lost == 0 {
		return false
	}
	d.r.Bounds = &Bounds{Against: d.bounded(1, 0), For: d.bounded(0, 1)}
	return d.r.Bounds.Against != d.r.Verdict || d.r.Bounds.For != d.r.Verdict
}

// bounded is the verdict with lost slots counted as base and cand.
func (d *decider) bounded(base, cand float64) Verdict {
	c := d.c
	shadow := decider{c: c, r: &Result{}, alpha: d.alpha}
	again := func(g *Comparison) Comparison {
		sel, keep := selector(c.overall), func(*CaseInfo) bool { return true }
		if k, ok := c.critIdx[g.Name]; ok {
			sel = c.ofCriterion(int32(k))
			keep = func(ci *CaseInfo) bool { return c.hasCriterion(ci, int32(k)) }
		} else if tag, isTag := strings.CutPrefix(g.Name, "tag:"); isTag {
			keep = func(ci *CaseInfo) bool { return slices.Contains(ci.Tags, tag) }
		}
		return shadow.compare(g.Name, c.pairs(sel, keep, &base, &cand), g.Margin, true, d.alpha)
	}
	var gates []*Comparison
	for _, g := range d.gates() {
		if g.Name == "min_score" {
			m := c.pairs(c.overall, nil, &base, &cand)
			ni := stats.Floor(m.cand, m.cluster, g.Margin.Value, d.config(g.Name, g.Margin, d.alpha, true))
			b := &Comparison{Name: g.Name, Gating: true, Margin: g.Margin}
			fillOutcome(b, ni.Outcome)
			gates = append(gates, b)
			continue
		}
		b := again(g)
		gates = append(gates, &b)
	}
	return shadow.plainVerdict(gates)
}

// plainVerdict combines bounded gates without adjusting them again: the bound
// asks whether the sign of the answer could be another one.
func (d *decider) plainVerdict(gates []*Comparison) Verdict {
	all := true
	for _, g := range gates {
		if g.Verdict == Regressed {
			return Regressed
		}
		all = all && g.Verdict == Pass
	}
	if all {
		return Pass
	}
	return Inconclusive
}

// hasCriterion reports whether a case is scored on a criterion anywhere.
func (c *Collected) hasCriterion(info *CaseInfo, k int32) bool {
	ci := c.index[info.ID]
	for _, arm := range c.Header.Arms() {
		for t := range c.Trials() {
			for _, p := range c.at(ci, arm, t).parts {
				if p.criterion == k {
					return true
				}
			}
		}
	}
	return false
}
