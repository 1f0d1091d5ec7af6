package eval

import (
	"fmt"

	"github.com/qualgate/qualgate/eval/stats"
)

// noteWarning words a remark of the statistics for people.
func noteWarning(n stats.Note) Warning {
	text := n.Code
	switch n.Code {
	case stats.NoteBadInput:
		text = "the scores cannot be compared: a value is not a number, or the policy is out of range"
	case stats.NoteTooFewCases:
		text = fmt.Sprintf("fewer cases than the policy's min_cases (%.0f)", n.N)
	case stats.NoteFewClusters:
		text = fmt.Sprintf("only %.0f clusters: the bounds are too sure of themselves on so few, so the exact sign-flip test had to agree; a failure that hits few clusters may not be seen at all", n.N)
	case stats.NoteUnder50:
		text = fmt.Sprintf("%.0f clusters: under 50 the chance of passing a drop of exactly the margin can exceed the stated error by far, since a failure that hits whole clusters may hit none of these (docs/measured.md)", n.N)
	case stats.NoteFewDiscordant:
		if n.N == 0 {
			text = "no case differs between the arms: the verdict rests on the rule of three"
			break
		}
		text = fmt.Sprintf("only %.0f %s between the arms: the exact sign-flip test had to agree", n.N, casesDifferWord(int(n.N)))
	case stats.NoteRuleOfThree:
		text = fmt.Sprintf("too few cases to exclude a rare failure as large as the margin: about %.0f clusters without one are needed (rule of three)", n.N)
	case stats.NoteLowBaseline:
		text = "the baseline's mean is below 5 %: a relative margin means nothing there; give max_drop in points (3pt)"
	case stats.NoteSaturated:
		text = fmt.Sprintf("the baseline is perfect on %.0f %% of the cases: such a set hardly tells prompts apart; add harder cases", 100*n.N)
	case stats.NoteSignFlip:
		text = fmt.Sprintf("a bound alone would have decided, but the exact sign-flip test does not agree (p = %.3f)", n.N)
	}
	return Warning{n.Code, text}
}

func casesDifferWord(n int) string {
	if n == 1 {
		return "case differs"
	}
	return "cases differ"
}
