package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// WorstShown is how many worsened cases a Result carries in full.
const WorstShown = 5

// Summarize decides a ledger. It is a pure function of the events: the same
// events give the same Result, whenever and however often it is called.
func Summarize(c *Collected) *Result {
	h := &c.Header
	r := &Result{
		Schema: ResultSchema, Policy: h.Policy, Looks: 1, ErrorSplit: h.ExtendTo > h.Repeats,
		FailuresByStage: map[Stage]int{}, Warnings: append(slices.Clone(h.Notes), c.Notes...),
	}
	if c.ExtendedTo > 0 {
		r.Looks = 2
	}
	r.Run = c.runInfo()
	c.summarizeArms(r)
	c.listCases(r)
	c.listFailures(r)
	if h.Baseline != nil {
		c.reportRepeats(r)
	}
	d := decider{c: c, r: r, alpha: 1 - h.Policy.Confidence}
	if r.ErrorSplit {
		d.alpha /= 2
	}
	d.decide()
	c.pickWorst(r)
	c.warn(r)
	r.ExitCode = exitCode(r)
	word(r)
	return r
}

// exitCode maps the verdict as the policy says.
func exitCode(r *Result) int {
	switch r.Verdict {
	case Pass:
		return 0
	case Regressed:
		return 1
	case Unmeasured:
		return 3
	}
	if r.Policy.OnInconclusive == "pass" {
		return 0
	}
	return 4
}

func (c *Collected) runInfo() RunInfo {
	h := &c.Header
	info := RunInfo{
		Kind: h.Kind, Name: h.Name, PlanDigest: h.PlanDigest, ToolVersion: h.ToolVersion, Created: h.Created,
		Elapsed: c.elapsed, GoldenName: h.GoldenName, GoldenHash: h.GoldenDigest, Judge: h.Judge, Rubric: h.Rubric,
		Trials: c.Trials(), Subset: h.Subset, Ended: "killed", EndedWhy: "the run was ended from outside, or is still going on",
	}
	if c.End != nil {
		info.Ended, info.EndedWhy = c.End.How, c.End.Why
	}
	return info
}

func (c *Collected) summarizeArms(r *Result) {
	h := &c.Header
	r.Candidate = c.armSummary(Candidate, &h.Candidate)
	if h.Baseline != nil {
		b := c.armSummary(Baseline, h.Baseline)
		r.Baseline = &b
	}
	for ci := range c.Cases {
		for _, arm := range h.Arms() {
			for t := range c.Trials() {
				if s := c.at(ci, arm, t); !s.recorded {
					r.JudgeSpend = r.JudgeSpend.Add(s.judged)
				}
			}
		}
	}
}

func (c *Collected) armSummary(arm Arm, info *ArmInfo) ArmSummary {
	a := ArmSummary{Label: info.Label, Model: info.Model, Prompt: info.Prompt, Digest: info.Digest, Commit: info.Commit}
	var latencies []time.Duration
	var sum float64
	n := 0
	for ci := range c.Cases {
		for t := range c.Trials() {
			s := c.at(ci, arm, t)
			a.Planned++
			if c.scored(s) {
				a.Scored++
			} else {
				a.Failed++
			}
			if s.sample.len == 0 {
				continue
			}
			if !s.recorded {
				a.Spend = a.Spend.Add(s.spend)
			}
			if s.latency > 0 {
				latencies = append(latencies, s.latency)
			}
			if s.trunc {
				a.Truncated++
			}
		}
		if c.Cases[ci].KnownIssue.Active(c.Header.Created) {
			continue
		}
		if m, ok := c.meanOf(ci, arm, c.overall, nil); ok {
			sum += m
			n++
		}
	}
	if n > 0 {
		a.Mean = ptr(sum / float64(n))
	}
	if len(latencies) > 0 {
		slices.Sort(latencies)
		a.LatencyP50, a.LatencyP95 = nearestRank(latencies, .5), nearestRank(latencies, .95)
	}
	return a
}

// nearestRank is the nearest-rank quantile of sorted values.
func nearestRank(sorted []time.Duration, q float64) *time.Duration {
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	v := sorted[min(max(i, 0), len(sorted)-1)]
	return &v
}

func (c *Collected) listCases(r *Result) {
	names := c.sortedCriteria()
	r.Cases = make([]CaseResult, len(c.Cases))
	for ci := range c.Cases {
		info := &c.Cases[ci]
		cr := CaseResult{ID: info.ID, Cluster: info.Cluster, Tags: info.Tags, Pos: info.Pos, MustPass: info.MustPass,
			Counted: !info.KnownIssue.Active(c.Header.Created)}
		if info.KnownIssue != nil {
			cr.KnownIssue = fmt.Sprintf("%s (until %s)", info.KnownIssue.Reason, info.KnownIssue.Until.Format(time.DateOnly))
		}
		cr.Candidate = c.optionalMean(ci, Candidate, c.overall)
		cr.Baseline = c.optionalMean(ci, Baseline, c.overall)
		if cr.Baseline != nil && cr.Candidate != nil {
			cr.Change = ptr(*cr.Candidate - *cr.Baseline)
		}
		for _, arm := range c.Header.Arms() {
			for t := range c.Trials() {
				if !c.scored(c.at(ci, arm, t)) {
					cr.Missing++
				}
			}
		}
		for _, k := range names {
			p := CriterionScore{Criterion: c.criteria[k], Baseline: c.optionalMean(ci, Baseline, c.ofCriterion(k)),
				Candidate: c.optionalMean(ci, Candidate, c.ofCriterion(k))}
			if p.Baseline != nil || p.Candidate != nil {
				cr.Parts = append(cr.Parts, p)
			}
		}
		r.Cases[ci] = cr
	}
}

func (c *Collected) optionalMean(ci int, arm Arm, sel selector) *float64 {
	if m, ok := c.meanOf(ci, arm, sel, nil); ok {
		return ptr(m)
	}
	return nil
}

// sortedCriteria lists criteria by name: which was scored first must not matter.
func (c *Collected) sortedCriteria() []int32 {
	ks := make([]int32, len(c.criteria))
	for i := range ks {
		ks[i] = int32(i)
	}
	slices.SortFunc(ks, func(a, b int32) int { return cmp.Compare(criterionOrder(c.criteria[a]), criterionOrder(c.criteria[b])) })
	return ks
}

// criterionOrder puts the judge's criteria before the checks.
func criterionOrder(name string) string {
	if strings.HasPrefix(name, "judge:") {
		return "0" + name
	}
	return "1" + name
}

func (c *Collected) listFailures(r *Result) {
	for ci := range c.Cases {
		for _, arm := range c.Header.Arms() {
			for t := range c.Trials() {
				s := c.at(ci, arm, t)
				if c.scored(s) {
					continue
				}
				f := c.lost(s)
				f.Err = nil
				r.FailuresByStage[f.Stage]++
				r.Failures = append(r.Failures, FailureRecord{Slot{c.Cases[ci].ID, arm, t}, f})
			}
		}
	}
	if len(r.FailuresByStage) == 0 {
		r.FailuresByStage = nil
	}
}

// pickWorst chooses the cases that fell most and reads their answers back.
// Hard rules that were broken come first.
func (c *Collected) pickWorst(r *Result) {
	broken := map[string]bool{}
	for _, b := range r.MustPass {
		broken[b.Case] = true
	}
	var idx []int
	for i := range r.Cases {
		cr := &r.Cases[i]
		fell := cr.Counted && cr.Change != nil && *cr.Change < 0
		low := cr.Counted && c.Header.Baseline == nil && cr.Candidate != nil && *cr.Candidate < 1
		if fell || low || broken[cr.ID] {
			idx = append(idx, i)
		}
	}
	loss := func(i int) float64 {
		cr := &r.Cases[i]
		switch {
		case broken[cr.ID]:
			return -2
		case cr.Change != nil:
			return *cr.Change
		case cr.Candidate != nil:
			return *cr.Candidate
		}
		return 0
	}
	slices.SortStableFunc(idx, func(a, b int) int {
		return cmp.Or(cmp.Compare(loss(a), loss(b)), cmp.Compare(r.Cases[a].ID, r.Cases[b].ID))
	})
	if len(idx) > WorstShown {
		idx = idx[:WorstShown]
	}
	r.Worst = idx
	for _, i := range idx {
		d, err := c.detail(i)
		if err != nil {
			r.Warnings = append(r.Warnings, Warning{"detail-unreadable", err.Error()})
			continue
		}
		r.Cases[i].Detail = d
	}
}

// detail reads the candidate's lowest-scored trial, and the baseline's answer
// of the same trial where there is one.
func (c *Collected) detail(ci int) (*CaseDetail, error) {
	info := &c.Cases[ci]
	trial, lowest := -1, math.Inf(1)
	for t := range c.Trials() {
		if v, ok := c.overall(c.at(ci, Candidate, t)); ok && v < lowest {
			trial, lowest = t, v
		}
	}
	if trial < 0 {
		return nil, nil
	}
	d := &CaseDetail{Question: question(info), Reference: info.Reference, Trial: trial}
	var err error
	if d.Candidate, err = c.Answer(Slot{info.ID, Candidate, trial}); err != nil {
		return nil, err
	}
	if c.Header.Baseline != nil {
		if d.Baseline, err = c.Answer(Slot{info.ID, Baseline, trial}); err != nil {
			return nil, err
		}
	}
	if d.Candidate == nil && d.Baseline == nil {
		return nil, nil // scores without texts: a comparison of plain scores, or a committed baseline
	}
	return d, nil
}

// question is what a person recognises the case by.
func question(info *CaseInfo) string {
	if len(info.Vars) == 1 {
		for _, v := range info.Vars {
			return varText(v)
		}
	}
	names := make([]string, 0, len(info.Vars))
	for n := range info.Vars {
		names = append(names, n)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "%s: %s\n", n, varText(info.Vars[n]))
	}
	if b.Len() == 0 && len(info.Messages) > 0 {
		return info.Messages[len(info.Messages)-1].Content
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// varText is a variable's value as text: strings as they are, all else as
// compact JSON.
func varText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(canonical(v))
}
