package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// SignFlips are the p-values of a sign-flip test.
type SignFlips struct {
	Less, Greater, Two float64
	Exact              bool // every assignment of signs was counted
}

// exactFlips is the number of units up to which all 2^n assignments are counted.
const exactFlips = 20

// SignFlip tests Σsums against 0 by flipping the sign of each cluster's sum
// (Fisher 1935): Less is the share of assignments with a sum as low as the one
// seen, Greater as high, Two as far from 0. Up to 20 clusters all 2^G
// assignments are counted; beyond, count random ones with p = (1+#)/(1+count).
// It is exact if the sums are symmetric about 0 under the hypothesis.
func SignFlip(sums []float64, seed uint64, count int) SignFlips {
	if len(sums) == 0 {
		return SignFlips{1, 1, 1, true}
	}
	scale := 0.
	for _, s := range sums {
		scale += math.Abs(s)
	}
	t := tally{seen: total(sums), tolerance: tie * scale}
	if len(sums) <= exactFlips {
		t.enumerate(sums)
		n := math.Ldexp(1, len(sums))
		return SignFlips{float64(t.less) / n, float64(t.greater) / n, float64(t.far) / n, true}
	}
	if count <= 0 {
		count = defaultResamples
	}
	t.draw(sums, seed, count)
	n := float64(count + 1)
	return SignFlips{float64(t.less+1) / n, float64(t.greater+1) / n, float64(t.far+1) / n, false}
}

// tally counts sums by where they lie relative to the one seen.
type tally struct {
	seen, tolerance    float64
	less, greater, far int
}

func (t *tally) add(sum float64) {
	if sum <= t.seen+t.tolerance {
		t.less++
	}
	if sum >= t.seen-t.tolerance {
		t.greater++
	}
	if math.Abs(sum) >= math.Abs(t.seen)-t.tolerance {
		t.far++
	}
}

// enumerate walks all sign assignments in Gray-code order, changing one sign a
// step, and adds up anew now and then so that rounding cannot build up.
func (t *tally) enumerate(sums []float64) {
	flipped := make([]float64, len(sums))
	for i, s := range sums {
		flipped[i] = -s
	}
	sum := total(flipped)
	t.add(sum)
	for k := uint64(1); k < 1<<len(sums); k++ {
		i := bits.TrailingZeros64(k)
		flipped[i] = -flipped[i]
		sum += 2 * flipped[i]
		if k%256 == 0 {
			sum = total(flipped)
		}
		t.add(sum)
	}
}

func total(x []float64) float64 {
	sum := 0.
	for _, v := range x {
		sum += v
	}
	return sum
}

func (t *tally) draw(sums []float64, seed uint64, count int) {
	drawn := make([]float64, count)
	eachChunk(count, seed, signFlipStream, func(r *rand.PCG, from, to int) {
		for k := from; k < to; k++ {
			drawn[k] = flippedSum(sums, r)
		}
	})
	for _, s := range drawn {
		t.add(s)
	}
}

// flippedSum gives every term a random sign, 64 signs to a draw, by setting the
// sign bit rather than by branching.
func flippedSum(sums []float64, r *rand.PCG) float64 {
	sum := 0.
	for i := 0; i < len(sums); i += 64 {
		signs := r.Uint64()
		for _, s := range sums[i:min(len(sums), i+64)] {
			sum += math.Float64frombits(math.Float64bits(s) ^ signs<<63)
			signs >>= 1
		}
	}
	return sum
}
