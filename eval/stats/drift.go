package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// KSTest is the two-sample test of Kolmogorov and Smirnov.
type KSTest struct {
	D     float64 // largest distance of the empirical distribution functions
	P     float64 // two-sided
	Exact bool
}

// ksExact is the product of sample sizes up to which p is counted exactly.
const ksExact = 1_000_000

// KolmogorovSmirnov compares two samples. Up to a product of sizes of a million
// the p-value is exact, conditional on the ties; beyond it is asymptotic.
func KolmogorovSmirnov(x, y []float64) KSTest {
	if len(x) == 0 || len(y) == 0 {
		return KSTest{P: 1}
	}
	all := slices.Concat(x, y)
	slices.Sort(all)
	x, y = slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
	n, m := float64(len(x)), float64(len(y))
	t := KSTest{}
	i, j := 0, 0
	for k, v := range all {
		for i < len(x) && x[i] <= v {
			i++
		}
		for j < len(y) && y[j] <= v {
			j++
		}
		if k+1 == len(all) || all[k+1] != v {
			t.D = max(t.D, math.Abs(float64(i)/n-float64(j)/m))
		}
	}
	if t.Exact = n*m <= ksExact; t.Exact {
		t.P = ksPaths(all, len(x), len(y), t.D)
	} else {
		t.P = kolmogorov(math.Sqrt(n*m/(n+m)) * t.D)
	}
	return t
}

// ksPaths is the share of assignments of the pooled values to the two samples
// whose distance is at least d, by walking the lattice of how many of each have
// been assigned; the distance counts only where the pooled value changes
// (Schröer and Trenkler 1995).
func ksPaths(pooled []float64, n, m int, d float64) float64 {
	// inside[j] is the probability of having reached (i, j) without a distance
	// of d, filled row by row.
	inside := make([]float64, m+1)
	for i := range n + 1 {
		for j := range m + 1 {
			p := 0.
			if i == 0 && j == 0 {
				p = 1
			}
			left := float64(n + m - i - j + 1) // values unassigned before the last step
			if i > 0 {
				p += inside[j] * float64(n-i+1) / left
			}
			if j > 0 {
				p += inside[j-1] * float64(m-j+1) / left
			}
			k := i + j
			counts := k > 0 && (k == n+m || pooled[k-1] != pooled[k])
			if counts && math.Abs(float64(i)/float64(n)-float64(j)/float64(m)) >= d-tie {
				p = 0
			}
			inside[j] = p
		}
	}
	return clip01(1 - inside[m])
}

// kolmogorov is the upper tail of Kolmogorov's distribution.
func kolmogorov(t float64) float64 {
	if t < .2 {
		return 1
	}
	sum := 0.
	for k := 1; k <= 100; k++ {
		term := math.Exp(-2 * float64(k*k) * t * t)
		if k%2 == 0 {
			term = -term
		}
		sum += term
	}
	return clip01(2 * sum)
}

// PSI is the population stability index Σ(p−q)·ln(p/q) of two distributions over
// the same bins. Empty bins count as floor (e.g. 1e-4) so that it stays finite.
func PSI(p, q []float64, floor float64) float64 {
	sum := 0.
	for i := range p {
		a, b := max(p[i], floor), max(q[i], floor)
		sum += (a - b) * math.Log(a/b)
	}
	return sum
}

// PSICritical is the value PSI exceeds with chance alpha when nothing has
// drifted, for samples of n and m over that many bins: PSI is a scaled χ². It
// needs about ten expected values to a bin; a fixed threshold such as .1 is
// noise on small samples.
func PSICritical(bins, n, m int, alpha float64) float64 {
	chi := 2 * mathext.GammaIncRegInv(float64(bins-1)/2, 1-alpha)
	return chi * (1/float64(n) + 1/float64(m))
}

// KL is the Kullback–Leibler divergence of p from q in nats; +Inf where q is 0
// and p is not.
func KL(p, q []float64) float64 {
	sum := 0.
	for i := range p {
		if p[i] > 0 {
			sum += p[i] * math.Log(p[i]/q[i])
		}
	}
	return sum
}

// JensenShannon is the symmetrised divergence in nats, in [0, ln 2].
func JensenShannon(p, q []float64) float64 {
	mid := make([]float64, len(p))
	for i := range p {
		mid[i] = (p[i] + q[i]) / 2
	}
	return max(0, (KL(p, mid)+KL(q, mid))/2)
}

// JensenShannonDistance is the root of the divergence in bits, in [0,1].
func JensenShannonDistance(p, q []float64) float64 {
	return math.Sqrt(JensenShannon(p, q) / math.Ln2)
}

// Hellinger is the Hellinger distance, in [0,1].
func Hellinger(p, q []float64) float64 {
	sum := 0.
	for i := range p {
		d := math.Sqrt(p[i]) - math.Sqrt(q[i])
		sum += d * d
	}
	return math.Sqrt(sum / 2)
}

// TotalVariation is half the sum of absolute differences, in [0,1].
func TotalVariation(p, q []float64) float64 {
	sum := 0.
	for i := range p {
		sum += math.Abs(p[i] - q[i])
	}
	return sum / 2
}
