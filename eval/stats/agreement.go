package stats

import (
	"math"
	"slices"
)

// KappaWeights say how far apart two categories count.
type KappaWeights int

// Unweighted counts any disagreement fully; Linear and Quadratic by the distance
// of the categories' ranks.
const (
	Unweighted KappaWeights = iota
	Linear
	Quadratic
)

// CohenKappa is the chance-corrected agreement of two raters (Cohen 1960, 1968)
// from the square table of their joint counts. 1 is perfect, 0 what chance
// gives. NaN when it is not defined: an empty or ragged table, or both raters
// using a single common category.
func CohenKappa(table [][]float64, weights KappaWeights) float64 {
	k := len(table)
	rows, cols, n := make([]float64, k), make([]float64, k), 0.
	for i, row := range table {
		if len(row) != k {
			return math.NaN()
		}
		for j, v := range row {
			rows[i], cols[j], n = rows[i]+v, cols[j]+v, n+v
		}
	}
	var seen, chance float64
	for i, row := range table {
		for j, v := range row {
			d := weights.distance(i, j)
			seen += d * v
			chance += d * rows[i] * cols[j] / n
		}
	}
	if chance == 0 {
		return math.NaN()
	}
	return 1 - seen/chance
}

func (w KappaWeights) distance(i, j int) float64 {
	d := math.Abs(float64(i - j))
	switch {
	case w == Linear:
		return d
	case w == Quadratic:
		return d * d
	}
	return min(1, d)
}

// Measurement is the scale of ratings: how a disagreement is weighed in
// Krippendorff's alpha.
type Measurement int

// The levels of measurement.
const (
	Nominal Measurement = iota
	Ordinal
	Interval
	Ratio
)

// Krippendorff is Krippendorff's alpha (2011) for any number of raters:
// ratings[rater][unit], NaN for a missing one. 1 is perfect, 0 chance, below 0
// systematic disagreement. NaN when nothing can be compared or all values are
// equal.
func Krippendorff(ratings [][]float64, level Measurement) float64 {
	values, units := ratedUnits(ratings)
	k := len(values)
	together := make([]float64, k*k) // the coincidence matrix
	count, n := make([]float64, k), 0.
	for _, u := range units {
		m := float64(len(u))
		for a, i := range u {
			for b, j := range u {
				if a != b {
					together[i*k+j] += 1 / (m - 1)
				}
			}
			count[i]++
			n++
		}
	}
	var seen, chance float64
	for i := range k {
		for j := range k {
			d := level.distance(values, count, min(i, j), max(i, j))
			seen += d * together[i*k+j]
			chance += d * count[i] * count[j]
		}
	}
	if n < 2 || chance == 0 {
		return math.NaN()
	}
	return 1 - (n-1)*seen/chance
}

// ratedUnits lists the distinct values and, for each unit with at least two
// ratings, the indices of its values.
func ratedUnits(ratings [][]float64) (values []float64, units [][]int) {
	width := 0
	for _, r := range ratings {
		width = max(width, len(r))
	}
	columns := make([][]float64, width)
	for _, r := range ratings {
		for u, v := range r {
			if !math.IsNaN(v) {
				columns[u] = append(columns[u], v)
			}
		}
	}
	columns = slices.DeleteFunc(columns, func(c []float64) bool { return len(c) < 2 })
	for _, c := range columns {
		values = append(values, c...)
	}
	slices.Sort(values)
	values = slices.Compact(values)
	for _, c := range columns {
		var at []int
		for _, v := range c {
			i, _ := slices.BinarySearch(values, v)
			at = append(at, i)
		}
		units = append(units, at)
	}
	return values, units
}

// distance of the i-th and j-th value, i ≤ j.
func (l Measurement) distance(values, count []float64, i, j int) float64 {
	if i == j {
		return 0
	}
	d := values[j] - values[i]
	switch l {
	case Ordinal:
		between := (count[i] + count[j]) / 2
		for _, c := range count[i+1 : j] {
			between += c
		}
		return between * between
	case Interval:
		return d * d
	case Ratio:
		if s := values[j] + values[i]; s != 0 {
			return d * d / (s * s)
		}
	}
	return 1
}
