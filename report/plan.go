package report

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// PlanView is what is said of a run before it costs anything.
type PlanView struct {
	Name string
	// Cases in Clusters, each answered Trials times on every arm, or up to
	// ExtendTo times if the first look is inconclusive (0: never).
	Cases, Clusters, Trials, ExtendTo int
	// Calls lists both arms and the judge in the order they are shown.
	Calls []PlanCalls
	// Done counts calls that an interrupted run of this plan already made.
	Done int
	// TokensLow and TokensHigh bound the tokens of all calls.
	TokensLow, TokensHigh int
	// CostLow and CostHigh bound the cost in US dollars of the models with a
	// price; nil where no model has one. Unpriced names those without.
	CostLow, CostHigh *float64
	Unpriced          []string
	// MinutesLow and MinutesHigh bound the duration; 0 is not known.
	MinutesLow, MinutesHigh float64
	// Budget is the limit that holds, in words; empty without one.
	Budget string
	// Decides says what the run can decide, Warnings what speaks against it.
	Decides, Warnings []string
}

// PlanCalls are the calls of one arm or of the judge.
type PlanCalls struct {
	Role string // baseline, candidate, judge
	What string // what is asked: prompts/support.md on gpt-5-mini
	// Calls is the number without an extension, MaxCalls with it (0: the same).
	Calls, MaxCalls int
	// Note says why there are none: recorded, cached.
	Note string
}

// Plan writes what a run will ask, cost and be able to decide. The error is
// the writer's.
func Plan(w io.Writer, v PlanView, opt TerminalOptions) error {
	p := &page{width: opt.columns(), theme: newTheme(opt.Color, opt.Dark)}
	aside := count(v.Cases, "case")
	if v.Clusters != v.Cases {
		aside += " in " + count(v.Clusters, "cluster")
	}
	aside += " × " + count(v.Trials, "trial")
	if v.ExtendTo > v.Trials {
		aside += fmt.Sprintf(", up to %d if inconclusive", v.ExtendTo)
	}
	title := "Plan"
	if v.Name != "" {
		title += " " + printable(v.Name)
	}
	p.line(margin + p.theme.heading.Render(title) + "  " + p.dim.Render(aside))
	p.planCalls(v.Calls)
	row := func(label, text string) {
		if text != "" {
			p.paragraph(margin+p.dim.Render(padRight(label, 11)), text, p.text)
		}
	}
	if v.Done > 0 {
		row("done", count(v.Done, "call")+" of an earlier run of this plan are kept")
	}
	row("tokens", tokenRange(v))
	row("cost", costRange(v))
	row("time", timeRange(v))
	for _, s := range v.Decides {
		p.paragraph(margin, printable(s), p.bold)
	}
	for _, s := range v.Warnings {
		p.paragraph(margin+p.inconclusive.Render("!")+" ", printable(s), p.text)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

func (p *page) planCalls(calls []PlanCalls) {
	texts, w := make([]string, len(calls)), 0
	for i, c := range calls {
		texts[i] = thousands(c.Calls)
		if c.MaxCalls > c.Calls {
			texts[i] += "–" + thousands(c.MaxCalls)
		}
		w = max(w, width(texts[i]))
	}
	for i, c := range calls {
		noun := " calls"
		if c.Calls == 1 && c.MaxCalls <= 1 {
			noun = " call "
		}
		s := margin + p.dim.Render(padRight(printable(c.Role), 11)) + padLeft(texts[i], w) + noun + "  " + printable(c.What)
		if c.Note != "" {
			s += p.dim.Render("  " + printable(c.Note))
		}
		p.line(s)
	}
}

func tokenRange(v PlanView) string {
	if v.TokensHigh <= 0 {
		return ""
	}
	if v.TokensLow >= v.TokensHigh {
		return "about " + thousands(v.TokensHigh)
	}
	return thousands(v.TokensLow) + " to " + thousands(v.TokensHigh)
}

// costRange never lets a missing price look like nothing to pay.
func costRange(v PlanView) string {
	s := "unknown"
	if v.CostHigh != nil {
		s = dollars(*v.CostHigh, 2)
		if v.CostLow != nil && *v.CostLow < *v.CostHigh {
			s = dollars(*v.CostLow, 2) + " to " + s
		}
	}
	if len(v.Unpriced) > 0 {
		names := printable(strings.Join(v.Unpriced, ", "))
		if v.CostHigh != nil {
			s += " and more, as"
		} else {
			s += ", as"
		}
		s += " no price is known for " + names
	}
	if v.Budget != "" {
		s += "; budget " + printable(v.Budget)
	}
	return s
}

func timeRange(v PlanView) string {
	if v.MinutesHigh <= 0 {
		return ""
	}
	if math.Max(v.MinutesLow, v.MinutesHigh) < 1 {
		return "less than a minute"
	}
	low, high := math.Max(math.Floor(v.MinutesLow), 1), math.Ceil(v.MinutesHigh)
	if low >= high {
		return "about " + count(int(high), "minute")
	}
	return fmt.Sprintf("%.0f to %s", low, count(int(high), "minute"))
}
