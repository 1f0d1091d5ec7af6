package eval

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// build makes a Collected by hand: each line is "case arm trial value [must]",
// value "-" for a lost slot. Lines are checks where value ends in "d", judge
// scores otherwise.
func build(t testing.TB, text string, change func(*Header), cases ...CaseInfo) *Collected {
	t.Helper()
	c := NewCollected(bytes.NewReader(nil))
	h := Header{Format: LedgerFormat, Kind: "compare", PlanDigest: "test", Baseline: &ArmInfo{Label: "base"}, Candidate: ArmInfo{Label: "cand"},
		Policy: DefaultPolicy(), Repeats: 1, Scorers: []ScorerInfo{{Name: "s"}}, Created: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var id, arm, v string
		var trial int
		if _, err := fmt.Sscan(line, &id, &arm, &trial, &v); err != nil {
			t.Fatal(line, err)
		}
		h.Repeats = max(h.Repeats, trial+1)
		known := false
		for _, ci := range cases {
			known = known || ci.ID == id
		}
		if !known {
			cases = append(cases, CaseInfo{ID: id})
		}
	}
	h.Cases = len(cases)
	if change != nil {
		change(&h)
	}
	if err := c.Add(Event{Plan: &h}, 0, 1); err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		if err := c.addCase(&cases[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		f := strings.Fields(line)
		slot := Slot{Case: f[0], Arm: Arm(f[1])}
		fmt.Sscan(f[2], &slot.Trial)
		if f[3] == "-" {
			if err := c.Add(Event{Failure: &FailureEvent{slot, Failure{Stage: StageGenerate, Message: "x"}}}, 0, 1); err != nil {
				t.Fatal(err)
			}
			continue
		}
		text, det := strings.CutSuffix(f[3], "d")
		s := Score{Criterion: "judge:a", Weight: 1, Deterministic: det}
		if det {
			s.Criterion = "check:a"
		}
		fmt.Sscan(text, &s.Value)
		s.Pass = s.Value >= .5
		s.MustPass = len(f) > 4
		if err := c.addScores(&ScoresEvent{Slot: slot, Scorer: "s", Scores: []Score{s}}, span{0, 1}); err != nil {
			t.Fatal(err)
		}
	}
	c.End = &EndEvent{How: "complete"}
	return c
}

// arms writes n cases with the given values on both arms.
func arms(n int, base, cand string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "c%03d baseline 0 %s\nc%03d candidate 0 %s\n", i, base, i, cand)
	}
	return b.String()
}

func TestUnmeasuredIsNeitherPassNorRegression(t *testing.T) {
	// 1 of 200 slots lost: within the policy, and the verdict survives both bounds.
	r := Summarize(build(t, arms(200, "1", "1")+"x baseline 0 1\nx candidate 0 -\n", nil))
	if r.Verdict != Pass || r.Bounds == nil || len(r.Failures) != 1 {
		t.Errorf("one lost slot: %v, bounds %v: %s", r.Verdict, r.Bounds, r.Sentence)
	}
	// 3 % lost is over the policy's 2 %.
	text := arms(200, "1", "1")
	for i := range 13 {
		text += fmt.Sprintf("x%d baseline 0 1\nx%d candidate 0 -\n", i, i)
	}
	r = Summarize(build(t, text, nil))
	if r.Verdict != Unmeasured || r.ExitCode != 3 {
		t.Errorf("3 %% lost: %v: %s", r.Verdict, r.Sentence)
	}
	// Few are lost, but they decide.
	text = arms(62, "1", "1") + "x baseline 0 1\nx candidate 0 -\ny baseline 0 1\ny candidate 0 -\n"
	r = Summarize(build(t, text, nil))
	if r.Verdict != Unmeasured || r.Bounds.Against == r.Bounds.For {
		t.Errorf("lost slots that decide: %v, bounds %+v: %s", r.Verdict, r.Bounds, r.Sentence)
	}
	// Nothing at all was measured.
	r = Summarize(build(t, arms(50, "-", "-"), nil))
	if r.Verdict != Unmeasured || r.Overall.Baseline != nil || r.Candidate.Mean != nil {
		t.Errorf("nothing measured: %v, %+v", r.Verdict, r.Overall)
	}
}

func TestHardRules(t *testing.T) {
	must := CaseInfo{ID: "m", MustPass: true}
	for _, tt := range []struct {
		name, lines string
		broken      bool
	}{
		{"check fails, baseline passes", "m baseline 0 1d\nm candidate 0 0d", true},
		{"check fails on both", "m baseline 0 0d\nm candidate 0 0d", false},
		{"check passes", "m baseline 0 1d\nm candidate 0 1d", false},
		{"check slips once in three", "m baseline 0 1d\nm baseline 1 1d\nm baseline 2 1d\nm candidate 0 0d\nm candidate 1 1d\nm candidate 2 1d", false},
		{"check fails twice in three", "m baseline 0 1d\nm baseline 1 1d\nm baseline 2 1d\nm candidate 0 0d\nm candidate 1 0d\nm candidate 2 1d", true},
		{"judged once", "m baseline 0 1\nm candidate 0 0", false},
		{"judged, two of three", "m baseline 0 1\nm baseline 1 1\nm baseline 2 1\nm candidate 0 0\nm candidate 1 0\nm candidate 2 1", false},
		{"judged, all of three", "m baseline 0 1\nm baseline 1 1\nm baseline 2 1\nm candidate 0 0\nm candidate 1 0\nm candidate 2 0", true},
		{"baseline unmeasured", "m baseline 0 -\nm candidate 0 0d", false},
		{"candidate unmeasured", "m baseline 0 1d\nm candidate 0 -", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.lines + "\n"
			for k := range strings.Count(tt.lines, "\n")/2 + 1 {
				if strings.Contains(tt.lines, fmt.Sprintf("candidate %d", k)) {
					for i := range 300 {
						text += fmt.Sprintf("c%d baseline %d 1d\nc%d candidate %d 1d\n", i, k, i, k)
					}
				}
			}
			r := Summarize(build(t, text, nil, must))
			if got := len(r.MustPass) > 0; got != tt.broken {
				t.Fatalf("broken: %v, want %v", got, tt.broken)
			}
			if tt.broken && (r.Verdict != Regressed || r.ExitCode != 1 || !strings.Contains(r.Sentence, "case m")) {
				t.Errorf("%v: %s", r.Verdict, r.Sentence)
			}
			if tt.broken && (len(r.Worst) == 0 || r.Cases[r.Worst[0]].ID != "m") {
				t.Errorf("the broken case is not the first of the worst: %v", r.Worst)
			}
			if !tt.broken && r.Verdict == Regressed {
				t.Errorf("regressed without a broken rule: %s", r.Sentence)
			}
		})
	}
	r := Summarize(build(t, arms(100, "1d", "1d")+"z baseline 0 1d must\nz candidate 0 0d must\n", nil))
	if r.Verdict != Regressed || r.MustPass[0].Check != "check:a" {
		t.Errorf("a check that must pass: %v, %+v", r.Verdict, r.MustPass)
	}
}

func TestKnownIssueCountsAgainOnItsDate(t *testing.T) {
	until := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	var known []CaseInfo
	var text string
	for i := range 20 {
		known = append(known, CaseInfo{ID: fmt.Sprintf("k%d", i), KnownIssue: &KnownIssue{Reason: "tokenizer", Until: until}})
		text += fmt.Sprintf("k%d baseline 0 1\nk%d candidate 0 0\n", i, i)
	}
	text += arms(150, "1", "1")
	before := Summarize(build(t, text, nil, known...))
	if before.Verdict != Pass || before.Overall.Cases != 150 || before.Cases[0].Counted || !hasWarning(before, "known-issues") {
		t.Errorf("before the date: %v on %d cases: %s", before.Verdict, before.Overall.Cases, before.Sentence)
	}
	after := Summarize(build(t, text, func(h *Header) { h.Created = until }, known...))
	if after.Verdict != Regressed || after.Overall.Cases != 170 || !after.Cases[0].Counted {
		t.Errorf("on the date: %v on %d cases: %s", after.Verdict, after.Overall.Cases, after.Sentence)
	}
}

func TestOnInconclusive(t *testing.T) {
	text := arms(10, "1", "1")
	if r := Summarize(build(t, text, nil)); r.Verdict != Inconclusive || r.ExitCode != 4 {
		t.Errorf("fail: %v, exit %d", r.Verdict, r.ExitCode)
	}
	r := Summarize(build(t, text, func(h *Header) { h.Policy.OnInconclusive = "pass" }))
	if r.Verdict != Inconclusive || r.ExitCode != 0 || !strings.Contains(r.Next, "exit code 0") {
		t.Errorf("pass: %v, exit %d: %s", r.Verdict, r.ExitCode, r.Next)
	}
}

func TestFirstDay(t *testing.T) {
	only := func(h *Header) { h.Baseline = nil }
	floor := func(f float64) func(*Header) {
		return func(h *Header) { h.Baseline = nil; h.Policy.MinScore = &f }
	}
	var text string
	for i := range 200 {
		text += fmt.Sprintf("c%d candidate 0 %d\n", i, min(1, i%10))
	}
	for _, tt := range []struct {
		name   string
		change func(*Header)
		want   Verdict
		says   string
	}{
		{"nothing to decide by", only, Inconclusive, "nothing was compared"},
		{"above the floor", floor(.8), Pass, "lies above the policy's floor of 80.0"},
		{"below the floor", floor(.97), Regressed, "lies below"},
		{"at the floor", floor(.9), Inconclusive, "neither"},
	} {
		r := Summarize(build(t, text, tt.change))
		if r.Verdict != tt.want || !strings.Contains(r.Sentence, tt.says) || r.Baseline != nil {
			t.Errorf("%s: %v: %s", tt.name, r.Verdict, r.Sentence)
		}
	}
	must := CaseInfo{ID: "c1", MustPass: true}
	if r := Summarize(build(t, strings.ReplaceAll(text, " 1\n", " 1d\n"), only, must)); r.Verdict != Pass {
		t.Errorf("hard rules alone, all kept: %v: %s", r.Verdict, r.Sentence)
	}
}

// A pass needs every gate; a regression of one gate among many must survive
// Holm; what the policy does not list never decides.
func TestSeveralGates(t *testing.T) {
	text, infos := "", []CaseInfo{}
	for i := range 400 {
		info := CaseInfo{ID: fmt.Sprintf("c%d", i)}
		cand := "1"
		if i%4 == 0 {
			info.Tags = []string{"billing"}
			if i%16 == 0 { // a quarter of billing breaks: 6 % over all
				cand = "0"
			}
		}
		infos = append(infos, info)
		text += fmt.Sprintf("c%d baseline 0 1\nc%d candidate 0 %s\n", i, i, cand)
	}
	lax := func(h *Header) { h.Policy.MaxDrop = Margin{Value: .2} }
	r := Summarize(build(t, text, lax, infos...))
	if r.Verdict != Pass || len(r.Slices) != 1 || r.Slices[0].Gating || r.Slices[0].Verdict == Pass {
		t.Errorf("an advisory slice: %v, %+v", r.Verdict, r.Slices)
	}
	r = Summarize(build(t, text, func(h *Header) {
		lax(h)
		h.Policy.Slices = []Gate{{Name: "tag:billing", MaxDrop: Margin{Value: .05}}}
	}, infos...))
	if r.Verdict != Regressed || !strings.Contains(r.Sentence, "tag:billing") {
		t.Errorf("a gating slice: %v: %s", r.Verdict, r.Sentence)
	}
	r = Summarize(build(t, text, func(h *Header) {
		lax(h)
		h.Policy.Criteria = []Gate{{Name: "judge:missing", MaxDrop: Margin{Value: .05}}}
	}, infos...))
	if r.Verdict != Inconclusive {
		t.Errorf("a gate that nothing was scored on: %v", r.Verdict)
	}
}

func TestPointsAndLowBaselines(t *testing.T) {
	text := arms(300, "0", "0") + "x baseline 0 1\nx candidate 0 1\n"
	r := Summarize(build(t, text, nil))
	if r.Verdict != Inconclusive || !hasWarning(r, "low_baseline_needs_points") {
		t.Errorf("a relative margin on a baseline near 0: %v, %v", r.Verdict, r.Warnings)
	}
	r = Summarize(build(t, text, func(h *Header) { h.Policy.MaxDrop = Margin{Value: .03, Points: true} }))
	if r.Verdict != Pass {
		t.Errorf("in points: %v: %s", r.Verdict, r.Sentence)
	}
}

func TestParseMargin(t *testing.T) {
	for in, want := range map[string]Margin{"5%": {Value: .05}, " 3 pt": {.03, true}, "0.05": {Value: .05}, "2.5%": {Value: .025}} {
		if got, err := ParseMargin(in); err != nil || got != want {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "5", "x%", "0%", "100%", "-3%", "NaN%", "3pp"} {
		if got, err := ParseMargin(in); err == nil {
			t.Errorf("%q was read as %+v", in, got)
		}
	}
}

func TestReadScores(t *testing.T) {
	f, err := ReadScores(strings.NewReader("\ufeff"+`{"case":"a","score":1}`+"\r\n\n"+`{"case":"a","score":0}`+"\n"+`{"case":"b","score":null}`+"\n"+`{"case":"c","score":true,"trial":1,"tags":["x"],"cluster":"k"}`), "s.jsonl", Scale{})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.rows) != 4 || f.rows[1].id != "a#2" || f.rows[1].cluster != "a" || f.rows[2].value != nil || *f.rows[3].value != 1 {
		t.Errorf("%+v", f.rows)
	}
	for in, want := range map[string]string{
		"":                                    "no scores in it",
		"hello":                               "s.jsonl:1: not a score",
		`{"score":1}`:                         `has no "case"`,
		`{"case":"a"}`:                        `has no "score"`,
		`{"case":"a","score":"1"}`:            "is not a number",
		`{"case":"a","score":7}`:              "--scale lowest..highest",
		`{"case":"a","score":NaN}`:            "not a score",
		`{"case":"a","score":1,"trial":-1}`:   "trials count from 0",
		`{"case":"a","score":1,"trial":2000}`: "trials count from 0",
		`{"case":"a","score":1,"trial":0}` + "\n" + `{"case":"a","score":1,"trial":0}`: "already given in line 1",
	} {
		if _, err := ReadScores(strings.NewReader(in), "s.jsonl", Scale{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", in, err, want)
		}
	}
}

func FuzzReadScores(f *testing.F) {
	f.Add(`{"case":"a","score":1}` + "\n" + `{"case":"a","score":0.5,"trial":3,"criterion":"x","judge":"j"}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ReadScores(strings.NewReader(text), "f", Scale{})
		if err != nil {
			return
		}
		r, err := CompareScores(CompareSpec{Baseline: s, Candidate: s, Policy: DefaultPolicy()})
		if err == nil && r.Verdict == Regressed {
			t.Fatalf("a file regressed against itself: %s", r.Sentence)
		}
	})
}

func TestForecast(t *testing.T) {
	p := DefaultPolicy()
	p.MaxDrop = Margin{Value: .03}
	f := ForecastRun(120, 120, 1, 0, p, DefaultSpread(true), true)
	if got := f.Sentences[0]; !strings.Contains(got, "120 yes/no cases a 3 % margin stays inconclusive about 8 times in 10") || !strings.Contains(got, "600 with 3 repeats, would settle it 4 times in 5") {
		t.Errorf("%s", got)
	}
	for _, tt := range []struct {
		n, k  int
		yesNo bool
		want  float64
	}{{200, 1, true, .22}, {500, 1, true, .40}, {200, 1, false, .50}, {200, 3, false, .82}} {
		if got := ForecastRun(tt.n, tt.n, tt.k, 0, p, DefaultSpread(tt.yesNo), tt.yesNo).PassPower; got < tt.want-.015 || got > tt.want+.015 {
			t.Errorf("n=%d K=%d yes/no=%v: power %.3f, want %.2f", tt.n, tt.k, tt.yesNo, got, tt.want)
		}
	}
}
