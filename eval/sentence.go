package eval

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// word writes the two sentences of a Result: the verdict with its evidence,
// and what to do next. They speak of the score as a percentage of its scale.
func word(r *Result) {
	r.Sentence, r.Next = verdictSentence(r), nextSentence(r)
}

func verdictSentence(r *Result) string {
	if len(r.MustPass) > 0 {
		return hardRuleSentence(r)
	}
	switch r.Verdict {
	case Unmeasured:
		return unmeasuredSentence(r)
	case Regressed:
		return regressedSentence(r) + splitNote(r)
	case Pass:
		return passSentence(r) + splitNote(r)
	}
	return inconclusiveSentence(r) + splitNote(r)
}

func hardRuleSentence(r *Result) string {
	b := r.MustPass[0]
	what := "case " + b.Case
	if b.Check != "" {
		what += " (" + strings.TrimPrefix(b.Check, "check:") + ")"
	}
	kept := "which the baseline passed"
	if r.Baseline == nil {
		kept = "which must pass"
	}
	s := fmt.Sprintf("Regressed: the candidate fails %s, %s, in %d of %d %s", what, kept, b.Failed, b.Trials, plural(b.Trials, "trial"))
	if n := len(r.MustPass) - 1; n > 0 {
		s += fmt.Sprintf(", and %d more hard %s", n, plural(n, "rule"))
	}
	s += "."
	if r.Overall.Baseline != nil && r.Overall.Candidate != nil {
		s += fmt.Sprintf(" The mean score went %s → %s.", score(*r.Overall.Baseline), score(*r.Overall.Candidate))
	}
	return s
}

func unmeasuredSentence(r *Result) string {
	lost, planned := 0, r.Candidate.Planned
	if r.Baseline != nil {
		planned += r.Baseline.Planned
	}
	lost = len(r.Failures)
	s := fmt.Sprintf("Could not measure: %s of %s planned scores are missing (%s)", thousands(lost), thousands(planned), stages(r))
	switch {
	case r.Bounds != nil && (float64(lost) <= r.Policy.MaxUnmeasured*float64(planned)):
		s += fmt.Sprintf(", and they could change the verdict: %s if they all count against the candidate, %s if for it", r.Bounds.Against, r.Bounds.For)
	default:
		s += fmt.Sprintf("; the policy allows %s", pct(r.Policy.MaxUnmeasured))
	}
	return s + "."
}

func stages(r *Result) string {
	var parts []string
	for _, st := range []Stage{StageGenerate, StageJudge, StageParse, StageTimeout, StageBudget, StageStopped} {
		if n := r.FailuresByStage[st]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", st, thousands(n)))
		}
	}
	return strings.Join(parts, ", ")
}

// sample says on what the evidence rests.
func sample(r *Result) string {
	o := r.Overall
	s := fmt.Sprintf("%s %s", thousands(o.Cases), plural(o.Cases, "case"))
	if o.Clusters != o.Cases {
		s += fmt.Sprintf(" in %s clusters", thousands(o.Clusters))
	}
	if r.Run.Trials > 1 {
		s += fmt.Sprintf(", %d trials each", r.Run.Trials)
	}
	return s
}

func movement(c *Comparison) string {
	s := fmt.Sprintf("%s → %s", score(*c.Baseline), score(*c.Candidate))
	if c.Margin.Points || c.Relative == nil {
		return s + fmt.Sprintf(" (%s points)", signed(100**c.Change))
	}
	return s + fmt.Sprintf(" (%s %%)", signed(100**c.Relative))
}

func passSentence(r *Result) string {
	if r.Baseline == nil {
		return firstDaySentence(r)
	}
	o := &r.Overall
	s := fmt.Sprintf("Pass: mean score %s on %s", movement(o), sample(r))
	if o.Excluded != nil {
		s += fmt.Sprintf("; at %s confidence a drop above %s is excluded, and the policy allows %s", confidence(r), drop(*o.Excluded, o.Margin), spaced(o.Margin))
	}
	return s + others(r, Pass) + "."
}

func regressedSentence(r *Result) string {
	if r.Baseline == nil {
		return firstDaySentence(r)
	}
	g := decisive(r)
	if g == nil {
		return "Regressed."
	}
	s := "Regressed: "
	if g.Name == "min_score" {
		return s + fmt.Sprintf("the candidate's mean score of %s lies below the policy's floor of %s at %s confidence.", score(*g.Candidate), score(g.Margin.Value), confidence(r))
	}
	if g.Name == "overall" {
		s += fmt.Sprintf("mean score %s on %s", movement(g), sample(r))
	} else {
		s += fmt.Sprintf("%s fell, %s on %s %s", g.Name, movement(g), thousands(g.Cases), plural(g.Cases, "case"))
	}
	s += fmt.Sprintf("; at %s confidence the drop is larger than the %s the policy allows", confidence(r), spaced(g.Margin))
	if ci := dropInterval(g); ci != "" {
		s += " (" + ci + ")"
	}
	return s + "."
}

func inconclusiveSentence(r *Result) string {
	if r.Baseline == nil {
		return firstDaySentence(r)
	}
	o := &r.Overall
	if o.Change == nil {
		return "Inconclusive: no case was measured on both arms."
	}
	if o.Verdict == Pass {
		for _, list := range [][]Comparison{r.Criteria, r.Slices} {
			for i := range list {
				if g := &list[i]; g.Gating && g.Verdict != Pass {
					return fmt.Sprintf("Inconclusive: the overall score holds (%s), but %s is not settled%s.", movement(o), g.Name, settled(g))
				}
			}
		}
	}
	s := fmt.Sprintf("Inconclusive: mean score %s on %s", movement(o), sample(r))
	if ci := dropInterval(o); ci != "" {
		s += " (" + ci + ")"
	}
	return s + fmt.Sprintf("; at %s confidence a drop above %s can be neither shown nor excluded.", confidence(r), spaced(o.Margin))
}

func settled(g *Comparison) string {
	if g.Change == nil {
		return ": nothing was scored on it"
	}
	return fmt.Sprintf(" (%s on %s %s)", movement(g), thousands(g.Cases), plural(g.Cases, "case"))
}

func firstDaySentence(r *Result) string {
	head := strings.ToUpper(r.Verdict.String()[:1]) + r.Verdict.String()[1:]
	if r.Overall.Candidate == nil {
		return head + ": nothing was compared and nothing was scored."
	}
	s := fmt.Sprintf("%s: nothing was compared (no baseline); the candidate's mean score is %s on %s", head, score(*r.Overall.Candidate), sample(r))
	if f := r.Policy.MinScore; f != nil {
		rel := "is neither shown to lie above nor below"
		switch r.Verdict {
		case Pass:
			rel = "lies above"
		case Regressed:
			rel = "lies below"
		}
		s += fmt.Sprintf("; at %s confidence it %s the policy's floor of %s", confidence(r), rel, score(*f))
	} else if r.Verdict == Pass {
		s += "; every must_pass rule holds"
	} else {
		s += "; the policy names nothing to decide by"
	}
	return s + "."
}

// others mentions further gates that agree.
func others(r *Result, v Verdict) string {
	n := 0
	for _, list := range [][]Comparison{r.Criteria, r.Slices} {
		for i := range list {
			if list[i].Gating && list[i].Verdict == v {
				n++
			}
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; so do the policy's %d further %s", n, plural(n, "gate"))
}

// decisive is the gate that made the verdict a regression, the overall score
// first.
func decisive(r *Result) *Comparison {
	if r.Overall.Verdict == Regressed {
		return &r.Overall
	}
	for _, list := range [][]Comparison{r.Criteria, r.Slices} {
		for i := range list {
			if list[i].Gating && list[i].Verdict == Regressed {
				return &list[i]
			}
		}
	}
	if r.Floor != nil && r.Floor.Verdict == Regressed {
		return r.Floor
	}
	return nil
}

func dropInterval(c *Comparison) string {
	if c.Margin.Points || c.RelativeCI == nil {
		if c.ChangeCI == nil {
			return ""
		}
		return fmt.Sprintf("between %s and %s points", signed(100*c.ChangeCI.Lo), signed(100*c.ChangeCI.Hi))
	}
	return fmt.Sprintf("between %s and %s %%", signed(100*c.RelativeCI.Lo), signed(100*c.RelativeCI.Hi))
}

func splitNote(r *Result) string {
	switch {
	case r.Looks == 2:
		return " This is the second and last look: the run was extended once, and the error is split between the two looks."
	case r.ErrorSplit && r.Verdict != Inconclusive:
		return " The error is split between this look and a possible extension, which was not needed."
	}
	return ""
}

func nextSentence(r *Result) string {
	o := &r.Overall
	switch r.Verdict {
	case Pass:
		if r.Baseline == nil {
			return "Next: merge, and keep this ledger as the baseline (`qualgate baseline set`)."
		}
		return "Next: merge; nothing needs to be done."
	case Regressed:
		if len(r.MustPass) > 0 {
			return "Next: look at the case above and mend the prompt or model; a hard rule is never averaged away."
		}
		if len(r.Worst) > 0 {
			return "Next: read the worst cases below, mend the change and run again; raise max_drop only if the drop is meant."
		}
		return "Next: mend the change and run again; raise max_drop only if the drop is meant."
	case Unmeasured:
		return unmeasuredNext(r)
	}
	s := ""
	switch {
	case o.Needed > o.Cases:
		s = fmt.Sprintf("Next: about %s cases like these would settle it 4 times in 5 if nothing changed", thousands(o.Needed))
		if r.Run.Trials < 5 {
			s += ", or more repeats of these"
		}
		if o.Excluded != nil {
			s += fmt.Sprintf("; this run would pass at max_drop: %s", drop(ceilTo(*o.Excluded, 3), o.Margin))
		}
		s += "."
	case o.Excluded != nil:
		s = fmt.Sprintf("Next: add cases or repeats, or accept a wider margin: this run would pass at max_drop: %s.", drop(ceilTo(*o.Excluded, 3), o.Margin))
	default:
		s = "Next: add cases or repeats."
	}
	if r.Policy.OnInconclusive == "pass" {
		s += " The policy maps inconclusive to exit code 0 (on_inconclusive: pass)."
	}
	return s
}

func unmeasuredNext(r *Result) string {
	switch r.Run.Ended {
	case "interrupted", "killed", "stopped":
		return "Next: run the same command again; it continues where this one ended and pays for nothing twice."
	case "budget":
		return "Next: raise run.budget and run again; it continues where this one ended and pays for nothing twice."
	case "outage":
		return "Next: when the provider answers again, run the same command; it continues and pays for nothing twice."
	}
	if r.FailuresByStage[StageParse] > 0 && 2*r.FailuresByStage[StageParse] > len(r.Failures) {
		return "Next: the judge's replies cannot be read; try another judge model or a simpler rubric, then run again."
	}
	if r.Run.Kind == "compare" {
		return "Next: give both files a score for every case, or raise max_unmeasured if the gaps are known to be harmless."
	}
	return "Next: look at the failures below, mend the cause and run again; only the lost slots are asked again."
}

func score(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) }

func pct(v float64) string {
	return strconv.FormatFloat(roundTo(100*v, 2), 'f', -1, 64) + " %"
}

// spaced writes a margin for a sentence.
func spaced(m Margin) string {
	n := strconv.FormatFloat(roundTo(100*m.Value, 4), 'f', -1, 64)
	if m.Points {
		return n + " points"
	}
	return n + " %"
}

// drop writes a size of drop in the margin's own unit, rounded up so that it
// never claims more than was shown.
func drop(v float64, m Margin) string {
	n := strconv.FormatFloat(100*ceilTo(v, 3), 'f', 1, 64)
	if m.Points {
		return n + " points"
	}
	return n + " %"
}

func ceilTo(v float64, digits int) float64 {
	p := math.Pow(10, float64(digits))
	return math.Ceil(v*p-1e-9) / p
}

func confidence(r *Result) string {
	return strconv.FormatFloat(roundTo(100*(1-r.Overall.Alpha), 2), 'f', -1, 64) + " %"
}

// signed writes a number with its sign and one decimal; a true minus sign, as
// in print.
func signed(v float64) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', 1, 64)
	switch {
	case s == "0.0":
		return "±0.0"
	case v < 0:
		return "−" + s
	}
	return "+" + s
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
