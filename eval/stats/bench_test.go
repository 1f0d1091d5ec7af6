package stats

import (
	"math/rand/v2"
	"testing"
)

// continuousPairs are scores without a tie, the slowest kind for the score
// bound.
func continuousPairs(n int) Pairs {
	r := rand.New(rand.NewPCG(1, 2))
	p := Pairs{Base: make([]float64, n), Cand: make([]float64, n)}
	for i := range n {
		p.Base[i] = r.Float64()
		p.Cand[i] = min(1, max(0, p.Base[i]+.1*r.NormFloat64()))
	}
	return p
}

func BenchmarkNonInferiority(b *testing.B) {
	few := continuousPairs(20000)
	for i := range few.Cand {
		if few.Cand[i] = few.Base[i]; i < 5 {
			few.Cand[i] = 0
		}
	}
	rubric := rubricLaw(3, 1).draw(rand.New(rand.NewPCG(1, 2)), 500, 0)
	clustered := rubricLaw(3, 5).draw(rand.New(rand.NewPCG(1, 2)), 500, 0)
	for _, x := range []struct {
		name string
		p    Pairs
	}{
		{"rubric/n=500", rubric},
		{"rubric,clusters of 5/n=500", clustered},
		{"continuous/n=20000", continuousPairs(20000)},
		{"five losses/n=20000", few},
	} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				NonInferiority(x.p, NIConfig{X: .05, Alpha: .05, Seed: 1})
			}
		})
	}
}
