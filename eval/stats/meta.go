package stats

import "math"

// Pooled combines one effect measured several times, e.g. the gap between online
// and offline change at each deploy.
type Pooled struct {
	Fixed    float64 // inverse-variance mean
	Q        float64 // Cochran's heterogeneity
	Tau2     float64 // variance between the true effects
	Mean, SE float64 // random-effects mean
	n        int
}

// DerSimonianLaird pools effects with their standard errors (1986). All
// standard errors must be positive.
func DerSimonianLaird(effects, se []float64) Pooled {
	var sw, sw2, swx float64
	for i, x := range effects {
		w := 1 / (se[i] * se[i])
		sw, sw2, swx = sw+w, sw2+w*w, swx+w*x
	}
	p := Pooled{n: len(effects), Fixed: swx / sw}
	for i, x := range effects {
		d := (x - p.Fixed) / se[i]
		p.Q += d * d
	}
	if scale := sw - sw2/sw; scale > 0 {
		p.Tau2 = max(0, (p.Q-float64(p.n-1))/scale)
	}
	sw, swx = 0, 0
	for i, x := range effects {
		w := 1 / (se[i]*se[i] + p.Tau2)
		sw, swx = sw+w, swx+w*x
	}
	p.Mean, p.SE = swx/sw, 1/math.Sqrt(sw)
	return p
}

// Predict is the interval at confidence conf for the effect in a new setting, with
// n−2 degrees of freedom (Higgins et al. 2009); infinite for fewer than three
// effects.
func (p Pooled) Predict(conf float64) (lo, hi float64) {
	return TInterval(p.Mean, math.Sqrt(p.Tau2+p.SE*p.SE), float64(p.n-2), conf)
}

// Kitagawa splits the gap of two weighted means over the same strata (1955),
// second minus first, into what the different mix of strata explains at the
// first's levels and what changed within strata at the second's mix.
func Kitagawa(weight1, mean1, weight2, mean2 []float64) (mix, within float64) {
	for i := range weight1 {
		mix += (weight2[i] - weight1[i]) * mean1[i]
		within += weight2[i] * (mean2[i] - mean1[i])
	}
	return mix, within
}
