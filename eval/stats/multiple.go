package stats

import (
	"cmp"
	"slices"
)

// Holm gives step-down adjusted p-values (Holm 1979): rejecting those ≤ alpha
// keeps the chance of any false rejection ≤ alpha under any dependence.
func Holm(p []float64) []float64 {
	order, out := ascending(p), make([]float64, len(p))
	worst := 0.
	for rank, i := range order {
		worst = max(worst, min(1, float64(len(p)-rank)*p[i]))
		out[i] = worst
	}
	return out
}

// BenjaminiHochberg gives step-up adjusted p-values (1995): rejecting those ≤ q
// keeps the expected share of false rejections ≤ q for independent tests.
func BenjaminiHochberg(p []float64) []float64 {
	order, out := ascending(p), make([]float64, len(p))
	best := 1.
	for rank := len(order) - 1; rank >= 0; rank-- {
		i := order[rank]
		best = min(best, p[i]*float64(len(p))/float64(rank+1))
		out[i] = best
	}
	return out
}

// ascending is the order of p, ties by position.
func ascending(p []float64) []int {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	return order
}
