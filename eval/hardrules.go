package eval

import (
	"cmp"
	"slices"
)

// mustPass finds the hard rules that the candidate broke and the baseline
// kept (or that it broke, where there is no baseline).
//
// A deterministic check breaks a rule when it fails in more than half of the
// measured trials: a check does not err, but an answer that varies may slip
// once. A judged case must fail in all of at least three trials.
func (d *decider) mustPass() {
	c := d.c
	for ci := range c.Cases {
		info := &c.Cases[ci]
		if info.KnownIssue.Active(c.Header.Created) {
			continue
		}
		for _, rule := range c.rulesOf(ci) {
			cand := c.tally(ci, Candidate, rule)
			if !rule.broken(cand) {
				continue
			}
			if c.Header.Baseline != nil {
				// The baseline must have been seen to pass: unmeasured is not a pass.
				base := c.tally(ci, Baseline, rule)
				if base.measured == 0 || 2*base.failed >= base.measured {
					continue
				}
			}
			d.r.MustPass = append(d.r.MustPass, MustPassBreach{Case: info.ID, Check: rule.name(c), Failed: cand.failed,
				Trials: cand.measured, Reason: c.reasonOf(ci, rule)})
		}
	}
	slices.SortStableFunc(d.r.MustPass, func(a, b MustPassBreach) int { return cmp.Compare(a.Case, b.Case) })
}

// hardRule is one must_pass rule of a case: all its checks, its judged score,
// or a single check.
type hardRule struct {
	criterion int32 // a single check; −1 for the case as a whole
	judged    bool  // the case's judge criteria instead of its checks
}

func (r hardRule) name(c *Collected) string {
	if r.criterion >= 0 {
		return c.criteria[r.criterion]
	}
	return ""
}

func (r hardRule) covers(p part) bool {
	switch {
	case r.criterion >= 0:
		return p.criterion == r.criterion && p.must
	case r.judged:
		return !p.det
	}
	return p.det
}

type tally struct{ failed, measured int }

func (r hardRule) broken(t tally) bool {
	if t.measured == 0 {
		return false
	}
	if r.judged {
		return t.failed == t.measured && t.measured >= minMustPassTrials
	}
	return 2*t.failed > t.measured
}

// rulesOf lists a case's hard rules.
func (c *Collected) rulesOf(ci int) []hardRule {
	var rules []hardRule
	if c.Cases[ci].MustPass {
		rules = append(rules, hardRule{criterion: -1}, hardRule{criterion: -1, judged: true})
	}
	seen := map[int32]bool{}
	for t := range c.Trials() {
		for _, p := range c.at(ci, Candidate, t).parts {
			if p.must && p.det && !c.Cases[ci].MustPass && !seen[p.criterion] {
				seen[p.criterion] = true
				rules = append(rules, hardRule{criterion: p.criterion})
			}
		}
	}
	slices.SortFunc(rules, func(a, b hardRule) int { return cmp.Compare(ruleOrder(c, a), ruleOrder(c, b)) })
	return rules
}

func ruleOrder(c *Collected, r hardRule) string {
	if r.judged {
		return "\x01"
	}
	return r.name(c)
}

// tally counts the trials in which a rule was measured and failed.
func (c *Collected) tally(ci int, arm Arm, r hardRule) tally {
	var t tally
	for trial := range c.Trials() {
		s := c.at(ci, arm, trial)
		if !c.scored(s) {
			continue
		}
		has, failed := false, false
		for _, p := range s.parts {
			if r.covers(p) {
				has = true
				failed = failed || !p.pass
			}
		}
		if has {
			t.measured++
			if failed {
				t.failed++
			}
		}
	}
	return t
}

// reasonOf is what the first failing score of a broken rule says.
func (c *Collected) reasonOf(ci int, r hardRule) string {
	for trial := range c.Trials() {
		s := c.at(ci, Candidate, trial)
		if !c.scored(s) {
			continue
		}
		for _, sp := range s.scores {
			e, err := c.event(sp)
			if err != nil || e.Scores == nil {
				continue
			}
			for _, sc := range e.Scores.Scores {
				p := part{criterion: c.criterionIndex(sc.Criterion), det: sc.Deterministic, must: sc.MustPass}
				if r.covers(p) && !sc.Pass {
					return sc.Reason
				}
			}
		}
	}
	return ""
}

// criterionIndex is a criterion's index, −2 if it is not known.
func (c *Collected) criterionIndex(name string) int32 {
	if i, ok := c.critIdx[name]; ok {
		return int32(i)
	}
	return -2
}
