package eval

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"
)

// ScoreRow is one line of a plain score file: {"case": …, "score": …} with
// optional trial, cluster, tags, criterion and judge.
type ScoreRow struct {
	Case      string   `json:"case"`
	Score     *float64 `json:"score"` // nil: not measured
	Trial     *int     `json:"trial"`
	Cluster   string   `json:"cluster"`
	Tags      []string `json:"tags"`
	Criterion string   `json:"criterion"`
	Judge     string   `json:"judge"`
}

// ScoreFile is a plain score file, read.
type ScoreFile struct {
	Name   string
	Digest string
	Judges []string // the judges named in it, sorted
	rows   []scoreRow
}

type scoreRow struct {
	id, cluster, criterion string
	trial                  int
	tags                   []string
	value                  *float64
	line                   int
}

// Scale maps scores lowest → 0, highest → 1. The zero value is the scale [0,1].
type Scale struct{ Lo, Hi float64 }

func (s Scale) orUnit() Scale {
	if s == (Scale{}) {
		return Scale{0, 1}
	}
	return s
}

// ParseScale reads "1..10".
func ParseScale(text string) (Scale, error) {
	lo, hi, ok := cutDots(text)
	a, err1 := strconv.ParseFloat(lo, 64)
	b, err2 := strconv.ParseFloat(hi, 64)
	if !ok || err1 != nil || err2 != nil || !(a < b) || math.IsInf(a, 0) || math.IsInf(b, 0) {
		return Scale{}, fmt.Errorf("%q is not a scale; write lowest..highest, such as 1..10", text)
	}
	return Scale{a, b}, nil
}

func cutDots(s string) (lo, hi string, ok bool) {
	b, a, found := bytes.Cut([]byte(s), []byte(".."))
	return string(b), string(a), found
}

// ReadScores reads a plain score file (JSON lines). A repeated id without
// trial is a further case in that id's cluster. A null score is an unmeasured
// case. Errors name file and line.
func ReadScores(r io.Reader, name string, scale Scale) (*ScoreFile, error) {
	scale = scale.orUnit()
	h := sha256.New()
	br := bufio.NewReaderSize(io.TeeReader(r, h), 1<<16)
	f := &ScoreFile{Name: name}
	seen := map[string]int{}
	trials := map[string]int{}
	judges := map[string]bool{}
	var problems []error
	for n := 1; ; n++ {
		line, err := br.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		last := err != nil
		line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
		if len(line) > 0 {
			row, judge, perr := parseScore(line, scale)
			if perr == nil {
				perr = f.place(&row, seen, trials, n)
			}
			if perr != nil {
				problems = append(problems, fmt.Errorf("%s:%d: %w", name, n, perr))
				if len(problems) == 20 {
					problems = append(problems, errors.New("… and perhaps more; these are the first 20"))
					break
				}
			} else {
				row.line = n
				f.rows = append(f.rows, row)
				if judge != "" {
					judges[judge] = true
				}
			}
		}
		if last {
			break
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if len(f.rows) == 0 {
		return nil, fmt.Errorf(`%s: no scores in it; every line must look like {"case": "id", "score": 0.8}`, name)
	}
	for j := range judges {
		f.Judges = append(f.Judges, j)
	}
	slices.Sort(f.Judges)
	f.Digest = hex.EncodeToString(h.Sum(nil))
	return f, nil
}

// parseScore reads one line.
func parseScore(line []byte, scale Scale) (scoreRow, string, error) {
	var raw struct {
		ScoreRow
		Score json.RawMessage `json:"score"`
	}
	var row scoreRow
	if err := json.Unmarshal(line, &raw); err != nil {
		return row, "", fmt.Errorf(`not a score: %w; write {"case": "id", "score": 0.8}`, err)
	}
	if raw.Case == "" {
		return row, "", fmt.Errorf(`the line has no "case"`)
	}
	if raw.Trial != nil && (*raw.Trial < 0 || *raw.Trial > 999) {
		return row, "", fmt.Errorf("trial %d of case %q: trials count from 0 to 999", *raw.Trial, raw.Case)
	}
	row = scoreRow{id: raw.Case, cluster: raw.Cluster, criterion: raw.Criterion, tags: raw.Tags, trial: -1}
	if raw.Trial != nil {
		row.trial = *raw.Trial
	}
	switch s := string(raw.Score); s {
	case "":
		return row, "", fmt.Errorf(`case %q has no "score"; write null if it could not be measured`, raw.Case)
	case "null":
	case "true", "false":
		row.value = ptr(map[string]float64{"true": 1, "false": 0}[s])
	default:
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return row, "", fmt.Errorf("score %s of case %q is not a number", s, raw.Case)
		}
		if !(v >= scale.Lo && v <= scale.Hi) {
			return row, "", fmt.Errorf("score %v of case %q is outside [%v, %v]; name the scale with --scale lowest..highest", v, raw.Case, scale.Lo, scale.Hi)
		}
		row.value = ptr((v - scale.Lo) / (scale.Hi - scale.Lo))
	}
	return row, raw.Judge, nil
}

// place gives repeated ids their own case, and refuses a trial given twice.
func (f *ScoreFile) place(row *scoreRow, seen, trials map[string]int, n int) error {
	if row.trial >= 0 {
		key := fmt.Sprintf("%q %q %d", row.id, row.criterion, row.trial)
		if before, ok := trials[key]; ok {
			return fmt.Errorf("trial %d of case %q was already given in line %d", row.trial, row.id, before)
		}
		trials[key] = n
		return nil
	}
	key := fmt.Sprintf("%q %q", row.id, row.criterion)
	seen[key]++
	row.trial = 0
	if k := seen[key]; k > 1 {
		if row.cluster == "" {
			row.cluster = row.id
		}
		row.id = fmt.Sprintf("%s#%d", row.id, k)
	}
	return nil
}

// CompareSpec is two sets of scores and how to decide between them.
type CompareSpec struct {
	Baseline, Candidate *ScoreFile
	Policy              Policy
	ToolVersion         string
	Created             time.Time
	// BaselineJudge and CandidateJudge name who scored, where the files do not.
	BaselineJudge, CandidateJudge string
}

// CompareScores decides between two plain score files. Scores of two judges
// are refused: their difference is the judges' and not the models'.
func CompareScores(spec CompareSpec) (*Result, error) {
	judge, err := oneJudge(spec)
	if err != nil {
		return nil, err
	}
	b := newScoreBuilder(spec, judge)
	if err := b.build(); err != nil {
		return nil, err
	}
	return Summarize(b.c), nil
}

func oneJudge(spec CompareSpec) (string, error) {
	names := map[string]string{}
	note := func(f *ScoreFile, flag string) {
		js := f.Judges
		if flag != "" {
			js = []string{flag}
		}
		for _, j := range js {
			names[j] = f.Name
		}
	}
	note(spec.Baseline, spec.BaselineJudge)
	note(spec.Candidate, spec.CandidateJudge)
	if len(names) > 1 {
		var list []string
		for j, f := range names {
			list = append(list, fmt.Sprintf("%s (%s)", j, f))
		}
		slices.Sort(list)
		return "", fmt.Errorf("the scores come from different judges: %s; a difference between judges is not a difference between models: score both sides with one judge", joinAnd(list))
	}
	for j := range names {
		return j, nil
	}
	return "", nil
}

func joinAnd(list []string) string {
	out := ""
	for i, s := range list {
		switch {
		case i == 0:
			out = s
		case i == len(list)-1:
			out += " and " + s
		default:
			out += ", " + s
		}
	}
	return out
}

// scoreBuilder makes a Collected of plain scores, as if a ledger had been read.
type scoreBuilder struct {
	spec  CompareSpec
	c     *Collected
	files [2]*ScoreFile
}

func newScoreBuilder(spec CompareSpec, judge string) *scoreBuilder {
	c := NewCollected(bytes.NewReader(nil))
	c.Header = Header{
		Format: LedgerFormat, Kind: "compare", ToolVersion: spec.ToolVersion, Created: spec.Created.UTC().Truncate(time.Second),
		Baseline:  &ArmInfo{Label: spec.Baseline.Name, Digest: spec.Baseline.Digest},
		Candidate: ArmInfo{Label: spec.Candidate.Name, Digest: spec.Candidate.Digest},
		Judge:     judge, Policy: spec.Policy, Scorers: []ScorerInfo{{Name: "scores", Version: "1"}},
	}
	return &scoreBuilder{spec: spec, c: c, files: [2]*ScoreFile{spec.Baseline, spec.Candidate}}
}

func (b *scoreBuilder) build() error {
	c := b.c
	trials, seen := 1, map[string]bool{}
	for _, f := range b.files {
		for _, r := range f.rows {
			trials = max(trials, r.trial+1)
			seen[r.id] = true
		}
	}
	c.Header.Repeats, c.Header.Cases = trials, len(seen)
	h := c.Header
	h.Baseline = &ArmInfo{Digest: h.Baseline.Digest}
	h.Candidate = ArmInfo{Digest: h.Candidate.Digest}
	c.Header.PlanDigest = planDigest(h)
	c.scorers["scores"] = 0
	for k, f := range b.files {
		if err := b.addCases(f, k == 1); err != nil {
			return err
		}
	}
	scores := map[Slot][]Score{}
	var order []Slot
	for k, f := range b.files {
		arm := []Arm{Baseline, Candidate}[k]
		for _, r := range f.rows {
			slot := Slot{r.id, arm, r.trial}
			if _, ok := scores[slot]; !ok {
				order = append(order, slot)
			}
			if r.value == nil {
				scores[slot] = append(scores[slot], Score{Value: math.NaN()})
				continue
			}
			name := "score"
			if r.criterion != "" {
				name = r.criterion
			}
			scores[slot] = append(scores[slot], Score{Criterion: "judge:" + name, Value: *r.value, Weight: 1, Pass: *r.value >= 1})
		}
	}
	for _, slot := range order {
		if slices.ContainsFunc(scores[slot], func(s Score) bool { return math.IsNaN(s.Value) }) {
			continue // one criterion is missing: the slot is unmeasured as a whole
		}
		if err := c.addScores(&ScoresEvent{Slot: slot, Scorer: "scores", Scores: scores[slot]}, span{0, 1}); err != nil {
			return err
		}
	}
	c.End = &EndEvent{How: "complete"}
	return nil
}

// addCases lists a file's cases; what both files say of a case must agree.
func (b *scoreBuilder) addCases(f *ScoreFile, second bool) error {
	for _, r := range f.rows {
		i, ok := b.c.index[r.id]
		if !ok {
			info := CaseInfo{ID: r.id, Cluster: r.cluster, Tags: r.tags, Pos: Position{File: f.Name, Line: r.line}}
			if err := b.c.addCase(&info); err != nil {
				return err
			}
			continue
		}
		known := &b.c.Cases[i]
		if r.cluster != "" && known.Cluster == "" {
			known.Cluster = r.cluster
		}
		if r.cluster != "" && known.Cluster != r.cluster {
			return fmt.Errorf("%s:%d: case %q is in cluster %q here and in %q at %s:%d", f.Name, r.line, r.id, r.cluster, known.Cluster, known.Pos.File, known.Pos.Line)
		}
		for _, t := range r.tags {
			if !slices.Contains(known.Tags, t) {
				known.Tags = append(slices.Clip(known.Tags), t)
			}
		}
	}
	return nil
}
