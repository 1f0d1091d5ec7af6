package eval

import (
	"fmt"
	"math"
)

// smallSet is the number of cases under which a set is warned about.
const smallSet = 100

// SizeWarning says what a set of n cases can and cannot show, "" where n is
// 100 or more. It speaks of yes/no scores and independent cases; graded scores
// and repeats show more, clusters less.
//
// With no failure in n cases the 95 % upper limit of the failure rate is about
// 3/n (the rule of three; Hanley and Lippman-Hand 1983, JAMA 249:1743). See
// smallestDrop for the other number.
func SizeWarning(n int) string {
	switch {
	case n >= smallSet || n < 1:
		return ""
	case n < needLosses:
		return fmt.Sprintf("only %d %s: nothing can be concluded from so few; 100 to 500 are usual", n, plural(n, "case"))
	}
	return fmt.Sprintf("only %d cases: even if none fails, up to %.0f %% of all answers may (rule of three, 3/n), and only a drop of some %.0f points or more is found 4 times in 5; 100 to 500 cases are usual",
		n, 300/float64(n), 100*smallestDrop(n))
}

// needLosses is how many cases must be lost, with none won, until a one-sided
// exact McNemar test at 5 % sees a drop: ½⁵ = 0.031.
const needLosses = 5

// smallestDrop is the share of cases that must be lost, with none won, for the
// exact McNemar test to see it with a power of 80 %: the d with
// P(Binomial(n, d) ≥ 5) = 0.8. It is a best case.
func smallestDrop(n int) float64 {
	lo, hi := 0.0, 1.0
	for range 50 {
		d := (lo + hi) / 2
		below, term := 0.0, math.Pow(1-d, float64(n)) // P(X = 0)
		for k := range needLosses {
			below += term
			term *= float64(n-k) / float64(k+1) * d / (1 - d)
		}
		if below <= 0.2 {
			hi = d
		} else {
			lo = d
		}
	}
	return hi
}
