package eval

import (
	"fmt"
	"time"
)

// oldBaseline is the age from which a recorded baseline is remarked on.
const oldBaseline = 14 * 24 * time.Hour

// warn adds what a reader must know beside the verdict.
func (c *Collected) warn(r *Result) {
	add := func(code, format string, args ...any) {
		r.Warnings = append(r.Warnings, Warning{code, fmt.Sprintf(format, args...)})
	}
	h := &c.Header
	r.Warnings = append(r.Warnings, r.Overall.Warnings...)
	if b := h.Baseline; b != nil && b.Recorded != "" {
		age := h.Created.Sub(b.RecordedAt)
		code := "recorded-baseline"
		if age >= oldBaseline {
			code = "old-baseline"
		}
		add(code, "the baseline was recorded %s before this run: a drift of the provider since then counts as the candidate's", days(age))
	}
	if h.Policy.Population == "fixed" {
		add("fixed-population", "the cases are taken as the requirement itself, not as a sample: the verdict speaks of these cases only")
	}
	var cached, mixed, known, truncated int
	for ci := range c.Cases {
		if c.Cases[ci].KnownIssue.Active(h.Created) {
			known++
		}
		for t := range c.Trials() {
			b, k := c.at(ci, Baseline, t), c.at(ci, Candidate, t)
			for _, s := range []*slotState{b, k} {
				if s.cached {
					cached++
				}
				if s.trunc {
					truncated++
				}
			}
			if h.Baseline != nil && b.sample.len > 0 && k.sample.len > 0 && !b.recorded && b.cached != k.cached {
				mixed++
			}
		}
	}
	if cached > 0 {
		add("cached", "%s %s came from the cache and cost nothing now; their latencies and costs are the original ones", thousands(cached), plural(cached, "answer"))
	}
	if mixed > 0 {
		add("cached-mixed", "in %s %s of answers one side came from the cache and the other was fresh: use --no-cache to ask both now", thousands(mixed), plural(mixed, "pair"))
	}
	if known > 0 {
		add("known-issues", "%s %s under a known issue %s shown but not counted", thousands(known), plural(known, "case"), isAre(known))
	}
	if truncated > 0 {
		add("truncated", "answers cut off at the token limit: %s; raise max_tokens", thousands(truncated))
	}
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func days(d time.Duration) string {
	n := int(d / (24 * time.Hour))
	switch {
	case n >= 1:
		return fmt.Sprintf("%d %s", n, plural(n, "day"))
	case d >= time.Hour:
		return fmt.Sprintf("%d %s", int(d/time.Hour), plural(int(d/time.Hour), "hour"))
	}
	return "less than an hour"
}
