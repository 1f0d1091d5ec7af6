package stats

import "math"

// Betting against the hypothesis "the mean is at least m" of scores in [0,1]:
// wealth starts at 1 and is multiplied by 1 + λ(m − x) for each score x, with a
// bet λ fixed before x is seen. Under the hypothesis no factor is above 1 on
// average, so by Ville's inequality wealth ever reaches 1/α with chance at most
// α, however often one looks (Waudby-Smith and Ramdas 2024).

const (
	gridBets     = 12
	gridSmallest = .01 // drops the grid is tuned for, as shares of the reference
	gridRange    = 40
	gridCap      = .9 // of the largest bet that cannot ruin
)

// BetGrid is the recommended set of bets against "mean ≥ m" for a reference mean
// and the variance of one score: the Kelly bets for drops of 1 % to 40 %, capped
// so that no score can ruin them. A wrong variance costs speed, not validity.
func BetGrid(reference, variance, m float64) []float64 {
	bets := make([]float64, gridBets)
	for k := range bets {
		drop := reference * gridSmallest * math.Pow(gridRange, float64(k)/(gridBets-1))
		bets[k] = min(drop/(variance+drop*drop), gridCap/(1-m))
	}
	return bets
}

// PairedBetGrid is the set of bets for payoffs x − (1−margin)·control where the
// control is the mean of blocks of r scores.
func PairedBetGrid(reference, variance, margin float64, r int) []float64 {
	share := 1 - margin
	bets := make([]float64, gridBets)
	for k := range bets {
		drop := reference * gridSmallest * math.Pow(gridRange, float64(k)/(gridBets-1))
		bets[k] = min(drop/(variance*(1+share*share/float64(r))+drop*drop), gridCap)
	}
	return bets
}

// Mixture is wealth spread evenly over fixed bets. A part may start with the
// first score and the rest be released in equal parts at later looks, so that a
// drop which comes late is not bet on with what an earlier good time has lost.
type Mixture struct {
	bets        []float64
	early, late []float64
	reserve     float64
	release     float64 // of the reserve at each look
	looksLeft   int
	wealth, max float64
}

// NewMixture puts the share first of the capital on the bets at once and
// releases the rest over that many looks. With no looks or first = 1 everything
// starts at once.
func NewMixture(bets []float64, first float64, looks int) *Mixture {
	if looks <= 0 {
		first = 1
	}
	b := &Mixture{bets: bets, reserve: 1 - first, looksLeft: looks, wealth: 1, max: 1}
	b.early, b.late = make([]float64, len(bets)), make([]float64, len(bets))
	for k := range bets {
		b.early[k] = first / float64(len(bets))
	}
	if looks > 0 {
		b.release = b.reserve / float64(looks)
	}
	return b
}

// Look releases the next part of the reserve. Call it before the scores of each
// planned look; further calls do nothing.
func (b *Mixture) Look() {
	if b.looksLeft <= 0 {
		return
	}
	b.looksLeft--
	b.reserve = max(0, b.reserve-b.release)
	for k := range b.late {
		b.late[k] += b.release / float64(len(b.bets))
	}
}

// negligible wealth is set to 0 to keep products out of denormal numbers.
const negligible = 1e-200

// Pay settles one outcome: loss is m − x for a score x against "mean ≥ m", or
// minus the payoff of a pair. It returns the wealth.
func (b *Mixture) Pay(loss float64) float64 {
	total := b.reserve
	for k, bet := range b.bets {
		f := max(0, 1+bet*loss)
		b.early[k], b.late[k] = flush(b.early[k]*f), flush(b.late[k]*f)
		total += b.early[k] + b.late[k]
	}
	b.wealth = total
	b.max = max(b.max, total)
	return total
}

func flush(x float64) float64 {
	if x < negligible {
		return 0
	}
	return x
}

// Wealth now, and the most it has ever been.
func (b *Mixture) Wealth() (now, most float64) { return b.wealth, b.max }

// P is the anytime-valid p-value.
func (b *Mixture) P() float64 { return min(1, 1/b.max) }

// PairLoss is what a bet against "the new mean is at least (1−margin) of the
// control's" wins on a pair of a new score and a control score.
func PairLoss(score, control, margin float64) float64 { return (1-margin)*control - score }

// AGRAPA is a single bet that learns: the approximate growth-rate-adaptive bet
// of Waudby-Smith and Ramdas, at most the share c of the ruinous one.
type AGRAPA struct {
	m, c          float64
	n, sum, dev   float64
	wealth, limit float64
}

// NewAGRAPA bets against "mean ≥ m", m in (0,1).
func NewAGRAPA(m, c float64) *AGRAPA {
	return &AGRAPA{m: m, c: c, wealth: 1, limit: c / (1 - m)}
}

// Bet is the λ for the next score. Before any score the mean is taken as ½ and
// the variance as ¼, each worth one score.
func (a *AGRAPA) Bet() float64 {
	gap := a.m - a.mean()
	variance := (.25 + a.dev) / (a.n + 1)
	return min(max(gap/(variance+gap*gap), 0), a.limit)
}

func (a *AGRAPA) mean() float64 { return (.5 + a.sum) / (a.n + 1) }

// Pay settles a score and returns the wealth.
func (a *AGRAPA) Pay(x float64) float64 {
	a.wealth *= 1 + a.Bet()*(a.m-x)
	a.n++
	a.sum += x
	d := x - a.mean()
	a.dev += d * d
	return a.wealth
}
