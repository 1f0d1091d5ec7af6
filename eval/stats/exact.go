package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// McNemarTest compares two pass rates on the same cases by the discordant ones
// alone. It tests any difference, not a margin.
type McNemarTest struct {
	Exact      float64 // two-sided, binomial
	MidP       float64 // two-sided; close to its nominal level (Fagerland et al. 2013)
	OneSided   float64 // exact, in the direction seen
	Asymptotic float64 // two-sided, χ² without correction
	Corrected  float64 // two-sided, χ² with continuity correction
}

// McNemar takes the numbers of cases that only the candidate passes and that
// only the baseline passes. Without a discordant case every p-value is 1.
func McNemar(gained, lost int) McNemarTest {
	b, c := float64(gained), float64(lost)
	n, low := b+c, min(b, c)
	if n == 0 {
		return McNemarTest{1, 1, 1, 1, 1}
	}
	tail := fairCDF(low, n)
	diff := math.Abs(b - c)
	return McNemarTest{
		Exact:      min(1, 2*tail),
		MidP:       min(1, 2*tail-fairProb(low, n)),
		OneSided:   tail,
		Asymptotic: math.Erfc(diff / math.Sqrt(2*n)),
		Corrected:  math.Erfc(max(0, diff-1) / math.Sqrt(2*n)),
	}
}

// fairCDF is P(X ≤ k) for n throws of a fair coin.
func fairCDF(k, n float64) float64 {
	if k >= n {
		return 1
	}
	return mathext.RegIncBeta(n-k, k+1, .5)
}

// fairProb is P(X = k) for n throws of a fair coin.
func fairProb(k, n float64) float64 {
	a, _ := math.Lgamma(n + 1)
	b, _ := math.Lgamma(k + 1)
	c, _ := math.Lgamma(n - k + 1)
	return math.Exp(a - b - c - n*math.Ln2)
}

// TangoZ is the score statistic of Tango (1998) for the difference of two pass
// rates on the same n cases, candidate − baseline, against delta in (−1,1).
// gained counts the cases only the candidate passes, lost those only the
// baseline passes. It is positive when the difference seen is above delta and
// ±Inf only when delta is impossible.
func TangoZ(gained, lost, n int, delta float64) float64 {
	b, c, cases := float64(gained), float64(lost), float64(n)
	diff := b - c - cases*delta
	if diff == 0 {
		return 0
	}
	// q is the probability of a loss that is most likely given delta.
	qa := 2 * cases
	qb := -b - c + (2*cases-b+c)*delta
	qc := -c * delta * (1 - delta)
	q := (math.Sqrt(max(0, qb*qb-4*qa*qc)) - qb) / (2 * qa)
	return diff / math.Sqrt(max(0, cases*(2*q+delta*(1-delta))))
}

// TangoInterval is the two-sided score interval of the difference of two paired
// pass rates at confidence conf.
func TangoInterval(gained, lost, n int, conf float64) (lo, hi float64) {
	if n <= 0 {
		return -1, 1
	}
	z := normalQuantile(1 - (1-conf)/2)
	seen := float64(gained-lost) / float64(n)
	lo = bisect(seen, -1, func(d float64) bool { return d <= -1 || TangoZ(gained, lost, n, d) >= z })
	hi = bisect(seen, 1, func(d float64) bool { return d >= 1 || TangoZ(gained, lost, n, d) <= -z })
	return lo, hi
}

// ClopperPearson is the exact two-sided interval of a proportion k/n at
// confidence conf.
func ClopperPearson(k, n int, conf float64) (lo, hi float64) {
	if n <= 0 {
		return 0, 1
	}
	tail, x, m := (1-conf)/2, float64(k), float64(n)
	lo, hi = 0, 1
	if k > 0 {
		lo = mathext.InvRegIncBeta(x, m-x+1, tail)
	}
	if k < n {
		hi = mathext.InvRegIncBeta(x+1, m-x, 1-tail)
	}
	return lo, hi
}

// Wilson is Wilson's score interval of a proportion k/n at confidence conf.
func Wilson(k, n int, conf float64) (lo, hi float64) {
	if n <= 0 {
		return 0, 1
	}
	z := normalQuantile(1 - (1-conf)/2)
	m := float64(n)
	p, z2 := float64(k)/m, z*z
	centre := (p + z2/(2*m)) / (1 + z2/m)
	half := z / (1 + z2/m) * math.Sqrt(p*(1-p)/m+z2/(4*m*m))
	return max(0, centre-half), min(1, centre+half)
}

// RuleOfThree is the largest share of a failure never seen in n independent
// cases that is not excluded at error alpha: −ln(alpha)/n, which is 3/n at 5 %.
func RuleOfThree(n int, alpha float64) float64 {
	return min(1, -math.Log(alpha)/float64(n))
}

// RuleOfThreeCases is how many cases without a failure exclude a failure that
// hits a share x of them, at error alpha.
func RuleOfThreeCases(x, alpha float64) int {
	return int(math.Ceil(-math.Log(alpha)/x - 1e-9))
}
