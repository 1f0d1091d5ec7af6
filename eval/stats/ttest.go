package stats

import "math"

// TTest is Student's test of a mean against 0.
type TTest struct {
	N                   int
	Mean, SD, SE, T, DF float64
	Less, Greater, Two  float64 // p-values against the mean being ≥ 0, ≤ 0, = 0
}

// OneSampleT tests the mean of d against 0. Fewer than two values give no
// evidence: p-values of 1 and an infinite SE.
func OneSampleT(d []float64) TTest {
	t := TTest{N: len(d), Mean: Mean(d), Less: 1, Greater: 1, Two: 1}
	if len(d) < 2 {
		t.SD, t.SE = math.Inf(1), math.Inf(1)
		return t
	}
	t.DF = float64(len(d) - 1)
	t.SD = math.Sqrt(Variance(d))
	t.SE = t.SD / math.Sqrt(float64(len(d)))
	if t.SE == 0 && t.Mean == 0 {
		return t
	}
	t.T = t.Mean / t.SE // ±Inf for a constant other than 0
	if math.IsInf(t.T, 0) {
		t.Two, t.Less, t.Greater = 0, 0, 0
		if t.T > 0 {
			t.Less = 1
		} else {
			t.Greater = 1
		}
		return t
	}
	t.Less, t.Greater = tCDF(t.T, t.DF), tCDF(-t.T, t.DF)
	t.Two = min(1, 2*min(t.Less, t.Greater))
	return t
}

// PairedT tests the mean of cand − base against 0; the slices must be equally
// long.
func PairedT(base, cand []float64) TTest {
	d := make([]float64, len(base))
	for i := range d {
		d[i] = cand[i] - base[i]
	}
	return OneSampleT(d)
}

// Interval is the two-sided confidence interval of the mean at confidence conf
// in (0,1).
func (t TTest) Interval(conf float64) (lo, hi float64) {
	return TInterval(t.Mean, t.SE, t.DF, conf)
}

// TInterval is mean ± t·se with df degrees of freedom at two-sided confidence
// conf.
func TInterval(mean, se, df, conf float64) (lo, hi float64) {
	b := tBound(mean, se, (1-conf)/2, df)
	return b.low, b.high
}
