package stats

import "math"

// JudgeRates are a yes/no judge's error rates against people, each with the
// number of labelled cases behind it.
type JudgeRates struct {
	Specificity, Sensitivity float64 // shares of bad called bad and of good called good
	Bad, Good                int     // labelled cases of each kind
}

// Factor is how much of a true difference between two targets the judge shows,
// sensitivity + specificity − 1, if it errs alike on both. A drop of .05 seen
// through a factor of .77 is .0385 on the judge's scale.
func (j JudgeRates) Factor() float64 { return j.Sensitivity + j.Specificity - 1 }

// Corrected is a rate with the judge's errors taken out.
type Corrected struct {
	Rate, Lo, Hi float64
	// Informative is false when the judge is no better than a coin (factor ≤ 0);
	// then the rate is unknown: NaN in [0,1].
	Informative bool
}

// RoganGladen recovers the true pass rate from the rate rate that the judge
// reported on n cases (Rogan and Gladen 1978), with the interval of Lee et al.
// 2025 (arXiv:2511.21140) at confidence conf, which adds the uncertainty of the
// error rates themselves. All three lie in [0,1].
func RoganGladen(rate float64, n int, j JudgeRates, conf float64) Corrected {
	if !(j.Factor() > 0) || n <= 0 {
		return Corrected{math.NaN(), 0, 1, false}
	}
	c := Corrected{Rate: clip01((rate + j.Specificity - 1) / j.Factor()), Informative: true}
	z := normalQuantile(1 - (1-conf)/2)
	size, bad, good := float64(n)+z*z, float64(j.Bad)+2, float64(j.Good)+2
	p := (float64(n)*rate + z*z/2) / size
	q0, q1 := (float64(j.Bad)*j.Specificity+1)/bad, (float64(j.Good)*j.Sensitivity+1)/good
	factor := q0 + q1 - 1
	if !(factor > 0) {
		return Corrected{c.Rate, 0, 1, true}
	}
	theta := clip01((p + q0 - 1) / factor)
	v0, v1 := q0*(1-q0)/bad, q1*(1-q1)/good
	shift := 2 * z * z * (-(1-theta)*v0 + theta*v1)
	se := math.Sqrt(p*(1-p)/size+(1-theta)*(1-theta)*v0+theta*theta*v1) / factor
	c.Lo, c.Hi = clip01(theta+shift-z*se), clip01(theta+shift+z*se)
	return c
}

func clip01(x float64) float64 { return min(1, max(0, x)) }

// PPI is a prediction-powered mean: few human labels, many judge scores.
type PPI struct {
	Lambda    float64 // weight given to the judge, in [0,1]
	Theta, SE float64 // the estimate on the human scale
}

// PredictionPowered estimates a human mean from labelled cases (human and judge
// score of each) and the judge's scores of unlabelled ones (PPI++, Angelopoulos
// et al. 2023). lambda in [0,1] weighs the judge: 1 is classical PPI, 0 ignores
// it, NaN chooses the weight with the least variance. For a comparison pass
// paired differences. The labelled cases must be a random part of all.
func PredictionPowered(human, judge, unlabelled []float64, lambda float64) PPI {
	if len(human) == 0 || len(human) != len(judge) || len(unlabelled) == 0 {
		return PPI{math.NaN(), math.NaN(), math.Inf(1)}
	}
	n, m := float64(len(human)), float64(len(unlabelled))
	if math.IsNaN(lambda) {
		lambda = bestLambda(human, judge, unlabelled)
	}
	rest := make([]float64, len(human))
	for i := range rest {
		rest[i] = human[i] - lambda*judge[i]
	}
	v := lambda*lambda*squares(unlabelled)/(m*m) + squares(rest)/(n*n)
	return PPI{lambda, lambda*Mean(unlabelled) + Mean(rest), math.Sqrt(v)}
}

func bestLambda(human, judge, unlabelled []float64) float64 {
	n, m := float64(len(human)), float64(len(unlabelled))
	my, mj, cov := Mean(human), Mean(judge), 0.
	for i := range human {
		cov += (human[i] - my) * (judge[i] - mj)
	}
	all := append(append([]float64(nil), judge...), unlabelled...)
	v := squares(all) / (n + m - 1)
	if !(v > 0) {
		return 0
	}
	return clip01(cov / n / ((1 + n/m) * v))
}

// Interval is the two-sided normal interval at confidence conf.
func (p PPI) Interval(conf float64) (lo, hi float64) {
	z := normalQuantile(1 - (1-conf)/2)
	return p.Theta - z*p.SE, p.Theta + z*p.SE
}

// EffectiveLabels is how many human labels alone would be as precise as n labels
// and m unlabelled judge scores that correlate rho with them.
func EffectiveLabels(n, m int, rho float64) float64 {
	return float64(n) / (1 - rho*rho*float64(m)/float64(n+m))
}
