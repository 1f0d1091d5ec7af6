package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

func normalCDF(z float64) float64      { return .5 * math.Erfc(-z/math.Sqrt2) }
func normalQuantile(p float64) float64 { return mathext.NormalQuantile(p) }
func normalPDF(z float64) float64      { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }

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
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(p)
}

// tCDF is P(T ≤ t) for Student's t with df degrees of freedom.
func tCDF(t, df float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.CDF(t)
}
