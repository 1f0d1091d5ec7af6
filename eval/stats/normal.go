package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

func normalCDF(z float64) float64      { return .5 * math.Erfc(-z/math.Sqrt2) }
func normalQuantile(p float64) float64 { return mathext.NormalQuantile(p) }
func normalPDF(z float64) float64      { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }

// The distributions are written in gonum's incomplete beta and gamma functions:
// its package distuv brings linear algebra along, two megabytes in the binary.

// tQuantile is the p-quantile of Student's t. Without a degree of freedom
// nothing is known, so it is infinite.
func tQuantile(p, df float64) float64 {
	switch {
	case df <= 0 && p > .5:
		return math.Inf(1)
	case df <= 0:
		return math.Inf(-1)
	case math.IsInf(df, 1):
		return normalQuantile(p)
	}
	if p == .5 {
		return 0
	}
	x := mathext.InvRegIncBeta(df/2, .5, 2*min(p, 1-p))
	return math.Copysign(math.Sqrt(df*(1-x)/x), p-.5)
}

// tCDF is P(T ≤ t) for Student's t with df degrees of freedom.
func tCDF(t, df float64) float64 {
	tail := mathext.RegIncBeta(df/2, .5, df/(df+t*t)) / 2
	if t > 0 {
		return 1 - tail
	}
	return tail
}
