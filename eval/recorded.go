package eval

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"encoding/json"
)

// RecordedMismatch says why a recorded ledger cannot stand in as the baseline
// of a plan: the first field that differs, and both values. It is empty when
// the ledger fits.
//
// A comparison is only of arms when all else is equal: judge, rubric, cases,
// trials and scorers.
func RecordedMismatch(spec *PlanSpec, rec *Collected) string {
	h := &rec.Header
	differ := func(field, was, is string) string {
		return fmt.Sprintf("%s differs: recorded with %s, now %s", field, orNone(was), orNone(is))
	}
	switch {
	case h.Judge != spec.Judge:
		return differ("judge", h.Judge, spec.Judge)
	case h.RubricDigest != spec.RubricDigest:
		return differ("rubric", short(h.RubricDigest), short(spec.RubricDigest))
	case h.Repeats != spec.Repeats && rec.Trials() != spec.Repeats:
		return differ("trials (run.repeats)", fmt.Sprint(rec.Trials()), fmt.Sprint(spec.Repeats))
	}
	if s := casesDiffer(spec.Golden, rec); s != "" {
		return s
	}
	was, is := scorerVersions(h.Scorers), scorerVersions(spec.ScorerInfos)
	if was != is {
		return differ("scorers", was, is)
	}
	return ""
}

func casesDiffer(set *GoldenSet, rec *Collected) string {
	var added, changed, removed []string
	now := map[string]bool{}
	for i := range set.Cases {
		c := &set.Cases[i]
		now[c.ID] = true
		k, ok := rec.index[c.ID]
		switch {
		case !ok:
			added = append(added, c.ID)
		case rec.Cases[k].Digest != c.Digest:
			changed = append(changed, c.ID)
		}
	}
	for i := range rec.Cases {
		if !now[rec.Cases[i].ID] {
			removed = append(removed, rec.Cases[i].ID)
		}
	}
	var parts []string
	for _, p := range []struct {
		what string
		ids  []string
	}{{"added", added}, {"changed", changed}, {"removed", removed}} {
		if len(p.ids) > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", p.what, someOf(p.ids)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "golden set differs from the recorded one: " + strings.Join(parts, "; ")
}

func someOf(ids []string) string {
	slices.Sort(ids)
	if len(ids) > 5 {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:5], ", "), len(ids)-5)
	}
	return strings.Join(ids, ", ")
}

func scorerVersions(infos []ScorerInfo) string {
	var parts []string
	for _, s := range infos {
		parts = append(parts, s.Name+"@"+short(s.Version))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func short(digest string) string {
	if len(digest) > 12 {
		return digest[:12]
	}
	return digest
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// WriteBaseline writes the candidate of a ledger as a committed baseline: a
// ledger of its own, in a fixed order, one line a score, so that a diff shows
// which cases moved. It holds scores and no answers.
func WriteBaseline(w io.Writer, c *Collected, who, why string, when time.Time) error {
	h := c.Header
	h.Kind, h.Baseline, h.Notes = "baseline", nil, nil
	h.Repeats, h.ExtendTo = c.Trials(), 0
	h.Who, h.Why, h.When = who, why, when.UTC().Truncate(time.Second)
	h.Cases = len(c.Cases)
	order := make([]int, len(c.Cases))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(c.Cases[a].ID, c.Cases[b].ID) })
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(Event{Plan: &h}); err != nil {
		return err
	}
	for _, i := range order {
		info := c.Cases[i]
		if err := enc.Encode(Event{Case: &CaseInfo{ID: info.ID, Digest: info.Digest, Cluster: info.Cluster, Tags: info.Tags, MustPass: info.MustPass}}); err != nil {
			return err
		}
	}
	for _, i := range order {
		for t := range c.Trials() {
			slot := Slot{c.Cases[i].ID, Candidate, t}
			s := c.at(i, Candidate, t)
			if !c.scored(s) {
				if err := enc.Encode(Event{Failure: &FailureEvent{Slot: slot, Failure: c.lost(s)}}); err != nil {
					return err
				}
				continue
			}
			for k, sp := range s.scores {
				e, err := c.event(sp)
				if err != nil || e.Scores == nil {
					return fmt.Errorf("cannot read a score back from the ledger: %w", err)
				}
				out := ScoresEvent{Slot: slot, Recorded: true, Scorer: c.Header.Scorers[k].Name, Scores: e.Scores.Scores}
				for j := range out.Scores {
					out.Scores[j].Reason = ""
				}
				if err := enc.Encode(Event{Scores: &out}); err != nil {
					return err
				}
			}
		}
	}
	return enc.Encode(Event{End: &EndEvent{How: "complete"}})
}
