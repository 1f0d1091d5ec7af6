package stats

import (
	"math"
	"slices"
)

// evidence is everything the bounds are computed from. It is built once per
// comparison; any margin is then answered without touching the cases again.
type evidence struct {
	c         NIConfig
	kind      marginKind
	clustered bool
	raw       []unit // clusters in canonical order
	cases     units
	clusters  units
	boot      resamples
	scratch   []float64

	discordant int     // cases that differ; for a floor, from the best score
	binary     bool    // every score is 0 or 1
	atOne      float64 // share of baseline cases at 1
	// few: too few clusters differ for normal theory to describe their losses.
	// Then whole clusters are what may break unseen, and if all that differ
	// differ in one direction the exact bound joins for that side.
	few, onlyLosses, onlyGains bool
}

// fewDiscordant is the number of differing clusters from which the score bound
// errs by less than a fifth of alpha even where every difference is a loss.
const fewDiscordant = 10

// allowance is how much of alpha normal theory may overshoot; the exact bound,
// which joins where it overshoots more, is held to the same.
const allowance = 1.2

func newEvidence(p Pairs, kind marginKind, c NIConfig) *evidence {
	e := &evidence{c: c, kind: kind, binary: true}
	if len(p.Cand) == 0 {
		return e
	}
	cases, clusters := group(p)
	e.raw = clusters
	e.cases, e.clusters = collect(cases), collect(clusters)
	e.clustered = len(clusters) < len(cases)
	e.inspect(cases)
	if !e.fixed() && len(clusters) > 1 {
		e.boot = bootstrap(clusters, c.Seed, c.Resamples)
	}
	return e
}

func (e *evidence) fixed() bool { return e.c.FixedDF > 0 }

func isBinary(x float64) bool { return x == 0 || x == 1 }

// inspect counts what the small-sample rules depend on.
func (e *evidence) inspect(cases []unit) {
	high, low := math.Inf(-1), math.Inf(1)
	for _, x := range cases {
		high, low = max(high, x.c), min(low, x.c)
		e.binary = e.binary && isBinary(x.c) && (e.kind == toFloor || isBinary(x.b))
		if x.b >= 1 && e.kind != toFloor {
			e.atOne++
		}
	}
	e.atOne /= float64(len(cases))
	differs := func(x unit) bool {
		if e.kind == toFloor {
			return x.c < high*x.n-tie
		}
		return math.Abs(x.c-x.b) > tie
	}
	for _, x := range cases {
		if differs(x) {
			e.discordant++
		}
	}
	differing := 0
	e.onlyLosses, e.onlyGains = true, true
	for _, x := range e.raw {
		up, down := x.c-x.b > tie, x.b-x.c > tie
		if e.kind == toFloor {
			up, down = x.c > low*x.n+tie, x.c < high*x.n-tie
		}
		if up || down {
			differing++
		}
		e.onlyLosses, e.onlyGains = e.onlyLosses && !up, e.onlyGains && !down
	}
	if e.kind == toFloor { // relative to the best score everything is a loss, to the worst a gain
		e.onlyLosses, e.onlyGains = true, true
		differing = e.discordant
	}
	e.few = differing < fewDiscordant
}

// describe fills in what does not depend on a margin.
func (e *evidence) describe() NI {
	r := undecided()
	r.N, r.Clusters = int(e.cases.sum.n), len(e.raw)
	if r.N == 0 {
		r.note(NoteTooFewCases, 1)
		return r
	}
	r.Discordant, r.Binary = e.discordant, e.binary
	n := e.cases.sum.n
	r.BaseMean, r.CandMean = e.cases.sum.b/n, e.cases.sum.c/n
	r.Delta = (e.cases.sum.c - e.cases.sum.b) / n
	none := absolute.at(0)
	if e.kind == toFloor {
		none = toFloor.at(0)
	}
	b := e.bounds(none, (1-deltaConf)/2)
	r.DeltaLo, _ = b.lowest()
	r.DeltaHi, _ = b.highest()
	return r
}

func (r *NI) note(code string, n float64) { r.Notes = append(r.Notes, Note{code, n}) }

// decide applies the rule of the gate at a margin.
func (e *evidence) decide(r *NI, m margin) {
	b := e.bounds(m, e.c.Alpha)
	r.Mean, r.SE = e.meanAndSE(m)
	r.Lower, r.LowerBy = b.lowest()
	r.Upper, r.UpperBy = b.highest()
	flips := SignFlip(e.sums(m), e.c.Seed, e.c.Resamples)
	r.SignFlipWorse, r.SignFlipBetter = flips.Less, flips.Greater
	e.warn(r, m)
	if r.N < e.c.MinCases || e.lowBaseline(r.BaseMean) {
		return
	}
	p, o := 1., Undecided
	switch {
	case r.Lower > 0:
		p, o = r.SignFlipBetter, Better
	case r.Upper < 0:
		p, o = r.SignFlipWorse, Worse
	}
	if e.needsFlips() && p > e.c.Alpha {
		if o != Undecided {
			r.note(NoteSignFlip, p)
		}
		return
	}
	r.Outcome = o
}

func (e *evidence) lowBaseline(mean float64) bool { return e.kind == relative && mean < minBaseline }

// needsFlips: on few clusters or few differences the bounds' theory is thin, and
// the sign-flip test, which needs none of it, must agree.
func (e *evidence) needsFlips() bool {
	return !e.fixed() && (len(e.raw) < minClusters || e.discordant < minDiscordant)
}

func (e *evidence) flipsAgree(m margin, s side) bool {
	if !e.needsFlips() {
		return true
	}
	f := SignFlip(e.sums(m), e.c.Seed, e.c.Resamples)
	if s == below {
		return f.Greater <= e.c.Alpha
	}
	return f.Less <= e.c.Alpha
}

// warn adds the notes that describe the data rather than the decision.
func (e *evidence) warn(r *NI, m margin) {
	if r.N < e.c.MinCases {
		r.note(NoteTooFewCases, float64(e.c.MinCases))
	}
	if e.lowBaseline(r.BaseMean) {
		r.note(NoteLowBaseline, r.BaseMean)
	}
	if e.atOne >= saturatedShare {
		r.note(NoteSaturated, e.atOne)
	}
	if e.fixed() {
		return
	}
	if r.Clusters < minClusters {
		r.note(NoteFewClusters, float64(r.Clusters))
	} else if e.clustered && r.Clusters < safeClusters {
		r.note(NoteUnder50, float64(r.Clusters))
	}
	if e.discordant < minDiscordant {
		r.note(NoteFewDiscordant, float64(e.discordant))
	}
	if room := e.room(m, r.Mean); room > 0 {
		loss := e.clusters.unseen(below, m.kind).change
		enough := math.Ceil(-math.Log(e.c.Alpha) * loss / (room * r.perCluster()))
		if enough > float64(r.Clusters) {
			r.note(NoteRuleOfThree, enough)
		}
	}
}

func (r *NI) perCluster() float64 { return float64(r.N) / float64(r.Clusters) }

// room is the mean of g when nothing has changed: what a drop may use up.
func (e *evidence) room(m margin, mean float64) float64 {
	if e.kind == toFloor {
		return mean
	}
	b, n := e.cases.sum.b, e.cases.sum.n
	return m.of(b, b, n) / n
}

// meanAndSE is the case-weighted mean of g and its cluster-robust standard error
// (CR1), infinite where there is nothing to estimate it from.
func (e *evidence) meanAndSE(m margin) (mean, se float64) {
	u := &e.clusters
	mean = u.mean(m)
	if e.fixed() {
		return mean, e.c.FixedSE
	}
	if u.count < 2 {
		return mean, math.Inf(1)
	}
	centred := m.less(mean)
	ss := 0.
	for i, x := range u.at {
		s := centred.of(x.c, x.b, x.n)
		ss += u.w[i] * s * s
	}
	return mean, math.Sqrt(u.count/(u.count-1)*ss) / u.sum.n
}

// designEffect is how much clustering inflates the variance of the mean, at
// least 1.
func (e *evidence) designEffect(m margin, mean, se float64) float64 {
	if !e.clustered {
		return 1
	}
	u, centred, ss := &e.cases, m.less(mean), 0.
	for i, x := range u.at {
		s := centred.of(x.c, x.b, x.n)
		ss += u.w[i] * s * s
	}
	if ss <= u.count*tie*tie { // nothing varies but rounding
		return 1
	}
	simple := ss / (u.count - 1) / u.count
	return max(1, se*se/simple)
}

func (e *evidence) sums(m margin) []float64 {
	out := make([]float64, len(e.raw))
	for i, x := range e.raw {
		out[i] = m.of(x.c, x.b, x.n)
	}
	return out
}

// degrees of freedom of t.
func (e *evidence) df() float64 {
	if e.fixed() {
		return e.c.FixedDF
	}
	return e.clusters.count - 1
}

// bound is one rule's two one-sided limits for the mean of g.
type bound struct {
	by        string
	low, high float64
}

type bounds []bound

func (b bounds) lowest() (float64, string) {
	x := slices.MinFunc(b, func(p, q bound) int { return compareFloat(p.low, q.low) })
	return x.low, x.by
}

func (b bounds) highest() (float64, string) {
	x := slices.MaxFunc(b, func(p, q bound) int { return compareFloat(p.high, q.high) })
	return x.high, x.by
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// bounds are all limits that must agree, at one-sided error alpha.
func (e *evidence) bounds(m margin, alpha float64) bounds {
	mean, se := e.meanAndSE(m)
	out := bounds{tBound(mean, se, alpha, e.df())}
	if e.fixed() || len(e.raw) < 2 {
		return out
	}
	e.scratch = e.boot.statistics(m, e.scratch)
	i := bca(e.scratch, mean, e.clusters.acceleration(m), alpha)
	out = append(out, bound{"bca", i.Lower, i.Upper})
	if e.discordant == 0 { // nothing but the rule of three has anything to say
		return append(out, rareBound(&e.clusters, m, alpha))
	}
	z := normalQuantile(1 - alpha)
	out = append(out, scoreBound(&e.cases, m, z*z*e.designEffect(m, mean, se)), rareBound(&e.cases, m, alpha))
	if e.few {
		out = append(out, scoreBound(&e.clusters, m, z*z), rareBound(&e.clusters, m, alpha), e.exactBound(m, alpha))
	}
	return out
}

func tBound(mean, se, alpha, df float64) bound {
	half := tQuantile(1-alpha, df) * se
	if math.IsNaN(half) {
		half = math.Inf(1)
	}
	return bound{"t", mean - half, mean + half}
}

func scoreBound(u *units, m margin, z2 float64) bound {
	low := u.invert(m, below, func(m margin) bool { return u.scoreExcludes(m, below, z2) })
	high := u.invert(m, above, func(m margin) bool { return u.scoreExcludes(m, above, z2) })
	return bound{"score", low, high}
}

func rareBound(u *units, m margin, alpha float64) bound {
	return bound{"rule-of-three", u.ruleOfThree(m, below, alpha), u.ruleOfThree(m, above, alpha)}
}

// oneWay reports whether the few clusters that differ all differ to one side, so
// that the mean moves in whole losses (or gains) and normal theory is too coarse.
func (e *evidence) oneWay(s side) bool {
	return e.few && (s == below && e.onlyLosses || s == above && e.onlyGains)
}

func (e *evidence) exactBound(m margin, alpha float64) bound {
	b := bound{"exact", math.Inf(1), math.Inf(-1)}
	u := &e.clusters
	if e.oneWay(below) {
		b.low = u.invert(m, below, func(m margin) bool { return u.exactExcludes(m, below, allowance*alpha) })
	}
	if e.oneWay(above) {
		b.high = u.invert(m, above, func(m margin) bool { return u.exactExcludes(m, above, allowance*alpha) })
	}
	return b
}

// excludes reports whether every bound lies on the given side of 0, without
// computing where.
func (e *evidence) excludes(m margin, s side, alpha float64) bool {
	mean, se := e.meanAndSE(m)
	b := tBound(mean, se, alpha, e.df())
	if s == below && !(b.low > 0) || s == above && !(b.high < 0) {
		return false
	}
	if e.fixed() {
		return true
	}
	if len(e.raw) < 2 || !e.bcaExcludes(m, s, mean, alpha) {
		return false
	}
	if e.few && float64(s)*e.clusters.ruleOfThree(m, s, alpha) <= 0 {
		return false
	}
	if e.discordant == 0 {
		return true
	}
	z := normalQuantile(1 - alpha)
	if float64(s)*e.cases.ruleOfThree(m, s, alpha) <= 0 || !e.cases.scoreExcludes(m, s, z*z*e.designEffect(m, mean, se)) {
		return false
	}
	return !e.few || e.clusters.scoreExcludes(m, s, z*z) && (!e.oneWay(s) || e.clusters.exactExcludes(m, s, allowance*alpha))
}

// bcaExcludes counts resamples instead of sorting them.
func (e *evidence) bcaExcludes(m margin, s side, mean, alpha float64) bool {
	e.scratch = e.boot.statistics(m, e.scratch)
	z0 := biasCorrection(e.scratch, mean)
	accel := e.clusters.acceleration(m)
	wrong := 0
	for _, x := range e.scratch {
		if float64(s)*x <= 0 {
			wrong++
		}
	}
	level := bcaLevel(z0, accel, alpha)
	if s == above {
		level = 1 - bcaLevel(z0, accel, 1-alpha)
	}
	return wrong < lowerRank(level, len(e.scratch))
}

// smallestPassing finds the smallest margin that passes, by bisection.
func (e *evidence) smallestPassing() float64 {
	if e.lowBaseline(e.cases.sum.b / e.cases.sum.n) {
		return math.NaN()
	}
	bounded := func(x float64) bool { return e.excludes(e.kind.at(x), below, e.c.Alpha) }
	passes := func(x float64) bool { return bounded(x) && e.flipsAgree(e.kind.at(x), below) }
	const top = 1 - 1e-9
	if !passes(top) {
		return math.NaN()
	}
	// The sign flips are dear and rarely decide: ask them once at the bounds' answer.
	if x := bisect(0, top, bounded); passes(x) {
		return x
	}
	return bisect(0, top, passes)
}

// bisect returns the end of the bracket where ok holds; it must hold at good.
// If it already holds at bad, bad is the answer.
func bisect(bad, good float64, ok func(float64) bool) float64 {
	if ok(bad) {
		return bad
	}
	for range 40 {
		mid := (bad + good) / 2
		if ok(mid) {
			good = mid
		} else {
			bad = mid
		}
	}
	return good
}

// relativeInterval is the range of relative changes r that the bounds do not
// exclude, r = candidate/baseline − 1.
func (e *evidence) relativeInterval() (lo, hi float64) {
	if !(e.cases.sum.b > 0) || !(e.cases.sum.c >= 0) {
		return math.NaN(), math.NaN()
	}
	alpha := (1 - deltaConf) / 2
	at := func(r float64) margin { return margin{relative, 1 + r, 0} }
	seen := e.cases.sum.c/e.cases.sum.b - 1
	const least, most = -1., 100.
	if !e.excludes(at(most), above, alpha) {
		return math.NaN(), math.NaN() // the baseline's mean is not clear of 0
	}
	hi = bisect(seen, most, func(r float64) bool { return e.excludes(at(r), above, alpha) })
	lo = least
	if e.excludes(at(least), below, alpha) {
		lo = bisect(seen, least, func(r float64) bool { return e.excludes(at(r), below, alpha) })
	}
	return lo, hi
}

// powerTarget is the power that sample sizes are planned for.
const powerTarget = .8

// needed is the number of cases with which an unchanged candidate passes with
// power .8 at this spread, and with which the rule of three holds.
func (e *evidence) needed(m margin, mean, se float64) int {
	n := e.cases.sum.n
	room := e.room(m, mean)
	if !(room > 0) || math.IsInf(se, 0) {
		return 0
	}
	z := normalQuantile(1-e.c.Alpha) + normalQuantile(powerTarget)
	cases := z * z * n * se * se / (room * room)
	if !e.fixed() {
		u := &e.cases
		if e.few {
			u = &e.clusters
		}
		perUnit := n / u.count
		cases = max(cases, perUnit*math.Ceil(-math.Log(e.c.Alpha)*u.unseen(below, m.kind).change/(room*perUnit)-1e-9))
	}
	if cases > math.MaxInt32 {
		return 0
	}
	return int(math.Ceil(cases - 1e-9))
}
