package cmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/llm"
	"github.com/qualgate/qualgate/judge"
	"github.com/qualgate/qualgate/report"
)

func (a *app) planCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "plan",
		Short: "What a run would ask, cost and be able to decide",
		Long: `Plan reads and checks everything as run does and asks no model. It says how many
calls a run makes, what they may cost, and how often an unchanged candidate
would pass: computed from the spread of an earlier run where there is one.`,
		Example: "  qualgate plan\n  qualgate plan --repeats 3",
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.showPlan(c.Context(), f) },
	}
	fs := c.Flags()
	fs.IntVar(&f.repeats, "repeats", 0, "answers a case and arm, over run.repeats")
	f.policy.addRun(fs)
	addOperatorFlags(fs)
	return c
}

func (a *app) showPlan(ctx context.Context, f runFlags) error {
	pre, err := a.prepare(ctx, f, true)
	if err != nil {
		return err
	}
	defer pre.wiring.close()
	return report.Plan(a.env.Stdout, a.planView(pre), a.terminalOptions(pre.set.Color, a.env.StdoutTTY))
}

// Guesses for what is not known before a run.
const (
	shortAnswer, longAnswer = 60, 400 // tokens
	judgeShort, judgeLong   = 80, 300
	fastCall, slowCall      = 1.0, 6.0 // seconds
	sampledCases            = 300      // prompts measured to estimate tokens
)

// planView says what the run will do.
func (a *app) planView(pre *prepared) report.PlanView {
	p, h := pre.p, &pre.plan.Header
	n, trials := len(p.set.Cases), h.Repeats
	v := report.PlanView{Name: h.Name, Cases: n, Clusters: clusters(p.set), Trials: trials, ExtendTo: h.ExtendTo}
	most := h.MaxTrials()
	for _, note := range h.Notes {
		v.Warnings = append(v.Warnings, note.Text)
	}
	est := estimate{prices: pricesOf(p), unpriced: map[string]bool{}}
	arms := 0
	add := func(role string, s *armSource) {
		calls := report.PlanCalls{Role: role, What: s.info().Label, Calls: n * trials, MaxCalls: n * most}
		if most == trials {
			calls.MaxCalls = 0
		}
		if s.model.Provider.Value == "replay" {
			calls.Note = "recorded answers"
		}
		v.Calls = append(v.Calls, calls)
		arms++
		in := promptTokens(p.set, s.prompt)
		est.add(s.model, in*trials, in*most, n*trials, n*most, answerTokens(s.params), shortAnswer)
	}
	if p.baseline != nil {
		add("baseline", p.baseline)
	} else if h.Baseline != nil {
		v.Calls = append(v.Calls, report.PlanCalls{Role: "baseline", What: h.Baseline.Label, Note: "recorded"})
	}
	add("candidate", &p.candidate)
	if p.cfg.Judge != nil {
		m := p.cfg.Models[p.cfg.Judge.Model.Value]
		calls := report.PlanCalls{Role: "judge", What: p.cfg.Judge.Rubric.Value + " by " + m.Model, Calls: n * trials * arms, MaxCalls: n * most * arms}
		if most == trials {
			calls.MaxCalls = 0
		}
		if m.Provider.Value == "replay" {
			calls.Note = "recorded replies"
		}
		v.Calls = append(v.Calls, calls)
		in := judgeTokens(p, judge.New(nil, p.judgeConfig("")))
		est.add(m, in*trials*arms, in*most*arms, n*trials*arms, n*most*arms, judgeLong, judgeShort)
	}
	est.fill(&v, pre.set.Concurrency)
	b := p.cfg.Run.Budget
	switch {
	case b.USD > 0:
		v.Budget = fmt.Sprintf("$%.2f", b.USD)
	case b.Calls > 0:
		v.Budget = fmt.Sprintf("%d calls", b.Calls)
	case b.Tokens > 0:
		v.Budget = fmt.Sprintf("%d tokens", b.Tokens)
	}
	a.forecast(pre, &v)
	return v
}

// forecast words what the run can decide.
func (a *app) forecast(pre *prepared, v *report.PlanView) {
	p := pre.p
	if pre.plan.Header.Baseline == nil {
		v.Decides = append(v.Decides, "Nothing is compared (no baseline): the policy's floor and the must_pass rules decide.")
		return
	}
	yesNo := p.yesNoScores()
	spread := eval.DefaultSpread(yesNo)
	cases := len(p.set.Cases)
	worth := eval.EffectiveCases(cases, clusters(p.set))
	for _, path := range ledgerFiles(p.dir, "") {
		c, err := eval.OpenLedger(path)
		if err != nil {
			continue
		}
		s, ok := c.Spread()
		ok = ok && c.Header.Name == pre.plan.Header.Name && c.Header.Judge == pre.plan.Header.Judge
		c.Close()
		if ok {
			spread, worth = s, cases // its spread holds what clusters cost
			break
		}
	}
	f := eval.ForecastRun(cases, worth, pre.plan.Header.Repeats, pre.plan.Header.ExtendTo, p.policy, spread, yesNo)
	v.Decides = append(v.Decides, f.Sentences...)
	if f.Weak {
		v.Warnings = append(v.Warnings, "this run is likely to end inconclusive: add cases or repeats, or accept a wider margin")
	}
}

// yesNoScores reports whether a case's score can only be 0 or 1.
func (p *project) yesNoScores() bool {
	one := func(n int) bool { return n == 1 }
	for i := range p.set.Cases {
		n := len(p.set.Cases[i].Checks) + len(p.cfg.Checks)
		if p.cfg.Judge != nil {
			n += len(p.rubric.Criteria)
		}
		if !one(n) {
			return false
		}
	}
	return p.rubric == nil || p.rubric.Criteria[0].Type == judge.YesNo
}

func clusters(set *eval.GoldenSet) int {
	seen := map[string]bool{}
	for i := range set.Cases {
		seen[set.Cases[i].ClusterOrID()] = true
	}
	return len(seen)
}

// every picks at most n cases, evenly.
func every(set *eval.GoldenSet, n int) (cases []*eval.Case, scale float64) {
	step := max(1, len(set.Cases)/n)
	for i := 0; i < len(set.Cases); i += step {
		cases = append(cases, &set.Cases[i])
	}
	return cases, float64(len(set.Cases)) / float64(len(cases))
}

// promptTokens estimates the tokens of asking every case once.
func promptTokens(set *eval.GoldenSet, pr *eval.Prompt) int {
	cases, scale := every(set, sampledCases)
	sum := 0
	for _, c := range cases {
		msgs, err := pr.Render(c)
		if err != nil {
			continue
		}
		for _, m := range msgs {
			sum += 4 + len(m.Content)/4
		}
	}
	return int(float64(sum) * scale)
}

// judgeTokens estimates the tokens of judging every case once.
func judgeTokens(p *project, j *judge.Judge) int {
	cases, scale := every(p.set, sampledCases)
	sum := 0
	for _, c := range cases {
		for _, m := range j.Messages(eval.Sample{Case: c}) {
			sum += 4 + len(m.Content)/4
		}
		sum += (shortAnswer + longAnswer) / 2
	}
	return int(float64(sum) * scale)
}

func answerTokens(p llm.Params) int {
	if p.MaxTokens != nil {
		return min(*p.MaxTokens, longAnswer)
	}
	return longAnswer
}

func pricesOf(p *project) *llm.Prices {
	own := map[string]llm.Price{}
	for name, pr := range p.cfg.Prices {
		own[name] = llm.Price{Input: pr.Input, Output: pr.Output, CachedInput: pr.CachedInput}
	}
	for _, m := range p.cfg.Models {
		if m.Price != nil {
			own[m.Model] = llm.Price{Input: m.Price.Input, Output: m.Price.Output, CachedInput: m.Price.CachedInput}
		}
	}
	return llm.NewPrices(own)
}

// estimate adds up what calls may cost.
type estimate struct {
	prices              *llm.Prices
	low, high           int
	costLow, costHigh   float64
	priced              bool
	unpriced            map[string]bool
	callsLow, callsHigh int
}

func (e *estimate) add(m *modelDoc, inLow, inHigh, callsLow, callsHigh, long, short int) {
	if m.Provider.Value == "replay" {
		return
	}
	outLow, outHigh := callsLow*short, callsHigh*long
	e.low, e.high = e.low+inLow+outLow, e.high+inHigh+outHigh
	e.callsLow, e.callsHigh = e.callsLow+callsLow, e.callsHigh+callsHigh
	price, ok := e.prices.Find(m.Model)
	if !ok {
		e.unpriced[m.Model] = true
		return
	}
	e.priced = true
	e.costLow += price.Cost(llm.Usage{Input: inLow, Output: outLow})
	e.costHigh += price.Cost(llm.Usage{Input: inHigh, Output: outHigh})
}

func (e *estimate) fill(v *report.PlanView, concurrency int) {
	v.TokensLow, v.TokensHigh = e.low, e.high
	if e.callsHigh == 0 { // nothing is asked of anybody
		e.priced = true
	}
	if e.priced {
		v.CostLow, v.CostHigh = &e.costLow, &e.costHigh
	}
	for name := range e.unpriced {
		v.Unpriced = append(v.Unpriced, name)
	}
	slices.Sort(v.Unpriced)
	v.MinutesLow = float64(e.callsLow) * fastCall / float64(concurrency) / 60
	v.MinutesHigh = float64(e.callsHigh) * slowCall / float64(concurrency) / 60
}
