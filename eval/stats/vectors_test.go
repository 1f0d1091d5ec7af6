package stats

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
)

// The vectors were computed elsewhere (R, scipy, statsmodels, enumeration, brute
// force). They lie beside the repository and are not part of it.
const vectorFile = "../../../shared/statistics_testvectors.json"

// vector reads one entry of the file.
type vector struct {
	t   *testing.T
	raw json.RawMessage
}

func (v vector) into(x any) {
	v.t.Helper()
	if err := json.Unmarshal(v.raw, x); err != nil {
		v.t.Fatal(err)
	}
}

func (v vector) near(what string, got, want float64) { v.within(what, got, want, 1e-9) }

func (v vector) within(what string, got, want, tolerance float64) {
	v.t.Helper()
	near(v.t, what, got, want, tolerance)
}

func near(t testingT, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

func (v vector) nears(what string, got, want []float64) {
	v.t.Helper()
	if len(got) != len(want) {
		v.t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		v.near(what+"["+strconv.Itoa(i)+"]", got[i], want[i])
	}
}

// testingT is what testing and rapid have in common.
type testingT interface {
	Helper()
	Errorf(format string, args ...any)
}

// vectorTests has one check for every entry of the file.
var vectorTests = map[string]func(vector){
	"paired":                     checkPaired,
	"margin3pct":                 checkMargin,
	"wilcoxon_py":                checkWilcoxonNormal,
	"wilcoxon_exact":             checkWilcoxonExact,
	"wilcoxon_depression":        checkDepression,
	"darwin_maize":               checkDarwin,
	"signflip_clusters":          checkFlipClusters,
	"mcnemar_fagerland":          checkMcNemar,
	"mcnemar_6_16":               checkMcNemar,
	"tango":                      checkTango,
	"kappa":                      checkKappa,
	"kappa3":                     checkKappa3,
	"krippendorff":               checkKrippendorff,
	"clustered":                  checkClustered,
	"anova":                      checkAnova,
	"miller_power":               checkMiller,
	"ni_margin_pct":              checkMargins,
	"bh1995":                     checkMultiple,
	"prop":                       checkProportions,
	"rogan_gladen":               checkRoganGladen,
	"ppi":                        checkPPI,
	"attenuation":                checkAttenuation,
	"bet_mixture":                checkMixture,
	"late_start":                 checkMixture,
	"bet_agrapa":                 checkAGRAPA,
	"recommended_grid_bernoulli": checkGrid,
	"recommended_grid_wealth":    checkGridWealth,
	"bet_paired_X5":              checkPairedBets,
	"asympcs":                    checkAsympCS,
	"bern_bounds":                checkBernoulli,
	"ks":                         checkKS,
	"div":                        checkDivergences,
	"mmd":                        checkMMD,
	"bca_exhaustive":             checkBCa,
	"dl_meta":                    checkMeta,
	"kitagawa":                   checkKitagawa,
	"group_seq_K5_alpha05":       checkGroupSequential,
	"psi_crit_B10_n1000_m200_p01": func(v vector) {
		var want float64
		v.into(&want)
		v.near("critical PSI", PSICritical(10, 1000, 200, .01), want)
	},
}

func TestVectors(t *testing.T) {
	data, err := os.ReadFile(vectorFile)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not here; the published ones among its vectors run in TestPublished", vectorFile)
	}
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		check, ok := vectorTests[name]
		if !ok {
			t.Errorf("no check for vector %q", name)
			continue
		}
		t.Run(name, func(t *testing.T) { check(vector{t, all[name]}) })
	}
	for name := range vectorTests {
		if _, ok := all[name]; !ok {
			t.Errorf("vector %q is gone from the file", name)
		}
	}
}

type pairedVector struct {
	Base, Cand, D, CI95 []float64
	Mean, SD, SE, T     float64
	PLess               float64   `json:"p_less"`
	PTwo                float64   `json:"p_two"`
	Lower               float64   `json:"lower95_onesided"`
	Upper               float64   `json:"upper95_onesided"`
	FlipLess            float64   `json:"signflip_less"`
	FlipGreater         float64   `json:"signflip_greater"`
	FlipTwo             float64   `json:"signflip_two"`
	Counts              []float64 `json:"signflip_counts"`
}

func checkPaired(v vector) {
	var x pairedVector
	v.into(&x)
	p := PairedT(x.Base, x.Cand)
	v.near("mean", p.Mean, x.Mean)
	v.near("sd", p.SD, x.SD)
	v.near("se", p.SE, x.SE)
	v.near("t", p.T, x.T)
	v.near("p less", p.Less, x.PLess)
	v.near("p two", p.Two, x.PTwo)
	lo, hi := p.Interval(.95)
	v.nears("ci95", []float64{lo, hi}, x.CI95)
	lo, hi = p.Interval(.90)
	v.near("lower", lo, x.Lower)
	v.near("upper", hi, x.Upper)
	f := SignFlip(x.D, 1, 0)
	v.near("flip less", f.Less, x.FlipLess)
	v.near("flip greater", f.Greater, x.FlipGreater)
	v.near("flip two", f.Two, x.FlipTwo)
	v.nears("flip counts", []float64{f.Less * 1024, f.Greater * 1024, f.Two * 1024, 1024}, x.Counts)
}

func checkMargin(v vector) {
	var x struct {
		G           []float64
		Mean, SE, T float64
		PPass       float64 `json:"p_pass"`
		PRegress    float64 `json:"p_regress"`
		FlipPass    float64 `json:"signflip_pass"`
		FlipRegress float64 `json:"signflip_regress"`
	}
	v.into(&x)
	o := OneSampleT(x.G)
	v.near("t", o.T, x.T)
	v.near("p pass", o.Greater, x.PPass)
	v.near("p regress", o.Less, x.PRegress)
	// The gate on the pairs these came from.
	base := []float64{.9, .85, 1, .7, .95, .6, .8, 1, .75, .88}
	cand := []float64{.85, .86, .9, .72, .8, .55, .77, .94, .79, .81}
	r := NonInferiority(Pairs{Base: base, Cand: cand}, NIConfig{X: .03, Alpha: .05, Seed: 1})
	v.near("mean", r.Mean, x.Mean)
	v.near("se", r.SE, x.SE)
	v.near("flip pass", r.SignFlipBetter, x.FlipPass)
	v.near("flip regress", r.SignFlipWorse, x.FlipRegress)
	if r.Outcome != Undecided {
		v.t.Errorf("outcome %d on ten cases", r.Outcome)
	}
}

func checkFlipClusters(v vector) {
	var x struct {
		Sums               []float64
		Less, Greater, Two float64
	}
	v.into(&x)
	f := SignFlip(x.Sums, 1, 0)
	v.nears("flips", []float64{f.Less, f.Greater, f.Two}, []float64{x.Less, x.Greater, x.Two})
}

func checkDarwin(v vector) {
	var x struct {
		D       []float64
		Sum, N  float64
		Greater float64 `json:"signflip_greater"`
		Two     float64 `json:"signflip_two"`
		Count   float64 `json:"count_greater"`
		T       float64 `json:"t_p_two"`
	}
	v.into(&x)
	f := SignFlip(x.D, 1, 0)
	v.near("sum", Mean(x.D)*15, x.Sum)
	v.near("greater", f.Greater, x.Greater)
	v.near("count", f.Greater*x.N, x.Count)
	v.near("two", f.Two, x.Two)
	v.near("t", OneSampleT(x.D).Two, x.T)
}

func checkMcNemar(v vector) {
	var x struct {
		B, C    int
		Exact   float64 `json:"exact_two"`
		Mid     float64 `json:"mid_two"`
		One     float64 `json:"exact_one"`
		Asym    float64 `json:"asym_two"`
		Correct float64 `json:"asym_cc_two"`
	}
	v.into(&x)
	m := McNemar(x.B, x.C)
	v.nears("p", []float64{m.Exact, m.MidP, m.OneSided, m.Asymptotic, m.Corrected},
		[]float64{x.Exact, x.Mid, x.One, x.Asym, x.Correct})
}

func checkTango(v vector) {
	var xs []struct {
		B, C, N int
		CI95    []float64
		Z       float64 `json:"z_at_m003"`
		Brute   float64 `json:"z_brute"`
	}
	v.into(&xs)
	for _, x := range xs {
		lo, hi := TangoInterval(x.B, x.C, x.N, .95)
		v.nears("interval", []float64{lo, hi}, x.CI95)
		z := TangoZ(x.B, x.C, x.N, -.03)
		v.near("z", z, x.Z)
		v.within("z by brute force", z, x.Brute, 1e-6)
		v.gateScoreIsTango(x.B, x.C, x.N, x.CI95)
	}
}

// gateScoreIsTango: the gate's score bound on the same pairs is Tango's interval.
func (v vector) gateScoreIsTango(gained, lost, n int, want []float64) {
	v.t.Helper()
	e := newEvidence(yesNoPairs(gained, lost, (n-gained-lost)/2, n), absolute, NIConfig{Resamples: 1})
	z := normalQuantile(.975)
	b := scoreBound(&e.cases, absolute.at(0), z*z)
	v.nears("score bound", []float64{b.low, b.high}, want)
}

// yesNoPairs builds n yes/no cases with these discordant counts and both passes.
func yesNoPairs(gained, lost, both, n int) Pairs {
	p := Pairs{Base: make([]float64, n), Cand: make([]float64, n)}
	for i := range n {
		switch {
		case i < gained:
			p.Cand[i] = 1
		case i < gained+lost:
			p.Base[i] = 1
		case i < gained+lost+both:
			p.Base[i], p.Cand[i] = 1, 1
		}
	}
	return p
}

func checkKappa(v vector) {
	var x struct {
		Table [][]float64
		Kappa float64
	}
	v.into(&x)
	v.near("kappa", CohenKappa(x.Table, Unweighted), x.Kappa)
}

func checkKappa3(v vector) {
	var x struct {
		Table                         [][]float64
		Unweighted, Linear, Quadratic float64
	}
	v.into(&x)
	v.near("unweighted", CohenKappa(x.Table, Unweighted), x.Unweighted)
	v.near("linear", CohenKappa(x.Table, Linear), x.Linear)
	v.near("quadratic", CohenKappa(x.Table, Quadratic), x.Quadratic)
}

func checkKrippendorff(v vector) {
	var x struct {
		Data                              [][]*float64
		Nominal, Ordinal, Interval, Ratio float64
	}
	v.into(&x)
	ratings := make([][]float64, len(x.Data))
	for i, row := range x.Data {
		for _, r := range row {
			if r == nil {
				ratings[i] = append(ratings[i], math.NaN())
			} else {
				ratings[i] = append(ratings[i], *r)
			}
		}
	}
	v.near("nominal", Krippendorff(ratings, Nominal), x.Nominal)
	v.near("ordinal", Krippendorff(ratings, Ordinal), x.Ordinal)
	v.near("interval", Krippendorff(ratings, Interval), x.Interval)
	v.near("ratio", Krippendorff(ratings, Ratio), x.Ratio)
}

func checkClustered(v vector) {
	var x struct {
		S       []float64
		Cluster []int
		Mean    float64
		CLT     float64 `json:"se_clt"`
		Miller  float64 `json:"se_miller"`
		CR0     float64 `json:"se_cr0"`
		CR1     float64 `json:"se_cr1"`
		T       float64 `json:"t_crit_df3_975"`
		R0      float64 `json:"statsmodels_cr0"`
		R1      float64 `json:"statsmodels_cr1"`
	}
	v.into(&x)
	s := ClusterSE(x.S, x.Cluster)
	v.nears("se", []float64{s.Mean, s.CLT, s.Miller, s.CR0, s.CR1, s.CR0, s.CR1},
		[]float64{x.Mean, x.CLT, x.Miller, x.CR0, x.CR1, x.R0, x.R1})
	v.near("t quantile", tQuantile(.975, float64(s.Clusters-1)), x.T)
	// The gate's own standard error is CR1 too.
	f := Floor(x.S, x.Cluster, .5, NIConfig{Alpha: .05, Seed: 1})
	v.near("gate", f.SE, x.CR1)
}

func checkAnova(v vector) {
	var x struct {
		R                              [][]float64
		MSW, MSB, Sigma2, Omega2, ICC1 float64
		SE                             float64 `json:"se_mean"`
		K1                             float64 `json:"se_if_K1"`
		Inf                            float64 `json:"se_if_Kinf"`
	}
	v.into(&x)
	d := Decompose(x.R)
	v.nears("anova", []float64{d.MSW, d.MSB, d.Sigma2, d.Omega2, d.ICC, d.SE, d.PredictSE(1), d.PredictSE(math.Inf(1)), d.PredictSE(3)},
		[]float64{x.MSW, x.MSB, x.Sigma2, x.Omega2, x.ICC1, x.SE, x.K1, x.Inf, x.SE})
}

func checkMiller(v vector) {
	var x struct {
		N    float64 `json:"n_K_inf"`
		K1   float64 `json:"mde198_K1"`
		K10  float64 `json:"mde198_K10"`
		Inf  float64 `json:"mde198_Kinf"`
		ZSum float64
	}
	v.into(&x)
	d := Design{Omega2: 1. / 9, Sigma2A: 1. / 6, Sigma2B: 1. / 6}
	with := func(k float64) Design { d.RepeatsA, d.RepeatsB = k, k; return d }
	v.near("n", with(math.Inf(1)).Cases(.03, .05, .8), x.N)
	v.near("mde K=1", with(1).MDE(198, .05, .8), x.K1)
	v.near("mde K=10", with(10).MDE(198, .05, .8), x.K10)
	v.near("mde K=inf", with(math.Inf(1)).MDE(198, .05, .8), x.Inf)
	v.near("z sum", normalQuantile(.975)+normalQuantile(.8), x.ZSum)
}

func checkMargins(v vector) {
	var x map[string]map[string][]float64
	v.into(&x)
	for s, byN := range x {
		for n, want := range byN {
			sg, _ := strconv.ParseFloat(s, 64)
			cases, _ := strconv.Atoi(n)
			for i, power := range []float64{.8, .9} {
				got := 100 * SmallestMargin(sg, cases, .85, .05, power)
				near(v.t, "s_g "+s+" n "+n, got, want[i], .005)
				near(v.t, "power there", PassPower(got/100*.85, sg, cases, .05), power, 1e-9)
			}
		}
	}
}

func checkMultiple(v vector) {
	var x struct {
		P, Holm, BH []float64
		NBH         int `json:"bh_rejected_at_05"`
		NHolm       int `json:"holm_rejected_at_05"`
	}
	v.into(&x)
	holm, bh := Holm(x.P), BenjaminiHochberg(x.P)
	v.nears("holm", holm, x.Holm)
	v.nears("bh", bh, x.BH)
	count := func(p []float64) (n int) {
		for _, q := range p {
			if q <= .05 {
				n++
			}
		}
		return n
	}
	if count(holm) != x.NHolm || count(bh) != x.NBH {
		v.t.Errorf("rejected %d and %d", count(holm), count(bh))
	}
}

func checkProportions(v vector) {
	var x struct {
		CP   []float64 `json:"cp_42_50"`
		W    []float64 `json:"wilson_42_50"`
		CP0  []float64 `json:"cp_0_100"`
		W170 []float64 `json:"wilson_170_200"`
	}
	v.into(&x)
	pair := func(lo, hi float64) []float64 { return []float64{lo, hi} }
	v.nears("clopper-pearson", pair(ClopperPearson(42, 50, .95)), x.CP)
	v.nears("clopper-pearson 0", pair(ClopperPearson(0, 100, .95)), x.CP0)
	v.nears("wilson", pair(Wilson(42, 50, .95)), x.W)
	v.nears("wilson 170", pair(Wilson(170, 200, .95)), x.W170)
}
