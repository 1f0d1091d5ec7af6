package stats

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// chunk is how many resamples share one random stream. It is fixed, so that the
// result does not depend on how many processors there are.
const chunk = 128

const (
	bootstrapStream = 0x626f6f7473747261
	signFlipStream  = 0x7369676e666c6970
)

// eachChunk runs f for every chunk of n draws with that chunk's own generator,
// on as many processors as there are.
func eachChunk(n int, seed, stream uint64, f func(r *rand.PCG, from, to int)) {
	chunks := (n + chunk - 1) / chunk
	workers := max(1, min(runtime.GOMAXPROCS(0), chunks))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for k := w; k < chunks; k += workers {
				f(rand.NewPCG(seed, stream+uint64(k)), k*chunk, min(n, (k+1)*chunk))
			}
		})
	}
	wg.Wait()
}

// resamples holds the sums of each bootstrap resample of whole clusters. Any
// margin's statistic follows from them without drawing again.
type resamples []unit

func bootstrap(clusters []unit, seed uint64, count int) resamples {
	out := make(resamples, count)
	n := uint64(len(clusters))
	eachChunk(count, seed, bootstrapStream, func(r *rand.PCG, from, to int) {
		for k := from; k < to; k++ {
			var p, q unit // two sums, so that additions need not wait for each other
			for i := uint64(0); i+1 < n; i += 2 {
				x := r.Uint64()
				s, t := &clusters[(x>>32)*n>>32], &clusters[(x&math.MaxUint32)*n>>32]
				p.c, p.b, p.n = p.c+s.c, p.b+s.b, p.n+s.n
				q.c, q.b, q.n = q.c+t.c, q.b+t.b, q.n+t.n
			}
			if n%2 == 1 {
				s := &clusters[(r.Uint64()>>32)*n>>32]
				p.c, p.b, p.n = p.c+s.c, p.b+s.b, p.n+s.n
			}
			out[k] = unit{p.c + q.c, p.b + q.b, p.n + q.n}
		}
	})
	return out
}

// statistics is the mean of g in every resample, into dst.
func (r resamples) statistics(m margin, dst []float64) []float64 {
	dst = dst[:0]
	for _, s := range r {
		dst = append(dst, m.of(s.c, s.b, s.n)/s.n)
	}
	return dst
}

// BCaInterval is a bias-corrected and accelerated bootstrap interval.
type BCaInterval struct {
	Lower, Upper float64
	Z0, Accel    float64 // bias correction and acceleration
	PLow, PHigh  float64 // the bootstrap quantiles that became the limits
}

// BCa gives the BCa interval of Σnum/Σden over independent units (clusters),
// with error alpha on each side (Efron 1987). Ties with the estimate count one
// half, the acceleration comes from the delete-one jackknife. Without spread
// both limits are the estimate; without data they are infinite.
func BCa(num, den []float64, alpha float64, seed uint64, count int) BCaInterval {
	if len(num) == 0 || len(num) != len(den) || count <= 0 {
		return BCaInterval{Lower: math.Inf(-1), Upper: math.Inf(1)}
	}
	clusters := make([]unit, len(num))
	for i := range num {
		clusters[i] = unit{num[i], 0, den[i]}
	}
	u := collect(clusters)
	m := margin{absolute, 1, 0}
	stats := bootstrap(clusters, seed, count).statistics(m, nil)
	return bca(stats, u.mean(m), u.acceleration(m), alpha)
}

// bca needs the resampled statistics (which it sorts), the estimate and the
// acceleration.
func bca(stats []float64, estimate, accel, alpha float64) BCaInterval {
	slices.Sort(stats)
	i := BCaInterval{Z0: biasCorrection(stats, estimate), Accel: accel}
	i.PLow = bcaLevel(i.Z0, accel, alpha)
	i.PHigh = bcaLevel(i.Z0, accel, 1-alpha)
	n := len(stats)
	i.Lower = stats[lowerRank(i.PLow, n)-1]
	i.Upper = stats[n-lowerRank(1-i.PHigh, n)]
	return i
}

// biasCorrection is Φ⁻¹ of the share of resamples below the estimate. Equality
// is up to rounding: sums of the same scores in another order must tie.
func biasCorrection(stats []float64, estimate float64) float64 {
	tolerance := tie * (1 + math.Abs(estimate))
	below := 0.
	for _, s := range stats {
		switch d := s - estimate; {
		case d < -tolerance:
			below++
		case d <= tolerance:
			below += .5
		}
	}
	n := float64(len(stats))
	return normalQuantile(min(max(below/n, .5/n), 1-.5/n))
}

// tie is the relative distance under which two sums are the same number.
const tie = 1e-12

// bcaLevel is the quantile of the bootstrap distribution that has coverage p.
// Where the correction leaves its range the level goes to the cautious end.
func bcaLevel(z0, accel, p float64) float64 {
	z := z0 + normalQuantile(p)
	d := 1 - accel*z
	if d <= 0 {
		if z < 0 {
			return 0
		}
		return 1
	}
	return normalCDF(z0 + z/d)
}

// lowerRank is the 1-based rank of the lower p-quantile of n values, on the
// cautious side; p below 1/(n+1) has no quantile and gives the smallest value.
func lowerRank(p float64, n int) int {
	return min(n, max(1, int(p*float64(n+1)+1e-9)))
}

// acceleration is a sixth of the skewness of the jackknife influence of the
// ratio Σg/Σn; 0 when nothing varies.
func (u *units) acceleration(m margin) float64 {
	total := m.of(u.sum.c, u.sum.b, u.sum.n)
	leftOut := func(x unit) float64 { return (total - m.of(x.c, x.b, x.n)) / (u.sum.n - x.n) }
	mean := 0.
	for i, x := range u.at {
		if u.sum.n <= x.n {
			return 0 // a single unit
		}
		mean += u.w[i] * leftOut(x)
	}
	mean /= u.count
	var s2, s3 float64
	for i, x := range u.at {
		d := mean - leftOut(x)
		s2 += u.w[i] * d * d
		s3 += u.w[i] * d * d * d
	}
	if s2 <= tie*tie {
		return 0
	}
	return s3 / (6 * math.Pow(s2, 1.5))
}
