package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// anyPairs draws comparisons of every awkward kind: few cases, ties, constant
// and identical arms, yes/no and graded scores, unequal clusters.
func anyPairs(t *rapid.T, least int) Pairs {
	n := rapid.IntRange(least, 90).Draw(t, "n")
	steps := rapid.SampledFrom([]int{1, 1, 3, 4, 12, 1000}).Draw(t, "steps")
	moved := rapid.SampledFrom([]float64{0, .02, .05, .5, 1}).Draw(t, "moved")
	saturated := rapid.Bool().Draw(t, "saturated")
	clusters := rapid.IntRange(0, 40).Draw(t, "clusters")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	score := func() float64 { return float64(r.IntN(steps+1)) / float64(steps) }
	p := Pairs{Base: make([]float64, n), Cand: make([]float64, n)}
	for i := range n {
		p.Base[i] = 1
		if !saturated {
			p.Base[i] = score()
		}
		if p.Cand[i] = p.Base[i]; r.Float64() < moved {
			p.Cand[i] = score()
		}
		if clusters > 0 {
			p.Cluster = append(p.Cluster, r.IntN(clusters))
		}
	}
	return p
}

func anyConfig(t *rapid.T) NIConfig {
	return NIConfig{
		X:         rapid.SampledFrom([]float64{.001, .01, .03, .05, .1, .3, .9}).Draw(t, "x"),
		Points:    rapid.Bool().Draw(t, "points"),
		Alpha:     rapid.SampledFrom([]float64{.01, .025, .05, .1}).Draw(t, "alpha"),
		Seed:      7,
		Resamples: 99,
	}
}

// same is equality of every bit, NaN included.
func same(a, b NI) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }

func TestDecisionsAreNeverNaN(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPairs(t, 0), anyConfig(t)
		for name, r := range map[string]NI{
			"pairs": NonInferiority(p, c),
			"floor": Floor(p.Cand, p.Cluster, rapid.Float64Range(-.1, 1.1).Draw(t, "floor"), c),
		} {
			if math.IsNaN(r.Lower) || math.IsNaN(r.Upper) || math.IsNaN(r.SignFlipBetter) || math.IsNaN(r.SignFlipWorse) {
				t.Fatalf("%s: NaN in a decision: %+v", name, r)
			}
			if r.N > 0 && (math.IsNaN(r.Mean) || math.IsNaN(r.SE) || math.IsNaN(r.DeltaLo) || math.IsNaN(r.DeltaHi)) {
				t.Fatalf("%s: NaN for data: %+v", name, r)
			}
			if r.N > 0 && !(r.Lower <= r.Mean+1e-9 && r.Mean <= r.Upper+1e-9 && r.DeltaLo <= r.Delta+1e-9 && r.Delta <= r.DeltaHi+1e-9) {
				t.Fatalf("%s: interval without its estimate: %+v", name, r)
			}
			if r.Outcome == Better && !(r.Lower > 0) || r.Outcome == Worse && !(r.Upper < 0) {
				t.Fatalf("%s: decided against the bounds: %+v", name, r)
			}
		}
	})
}

func TestOrderAndNamesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPairs(t, 1), anyConfig(t)
		order := rapid.Permutation(ascending(p.Base)).Draw(t, "order")
		first := rapid.IntRange(-3, 50).Draw(t, "first name")
		q := Pairs{}
		for _, i := range order {
			q.Base, q.Cand = append(q.Base, p.Base[i]), append(q.Cand, p.Cand[i])
			if p.Cluster != nil {
				q.Cluster = append(q.Cluster, first-7*p.Cluster[i])
			}
		}
		if a, b := NonInferiority(p, c), NonInferiority(q, c); !same(a, b) {
			t.Fatalf("\n%+v\n%+v", a, b)
		}
	})
}

func TestSingletonClustersAreNoClusters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPairs(t, 1), anyConfig(t)
		p.Cluster = nil
		q := p
		q.Cluster = ascending(make([]float64, len(p.Base)))
		if a, b := NonInferiority(p, c), NonInferiority(q, c); !same(a, b) {
			t.Fatalf("\n%+v\n%+v", a, b)
		}
	})
}

// TestSwappingTheArms mirrors everything that is not drawn at random.
func TestSwappingTheArms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPairs(t, 2), anyConfig(t)
		c.Points = true
		e := newEvidence(p, absolute, c)
		f := newEvidence(Pairs{p.Cand, p.Base, p.Cluster}, absolute, c)
		none := absolute.at(0)
		for i, b := range e.bounds(none, .05) {
			s := f.bounds(none, .05)[i]
			tolerance := 1e-9
			if b.by == "bca" { // other draws: only t's width is a yardstick
				_, se := e.meanAndSE(none)
				tolerance = 3 * se
			}
			if gap := math.Abs(b.low + s.high); b.low != -s.high && !(gap <= tolerance) {
				t.Fatalf("%s: %v against %v", b.by, b, s)
			}
		}
		a, b := NonInferiority(p, c), NonInferiority(Pairs{p.Cand, p.Base, p.Cluster}, c)
		near(t, "change", a.Delta, -b.Delta, 1e-12)
		if a.Discordant != b.Discordant || math.Abs(a.BaseMean-b.CandMean) > 1e-12 {
			t.Fatalf("\n%+v\n%+v", a, b)
		}
	})
}

// TestMonotoneInTheMargin: what passes at a margin passes at every larger one,
// and what has regressed has regressed at every smaller one.
func TestMonotoneInTheMargin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPairs(t, 25), anyConfig(t)
		p.Cluster = nil
		if Mean(p.Base) < .3 { // a baseline hardly clear of 0 has no relative drop
			c.Points = true
		}
		x := []float64{.01, .02, .03, .05, .08, .13, .2, .35, .6, .95}
		var outcomes []Outcome
		for _, c.X = range x {
			outcomes = append(outcomes, NonInferiority(p, c).Outcome)
		}
		passed, undecided := false, false
		for i, o := range outcomes {
			if passed && o != Better || undecided && o == Worse {
				t.Fatalf("at margins %v: %v", x[:i+1], outcomes)
			}
			passed, undecided = passed || o == Better, undecided || o != Worse
		}
	})
}

// TestExcludedIsWhereItPasses: just above X_pass it passes, just below it does not.
func TestExcludedIsWhereItPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPairs(t, 25), anyConfig(t)
		x := NonInferiority(p, c).Excluded
		if math.IsNaN(x) {
			c.X = .999
			if r := NonInferiority(p, c); r.Outcome == Better {
				t.Fatalf("nothing is excluded, yet %+v", r)
			}
			return
		}
		if c.X = x + 1e-4; c.X < 1 {
			if r := NonInferiority(p, c); r.Outcome != Better {
				t.Fatalf("undecided just above %v: %+v", x, r)
			}
		}
		if c.X = x - 1e-4; c.X > 0 {
			if r := NonInferiority(p, c); r.Outcome == Better {
				t.Fatalf("passes just below %v: %+v", x, r)
			}
		}
	})
}

// TestRelativeIntervalInvertsTheGate: a margin is excluded at 97.5 % exactly when
// the interval of the relative change lies above it.
func TestRelativeIntervalInvertsTheGate(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	p := rubricLaw(3, 1).draw(r, 300, .02)
	c := NIConfig{X: .05, Alpha: .025, Seed: 5, Resamples: 999}
	a := NonInferiority(p, c)
	if !(a.RelLo < a.Delta/a.BaseMean && a.Delta/a.BaseMean < a.RelHi) {
		t.Fatalf("%+v", a)
	}
	near(t, "lower end", -a.RelLo, a.Excluded, 1e-6)
	// Where the baseline hardly varies it is the interval of the change, divided.
	for i := range p.Base {
		p.Base[i] = .5
	}
	a = NonInferiority(p, c)
	near(t, "constant baseline, lower", a.RelLo, a.DeltaLo/.5, 1e-3)
	near(t, "constant baseline, upper", a.RelHi, a.DeltaHi/.5, 1e-3)
}

func TestSameBitsOnAnyNumberOfProcessors(t *testing.T) {
	p := rubricLaw(1, 5).draw(rand.New(rand.NewPCG(1, 2)), 1000, .03)
	c := NIConfig{X: .03, Alpha: .05, Seed: 99}
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	want := NonInferiority(p, c)
	for _, n := range []int{2, 3, 8} {
		runtime.GOMAXPROCS(n)
		if got := NonInferiority(p, c); !same(got, want) {
			t.Errorf("%d processors: %+v, one: %+v", n, got, want)
		}
	}
	c.Seed++
	if got := NonInferiority(p, c); same(got, want) {
		t.Error("the seed changes nothing")
	}
}

func constant(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

func hasNote(r NI, code string) bool {
	return slices.ContainsFunc(r.Notes, func(n Note) bool { return n.Code == code })
}

// TestIdenticalArms: nothing changed. The rule of three alone decides how many
// cases that takes, whatever the scores look like.
func TestIdenticalArms(t *testing.T) {
	half := func(n int) []float64 {
		x := constant(n, 1)
		for i := range n / 2 {
			x[2*i] = 0
		}
		return x
	}
	for _, x := range []struct {
		name    string
		scores  []float64
		size    int // of clusters
		x       float64
		points  bool
		alpha   float64
		passes  bool
		enough  float64 // clusters, where it does not pass
		outcome Outcome
	}{
		{"no case", nil, 1, .05, false, .05, false, 0, Undecided},
		{"one case", constant(1, 1), 1, .05, false, .05, false, 60, Undecided},
		{"59 at 5 %", constant(59, 1), 1, .05, false, .05, false, 60, Undecided},
		{"60 at 5 %", constant(60, 1), 1, .05, false, .05, true, 0, Better},
		{"99 at 3 %", constant(99, 1), 1, .03, false, .05, false, 100, Undecided},
		{"100 at 3 %", constant(100, 1), 1, .03, false, .05, true, 0, Better},
		{"100 at 3 % of two looks", constant(100, 1), 1, .03, false, .025, false, 123, Undecided},
		{"123 at 3 % of two looks", constant(123, 1), 1, .03, false, .025, true, 0, Better},
		{"graded, constant", constant(60, .6), 1, .05, false, .05, true, 0, Better},
		{"points", constant(60, .6), 1, .05, true, .05, true, 0, Better},
		{"points, too few", constant(59, .6), 1, .05, true, .05, false, 60, Undecided},
		{"half pass: failures show in half the cases", half(118), 1, .05, false, .05, false, 120, Undecided},
		{"half pass, enough", half(120), 1, .05, false, .05, true, 0, Better},
		{"500 in 100 clusters", constant(500, 1), 5, .03, false, .05, true, 0, Better},
		{"495 in 99 clusters", constant(495, 1), 5, .03, false, .05, false, 100, Undecided},
		{"500 in 10 clusters", constant(500, 1), 50, .05, false, .05, false, 60, Undecided},
	} {
		p := Pairs{Base: x.scores, Cand: x.scores}
		if x.size > 1 {
			for i := range x.scores {
				p.Cluster = append(p.Cluster, i/x.size)
			}
		}
		r := NonInferiority(p, NIConfig{X: x.x, Points: x.points, Alpha: x.alpha, Seed: 1, Resamples: 199})
		if r.Outcome != x.outcome || r.Discordant != 0 {
			t.Errorf("%s: %+v", x.name, r)
		}
		if i := slices.IndexFunc(r.Notes, func(n Note) bool { return n.Code == NoteRuleOfThree }); x.enough > 0 && (i < 0 || r.Notes[i].N != x.enough) {
			t.Errorf("%s: notes %v, want %v clusters", x.name, r.Notes, x.enough)
		}
		if x.passes && (r.LowerBy != "rule-of-three" || !(r.Excluded > 0 && r.Excluded <= x.x)) {
			t.Errorf("%s: by %s, excluded %v", x.name, r.LowerBy, r.Excluded)
		}
	}
}

// TestNearlyIdenticalArms: one more gain must not make a set pass that is too
// small without it, nor one loss in a large set block it.
func TestNearlyIdenticalArms(t *testing.T) {
	c := NIConfig{X: .05, Alpha: .05, Seed: 1, Resamples: 999}
	gain := yesNoPairs(1, 0, 39, 40)
	if r := NonInferiority(gain, c); r.Outcome != Undecided {
		t.Errorf("40 cases, one gain: %+v", r)
	}
	clustered := yesNoPairs(1, 0, 599, 600)
	for i := range 600 {
		clustered.Cluster = append(clustered.Cluster, i/50)
	}
	if r := NonInferiority(clustered, c); r.Outcome != Undecided {
		t.Errorf("12 clusters, one gain: %+v", r)
	}
	if r := NonInferiority(yesNoPairs(0, 1, 119, 120), c); r.Outcome != Better || !hasNote(r, NoteFewDiscordant) {
		t.Errorf("120 cases, one loss: %+v", r)
	}
}

func TestWhatCannotBeJudged(t *testing.T) {
	ones, c := constant(200, 1), NIConfig{X: .05, Alpha: .05, Seed: 1, Resamples: 199}
	broken := slices.Clone(ones)
	broken[3] = math.NaN()
	for name, r := range map[string]NI{
		"NaN score":     NonInferiority(Pairs{Base: ones, Cand: broken}, c),
		"other lengths": NonInferiority(Pairs{Base: ones, Cand: ones[:7]}, c),
		"few clusters":  NonInferiority(Pairs{Base: ones, Cand: ones, Cluster: []int{1}}, c),
		"no margin":     NonInferiority(Pairs{Base: ones, Cand: ones}, NIConfig{Alpha: .05}),
		"no alpha":      NonInferiority(Pairs{Base: ones, Cand: ones}, NIConfig{X: .05}),
		"floor NaN":     Floor(ones, nil, math.NaN(), c),
	} {
		if r.Outcome != Undecided || !hasNote(r, NoteBadInput) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	c.MinCases = 201
	if r := NonInferiority(Pairs{Base: ones, Cand: ones}, c); r.Outcome != Undecided || !hasNote(r, NoteTooFewCases) {
		t.Errorf("too few cases: %+v", r)
	}
}

// TestLowBaseline: 5 % of almost nothing is not a margin; points are.
func TestLowBaseline(t *testing.T) {
	p := yesNoPairs(0, 0, 20, 500)
	c := NIConfig{X: .05, Alpha: .05, Seed: 1, Resamples: 199}
	if r := NonInferiority(p, c); r.Outcome != Undecided || !hasNote(r, NoteLowBaseline) || !math.IsNaN(r.Excluded) {
		t.Errorf("relative: %+v", r)
	}
	c.Points = true
	if r := NonInferiority(p, c); r.Outcome != Better || hasNote(r, NoteLowBaseline) {
		t.Errorf("points: %+v", r)
	}
}

// TestFixedPopulation: the cases are the requirement, only repeats are random.
func TestFixedPopulation(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := rubricLaw(3, 1).draw(r, 60, 0)
	v := constant(60, .02)
	se, df := FixedSE(v, v, 3, .95)
	near(t, "se", se, math.Sqrt(.02*(1+.95*.95)/3/60), 1e-12)
	near(t, "df", df, 120, 0)
	g := NonInferiority(p, NIConfig{X: .05, Alpha: .05, Seed: 1, FixedSE: se, FixedDF: df})
	lo, hi := TInterval(g.Mean, se, df, .9)
	if g.SE != se || g.Lower != lo || g.Upper != hi || g.LowerBy != "t" {
		t.Errorf("%+v", g)
	}
}

func TestFloor(t *testing.T) {
	c := NIConfig{Alpha: .05, Seed: 1, Resamples: 999}
	r := rand.New(rand.NewPCG(1, 2))
	x := rubricLaw(3, 1).draw(r, 400, 0).Cand
	for floor, want := range map[float64]Outcome{.80: Better, .85: Undecided, .95: Worse} {
		got := Floor(x, nil, floor, c)
		if got.Outcome != want {
			t.Errorf("floor %v: %+v", floor, got)
		}
		near(t, "highest floor", got.Excluded, floor+got.Lower, 1e-12)
	}
	// All perfect is not proof of perfection.
	for n, want := range map[int]Outcome{29: Undecided, 30: Better} {
		if got := Floor(constant(n, 1), nil, .9, c); got.Outcome != want {
			t.Errorf("%d perfect cases, floor .9: %+v", n, got)
		}
	}
	// One failure in n yes/no cases is Clopper–Pearson's bound.
	x = constant(100, 1)
	x[0] = 0
	e := newEvidence(Pairs{Base: constant(100, .9), Cand: x}, toFloor, c)
	lo, _ := ClopperPearson(99, 100, 1-2*allowance*.05)
	near(t, "exact bound", .9+e.exactBound(toFloor.at(0), .05).low, lo, 2e-4)
}
