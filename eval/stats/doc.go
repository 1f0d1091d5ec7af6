// Package stats compares numbers: paired intervals, exact tests,
// non-inferiority, sequential bets, needed sample sizes, agreement of raters,
// judge error and drift.
//
// It is pure: no input or output, no clock, no global randomness. Everything
// random takes an explicit seed and gives the same bits on any machine size.
//
// # The gate
//
// [NonInferiority] answers one question: has the candidate dropped by more than
// a share X of the baseline? It tests the linearised relative drop
//
//	g = candidate − (1−X)·baseline
//
// per case against zero. There is no division and no plugged-in baseline mean,
// so X means exactly "a drop greater than X". It passes when a lower bound of
// mean(g) lies above zero and has regressed when an upper bound lies below;
// both bounds are the most cautious of three:
//
//   - Student's t with a cluster-robust standard error (CR1, G−1 degrees of
//     freedom);
//   - the bias-corrected and accelerated bootstrap (BCa) over whole clusters;
//   - a score bound, whose spread is the one the data would have if the drop
//     really were X. On yes/no scores that is Tango's interval; on graded
//     scores it is the same idea through the dual of KL-infimum. It is what
//     keeps a saturated baseline (nearly all ones) honest, where the first two
//     see no spread and would pass anything.
//
// The signed-rank test of Wilcoxon is left out on purpose: it tests the median
// of g, and where most cases tie g is +X·baseline, so it passes 44–100 % of
// true drops of exactly X.
package stats
