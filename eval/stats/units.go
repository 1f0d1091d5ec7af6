package stats

import (
	"cmp"
	"math"
	"slices"
)

// marginKind says what a margin is measured against.
type marginKind int

const (
	relative marginKind = iota // g = c − (1−X)·b
	absolute                   // g = c − b + X
	toFloor                    // g = c − b with b the floor
)

// margin is one linear hypothesis about a unit's sums: g = c − a·b + x·n.
// Every question of the gate is of this form, which is why one set of stored
// sums answers all of them.
type margin struct {
	kind marginKind
	a, x float64
}

func (k marginKind) at(x float64) margin {
	if k == relative {
		return margin{relative, 1 - x, 0}
	}
	return margin{k, 1, x}
}

// less is the margin shifted so that its mean is tested against mu instead of 0.
func (m margin) less(mu float64) margin { m.x -= mu; return m }

func (m margin) of(c, b, n float64) float64 { return c - m.a*b + m.x*n }

// unit is one resampling unit, a case or a cluster: its sums and its number of
// cases.
type unit struct{ c, b, n float64 }

func compareUnits(p, q unit) int {
	return cmp.Or(cmp.Compare(p.n, q.n), cmp.Compare(p.c, q.c), cmp.Compare(p.b, q.b))
}

// units is the data on one level: distinct units with their multiplicities.
type units struct {
	at    []unit
	w     []float64 // multiplicity of each
	count float64   // Σw
	sum   unit      // Σw·unit

	// What a unit that breaks down entirely (resp. becomes perfect) looks like,
	// by the kind of margin.
	loss, gain [3]extreme
}

// extreme is a unit that was never seen but cannot be ruled out, and by how much
// it differs from what it was.
type extreme struct {
	unit
	change float64
}

// collect merges equal units. sorted must be in canonical order.
func collect(sorted []unit) units {
	u := units{}
	for _, x := range sorted {
		if k := len(u.at) - 1; k >= 0 && u.at[k] == x {
			u.w[k]++
		} else {
			u.at, u.w = append(u.at, x), append(u.w, 1)
		}
	}
	for i, x := range u.at {
		w := u.w[i]
		u.count += w
		u.sum.c, u.sum.b, u.sum.n = u.sum.c+w*x.c, u.sum.b+w*x.b, u.sum.n+w*x.n
	}
	u.findExtremes()
	return u
}

// findExtremes builds the unseen units. A failure mode that is as likely to hit
// any unit hits a typical score, and what it destroys is what the unit had: so
// under a relative margin a lost unit is the score-weighted mean unit (Kish's
// effective size; on yes/no scores a unit that scored 1 throughout). Under a
// margin in points it is the size-weighted mean unit that loses everything.
func (u *units) findExtremes() {
	var bb, bn, hh, hn, nn, h float64
	for i, x := range u.at {
		w, gap := u.w[i], math.Max(0, x.n-x.b)
		bb, bn = bb+w*x.b*x.b, bn+w*x.b*x.n
		hh, hn, h = hh+w*gap*gap, hn+w*gap*x.n, h+w*gap
		nn += w * x.n * x.n
	}
	size := nn / u.sum.n
	u.loss[absolute] = extreme{unit{0, size, size}, size}
	u.gain[absolute] = extreme{unit{size, 0, size}, size}
	floor := size * u.sum.b / u.sum.n
	u.loss[toFloor] = extreme{unit{0, floor, size}, size}
	u.gain[toFloor] = extreme{unit{size, floor, size}, size}
	u.loss[relative] = u.loss[absolute]
	if u.sum.b > 0 {
		b := bb / u.sum.b
		u.loss[relative] = extreme{unit{0, b, bn / u.sum.b}, b}
	}
	if h > 0 { // else nothing can be gained
		n, gap := hn/h, hh/h
		u.gain[relative] = extreme{unit{n, n - gap, n}, gap}
	}
}

// mean is the case-weighted mean of g.
func (u *units) mean(m margin) float64 { return m.of(u.sum.c, u.sum.b, u.sum.n) / u.sum.n }

// group sorts cases into clusters and returns both in canonical order, so that
// neither the order of the cases nor the numbering of the clusters can change a
// bit of any result.
func group(p Pairs) (cases, clusters []unit) {
	type member struct {
		unit
		cluster int
	}
	all := make([]member, len(p.Cand))
	for i := range all {
		all[i] = member{unit{p.Cand[i], p.Base[i], 1}, i}
		if p.Cluster != nil {
			all[i].cluster = p.Cluster[i]
		}
	}
	slices.SortFunc(all, func(x, y member) int {
		return cmp.Or(cmp.Compare(x.cluster, y.cluster), compareUnits(x.unit, y.unit))
	})
	for i, x := range all {
		cases = append(cases, x.unit)
		if k := len(clusters) - 1; i > 0 && x.cluster == all[i-1].cluster {
			clusters[k].c, clusters[k].b, clusters[k].n = clusters[k].c+x.c, clusters[k].b+x.b, clusters[k].n+1
		} else {
			clusters = append(clusters, x.unit)
		}
	}
	slices.SortFunc(cases, compareUnits)
	slices.SortFunc(clusters, compareUnits)
	return cases, clusters
}
