package stats

import "math"

// AsympCSHalfWidth is the half width, at sample n, of a confidence sequence of a
// mean that is valid at all times asymptotically (Waudby-Smith et al. 2024,
// tightest near sample tuned). variance is that of one observation. With
// oneSided it is the distance of a single bound with error alpha.
func AsympCSHalfWidth(variance, n, tuned, alpha float64, oneSided bool) float64 {
	a := alpha
	if oneSided {
		a = 2 * alpha
	}
	l := -2 * math.Log(a)
	rho2 := (l + math.Log(l+1)) / tuned
	k := n*rho2 + 1
	log := math.Log(math.Sqrt(k) / a)
	if oneSided {
		log = math.Log(1 + math.Sqrt(k)/a)
	}
	return math.Sqrt(2 * variance * k / (n * n * rho2) * log)
}

// KLBernoulli is the divergence of Bernoulli(p) from Bernoulli(q) in nats.
func KLBernoulli(p, q float64) float64 {
	return KL([]float64{p, 1 - p}, []float64{q, 1 - q})
}

// KLInf is the smallest divergence in nats from the law that puts weights w (nil:
// equal) on scores x to any law on [0,1] with mean at least m (Honda and
// Takemura 2010), in its dual form max over 0 ≤ λ ≤ 1/(1−m) of
// E log(1 − λ(X−m)). It is what the fastest possible test earns per score.
func KLInf(x, w []float64, m float64) float64 {
	total := 0.
	weight := func(i int) float64 {
		if w == nil {
			return 1
		}
		return w[i]
	}
	for i := range x {
		total += weight(i)
	}
	slope := func(l float64) float64 {
		s := 0.
		for i, v := range x {
			s += weight(i) * (m - v) / (1 + l*(m-v))
		}
		return s
	}
	const edge = 1 - 1e-12 // at the limit a score of 1 has log 0
	l := bisect(edge/(1-m), 0, func(l float64) bool { return slope(l) >= 0 })
	if slope(0) <= 0 {
		return 0
	}
	k := 0.
	for i, v := range x {
		k += weight(i) * math.Log1p(l*(m-v))
	}
	return k / total
}

// DetectionLimit is the least mean number of scores any test with false-alarm
// chance alpha needs, given KLInf.
func DetectionLimit(klinf, alpha float64) float64 { return -math.Log(alpha) / klinf }

// ExpectedDelay plans the mean number of scores of a [Mixture] that starts at
// once and is looked at every look scores; fitted to simulation, for drops of
// 2–20 %.
func ExpectedDelay(klinf, alpha, look float64) float64 {
	const excess = 1.1 // nats
	return (-math.Log(alpha)+excess)/klinf + look/2
}
