package eval

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// ArmInfo identifies what one arm measured.
type ArmInfo struct {
	// Label is what a person calls it: "prompts/support.md on gpt-5-mini".
	Label  string `json:"label"`
	Model  string `json:"model,omitempty"`
	Prompt string `json:"prompt,omitempty"`
	// Digest covers everything that determines the answers: prompt text, model
	// entry and parameters, and nothing else.
	Digest string `json:"digest,omitempty"`
	// Commit is the git commit the arm was read from; empty for the work tree.
	Commit string `json:"commit,omitempty"`
	// Recorded is the digest of the ledger the arm was taken from, with its age.
	Recorded   string    `json:"recorded,omitempty"`
	RecordedAt time.Time `json:"recorded_at,omitzero"`
}

// ScorerInfo identifies a scorer in a ledger.
type ScorerInfo struct {
	Name string `json:"name"`
	// Version changes whenever equal samples could get other scores.
	Version string `json:"version"`
	Remote  bool   `json:"remote,omitempty"`
}

// PlanSpec is what a run is made of.
type PlanSpec struct {
	Name      string
	Golden    *GoldenSet
	Candidate ArmInfo
	// Baseline is nil on a first day without one.
	Baseline *ArmInfo
	// Targets answer for the arms that are measured now.
	CandidateTarget Target
	BaselineTarget  Target
	// Recorded is the earlier ledger a recorded baseline comes from.
	Recorded *Collected
	Scorers  []Scorer
	// ScorerInfos describe Scorers, index by index.
	ScorerInfos  []ScorerInfo
	Judge        string // identity of the judge model, empty without one
	Rubric       string
	RubricDigest string
	Policy       Policy
	Repeats      int
	ExtendTo     int // 0 or Repeats: never extend
	ToolVersion  string
	ConfigDigest string
	Subset       string
	Created      time.Time
	Notes        []Warning
}

// Header is the first event of a ledger: everything needed to decide again.
type Header struct {
	Format       string       `json:"format"`
	Kind         string       `json:"kind"`
	ToolVersion  string       `json:"tool_version"`
	Created      time.Time    `json:"created"`
	PlanDigest   string       `json:"plan_digest"`
	Name         string       `json:"name"`
	GoldenName   string       `json:"golden_name,omitempty"`
	GoldenDigest string       `json:"golden_digest"`
	Cases        int          `json:"cases"`
	Baseline     *ArmInfo     `json:"baseline,omitempty"`
	Candidate    ArmInfo      `json:"candidate"`
	Judge        string       `json:"judge,omitempty"`
	Rubric       string       `json:"rubric,omitempty"`
	RubricDigest string       `json:"rubric_digest,omitempty"`
	Scorers      []ScorerInfo `json:"scorers"`
	Policy       Policy       `json:"policy"`
	Repeats      int          `json:"repeats"`
	ExtendTo     int          `json:"extend_to,omitempty"`
	ConfigDigest string       `json:"config_digest,omitempty"`
	Subset       string       `json:"subset,omitempty"`
	Notes        []Warning    `json:"notes,omitempty"`
	// Who, When and Why are set in a committed baseline only.
	Who  string    `json:"who,omitempty"`
	When time.Time `json:"when,omitzero"`
	Why  string    `json:"why,omitempty"`
}

// MaxTrials is the most repeats the run can come to.
func (h *Header) MaxTrials() int { return max(h.Repeats, h.ExtendTo) }

// Arms lists the arms in the plan, the baseline first.
func (h *Header) Arms() []Arm {
	if h.Baseline == nil {
		return []Arm{Candidate}
	}
	return []Arm{Baseline, Candidate}
}

// CaseInfo is a case as a ledger keeps it.
type CaseInfo struct {
	ID         string         `json:"id"`
	Digest     string         `json:"digest,omitempty"`
	Cluster    string         `json:"cluster,omitempty"`
	Tags       []string       `json:"tags,omitempty"`
	MustPass   bool           `json:"must_pass,omitempty"`
	KnownIssue *KnownIssue    `json:"known_issue,omitempty"`
	Vars       map[string]any `json:"vars,omitempty"`
	Messages   []Message      `json:"messages,omitempty"`
	Reference  string         `json:"reference,omitempty"`
	Pos        Position       `json:"pos,omitzero"`
}

// Plan is a run about to happen: what to ask, in which order, and how to decide.
type Plan struct {
	Header Header
	spec   PlanSpec
	cases  map[string]*Case
}

// NewPlan checks a spec and fixes its digest, from which the order of calls
// and every random choice follow.
func NewPlan(spec PlanSpec) (*Plan, error) {
	if spec.Golden == nil || len(spec.Golden.Cases) == 0 {
		return nil, fmt.Errorf("the golden set has no cases")
	}
	if spec.Repeats < 1 {
		return nil, fmt.Errorf("repeats must be at least 1, got %d", spec.Repeats)
	}
	if spec.ExtendTo != 0 && spec.ExtendTo < spec.Repeats {
		return nil, fmt.Errorf("extend_to (%d) must not be below repeats (%d)", spec.ExtendTo, spec.Repeats)
	}
	if len(spec.Scorers) == 0 || len(spec.Scorers) != len(spec.ScorerInfos) {
		return nil, fmt.Errorf("nothing scores the answers: add a judge or checks")
	}
	if spec.CandidateTarget == nil {
		return nil, fmt.Errorf("the candidate has no target")
	}
	if spec.Baseline != nil && spec.BaselineTarget == nil && spec.Recorded == nil {
		return nil, fmt.Errorf("the baseline has neither a target nor a recorded ledger")
	}
	if spec.Recorded != nil && spec.ExtendTo > spec.Repeats {
		// A recorded arm has the trials it has: there is nothing to extend.
		spec.ExtendTo = spec.Repeats
	}
	p := &Plan{spec: spec, cases: make(map[string]*Case, len(spec.Golden.Cases))}
	for i := range spec.Golden.Cases {
		p.cases[spec.Golden.Cases[i].ID] = &spec.Golden.Cases[i]
	}
	p.Header = Header{
		Format: LedgerFormat, Kind: "run", ToolVersion: spec.ToolVersion, Created: spec.Created.UTC().Truncate(time.Second),
		Name: spec.Name, GoldenName: spec.Golden.Name, GoldenDigest: spec.Golden.Digest, Cases: len(spec.Golden.Cases),
		Baseline: spec.Baseline, Candidate: spec.Candidate, Judge: spec.Judge, Rubric: spec.Rubric, RubricDigest: spec.RubricDigest,
		Scorers: spec.ScorerInfos, Policy: spec.Policy, Repeats: spec.Repeats, ExtendTo: spec.ExtendTo,
		ConfigDigest: spec.ConfigDigest, Subset: spec.Subset, Notes: spec.Notes,
	}
	p.Header.PlanDigest = planDigest(p.Header)
	return p, nil
}

// planDigest covers what determines the measurements and the decision. When
// the run happens, who runs it and how fast is no part of it, so that an
// interrupted run is recognised as the same plan.
func planDigest(h Header) string {
	h.Created, h.When = time.Time{}, time.Time{}
	h.PlanDigest, h.ConfigDigest, h.Who, h.Why, h.Notes = "", "", "", "", nil
	// Where an arm was read from does not change what it answers.
	h.Candidate.Label, h.Candidate.Commit = "", ""
	if h.Baseline != nil {
		b := *h.Baseline
		b.Label, b.Commit, b.RecordedAt = "", "", time.Time{}
		h.Baseline = &b
	}
	return Digest(h)
}

// Seed derives a seed from a digest, one for every purpose.
func Seed(digest, purpose string) uint64 {
	sum := sha256.Sum256([]byte(digest + "\x00" + purpose))
	return binary.LittleEndian.Uint64(sum[:8])
}

// Slots lists the slots of trials [from, to) in the order they are asked: cases
// and trials shuffled by the plan's digest, the arms of one case and trial next
// to each other in random order, so that a provider's drift hits both alike.
// Arms that are recorded are left out.
func (p *Plan) Slots(from, to int) []Slot {
	ids := make([]string, 0, len(p.spec.Golden.Cases))
	for _, c := range p.spec.Golden.Cases {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids) // the order of files must not matter
	type pair struct {
		id    string
		trial int
	}
	pairs := make([]pair, 0, len(ids)*(to-from))
	for t := from; t < to; t++ {
		for _, id := range ids {
			pairs = append(pairs, pair{id, t})
		}
	}
	rng := rand.New(rand.NewPCG(Seed(p.Header.PlanDigest, "order"), uint64(from)))
	rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	both := p.Header.Baseline != nil && p.spec.Recorded == nil
	slots := make([]Slot, 0, 2*len(pairs))
	for _, q := range pairs {
		first, second := Baseline, Candidate
		if rng.IntN(2) == 1 {
			first, second = second, first
		}
		for _, arm := range []Arm{first, second} {
			if arm == Candidate || both {
				slots = append(slots, Slot{Case: q.id, Arm: arm, Trial: q.trial})
			}
		}
	}
	return slots
}

// Case returns the case of an id, nil if the plan has none.
func (p *Plan) Case(id string) *Case { return p.cases[id] }

func (p *Plan) target(arm Arm) Target {
	if arm == Baseline {
		return p.spec.BaselineTarget
	}
	return p.spec.CandidateTarget
}

func caseInfo(c *Case) *CaseInfo {
	return &CaseInfo{ID: c.ID, Digest: c.Digest, Cluster: c.Cluster, Tags: c.Tags, MustPass: c.MustPass,
		KnownIssue: c.KnownIssue, Vars: c.Vars, Messages: c.Messages, Reference: c.Reference, Pos: c.Pos}
}

// goldenDigest is the digest of a set of cases, whatever their order.
func goldenDigest(cases []CaseInfo) string {
	sorted := slices.Clone(cases)
	slices.SortFunc(sorted, func(a, b CaseInfo) int { return cmp.Compare(a.ID, b.ID) })
	h := sha256.New()
	for _, c := range sorted {
		fmt.Fprintf(h, "%q %s\n", c.ID, c.Digest)
	}
	return hex.EncodeToString(h.Sum(nil))
}
