package judge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/qualgate/qualgate/eval"
)

// Jury is a Scorer that averages several judges of different models, criterion
// by criterion. It steadies a verdict; it does not multiply the evidence:
// judges err alike, so their number is never counted as a number of cases.
type Jury struct {
	judges []*Judge
	name   string
}

// NewJury makes a jury of at least two judges, who must use one rubric, be
// different models and carry different Parts.
func NewJury(judges ...*Judge) (*Jury, error) {
	if len(judges) < 2 {
		return nil, fmt.Errorf("a jury needs at least two judges, got %d", len(judges))
	}
	names := make([]string, len(judges))
	for i, j := range judges {
		names[i] = j.cfg.Model
		for _, k := range judges[:i] {
			switch same, why := SameModel(ModelIdentity{Model: j.cfg.Model}, ModelIdentity{Model: k.cfg.Model}); {
			case same:
				return nil, fmt.Errorf("two judges of the jury are the same model: %s", why)
			case j.cfg.Rubric.Digest() != k.cfg.Rubric.Digest():
				return nil, errors.New("the judges of a jury must use the same rubric")
			case j.cfg.Part == k.cfg.Part:
				return nil, fmt.Errorf("two judges of the jury carry the same part %q: their answers could not be told apart", j.cfg.Part)
			}
		}
	}
	slices.Sort(names)
	return &Jury{judges: judges, name: "jury:" + strings.Join(names, "+") + "/" + judges[0].cfg.Rubric.ref()}, nil
}

// Name is jury:<models>/<rubric>@<start of its digest>.
func (j *Jury) Name() string { return j.name }

// Remote is true: every score is several calls.
func (j *Jury) Remote() bool { return true }

// Version changes whenever one of the judges' does.
func (j *Jury) Version() string {
	var versions []string
	for _, k := range j.judges {
		versions = append(versions, k.Version())
	}
	slices.Sort(versions)
	return shortDigest(append([]string{"jury/1"}, versions...)...)
}

// Score asks the judges one after the other. If one of them fails, the jury
// fails: an average over whoever answered would change from sample to sample.
func (j *Jury) Score(ctx context.Context, s eval.Sample) (eval.Scored, error) {
	var spend eval.Spend
	var all [][]eval.Score
	for _, k := range j.judges {
		scored, err := k.Score(ctx, s)
		if err != nil {
			return eval.Scored{}, j.failed(err, spend)
		}
		spend = spend.Add(scored.Spend)
		all = append(all, scored.Scores)
	}
	scores := make([]eval.Score, len(all[0]))
	for i := range scores {
		scores[i] = j.combine(i, all)
	}
	return eval.Scored{Scores: scores, Spend: spend}, nil
}

// failed adds what the others cost to a judge's failure.
func (j *Jury) failed(err error, spend eval.Spend) error {
	var f *eval.Failure
	if !errors.As(err, &f) {
		return err
	}
	copied := *f
	copied.Spend = spend.Add(f.Spend)
	copied.Message = f.Scorer + ": " + f.Message
	copied.Scorer = j.name
	var fatal *eval.FatalError
	if errors.As(err, &fatal) {
		return &eval.FatalError{Err: &copied, Hint: fatal.Hint}
	}
	return &copied
}

// combine averages criterion i; it passes if more than half of the judges pass it.
func (j *Jury) combine(i int, all [][]eval.Score) eval.Score {
	out := all[0][i]
	sum, passed := 0.0, 0
	var labels, reasons []string
	for k, scores := range all {
		sum += scores[i].Value
		if scores[i].Pass {
			passed++
		}
		labels = append(labels, scores[i].Label)
		reasons = append(reasons, fmt.Sprintf("%s: %s: %s", j.judges[k].cfg.Model, scores[i].Label, scores[i].Reason))
	}
	out.Value = min(1, sum/float64(len(all)))
	out.Pass = 2*passed > len(all)
	out.Label = strings.Join(labels, ", ")
	out.Reason = capRunes(strings.Join(reasons, "\n"), maxJudgeReason)
	return out
}
