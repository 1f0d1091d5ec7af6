package stats

import (
	"math"
	"slices"
)

// Mean is the arithmetic mean, NaN of nothing.
func Mean(x []float64) float64 {
	return total(x) / float64(len(x))
}

// Variance is the unbiased sample variance (divisor n−1), NaN for fewer than two
// values.
func Variance(x []float64) float64 {
	if len(x) < 2 {
		return math.NaN()
	}
	return squares(x) / float64(len(x)-1)
}

// squares is Σ(x−mean)².
func squares(x []float64) float64 {
	mean, ss := Mean(x), 0.
	for _, v := range x {
		ss += (v - mean) * (v - mean)
	}
	return ss
}

// StandardErrors of one mean under four formulas.
type StandardErrors struct {
	Mean     float64
	Clusters int
	CLT      float64 // independent cases
	Miller   float64 // Miller 2024 (arXiv:2411.00640): CLT plus the within-cluster cross terms
	CR0      float64 // cluster-robust without small-sample correction
	CR1      float64 // CR0·√(G/(G−1)); use it with t on G−1 degrees of freedom
}

// ClusterSE gives the standard errors of the mean of x with cases grouped by
// cluster (nil: each case its own). Those that the data cannot give are NaN.
func ClusterSE(x []float64, cluster []int) StandardErrors {
	n := float64(len(x))
	s := StandardErrors{Mean: Mean(x)}
	if cluster != nil && len(cluster) != len(x) || len(x) == 0 {
		nan := math.NaN()
		return StandardErrors{nan, 0, nan, nan, nan, nan}
	}
	sums := clusterSums(x, cluster, s.Mean)
	g := float64(len(sums))
	s.Clusters = len(sums)
	robust := 0.
	for _, v := range sums {
		robust += v * v
	}
	cases := squares(x)
	clt := cases / (n - 1) / n
	s.CLT = math.Sqrt(clt)
	s.Miller = math.Sqrt(max(0, clt+(robust-cases)/(n*n)))
	s.CR0 = math.Sqrt(robust) / n
	s.CR1 = s.CR0 * math.Sqrt(g/(g-1))
	return s
}

// clusterSums is Σ(x−mean) of each cluster, in order of first appearance.
func clusterSums(x []float64, cluster []int, mean float64) []float64 {
	if cluster == nil {
		out := slices.Clone(x)
		for i := range out {
			out[i] -= mean
		}
		return out
	}
	var out []float64
	index := map[int]int{}
	for i, v := range x {
		k, ok := index[cluster[i]]
		if !ok {
			k = len(out)
			index[cluster[i]] = k
			out = append(out, 0)
		}
		out[k] += v - mean
	}
	return out
}

// FixedSE is the standard error of mean(g) when the cases are the whole
// population and only the repeats are random, with its degrees of freedom:
// within-case variances (divisor K−1) of each case on both arms, and the number
// of repeats K ≥ 2 on each. share is 1−X for a relative margin, 1 for points.
func FixedSE(base, cand []float64, repeats int, share float64) (se, df float64) {
	if len(base) != len(cand) || len(base) == 0 || repeats < 2 {
		return math.NaN(), 0
	}
	sum := 0.
	for i := range base {
		sum += cand[i] + share*share*base[i]
	}
	n, k := float64(len(base)), float64(repeats)
	return math.Sqrt(sum/k) / n, n * (k - 1)
}

// Decomposition splits the variance of one arm's scores into what differs
// between cases and what differs between repeats of a case (one-way random
// effects ANOVA).
type Decomposition struct {
	Cases, Trials int
	MSW, MSB      float64 // mean squares within and between cases
	Sigma2        float64 // variance of one repeat within a case
	Omega2        float64 // variance of the cases' true means, not below 0
	ICC           float64 // correlation of two repeats of a case
	SE            float64 // standard error of the mean over cases
}

// Decompose takes each case's repeats. Cases may have different numbers of
// repeats (failures); then the usual effective number of repeats is used. With
// a single repeat per case only SE exists and the rest is NaN.
func Decompose(repeats [][]float64) Decomposition {
	d := Decomposition{}
	var sum, n, squaredCounts, within float64
	means := make([]float64, 0, len(repeats))
	for _, x := range repeats {
		if len(x) == 0 {
			continue
		}
		k := float64(len(x))
		means = append(means, Mean(x))
		sum += k * means[len(means)-1]
		n += k
		squaredCounts += k * k
		within += squares(x)
	}
	d.Cases, d.Trials = len(means), int(n)
	g := float64(d.Cases)
	d.SE = math.Sqrt(Variance(means) / g)
	between, i := 0., 0
	for _, x := range repeats {
		if len(x) > 0 {
			dev := means[i] - sum/n
			between += float64(len(x)) * dev * dev
			i++
		}
	}
	d.MSW, d.MSB = within/(n-g), between/(g-1)
	d.Sigma2 = d.MSW
	k0 := (n - squaredCounts/n) / (g - 1)
	d.Omega2 = max(0, (d.MSB-d.MSW)/k0)
	d.ICC = (d.MSB - d.MSW) / (d.MSB + (k0-1)*d.MSW)
	if n == g {
		nan := math.NaN()
		d.MSW, d.Sigma2, d.Omega2, d.ICC = nan, nan, nan, nan
	}
	return d
}

// PredictSE is the standard error the same cases would have with k repeats each
// (math.Inf(1) for the limit).
func (d Decomposition) PredictSE(k float64) float64 {
	return math.Sqrt((d.Omega2 + d.Sigma2/k) / float64(d.Cases))
}

// BestRepeats is the number of repeats that gives the most precise paired
// difference for the money: within-case variances of both arms, variance of the
// cases' true differences, and the cost of a new case relative to a repeat. At
// least 1; +Inf when the cases do not differ.
func BestRepeats(sigma2Base, sigma2Cand, omega2Diff, caseToRepeatCost float64) float64 {
	return max(1, math.Sqrt((sigma2Base+sigma2Cand)/(2*omega2Diff)*caseToRepeatCost))
}
