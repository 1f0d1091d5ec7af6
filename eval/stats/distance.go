package stats

import (
	"math"
	"slices"
)

// Kernel is a similarity of two vectors of equal length.
type Kernel func(x, y []float64) float64

// GaussianKernel is exp(−|x−y|²/2σ²).
func GaussianKernel(sigma float64) Kernel {
	return func(x, y []float64) float64 {
		return math.Exp(-squaredDistance(x, y) / (2 * sigma * sigma))
	}
}

// LinearKernel is the dot product.
func LinearKernel(x, y []float64) float64 {
	sum := 0.
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

func squaredDistance(x, y []float64) float64 {
	sum := 0.
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return sum
}

func euclidean(x, y []float64) float64 { return math.Sqrt(squaredDistance(x, y)) }

// MMD2 is the unbiased squared maximum mean discrepancy of two samples (Gretton
// et al. 2012); it can be below 0. NaN with fewer than two points in a sample.
func MMD2(x, y [][]float64, k Kernel) float64 {
	if len(x) < 2 || len(y) < 2 {
		return math.NaN()
	}
	n, m := float64(len(x)), float64(len(y))
	return within(x, k)/(n*(n-1)) + within(y, k)/(m*(m-1)) - 2*across(x, y, k)/(n*m)
}

// EnergyDistance2 is the squared energy distance of Székely and Rizzo,
// 2E|X−Y| − E|X−X′| − E|Y−Y′| over all pairs.
func EnergyDistance2(x, y [][]float64) float64 {
	n, m := float64(len(x)), float64(len(y))
	return 2*across(x, y, euclidean)/(n*m) - within(x, euclidean)/(n*n) - within(y, euclidean)/(m*m)
}

// within sums over ordered pairs of different points.
func within(x [][]float64, k Kernel) float64 {
	sum := 0.
	for i := range x {
		for j := range i {
			sum += k(x[i], x[j])
		}
	}
	return 2 * sum
}

func across(x, y [][]float64, k Kernel) float64 {
	sum := 0.
	for i := range x {
		for j := range y {
			sum += k(x[i], y[j])
		}
	}
	return sum
}

// Wasserstein is the earth mover's distance of two samples of numbers: the area
// between their distribution functions, in the numbers' own unit.
func Wasserstein(x, y []float64) float64 {
	all := slices.Concat(x, y)
	slices.Sort(all)
	x, y = slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
	area, i, j := 0., 0, 0
	for k := range len(all) - 1 {
		for i < len(x) && x[i] <= all[k] {
			i++
		}
		for j < len(y) && y[j] <= all[k] {
			j++
		}
		gap := float64(i)/float64(len(x)) - float64(j)/float64(len(y))
		area += math.Abs(gap) * (all[k+1] - all[k])
	}
	return area
}
