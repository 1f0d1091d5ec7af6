package eval

import (
	"cmp"
	"fmt"
	"math"

	"github.com/qualgate/qualgate/eval/stats"
)

// Spread is how much g = candidate − (1−X)·baseline varies, and where the
// numbers come from.
type Spread struct {
	stats.Spread
	Mean float64 // of the baseline
	From string
}

// DefaultSpread is the spread to expect before anything was measured: yes/no
// scores, or graded ones as of a five-point rubric. The numbers are those of
// the simulations behind the gate (base mean .85, nothing changed): s_g = .41
// and .25 for one and three yes/no trials, .22 and .14 for graded ones.
func DefaultSpread(yesNo bool) Spread {
	if yesNo {
		return Spread{Spread: stats.YesNoSpread, Mean: .85, From: "typical yes/no scores"}
	}
	return Spread{Spread: stats.FivePointSpread, Mean: .85, From: "typical graded scores"}
}

// Spread measures the spread in an earlier ledger; ok is false where it holds
// no comparison.
func (c *Collected) Spread() (s Spread, ok bool) {
	if c.Header.Baseline == nil {
		return s, false
	}
	x := c.Header.Policy.MaxDrop
	scale := 1 - x.Value
	if x.Points {
		scale = 1
	}
	var rows [][]float64
	var ids []int
	var base float64
	seen := map[string]int{}
	for ci := range c.Cases {
		var row []float64
		for t := range c.Trials() {
			b, ok1 := c.overall(c.at(ci, Baseline, t))
			k, ok2 := c.overall(c.at(ci, Candidate, t))
			if ok1 && ok2 {
				row = append(row, k-scale*b)
				base += b
			}
		}
		if len(row) == c.Trials() {
			rows = append(rows, row)
			name := cmp.Or(c.Cases[ci].Cluster, c.Cases[ci].ID)
			if _, ok := seen[name]; !ok {
				seen[name] = len(seen)
			}
			ids = append(ids, seen[name])
		}
	}
	if len(rows) < 20 {
		return s, false
	}
	s.Mean = base / float64(len(rows)*c.Trials())
	s.From = "an earlier run"
	defer func() { s.Between += c.clustering(rows, ids) }()
	if c.Trials() < 2 { // repeats cannot be told apart from cases: promise nothing of them
		flat := make([]float64, len(rows))
		for i := range rows {
			flat[i] = rows[i][0]
		}
		s.Between = stats.Variance(flat)
		return s, s.Mean > 0
	}
	a := stats.Decompose(rows)
	s.Between, s.Within = a.Omega2, a.Sigma2
	return s, s.Mean > 0
}

// clustering is what clusters add to the variance of a case's mean: the
// variance that would give the standard error clusters really have, less the
// one of independent cases. It is not below 0.
func (c *Collected) clustering(rows [][]float64, ids []int) float64 {
	means := make([]float64, len(rows))
	for i, row := range rows {
		means[i] = stats.Mean(row)
	}
	se := stats.ClusterSE(means, ids)
	return max(0, float64(len(means))*(se.CR1*se.CR1-se.CLT*se.CLT))
}

// assumedICC is how alike cases of one cluster are taken to change, before
// anything was measured.
const assumedICC = .2

// EffectiveCases is how many independent cases clustered ones are worth.
func EffectiveCases(cases, clusters int) int {
	if clusters < 1 {
		return 0
	}
	size := float64(cases) / float64(clusters)
	return int(float64(cases) / (1 + (size-1)*assumedICC))
}

// Forecast says what a run can decide before it is paid for.
type Forecast struct {
	// PassPower is the probability that an unchanged candidate passes.
	PassPower float64
	// Needed is how many cases would bring that to 80 % at the planned trials,
	// NeededAt3 at three.
	Needed, NeededAt3 int
	Sentences         []string
	// Weak is true where PassPower is below 80 %.
	Weak bool
}

// ForecastRun computes the forecast of cases × trials under a policy; worth is
// how many independent cases they are worth.
func ForecastRun(cases, worth, trials, extendTo int, p Policy, s Spread, yesNo bool) Forecast {
	alpha := 1 - p.Confidence
	final := max(trials, extendTo)
	if final > trials {
		alpha /= 2
	}
	edge := p.MaxDrop.Value
	if !p.MaxDrop.Points {
		edge *= s.Mean
	}
	var f Forecast
	f.PassPower = stats.PassPower(edge, s.At(float64(final)), worth, alpha)
	if stats.RuleOfThree(worth, alpha) > p.MaxDrop.Value {
		f.PassPower = 0 // not even answers without a single failure would do
	}
	f.Needed = stats.CasesNeeded(edge, s.At(float64(final)), alpha, .8)
	ratio := float64(cases) / float64(max(1, worth))
	f.NeededAt3 = stats.CasesNeeded(edge, s.At(float64(max(3, final))), alpha, .8)
	f.Needed, f.NeededAt3 = int(ratio*float64(f.Needed)), int(ratio*float64(f.NeededAt3))
	f.Weak = f.PassPower < .8
	kind := "cases"
	if yesNo {
		kind = "yes/no cases"
	}
	what := fmt.Sprintf("%s %s", thousands(cases), kind)
	if final > 1 {
		what += fmt.Sprintf(" with %s repeats", upTo(trials, final))
	}
	if !f.Weak {
		f.Sentences = append(f.Sentences, fmt.Sprintf("With %s a %s margin lets an unchanged candidate pass about %s (judged by %s).", what, spaced(p.MaxDrop), times(f.PassPower), s.From))
		return f
	}
	out := fmt.Sprintf("With %s a %s margin stays inconclusive about %s even if nothing changed", what, spaced(p.MaxDrop), times(1-f.PassPower))
	if final < 3 {
		out += fmt.Sprintf("; %s cases, or %s with 3 repeats, would settle it 4 times in 5", thousands(roundUp(f.Needed)), thousands(roundUp(f.NeededAt3)))
	} else {
		out += fmt.Sprintf("; %s cases with as many repeats would settle it 4 times in 5", thousands(roundUp(f.Needed)))
	}
	f.Sentences = append(f.Sentences, out+fmt.Sprintf(" (judged by %s).", s.From))
	return f
}

func upTo(from, to int) string {
	if from == to {
		return fmt.Sprint(from)
	}
	return fmt.Sprintf("%d to %d", from, to)
}

// roundUp rounds to two digits, upwards: a forecast is not more exact.
func roundUp(n int) int {
	if n < 100 {
		return n
	}
	p := int(math.Pow(10, math.Floor(math.Log10(float64(n)))-1))
	return (n + p - 1) / p * p
}

// times says a probability in tenths.
func times(p float64) string {
	switch n := math.Round(10 * p); {
	case p > .985:
		return "always"
	case p < .015:
		return "never"
	case n < 1:
		return "1 time in 20"
	case n >= 10:
		return "19 times in 20"
	case n == 1:
		return "1 time in 10"
	default:
		return fmt.Sprintf("%.0f times in 10", n)
	}
}
