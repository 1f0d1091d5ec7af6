package stats

import (
	"math"
	"slices"
)

// Wilcoxon's signed-rank test lives here only to reproduce the vectors and to
// show in the simulations why the gate never uses it: it tests the median of g,
// which is +X·baseline wherever most cases tie.

// signedRanks gives midranks of |d| and the sum of those with positive d; zeros
// are dropped.
func signedRanks(d []float64) (ranks []float64, plus float64) {
	d = slices.DeleteFunc(slices.Clone(d), func(x float64) bool { return x == 0 })
	for _, x := range d {
		lower, same := 0., 0.
		for _, y := range d {
			switch gap := math.Abs(y) - math.Abs(x); {
			case gap < -tie:
				lower++
			case gap <= tie:
				same++
			}
		}
		r := lower + (same+1)/2
		ranks = append(ranks, r)
		if x > 0 {
			plus += r
		}
	}
	return ranks, plus
}

// wilcoxonExact is the sign-flip test of the signed ranks.
func wilcoxonExact(d []float64) (plus float64, p SignFlips) {
	ranks, plus := signedRanks(d)
	for i, x := range slices.DeleteFunc(slices.Clone(d), func(x float64) bool { return x == 0 }) {
		ranks[i] = math.Copysign(ranks[i], x)
	}
	return plus, SignFlip(ranks, 1, 0)
}

// wilcoxonZ is the normal approximation with tie correction.
func wilcoxonZ(d []float64) float64 {
	ranks, plus := signedRanks(d)
	var sum, squares float64
	for _, r := range ranks {
		sum, squares = sum+r, squares+r*r
	}
	if squares == 0 {
		return 0
	}
	return (plus - sum/2) / math.Sqrt(squares/4)
}

var wilcoxonData = []float64{-.05, .01, -.10, .02, -.15, -.05, -.03, -.06, .04, -.07}

func checkWilcoxonNormal(v vector) {
	var x struct{ Stat, P float64 }
	v.into(&x)
	_, plus := signedRanks(wilcoxonData)
	v.near("statistic", plus, x.Stat)
	v.near("p", 2*normalCDF(wilcoxonZ(wilcoxonData)), x.P)
}

func checkWilcoxonExact(v vector) {
	var x struct {
		Ranks         []float64
		Wplus, Wminus float64
		Less          float64 `json:"p_less"`
		Two           float64 `json:"p_two"`
	}
	v.into(&x)
	ranks, plus := signedRanks(wilcoxonData)
	v.nears("ranks", ranks, x.Ranks)
	v.near("W+", plus, x.Wplus)
	v.near("W-", 55-plus, x.Wminus)
	_, p := wilcoxonExact(wilcoxonData)
	v.near("less", p.Less, x.Less)
	v.near("two", p.Two, x.Two)
}

// checkDepression: Hollander and Wolfe 1973, the example of R's wilcox.test.
func checkDepression(v vector) {
	var x struct {
		V        float64
		PGreater float64 `json:"p_greater"`
		Flip     float64 `json:"signflip_greater"`
		FlipTwo  float64 `json:"signflip_two"`
	}
	v.into(&x)
	before := []float64{1.83, .50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	after := []float64{.878, .647, .598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	d := make([]float64, len(before))
	for i := range d {
		d[i] = before[i] - after[i]
	}
	plus, p := wilcoxonExact(d)
	v.near("V", plus, x.V)
	v.near("greater", p.Greater, x.PGreater)
	f := SignFlip(d, 1, 0)
	v.near("flip greater", f.Greater, x.Flip)
	v.near("flip two", f.Two, x.FlipTwo)
}
