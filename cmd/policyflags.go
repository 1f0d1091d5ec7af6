package cmd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/qualgate/qualgate/eval"
)

// policyFlags change the policy for one command.
type policyFlags struct {
	maxDrop, confidence, maxUnmeasured, onInconclusive, population string
	minCases                                                       int
	set                                                            *pflag.FlagSet
}

func (p *policyFlags) add(fs *pflag.FlagSet) {
	p.set = fs
	fs.StringVar(&p.maxDrop, "max-drop", "", "largest drop that is accepted: `margin` such as 5% of the baseline's mean, or 3pt")
	fs.StringVar(&p.confidence, "confidence", "", "`percent` of each one-sided decision, such as 95%")
	fs.StringVar(&p.maxUnmeasured, "max-unmeasured", "", "`percent` of the scores that may be missing, such as 2%")
	fs.IntVar(&p.minCases, "min-cases", 0, "`number` of cases below which nothing passes")
	p.addRun(fs)
}

// addRun adds the two that run has as well.
func (p *policyFlags) addRun(fs *pflag.FlagSet) {
	p.set = fs
	fs.StringVar(&p.onInconclusive, "on-inconclusive", "", "exit code of an inconclusive verdict: `fail|pass` (4 or 0)")
	fs.StringVar(&p.population, "population", "", "what the cases are: `cases|fixed` (a sample of a larger world, or the requirement itself)")
}

// over returns the policy with the flags that were given over it.
func (p *policyFlags) over(policy eval.Policy) (eval.Policy, error) {
	var wrong problems
	note := func(flag string, err error) {
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("--%s: %v", flag, err))
		}
	}
	given := func(name string) bool { f := p.set.Lookup(name); return f != nil && f.Changed }
	var err error
	if given("max-drop") {
		policy.MaxDrop, err = eval.ParseMargin(p.maxDrop)
		note("max-drop", err)
	}
	if given("confidence") {
		policy.Confidence, err = parseConfidence(p.confidence)
		note("confidence", err)
	}
	if given("max-unmeasured") {
		policy.MaxUnmeasured, err = parseShare(p.maxUnmeasured)
		note("max-unmeasured", err)
	}
	if given("min-cases") {
		policy.MinCases = p.minCases
		if p.minCases < 0 {
			note("min-cases", fmt.Errorf("%d is below 0", p.minCases))
		}
	}
	if given("on-inconclusive") {
		policy.OnInconclusive = p.onInconclusive
		_, err = oneOf("fail", "pass")(p.onInconclusive)
		note("on-inconclusive", err)
	}
	if given("population") {
		policy.Population = p.population
		_, err = oneOf("cases", "fixed")(p.population)
		note("population", err)
	}
	if len(wrong) > 0 {
		return policy, &fault{code: ExitUsage, err: wrong}
	}
	return policy, nil
}

// parseShare reads a percentage such as 2% or a fraction such as 0.02, from 0
// to 1 inclusive.
func parseShare(s string) (float64, error) {
	t, scale := strings.TrimSpace(s), 1.0
	if rest, ok := strings.CutSuffix(t, "%"); ok {
		t, scale = strings.TrimSpace(rest), 100
	}
	v, err := strconv.ParseFloat(t, 64)
	v /= scale
	if err != nil || !(v >= 0 && v <= 1) {
		return 0, fmt.Errorf("%q is not a share from 0%% to 100%%", s)
	}
	return v, nil
}

// parseConfidence reads a confidence, above 50% and at most 99.99%.
func parseConfidence(s string) (float64, error) {
	v, err := parseShare(s)
	if err != nil || !(v > .5 && v <= .9999) {
		return 0, fmt.Errorf("%q is not a confidence above 50%% and at most 99.99%%; 95%% is usual", s)
	}
	return v, nil
}
