package stats

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// law draws one comparison of n cases whose candidate has truly dropped by the
// share drop of the baseline's mean.
type law struct {
	name string
	draw func(r *rand.Rand, n int, drop float64) Pairs
}

// loses is the share of its quality a broken case loses in the laws below.
const loses = .75

// ordinary is a target with baseline mean .85 and heavy-tailed case difficulty
// p ~ Beta(.85ν, .15ν), scored by the mean over k trials of Binomial(steps, p)/steps
// (steps 1: yes/no, 4: a five-point rubric). A change of prompt redraws the
// difficulty of a share of the cases, which keeps the mean; a drop breaks whole
// clusters. ν and the share are chosen for the spreads of [YesNo] and [FivePoint].
func ordinary(name string, steps, k, clusterSize int, nu, redrawn float64) law {
	return law{name, func(r *rand.Rand, n int, drop float64) Pairs {
		p := Pairs{Base: make([]float64, n), Cand: make([]float64, n)}
		if clusterSize > 1 {
			p.Cluster = make([]int, n)
		}
		difficulty := distuv.Beta{Alpha: .85 * nu, Beta: .15 * nu, Src: r}
		broken := false
		for i := range n {
			if i%clusterSize == 0 {
				broken = r.Float64() < drop/loses
			}
			if p.Cluster != nil {
				p.Cluster[i] = i / clusterSize
			}
			base := difficulty.Rand()
			cand := base
			if r.Float64() < redrawn {
				cand = difficulty.Rand()
			}
			if broken {
				cand *= 1 - loses
			}
			p.Base[i], p.Cand[i] = scored(r, base, steps, k), scored(r, cand, steps, k)
		}
		return p
	}}
}

func scored(r *rand.Rand, p float64, steps, k int) float64 {
	hits := 0
	for range steps * k {
		if r.Float64() < p {
			hits++
		}
	}
	return float64(hits) / float64(steps*k)
}

func yesNoLaw(k, clusterSize int) law {
	return ordinary("yes/no", 1, k, clusterSize, 1.78, .106)
}

func rubricLaw(k, clusterSize int) law {
	return ordinary("five-point", 4, k, clusterSize, 2.32, .0677)
}

// saturated is a baseline of all ones. Each cluster keeps its score but for a
// share that breaks, to the values of to (equally likely); noise moves unbroken
// cases by that much up or down around 1−noise.
func saturated(name string, clusterSize int, noise float64, to ...float64) law {
	return law{name, func(r *rand.Rand, n int, drop float64) Pairs {
		p := Pairs{Base: make([]float64, n), Cand: make([]float64, n)}
		if clusterSize > 1 {
			p.Cluster = make([]int, n)
		}
		lost := 0.
		for _, v := range to {
			lost += (1 - v) / float64(len(to))
		}
		top := 1 - noise
		value, broken := 0., false
		for i := range n {
			if i%clusterSize == 0 {
				broken = r.Float64() < drop/lost
				value = to[r.IntN(len(to))] * top
			}
			if p.Cluster != nil {
				p.Cluster[i] = i / clusterSize
			}
			p.Base[i] = top + noise*(2*math.Round(r.Float64())-1)
			p.Cand[i] = top + noise*(2*math.Round(r.Float64())-1)
			if broken {
				p.Cand[i] = value
			}
		}
		return p
	}}
}
