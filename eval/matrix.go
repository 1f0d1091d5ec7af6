package eval

import "cmp"

// A matrix is one quantity of every case on both arms: the overall score, a
// criterion, or either within a slice.

// selector reads a quantity off a slot; ok is false where the slot has none.
type selector func(*slotState) (float64, bool)

// overall is a case's score: the weighted mean of its judge part and its
// checks part, each the weighted mean of its criteria. A part a case does not
// have drops out.
func (c *Collected) overall(s *slotState) (float64, bool) {
	if !c.scored(s) {
		return 0, false
	}
	var sum, weight [2]float64
	for _, p := range s.parts {
		k := 0
		if p.det {
			k = 1
		}
		sum[k] += p.weight * p.value
		weight[k] += p.weight
	}
	share := [2]float64{c.Header.Policy.JudgeWeight, c.Header.Policy.ChecksWeight}
	var total, by float64
	for k := range sum {
		if weight[k] > 0 {
			total += share[k] * (sum[k] / weight[k])
			by += share[k]
		}
	}
	if by <= 0 {
		return 0, false
	}
	// Rounding in the weighted means must not leave [0,1].
	return min(1, max(0, total/by)), true
}

// ofCriterion selects one criterion. Where several checks of a case carry one
// name the criterion is their weighted mean.
func (c *Collected) ofCriterion(k int32) selector {
	return func(s *slotState) (float64, bool) {
		if !c.scored(s) {
			return 0, false
		}
		var sum, weight float64
		for _, p := range s.parts {
			if p.criterion == k {
				sum += p.weight * p.value
				weight += p.weight
			}
		}
		if weight <= 0 {
			return 0, false
		}
		return min(1, max(0, sum/weight)), true
	}
}

// meanOf is a case's mean over the measured trials of an arm. Lost slots are
// left out, or counted as *impute where that is given.
func (c *Collected) meanOf(ci int, arm Arm, sel selector, impute *float64) (mean float64, ok bool) {
	n := 0
	for t := range c.Trials() {
		s := c.at(ci, arm, t)
		v, has := sel(s)
		if !has {
			if impute == nil || c.scored(s) {
				continue
			}
			v = *impute
		}
		mean += v
		n++
	}
	if n == 0 {
		return 0, false
	}
	return mean / float64(n), true
}

// matrix holds paired case means, ready for the statistics.
type matrix struct {
	cases      []int
	base, cand []float64
	cluster    []int
	clusters   int
}

// pairs collects the cases measured on both arms (on the candidate alone,
// where there is no baseline) among those that count and that keep accepts.
// base and cand, if not nil, stand in for lost slots.
func (c *Collected) pairs(sel selector, keep func(*CaseInfo) bool, base, cand *float64) matrix {
	var m matrix
	ids := map[string]int{}
	for ci := range c.Cases {
		info := &c.Cases[ci]
		if info.KnownIssue.Active(c.Header.Created) || (keep != nil && !keep(info)) {
			continue
		}
		v, ok := c.meanOf(ci, Candidate, sel, cand)
		if !ok {
			continue
		}
		if c.Header.Baseline != nil {
			b, ok := c.meanOf(ci, Baseline, sel, base)
			if !ok {
				continue
			}
			m.base = append(m.base, b)
		}
		name := cmp.Or(info.Cluster, info.ID)
		g, seen := ids[name]
		if !seen {
			g = len(ids)
			ids[name] = g
		}
		m.cand = append(m.cand, v)
		m.cluster = append(m.cluster, g)
		m.cases = append(m.cases, ci)
	}
	m.clusters = len(ids)
	return m
}

// trials lists an arm's values case by case, for the decomposition of their
// variance; only cases with all trials measured.
func (c *Collected) trials(arm Arm, sel selector) [][]float64 {
	var rows [][]float64
	for ci := range c.Cases {
		if c.Cases[ci].KnownIssue.Active(c.Header.Created) {
			continue
		}
		row := make([]float64, 0, c.Trials())
		for t := range c.Trials() {
			if v, ok := sel(c.at(ci, arm, t)); ok {
				row = append(row, v)
			}
		}
		if len(row) == c.Trials() {
			rows = append(rows, row)
		}
	}
	return rows
}
