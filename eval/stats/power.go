package stats

import "math"

// Spread is the variance of g per case in its two parts: what repeats cannot
// remove and what they average out.
type Spread struct {
	Between float64 // of the cases' true changes
	Within  float64 // of one repeat on both arms
}

// Default spreads for planning, where no earlier run tells: a target with mean
// .85 and heavy-tailed difficulty.
var (
	YesNoSpread     = Spread{.0097, .1584}
	FivePointSpread = Spread{.0052, .0432}
)

// At is the standard deviation of g per case with k repeats.
func (s Spread) At(k float64) float64 { return math.Sqrt(s.Between + s.Within/k) }

// PassPower is the chance that an unchanged candidate passes: margin is what may
// be lost in score units (X·baseline mean, or points), sg the standard deviation
// of g per case, n the number of cases (independent), alpha the one-sided error.
func PassPower(margin, sg float64, n int, alpha float64) float64 {
	return passPower(margin, sg, n, normalQuantile(1-alpha)*sg/math.Sqrt(float64(n)))
}

// GatePower is PassPower with the rule of three, which on small or very steady
// sets is the stricter condition.
func GatePower(margin, sg float64, n int, alpha float64) float64 {
	t := normalQuantile(1-alpha) * sg / math.Sqrt(float64(n))
	return passPower(margin, sg, n, max(t, RuleOfThree(n, alpha)))
}

// passPower is the chance that the mean of g exceeds threshold when it is margin
// on average.
func passPower(margin, sg float64, n int, threshold float64) float64 {
	if n <= 0 {
		return 0
	}
	if sg <= 0 {
		if margin >= threshold {
			return 1
		}
		return 0
	}
	return normalCDF((margin - threshold) * math.Sqrt(float64(n)) / sg)
}

// SmallestMargin is the share X of a baseline mean base that n cases with spread
// sg pass with the given power when nothing has changed.
func SmallestMargin(sg float64, n int, base, alpha, power float64) float64 {
	z := normalQuantile(1-alpha) + normalQuantile(power)
	return z * sg / math.Sqrt(float64(n)) / base
}

// CasesNeeded is the number of cases with which an unchanged candidate passes
// with the given power, 0 when no number does.
func CasesNeeded(margin, sg, alpha, power float64) int {
	if !(margin > 0) || math.IsInf(sg, 1) || math.IsNaN(sg) {
		return 0
	}
	z := normalQuantile(1-alpha) + normalQuantile(power)
	n := max(z*z*sg*sg/(margin*margin), -math.Log(alpha)/margin)
	if n > math.MaxInt32 {
		return 0
	}
	return int(math.Ceil(n - 1e-9))
}

// Design is a paired experiment in the terms of Miller 2024 (arXiv:2411.00640).
type Design struct {
	Omega2           float64 // variance of the cases' true differences
	Sigma2A, Sigma2B float64 // within-case variances of one repeat
	RepeatsA         float64 // may be math.Inf(1)
	RepeatsB         float64
}

// Variance of the paired difference per case.
func (d Design) Variance() float64 {
	return d.Omega2 + d.Sigma2A/d.RepeatsA + d.Sigma2B/d.RepeatsB
}

// Cases is the number needed to detect a difference delta at two-sided error
// alpha with the given power; not rounded.
func (d Design) Cases(delta, alpha, power float64) float64 {
	z := normalQuantile(1-alpha/2) + normalQuantile(power)
	return z * z * d.Variance() / (delta * delta)
}

// MDE is the smallest difference that n cases detect at two-sided error alpha
// with the given power.
func (d Design) MDE(n int, alpha, power float64) float64 {
	z := normalQuantile(1-alpha/2) + normalQuantile(power)
	return z * math.Sqrt(d.Variance()/float64(n))
}
