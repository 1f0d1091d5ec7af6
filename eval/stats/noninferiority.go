package stats

import "math"

// Pairs is one comparison. Base and Cand hold each case's mean score on the two
// arms, in [0,1]; Cluster the index of the case's cluster (any integers; nil:
// every case is its own cluster). All that are set have one entry per case.
type Pairs struct {
	Base, Cand []float64
	Cluster    []int
}

// NIConfig says what drop is acceptable and how sure one must be.
type NIConfig struct {
	// X is the margin in (0,1): a share of the baseline's mean, or with Points
	// an absolute number of points of the score scale.
	X      float64
	Points bool
	// Alpha is the one-sided error of each bound, e.g. .05, or .025 for each of
	// two looks.
	Alpha float64
	// Seed and Resamples drive the bootstrap and the random sign flips;
	// Resamples 0 means 9,999.
	Seed      uint64
	Resamples int
	// MinCases: with fewer cases the outcome is always Undecided.
	MinCases int
	// FixedDF > 0 says that this set of cases is the requirement itself rather
	// than a sample of a larger world. FixedSE then replaces the standard error
	// (see [FixedSE]), t has FixedDF degrees of freedom, and the bounds that
	// resample or reweight cases are skipped.
	FixedSE float64
	FixedDF float64
}

// Outcome of a comparison.
type Outcome int

// The outcomes. The zero value decides nothing.
const (
	Undecided Outcome = iota
	Better            // the drop is smaller than the margin: pass
	Worse             // the drop is larger than the margin: regressed
)

// Note codes. N of the note is given in brackets.
const (
	NoteBadInput      = "bad_input"                 // lengths differ, a value is not finite, or X or Alpha is out of range [cases]
	NoteTooFewCases   = "too_few_cases"             // fewer than MinCases [MinCases]
	NoteFewClusters   = "few_clusters"              // under 20 clusters: sign flips must agree too [clusters]
	NoteUnder50       = "under_50_clusters"         // clustered and under 50: false passes up to 14 % [clusters]
	NoteFewDiscordant = "few_discordant"            // under 8 cases differ: sign flips must agree too [discordant cases]
	NoteRuleOfThree   = "too_few_for_rule_of_three" // an unseen failing stratum as large as the margin cannot be excluded [clusters that would suffice]
	NoteLowBaseline   = "low_baseline_needs_points" // baseline mean under .05 with a relative margin [baseline mean]
	NoteSaturated     = "saturated"                 // at least 95 % of baseline cases are at 1 [their share]
	NoteSignFlip      = "sign_flip_disagrees"       // a bound decided but the required sign-flip test did not [its p-value]
)

// Note is a machine-readable remark on a result.
type Note struct {
	Code string
	N    float64
}

// NI is the result of a comparison. Numbers that do not exist for the data are
// NaN, except those that decide, which never are.
type NI struct {
	N, Clusters int
	Discordant  int  // cases whose two arms differ
	Binary      bool // every value is 0 or 1

	BaseMean, CandMean float64
	// Delta is candidate − baseline with a two-sided interval at confidence
	// DeltaConf; RelLo..RelHi is the interval of the relative change
	// (candidate/baseline − 1) at the same confidence, found by asking which
	// relative changes the same bounds do not exclude, not by dividing.
	Delta, DeltaLo, DeltaHi float64
	DeltaConf               float64
	RelLo, RelHi            float64

	// Mean and SE of g, and the one-sided bounds that decide, with the name of
	// the rule that set them: "t", "bca", "score", "exact" or "rule-of-three".
	Mean, SE         float64
	Lower, Upper     float64
	LowerBy, UpperBy string

	// One-sided sign-flip p-values on the clusters' sums of g.
	SignFlipWorse, SignFlipBetter float64

	// Excluded is the smallest margin that would have passed on these data, 0
	// when any drop at all is excluded, NaN when no margin below 1 passes.
	Excluded float64
	// Needed is the number of cases at this spread with which an unchanged
	// candidate passes 4 times in 5; 0 when unknown.
	Needed int

	Outcome Outcome
	Notes   []Note
}

const (
	deltaConf        = .95
	minClusters      = 20
	safeClusters     = 50
	minDiscordant    = 8
	minBaseline      = .05
	saturatedShare   = .95
	defaultResamples = 9999
)

// NonInferiority compares two arms on the same cases. It passes (Better) when
// the data exclude a drop of X or more at error Alpha, has regressed (Worse)
// when they exclude a drop of X or less, and is Undecided otherwise, on fewer
// than 20 clusters or 8 differing cases also when the sign-flip test on the
// clusters does not agree.
//
// Identical arms pass as soon as there are enough clusters for the rule of
// three (3/G ≤ X at 5 %). It never panics; input that cannot be judged is
// Undecided with a note.
func NonInferiority(p Pairs, c NIConfig) NI {
	kind := relative
	if c.Points {
		kind = absolute
	}
	c = c.withDefaults()
	if !validPairs(p) || !c.valid() {
		return badInput(len(p.Cand))
	}
	e := newEvidence(p, kind, c)
	r := e.describe()
	if r.N == 0 {
		return r
	}
	m := kind.at(c.X)
	e.decide(&r, m)
	r.Excluded = e.smallestPassing()
	r.RelLo, r.RelHi = e.relativeInterval()
	r.Needed = e.needed(m, r.Mean, r.SE)
	return r
}

// Floor compares the mean of one arm's scores with an absolute floor: Better
// when the mean is above it, Worse when below. BaseMean is the floor, g is
// x − floor, X and Points are ignored, Discordant counts the cases that differ
// from the best score seen, and Excluded is the highest floor that the bounds
// would have passed: the lower bound of the mean.
func Floor(x []float64, cluster []int, floor float64, c NIConfig) NI {
	base := make([]float64, len(x))
	for i := range base {
		base[i] = floor
	}
	c = c.withDefaults()
	c.X, c.Points = .5, true // unused, but must be valid
	p := Pairs{Base: base, Cand: x, Cluster: cluster}
	if !validPairs(p) || !c.valid() || math.IsNaN(floor) || math.IsInf(floor, 0) {
		return badInput(len(x))
	}
	e := newEvidence(p, toFloor, c)
	r := e.describe()
	if r.N == 0 {
		return r
	}
	m := toFloor.at(0)
	e.decide(&r, m)
	r.Excluded = floor + r.Lower
	r.Needed = e.needed(m, r.Mean, r.SE)
	return r
}

func (c NIConfig) withDefaults() NIConfig {
	if c.Resamples <= 0 {
		c.Resamples = defaultResamples
	}
	return c
}

func (c NIConfig) valid() bool {
	return c.X > 0 && c.X < 1 && c.Alpha > 0 && c.Alpha < .5 && c.FixedSE >= 0 && !math.IsInf(c.FixedSE, 0)
}

func validPairs(p Pairs) bool {
	if len(p.Base) != len(p.Cand) || (p.Cluster != nil && len(p.Cluster) != len(p.Cand)) {
		return false
	}
	for i := range p.Cand {
		if d := p.Cand[i] - p.Base[i]; math.IsNaN(d) || math.IsInf(d, 0) {
			return false
		}
	}
	return true
}

func badInput(n int) NI {
	r := undecided()
	r.N = n
	r.Notes = []Note{{NoteBadInput, float64(n)}}
	return r
}

// undecided is the result about nothing: no number exists and nothing is
// excluded.
func undecided() NI {
	nan := math.NaN()
	return NI{
		BaseMean: nan, CandMean: nan, DeltaConf: deltaConf,
		Delta: nan, DeltaLo: nan, DeltaHi: nan, RelLo: nan, RelHi: nan,
		Mean: nan, SE: nan, Lower: math.Inf(-1), Upper: math.Inf(1),
		SignFlipWorse: 1, SignFlipBetter: 1, Excluded: nan,
	}
}
