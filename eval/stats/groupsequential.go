package stats

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// Pocock is the constant c for which looking at |z| ≥ c after each of k equal
// batches has two-sided error alpha in all.
func Pocock(k int, alpha float64) float64 {
	return groupConstant(k, alpha, func(c float64, _ int) float64 { return c })
}

// OBrienFleming is the constant c for which looking at |z| ≥ c·√(k/look) after
// each of k equal batches has two-sided error alpha in all.
func OBrienFleming(k int, alpha float64) float64 {
	return groupConstant(k, alpha, func(c float64, look int) float64 {
		return c * math.Sqrt(float64(k)/float64(look))
	})
}

func groupConstant(k int, alpha float64, critical func(c float64, look int) float64) float64 {
	if k < 1 || !(alpha > 0 && alpha < 1) {
		return math.NaN()
	}
	// One look needs the normal quantile; more need more, and Bonferroni is enough.
	lo, hi := normalQuantile(1-alpha/2)-1e-6, 1e-6+normalQuantile(1-alpha/(2*float64(k)))
	return bisect(lo, hi, func(c float64) bool {
		return crossing(k, func(look int) float64 { return critical(c, look) }) <= alpha
	})
}

// crossing is the chance that |z| reaches its critical value at any of k looks
// (Armitage, McPherson and Rowe 1969): the density of the sum of increments
// among those that have not crossed is carried from look to look by
// Gauss–Legendre quadrature.
func crossing(k int, critical func(look int) float64) float64 {
	at, density := []float64{0}, []float64{1} // weights included
	crossed := 0.
	for look := 1; look <= k; look++ {
		edge := critical(look) * math.Sqrt(float64(look))
		for i, s := range at {
			crossed += density[i] * (normalCDF(s-edge) + normalCDF(-edge-s))
		}
		if look < k {
			at, density = carry(at, density, edge)
		}
	}
	return crossed
}

// carry adds a standard normal increment and keeps what lies within ±edge.
func carry(at, density []float64, edge float64) (next, weight []float64) {
	n := 32 + int(5*edge) // several nodes to a standard deviation of the increment
	next, weight = make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(next, weight, -edge, edge)
	for j, s := range next {
		sum := 0.
		for i, t := range at {
			sum += density[i] * normalPDF(s-t)
		}
		weight[j] *= sum
	}
	return next, weight
}
