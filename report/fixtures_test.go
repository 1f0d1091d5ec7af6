package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/qualgate/qualgate/eval"
)

// fixture is a Result that every renderer must show well. Results are written
// by hand: what they show is what a renderer gets, not what statistics compute.
type fixture struct {
	name   string
	result *eval.Result
}

func fixtures() []fixture {
	return []fixture{
		{"pass", passResult()},
		{"regressed", regressedResult()},
		{"inconclusive", inconclusiveResult()},
		{"outage", outageResult()},
		{"must-pass", mustPassResult()},
		{"first-day", firstDayResult()},
		{"plain-scores", plainScoresResult()},
		{"hostile", hostileResult(6000)},
		{"many", manyResult()},
	}
}

func num(v float64) *float64 { return &v }

func dur(d time.Duration) *time.Duration { return &d }

// compared is a comparison with the numbers a renderer shows.
func compared(name string, base, cand, lo, hi float64, v eval.Verdict) eval.Comparison {
	return eval.Comparison{
		Name: name, Gating: name == "overall", Tested: true, Cases: 96, Clusters: 32,
		Baseline: num(base), Candidate: num(cand), Change: num(cand - base), ChangeCI: &eval.Interval{Lo: lo, Hi: hi},
		Relative: num((cand - base) / base), RelativeCI: &eval.Interval{Lo: lo / base, Hi: hi / base},
		Margin: eval.Margin{Value: 0.05}, Lower: num(lo + .05*base), Upper: num(hi + .05*base), LowerBy: "t", UpperBy: "bca",
		Alpha: 0.05, Verdict: v,
	}
}

// supportRun is a run of 96 cases with three trials, everything measured; the
// fixtures change what they are about.
func supportRun() *eval.Result {
	r := &eval.Result{
		Schema: eval.ResultSchema, Looks: 1,
		Run: eval.RunInfo{
			Kind: "run", Name: "support-assistant", PlanDigest: "9f0c1d7a55e2b8c4", ToolVersion: "0.1.0",
			Created: time.Date(2026, 3, 5, 9, 30, 0, 0, time.UTC), Elapsed: 3*time.Minute + 12*time.Second,
			GoldenName: "support", GoldenHash: "4be1c09a77d35f20", Judge: "gpt-5.1", Rubric: "rubrics/support.yaml",
			Trials: 3, Ended: "complete",
		},
		Policy: eval.DefaultPolicy(),
		Baseline: &eval.ArmSummary{
			Label: "prompts/support.md on gpt-5-mini", Model: "gpt-5-mini", Prompt: "prompts/support.md", Digest: "b1", Commit: "3f2a91c04d77aa10",
			Planned: 288, Scored: 288, Mean: num(.84),
			Spend:      eval.Spend{InputTokens: 85_824, OutputTokens: 30_413, USD: .0823, Calls: 288, Attempts: 293},
			LatencyP50: dur(812 * time.Millisecond), LatencyP95: dur(1940 * time.Millisecond),
		},
		Candidate: eval.ArmSummary{
			Label: "prompts/support.md on gpt-5-mini", Model: "gpt-5-mini", Prompt: "prompts/support.md", Digest: "c1",
			Planned: 288, Scored: 288, Mean: num(.846),
			Spend:      eval.Spend{InputTokens: 81_216, OutputTokens: 28_360, USD: .0770, Calls: 288, Attempts: 288},
			LatencyP50: dur(790 * time.Millisecond), LatencyP95: dur(1870 * time.Millisecond),
		},
		JudgeSpend: eval.Spend{InputTokens: 524_160, OutputTokens: 63_360, USD: 1.2890, Calls: 576, Attempts: 581},
		Repeats: &eval.RepeatReport{
			Baseline:  &eval.VarianceParts{Between: .021, Within: .012, ICC: .636},
			Candidate: &eval.VarianceParts{Between: .024, Within: .013, ICC: .649},
		},
	}
	r.Cases = supportCases(96)
	return r
}

func supportCases(n int) []eval.CaseResult {
	topics := []string{"refund-late", "invoice-copy", "login-2fa", "cancel-trial", "plan-upgrade", "parcel-lost", "data-export", "tone-angry"}
	tags := []string{"billing", "billing", "account", "billing", "account", "shipping", "privacy", "tone"}
	cases := make([]eval.CaseResult, n)
	for i := range cases {
		k := i % len(topics)
		base := 1 - float64(i*7%5)/12
		cand := min(base+float64(i*11%3)/40, 1)
		cases[i] = eval.CaseResult{
			ID: fmt.Sprintf("%s-%02d", topics[k], i/len(topics)+1), Cluster: fmt.Sprintf("%s-%d", topics[k], i/24), Tags: []string{tags[k]},
			Pos: eval.Position{File: "golden/support.yaml", Line: 4 + 9*i, Column: 5}, Counted: true,
			Baseline: num(base), Candidate: num(cand), Change: num(cand - base),
			Parts: []eval.CriterionScore{
				{Criterion: "judge:accuracy", Baseline: num(base), Candidate: num(cand)},
				{Criterion: "check:contains", Baseline: num(1), Candidate: num(1)},
			},
		}
	}
	return cases
}

func passResult() *eval.Result {
	r := supportRun()
	r.Verdict = eval.Pass
	r.Overall = compared("overall", .84, .846, -.0098, .0218, eval.Pass)
	r.Overall.Excluded = num(.012)
	r.Criteria = []eval.Comparison{
		compared("judge:accuracy", .861, .868, -.011, .025, eval.Pass),
		compared("judge:tone", .902, .897, -.021, .011, eval.Pass),
		compared("check:contains", .76, .775, -.019, .049, eval.Pass),
	}
	r.Criteria[0].Gating = true
	r.Slices = []eval.Comparison{
		compared("tag:billing", .831, .829, -.031, .027, eval.Inconclusive),
		compared("tag:privacy", .9, .93, -.05, .11, eval.Inconclusive),
	}
	r.Slices[0].Cases, r.Slices[0].Clusters = 36, 12
	r.Slices[1].Cases, r.Slices[1].Clusters, r.Slices[1].Tested = 12, 4, false
	r.Sentence = "Pass: mean score 84.0 → 84.6 (+0.7 %) on 96 cases in 32 clusters, 3 trials each; at 95 % confidence a drop above 1.2 % is excluded, and the policy allows 5 %; so do the policy's 1 further gate."
	r.Next = "Next: merge; nothing needs to be done."
	return r
}

func regressedResult() *eval.Result {
	r := supportRun()
	r.Verdict, r.ExitCode = eval.Regressed, 1
	r.Candidate.Mean = num(.743)
	r.Overall = compared("overall", .84, .743, -.124, -.07, eval.Regressed)
	r.Overall.Needed = 0
	r.Criteria = []eval.Comparison{
		compared("judge:accuracy", .861, .702, -.201, -.117, eval.Regressed),
		compared("judge:tone", .902, .899, -.019, .013, eval.Pass),
		compared("check:contains", .76, .631, -.171, -.087, eval.Regressed),
		compared("check:json", .995, .99, -.014, .004, eval.Pass),
	}
	r.Criteria[0].Gating = true
	r.Slices = []eval.Comparison{
		compared("tag:account", .87, .842, -.071, .015, eval.Inconclusive),
		compared("tag:billing", .831, .621, -.272, -.148, eval.Regressed),
		compared("tag:privacy", .9, .93, -.05, .11, eval.Inconclusive),
		compared("tag:shipping", .812, .79, -.08, .036, eval.Inconclusive),
		compared("tag:tone", .79, .801, -.061, .083, eval.Inconclusive),
	}
	for i, n := range []int{24, 36, 12, 12, 12} {
		r.Slices[i].Cases, r.Slices[i].Clusters, r.Slices[i].Tested = n, n/3, n >= 30
	}
	r.Sentence = "Regressed: mean score 84.0 → 74.3 (−11.5 %) on 96 cases in 32 clusters, 3 trials each; at 95 % confidence the drop is larger than the 5 % the policy allows (between −14.8 and −8.3 %)."
	r.Next = "Next: read the worst cases below, mend the change and run again; raise max_drop only if the drop is meant."
	r.Worst = []int{0, 11, 3, 16, 40}
	worsen(r)
	return r
}

// worsen lets every fourth case fall a little and gives the worst cases of a Result their answers.
func worsen(r *eval.Result) {
	for i := 1; i < len(r.Cases); i += 4 {
		c := &r.Cases[i]
		c.Candidate, c.Change = num(*c.Baseline-.15), num(-.15)
	}
	set := func(at int, base, cand float64, d *eval.CaseDetail) {
		c := &r.Cases[at]
		c.Baseline, c.Candidate, c.Change, c.Detail = num(base), num(cand), num(cand-base), d
	}
	set(0, 1, 0, &eval.CaseDetail{
		Question:  "I bought the annual plan 40 days ago and want my money back. Is that still possible?",
		Reference: "Refunds are possible within 30 days of purchase. After that we offer store credit for the unused months.",
		Baseline: &eval.Answer{
			Text: "Thank you for reaching out! Refunds are possible within 30 days of the purchase, so for an annual plan bought 40 days ago I cannot offer one. What I can do is credit the unused months to your account; would you like me to set that up?",
			Scores: []eval.Score{
				{Criterion: "judge:accuracy", Value: 1, Label: "yes", Pass: true, Reason: "States the 30-day limit and offers store credit, as the reference does."},
				{Criterion: "judge:tone", Value: 1, Label: "5/5", Pass: true, Reason: "Warm and clear."},
				{Criterion: "check:contains", Value: 1, Label: "found", Pass: true, Deterministic: true, Reason: `contains "30 days"`},
			},
		},
		Candidate: &eval.Answer{
			Text: "Thank you for reaching out! Refunds are possible within 60 days of the purchase, so an annual plan bought 40 days ago still qualifies. I have started the refund; you will see it on your card within a week.",
			Scores: []eval.Score{
				{Criterion: "judge:accuracy", Value: 0, Label: "no", Reason: "The answer names 60 days; the reference says 30. It then promises a refund that policy does not allow."},
				{Criterion: "judge:tone", Value: 1, Label: "5/5", Pass: true, Reason: "Warm and clear."},
				{Criterion: "check:contains", Value: 0, Label: "missing", Deterministic: true, Reason: `"30 days" is not in the answer; make the prompt state the deadline`},
			},
		},
	})
	set(11, 1, .25, &eval.CaseDetail{
		Question: "Wo finde ich die Rechnung für März?",
		Trial:    2,
		Baseline: &eval.Answer{Text: "Unter **Konto → Rechnungen** finden Sie alle Rechnungen als PDF. Die Rechnung für März liegt dort ab dem 3. April.",
			Scores: []eval.Score{{Criterion: "judge:accuracy", Value: 1, Label: "yes", Pass: true, Reason: "Correct place, correct date."}}},
		Candidate: &eval.Answer{Text: "You can find all invoices in your account.", Truncated: true,
			Scores: []eval.Score{{Criterion: "judge:accuracy", Value: 0, Label: "no", Reason: "The customer wrote German and got English; the place and the date are missing."}}},
	})
	long := "To export your data, please follow these steps, which take about ten minutes in all:\n\n1. Open Settings and choose Privacy.\n2. Press “Request export”.\n3. Confirm with your second factor.\n\nYou will get an e-mail as soon as the archive is ready. "
	set(3, .92, .25, &eval.CaseDetail{
		Question:  "How do I get all my data out?",
		Reference: "Settings → Privacy → Request export; ready within 72 hours; the link is valid for 7 days.",
		Baseline: &eval.Answer{Text: long + "That takes at most 72 hours, and the link stays valid for 7 days.",
			Scores: []eval.Score{{Criterion: "judge:accuracy", Value: 1, Label: "yes", Pass: true, Reason: "All three facts."}}},
		Candidate: &eval.Answer{Text: long + "That takes a few days. " + strings.Repeat("Do let me know if there is anything else I can help you with today! ", 40),
			Scores: []eval.Score{{Criterion: "judge:accuracy", Value: 0, Label: "no", Reason: "The 72 hours and the validity of the link are missing, and a closing phrase is repeated many times."}}},
	})
	set(16, 1, .5, nil)
	set(40, .75, .5, nil)
}

func inconclusiveResult() *eval.Result {
	r := supportRun()
	r.Verdict, r.ExitCode, r.Looks, r.ErrorSplit, r.Run.Trials = eval.Inconclusive, 4, 2, true, 6
	r.Candidate.Mean = num(.815)
	r.Overall = compared("overall", .84, .815, -.053, .003, eval.Inconclusive)
	r.Overall.Alpha, r.Overall.Excluded, r.Overall.Needed = .025, num(.063), 250
	r.Criteria = []eval.Comparison{
		compared("judge:accuracy", .861, .833, -.062, .006, eval.Inconclusive),
		compared("judge:completeness-of-the-answer", .902, .88, -.051, .007, eval.Inconclusive),
	}
	r.Floor = &eval.Comparison{Name: "min_score", Gating: true, Tested: true, Cases: 96, Clusters: 32, Candidate: num(.815),
		Margin: eval.Margin{Value: .8, Points: true}, Lower: num(-.004), Upper: num(.034), Alpha: .025}
	r.Policy.MinScore = num(.8)
	r.Sentence = "Inconclusive: mean score 84.0 → 81.5 (−3.0 %) on 96 cases in 32 clusters, 6 trials each (between −6.3 and +0.4 %); at 97.5 % confidence a drop above 5 % can be neither shown nor excluded. This is the second and last look: the run was extended once, and the error is split between the two looks."
	r.Next = "Next: about 250 cases like these would settle it 4 times in 5 if nothing changed; this run would pass at max_drop: 6.3 %."
	r.Warnings = []eval.Warning{
		{Code: "old-baseline", Text: "the baseline was recorded 21 days before this run: a drift of the provider since then counts as the candidate's"},
		{Code: "cached", Text: "288 answers came from the cache and cost nothing now; their latencies and costs are the original ones"},
	}
	r.Baseline.Spend = eval.Spend{Cached: 288, SavedUSD: .0823}
	r.Baseline.LatencyP50, r.Baseline.LatencyP95 = nil, nil
	r.Candidate.Spend.USD, r.Candidate.Spend.UnknownCost = 0, 288
	return r
}

func outageResult() *eval.Result {
	r := supportRun()
	r.Verdict, r.ExitCode = eval.Unmeasured, 3
	r.Run.Ended, r.Run.EndedWhy = "outage", "api.openai.com answered 503 for 60 s"
	r.Overall = compared("overall", .838, .845, -.021, .035, eval.Inconclusive)
	r.Overall.Cases, r.Overall.Clusters = 43, 16
	r.FailuresByStage = map[eval.Stage]int{}
	fail := func(id string, arm eval.Arm, trial int, stage eval.Stage, scorer, msg string) {
		r.FailuresByStage[stage]++
		r.Failures = append(r.Failures, eval.FailureRecord{Slot: eval.Slot{Case: id, Arm: arm, Trial: trial}, Failure: eval.Failure{Stage: stage, Scorer: scorer, Message: msg}})
	}
	for i := range 52 {
		c := &r.Cases[44+i]
		c.Baseline, c.Candidate, c.Change, c.Parts, c.Missing = nil, nil, nil, nil, 6
		for trial := range 3 {
			fail(c.ID, eval.Baseline, trial, eval.StageGenerate, "", "POST https://api.openai.com/v1/chat/completions: 503 Service Unavailable: The server is overloaded or not ready yet.")
			fail(c.ID, eval.Candidate, trial, eval.StageStopped, "", "the run ended before")
		}
	}
	c := &r.Cases[1]
	c.Missing, c.Candidate, c.Change = 3, nil, nil
	for trial := range 3 {
		fail(c.ID, eval.Candidate, trial, eval.StageParse, "judge:gpt-5.1", `the judge's reply is no JSON after 3 asks: "I think the answer is fine."`)
	}
	r.Cases[3].Missing = 1
	fail(r.Cases[3].ID, eval.Baseline, 2, eval.StageTimeout, "", "no answer in 60s")
	r.Baseline.Scored, r.Baseline.Failed = 131, 157
	r.Candidate.Scored, r.Candidate.Failed = 129, 159
	r.Bounds = &eval.Bounds{Against: eval.Regressed, For: eval.Pass}
	r.Sentence = "Could not measure: 316 of 576 planned scores are missing (generate 156, parse 3, timeout 1, stopped 156); the policy allows 2 %."
	r.Next = "Next: when the provider answers again, run the same command; it continues and pays for nothing twice."
	return r
}

func mustPassResult() *eval.Result {
	r := passResult()
	r.Verdict, r.ExitCode = eval.Regressed, 1
	r.MustPass = []eval.MustPassBreach{
		{Case: "refund-late-01", Check: "check:contains", Failed: 3, Trials: 3, Reason: `"30 days" is not in the answer; make the prompt state the deadline`},
		{Case: "login-2fa-01", Failed: 3, Trials: 3, Reason: "The answer tells the customer to read the one-time code aloud to the agent, which is exactly what an attacker would ask for; the reference forbids it in its first sentence."},
	}
	r.Cases[0].MustPass, r.Cases[2].MustPass = true, true
	r.Worst = []int{0, 3}
	worsen(r)
	r.Sentence = "Regressed: the candidate fails case refund-late-01 (contains), which the baseline passed, in 3 of 3 trials, and 1 more hard rule. The mean score went 84.0 → 84.6."
	r.Next = "Next: look at the case above and mend the prompt or model; a hard rule is never averaged away."
	return r
}

func firstDayResult() *eval.Result {
	r := supportRun()
	r.Verdict, r.Baseline, r.Repeats = eval.Pass, nil, nil
	r.Policy.MinScore = num(.8)
	for i := range r.Cases {
		c := &r.Cases[i]
		c.Baseline, c.Change = nil, nil
		for k := range c.Parts {
			c.Parts[k].Baseline = nil
		}
	}
	one := func(name string, v float64) eval.Comparison {
		return eval.Comparison{Name: name, Gating: name == "overall", Tested: name == "overall", Cases: 96, Clusters: 32, Candidate: num(v), Margin: eval.Margin{Value: .05}, Alpha: .05}
	}
	r.Overall = one("overall", .846)
	r.Overall.Verdict, r.Overall.Lower, r.Overall.Upper = eval.Pass, num(.025), num(.067)
	r.Criteria = []eval.Comparison{one("judge:accuracy", .868), one("judge:tone", .897), one("check:contains", .775)}
	r.Worst = []int{11}
	r.Cases[11].Candidate = num(.25)
	r.Cases[11].Detail = &eval.CaseDetail{Question: "Wo finde ich die Rechnung für März?",
		Candidate: &eval.Answer{Text: "You can find all invoices in your account.",
			Scores: []eval.Score{{Criterion: "judge:accuracy", Label: "no", Reason: "The customer wrote German and got English."}, {Criterion: "judge:tone", Value: 1, Label: "5/5", Pass: true}}}}
	r.Sentence = "Pass: nothing was compared (no baseline); the candidate's mean score is 84.6 on 96 cases in 32 clusters, 3 trials each; at 95 % confidence it lies above the policy's floor of 80.0."
	r.Next = "Next: merge, and keep this ledger as the baseline (`qualgate baseline set`)."
	return r
}

func plainScoresResult() *eval.Result {
	r := &eval.Result{
		Schema: eval.ResultSchema, Verdict: eval.Regressed, ExitCode: 1, Looks: 1, Policy: eval.DefaultPolicy(),
		Run:       eval.RunInfo{Kind: "compare", PlanDigest: "77aa", Trials: 1, Ended: "complete"},
		Baseline:  &eval.ArmSummary{Label: "march.jsonl", Planned: 40, Scored: 40, Mean: num(.976)},
		Candidate: eval.ArmSummary{Label: "june.jsonl", Planned: 40, Scored: 40, Mean: num(.234)},
		Overall:   compared("overall", .976, .234, -.765, -.718, eval.Regressed),
		Binary: &eval.BinaryReport{BothPass: 341, OnlyBaseline: 1129, OnlyCandidate: 12, NeitherPass: 24,
			McNemarP: 1e-30, McNemarMidP: 1e-30, Tango: eval.Interval{Lo: -.765, Hi: -.718}},
		Sentence: "Regressed: mean score 97.6 → 23.4 (−76.0 %) on 1,506 cases in 1,494 clusters; at 95 % confidence the drop is larger than the 5 % the policy allows (between −78.4 and −73.6 %).",
		Next:     "Next: read the worst cases below, mend the change and run again; raise max_drop only if the drop is meant.",
	}
	r.Overall.Cases, r.Overall.Clusters = 1506, 1494
	for i := range 40 {
		c := eval.CaseResult{ID: fmt.Sprintf("q%d", i), Counted: true, Baseline: num(1), Candidate: num(0), Change: num(-1)}
		r.Cases = append(r.Cases, c)
	}
	r.Worst = []int{0, 1, 2, 3, 4}
	return r
}

// nasty is text that must not reach a terminal or an XML file as it is.
const nasty = "\x1b[31mred\x1b[0m \x1b]0;title\x07 a\tb\rc\x00d\x9b \u202eevil\u202c ]]> <b>&amp;\u200b\ufeff \xff\xfe 東京は夜 👩\u200d👩\u200d👧 Z̶̡̢̨̛̖̗̘a\u2028x\U000e0041\uffff"

// hostileResult has hostile text everywhere, and long ones of about so many bytes.
func hostileResult(size int) *eval.Result {
	r := regressedResult()
	long := strings.Repeat("東京タワー\x1b[2J ", size/20)
	r.Run.Name, r.Run.GoldenName, r.Run.Judge, r.Run.Rubric = nasty, nasty, nasty, nasty
	r.Run.Subset, r.Run.EndedWhy, r.Run.Ended = nasty, nasty, nasty
	r.Baseline.Label, r.Candidate.Label, r.Baseline.Commit = nasty, strings.Repeat("x", 300)+nasty, nasty
	r.Criteria[0].Name, r.Slices[0].Name = "judge:"+nasty, "tag:"+strings.Repeat("長い名前", 40)
	r.Criteria[0].Warnings = []eval.Warning{{Code: "x", Text: nasty}}
	r.MustPass = []eval.MustPassBreach{{Case: nasty, Check: nasty, Failed: 3, Trials: 3, Reason: long}}
	r.Warnings = []eval.Warning{{Code: nasty, Text: nasty + strings.Repeat("supercalifragilistic", 60)}}
	r.Failures = []eval.FailureRecord{{Slot: eval.Slot{Case: "refund-late-02", Arm: eval.Candidate}, Failure: eval.Failure{Stage: eval.StageJudge, Scorer: nasty, Message: long}}}
	r.FailuresByStage = map[eval.Stage]int{eval.StageJudge: 1}
	r.Cases = r.Cases[:41]
	for i := range 12 {
		c := &r.Cases[i]
		c.ID, c.Cluster, c.Tags, c.KnownIssue = fmt.Sprintf("%d %s", i, nasty), nasty, []string{nasty, "a.b"}, ""
		c.Pos.File = nasty
	}
	r.Cases[5].KnownIssue, r.Cases[5].Counted = nasty, false
	d := r.Cases[0].Detail
	d.Question, d.Reference = nasty+"\n"+nasty, long
	d.Baseline.Text, d.Candidate.Text = "Same start. "+nasty+" "+long, "Same start. "+nasty+"\n\n\n\tchanged "+long
	d.Candidate.Scores[0].Reason, d.Candidate.Scores[0].Label, d.Candidate.Scores[0].Criterion = long, nasty, nasty
	r.Cases[11].Detail.Candidate.Text = strings.Repeat("W", 600)
	r.Cases[3].Detail.Candidate.Text = ""
	r.Sentence, r.Next = "Regressed: "+nasty, nasty
	return r
}

func manyResult() *eval.Result {
	r := passResult()
	r.Cases = supportCases(500)
	r.Candidate.Planned, r.Candidate.Scored, r.Candidate.Failed = 1500, 1494, 6
	r.Baseline.Planned, r.Baseline.Scored, r.Baseline.Failed = 1500, 1500, 0
	r.FailuresByStage = map[eval.Stage]int{eval.StageJudge: 6}
	for i := range 6 {
		c := &r.Cases[100+i/3]
		c.Candidate, c.Change, c.Missing = nil, nil, 3
		r.Failures = append(r.Failures, eval.FailureRecord{Slot: eval.Slot{Case: c.ID, Arm: eval.Candidate, Trial: i % 3},
			Failure: eval.Failure{Stage: eval.StageJudge, Scorer: "judge:gpt-5.1", Message: "429 Too Many Requests after 5 attempts"}})
	}
	for _, i := range []int{7, 8} {
		r.Cases[i].KnownIssue, r.Cases[i].Counted = "prices change in May (until 2026-05-31)", false
	}
	r.Cases[9].KnownIssue = "fixed in the last release (until 2026-01-31)"
	r.Bounds = &eval.Bounds{Against: eval.Pass, For: eval.Pass}
	r.Slices = nil
	for i := range 24 {
		c := compared(fmt.Sprintf("tag:topic-%02d", i), .84, .84+float64(i*5%24-12)/300, -.06, .05, eval.Inconclusive)
		c.Cases, c.Clusters = 40+i, 20
		r.Slices = append(r.Slices, c)
	}
	r.Slices[23].Gating, r.Slices[23].Verdict = true, eval.Pass
	r.Sentence = strings.Replace(r.Sentence, "96 cases in 32", "498 cases in 160", 1)
	r.Overall.Cases, r.Overall.Clusters = 498, 160
	r.Warnings = []eval.Warning{{Code: "known-issues", Text: "2 cases under a known issue are shown but not counted"}}
	return r
}
