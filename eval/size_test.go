package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSizeWarning(t *testing.T) {
	for n, want := range map[int]string{
		0:   "",
		1:   "only 1 case: nothing can be concluded from so few; 100 to 500 are usual",
		4:   "only 4 cases: nothing can be concluded from so few; 100 to 500 are usual",
		10:  "only 10 cases: even if none fails, up to 30 % of all answers may (rule of three, 3/n), and only a drop of some 58 points or more is found 4 times in 5; 100 to 500 cases are usual",
		60:  "only 60 cases: even if none fails, up to 5 % of all answers may (rule of three, 3/n), and only a drop of some 11 points or more is found 4 times in 5; 100 to 500 cases are usual",
		99:  "only 99 cases: even if none fails, up to 3 % of all answers may (rule of three, 3/n), and only a drop of some 7 points or more is found 4 times in 5; 100 to 500 cases are usual",
		100: "",
	} {
		if got := SizeWarning(n); got != want {
			t.Errorf("%d:\n got %s\nwant %s", n, got, want)
		}
	}
}

// The drop that is named is found in four of five simulated exams.
func TestSmallestDropBySimulation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const draws = 20_000
	for _, n := range []int{5, 20, 60, 99} {
		d, found := smallestDrop(n), 0
		for range draws {
			lost := 0
			for range n {
				if rng.Float64() < d {
					lost++
				}
			}
			if lost >= needLosses {
				found++
			}
		}
		if share := float64(found) / draws; math.Abs(share-0.8) > 0.012 { // four standard errors
			t.Errorf("%d cases: a drop of %.4f is found in %.3f of the draws", n, d, share)
		}
	}
}
