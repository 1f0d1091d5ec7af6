package stats

import "math"

// The score bound asks of each possible mean μ: if μ were true, how surprising
// is the mean that was seen? The spread it uses is not the one of the data but
// the one of the law closest to the data (in Kullback–Leibler divergence) among
// those whose mean is μ, over the values seen and the worst value not ruled out.
// With v = g − μ and the dual of KL-infimum (Honda and Takemura 2010),
//
//	max over λ of Σ log(1 + λ·v),  0 ≤ λ ≤ 1/|worst v|,
//
// that law gives weight 1/(n(1+λv)) to each value and the rest to the worst
// one, its variance is mean(v)/λ in either case, and so
//
//	z² = n·mean(v)²/variance = λ·Σv.
//
// On yes/no pairs the closest law is the constrained maximum-likelihood fit of
// the discordant cells, which makes this Tango's score test (1998) for a margin
// in points, and its counterpart for a ratio of matched proportions for a
// relative one.

// side says which way a bound looks.
type side float64

const (
	below side = 1  // a lower bound: the unseen is a loss
	above side = -1 // an upper bound: the unseen is a gain
)

func (u *units) unseen(s side, k marginKind) extreme {
	if s == below {
		return u.loss[k]
	}
	return u.gain[k]
}

// worst is the most adverse value on a side, seen or not.
func (u *units) worst(m margin, s side) float64 {
	x := u.unseen(s, m.kind)
	worst := math.Inf(1)
	if x.change > 0 {
		worst = float64(s) * m.of(x.c, x.b, x.n)
	}
	for _, x := range u.at {
		worst = min(worst, float64(s)*m.of(x.c, x.b, x.n))
	}
	return worst
}

// scoreExcludes reports whether the score test with squared critical value z2
// rejects that the mean of g is 0 or on the far side of it. The maximising λ is
// never needed: the derivative falls in λ, so it suffices to look at the λ that
// would give exactly z2.
func (u *units) scoreExcludes(m margin, s side, z2 float64) bool {
	total := float64(s) * m.of(u.sum.c, u.sum.b, u.sum.n)
	if total <= 0 {
		return false
	}
	worst := u.worst(m, s)
	if worst >= 0 {
		return true
	}
	lambda := z2 / total
	if -worst*lambda > 1 {
		return false
	}
	slope := 0.
	for i, x := range u.at {
		v := float64(s) * m.of(x.c, x.b, x.n)
		d := 1 + lambda*v
		if d <= 0 {
			return false
		}
		slope += u.w[i] * v / d
	}
	return slope >= 0
}

// ruleOfThree bounds the mean against a failing (or, above, improving) stratum
// that no unit of the sample happened to fall into: one of weight w stays unseen
// with probability (1−w)^n, so with error alpha w is at most −ln(alpha)/n, which
// is 3/n at 5 %.
func (u *units) ruleOfThree(m margin, s side, alpha float64) float64 {
	return u.mean(m) + float64(s)*math.Log(alpha)*u.unseen(s, m.kind).change/u.sum.n
}

// exactExcludes reports whether the mean of g being 0 or on the far side of it
// is excluded with error alpha, by Gaffke's bound for bounded scores (2005;
// Learned-Miller and Thomas 2020): with one unseen worst unit added and
// independent standard exponentials E as weights, P(Σ E·v ≤ 0) ≤ alpha. On
// yes/no scores this is Clopper–Pearson. The probability comes from the
// saddlepoint formula of Lugannani and Rice (1980).
func (u *units) exactExcludes(m margin, s side, alpha float64) bool {
	x := u.unseen(s, m.kind)
	unseen := float64(s) * m.of(x.c, x.b, x.n)
	if x.change == 0 || unseen >= 0 {
		return true // nothing worse than what was seen can happen
	}
	v := append(make([]float64, 0, len(u.at)+1), unseen)
	w := append(make([]float64, 0, len(u.at)+1), 1)
	total, worst := unseen, unseen
	for i, x := range u.at {
		g := float64(s) * m.of(x.c, x.b, x.n)
		v, w = append(v, g), append(w, u.w[i])
		total += u.w[i] * g
		worst = min(worst, g)
	}
	return total > 0 && exponentialTail(v, w, -1/worst) <= alpha
}

// exponentialTail is P(Σ E·v ≤ 0) where each v occurs w times with its own
// exponential weight, for a positive total. The saddlepoint is in (0, limit).
func exponentialTail(v, w []float64, limit float64) float64 {
	s := saddlepoint(v, w, limit)
	var k, curvature float64
	for i, x := range v {
		y := x / (1 + s*x)
		k += w[i] * math.Log1p(s*x)
		curvature += w[i] * y * y
	}
	r, q := -math.Sqrt(2*k), -s*math.Sqrt(curvature)
	if !(k > 0) || q == 0 {
		return .5
	}
	return normalCDF(r) + normalPDF(r)*(1/r-1/q)
}

// saddlepoint solves Σ w·v/(1+s·v) = 0 in (0, limit), where the sum falls from
// positive to −∞, by Newton's method inside a shrinking bracket.
func saddlepoint(v, w []float64, limit float64) float64 {
	lo, hi := 0., limit
	s := limit / 2
	for range 100 {
		slope, curvature := 0., 0.
		for i, x := range v {
			y := x / (1 + s*x)
			slope += w[i] * y
			curvature += w[i] * y * y
		}
		if slope > 0 {
			lo = s
		} else {
			hi = s
		}
		next := s + slope/curvature
		if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		if math.Abs(next-s) <= 1e-12*limit {
			return next
		}
		s = next
	}
	return s
}

// invert finds the bound on a side of mean(g) that a test implies: the value
// nearest to the mean which the test still excludes. It returns the excluded
// end of the last bracket.
func (u *units) invert(m margin, s side, excludes func(margin) bool) float64 {
	mean := u.mean(m)
	far := u.farthest(m, s)
	if !excludes(m.less(far)) {
		return math.Inf(-int(s))
	}
	near := mean
	for range 45 {
		mid := (far + near) / 2
		if excludes(m.less(mid)) {
			far = mid
		} else {
			near = mid
		}
	}
	return far
}

// farthest is a mean of g which no law on the possible values reaches.
func (u *units) farthest(m margin, s side) float64 {
	x := u.unseen(s, m.kind)
	far := float64(s) * u.mean(m)
	if x.change > 0 {
		far = min(far, float64(s)*m.of(x.c, x.b, x.n)/x.n)
	}
	for _, x := range u.at {
		far = min(far, float64(s)*m.of(x.c, x.b, x.n)/x.n)
	}
	return float64(s) * (far - 1e-9)
}
