package eval

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// CompareLedgers decides between the candidates of two ledgers. It refuses
// ledgers that were not scored alike, naming what differs.
func CompareLedgers(base, cand *Collected, p Policy, toolVersion string, created time.Time) (*Result, error) {
	bh, ch := &base.Header, &cand.Header
	spec := &PlanSpec{Golden: goldenOf(cand), Judge: ch.Judge, RubricDigest: ch.RubricDigest, Repeats: base.Trials(), ScorerInfos: ch.Scorers}
	if why := RecordedMismatch(spec, base); why != "" {
		return nil, fmt.Errorf("the two ledgers cannot be compared: %s", why)
	}
	c := NewCollected(&concat{base.source, cand.source, base.Size})
	c.Header = Header{
		Format: LedgerFormat, Kind: "compare", ToolVersion: toolVersion, Created: created.UTC().Truncate(time.Second),
		Name: ch.Name, GoldenName: ch.GoldenName, GoldenDigest: ch.GoldenDigest, Cases: len(cand.Cases),
		Baseline: &ArmInfo{}, Candidate: ch.Candidate, Judge: ch.Judge, Rubric: ch.Rubric, RubricDigest: ch.RubricDigest,
		Scorers: ch.Scorers, Policy: p, Repeats: max(base.Trials(), cand.Trials()),
	}
	*c.Header.Baseline = bh.Candidate
	h := c.Header
	h.Kind = bh.PlanDigest + " " + ch.PlanDigest // the inputs are the plan
	c.Header.PlanDigest = planDigest(h)
	for i, s := range ch.Scorers {
		c.scorers[s.Name] = i
	}
	for i := range cand.Cases {
		if err := c.addCase(&cand.Cases[i]); err != nil {
			return nil, err
		}
	}
	c.copyArm(base, Baseline, 0)
	c.copyArm(cand, Candidate, base.Size)
	c.End = &EndEvent{How: "complete"}
	for _, from := range []*Collected{base, cand} {
		c.Notes = append(c.Notes, from.Notes...)
		if from.End == nil || from.End.How != "complete" {
			c.Notes = append(c.Notes, Warning{"unfinished-ledger", "one of the ledgers is of a run that did not finish"})
		}
	}
	return Summarize(c), nil
}

func goldenOf(c *Collected) *GoldenSet {
	set := &GoldenSet{Name: c.Header.GoldenName, Digest: c.Header.GoldenDigest}
	for i := range c.Cases {
		set.Cases = append(set.Cases, Case{ID: c.Cases[i].ID, Digest: c.Cases[i].Digest})
	}
	return set
}

// copyArm takes the candidate of a ledger as an arm of c; its lines lie shift
// bytes further in c's source.
func (c *Collected) copyArm(from *Collected, arm Arm, shift int64) {
	for fi := range from.Cases {
		ci, ok := c.index[from.Cases[fi].ID]
		if !ok {
			continue
		}
		for t := range from.Trials() {
			s := *from.at(fi, Candidate, t)
			s.recorded = true
			s.parts = slices.Clone(s.parts)
			for k := range s.parts {
				s.parts[k].criterion = c.criterion(from.criteria[s.parts[k].criterion])
			}
			s.sample = s.sample.shifted(shift)
			s.scores = slices.Clone(s.scores)
			for k := range s.scores {
				s.scores[k] = s.scores[k].shifted(shift)
			}
			*c.at(ci, arm, t) = s
		}
	}
}

func (s span) shifted(by int64) span {
	if s.len > 0 {
		s.off += by
	}
	return s
}

// concat reads two sources as one behind the other.
type concat struct {
	a, b io.ReaderAt
	size int64 // of a
}

// ReadAt never crosses the border: lines lie whole on one side.
func (c *concat) ReadAt(p []byte, off int64) (int, error) {
	if off < c.size {
		return c.a.ReadAt(p, off)
	}
	return c.b.ReadAt(p, off-c.size)
}
