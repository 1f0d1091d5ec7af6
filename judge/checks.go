package judge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/yamldoc"
)

// checksVersion changes whenever the meaning of a kind of check does.
const checksVersion = "1"

// Checks is the Scorer that applies to each sample the checks of its case and
// those common to all.
type Checks struct {
	byCase map[string][]*Check
	common []*Check
}

// CompileChecks compiles the checks of a set, and common ones for every case.
// A check that cannot be measured on its case (it compares with a reference
// the case does not have, or reads a variable that is not set) is a problem
// here and not a score later.
func CompileChecks(set *eval.GoldenSet, common []eval.CheckSpec, opts ...Option) (*Checks, yamldoc.Problems) {
	cs := &Checks{byCase: make(map[string][]*Check, len(set.Cases))}
	var ps yamldoc.Problems
	problem := func(pos eval.Position, format string, args ...any) {
		p := yamldoc.Problem{File: pos.File, Line: pos.Line, Col: pos.Column, Msg: fmt.Sprintf(format, args...)}
		if !slices.Contains(ps, p) {
			ps = append(ps, p)
		}
	}
	// A set's default checks stand in every case: compile each text once.
	done := map[eval.Position]*Check{}
	compile := func(spec eval.CheckSpec) *Check {
		if c, ok := done[spec.Pos]; ok && spec.Pos.Line > 0 {
			return c
		}
		c, err := CompileCheck(spec, opts...)
		if err != nil {
			problem(spec.Pos, "%v", err)
			c = nil
		}
		done[spec.Pos] = c
		return c
	}
	for _, spec := range common {
		if c := compile(spec); c != nil {
			cs.common = append(cs.common, c)
		}
	}
	for i := range set.Cases {
		ci := &set.Cases[i]
		for _, spec := range ci.Checks {
			if c := compile(spec); c != nil {
				cs.byCase[ci.ID] = append(cs.byCase[ci.ID], c)
				fits(c, ci, func(format string, args ...any) { problem(ci.Pos, format, args...) })
			}
		}
		for _, c := range cs.common {
			fits(c, ci, func(format string, args ...any) { problem(ci.Pos, format, args...) })
		}
	}
	if len(ps) > 0 {
		return nil, ps.Sorted()
	}
	return cs, nil
}

// fits reports what a check needs and its case does not have.
func fits(c *Check, ci *eval.Case, problem func(format string, args ...any)) {
	name := strings.TrimPrefix(c.Criterion, "check:")
	if c.needsReference && ci.Reference == "" {
		problem("case %s has no reference, but its check %s compares with one", ci.ID, name)
	} else if c.needsReference && c.reference != nil {
		if err := c.reference(ci.Reference); err != nil {
			problem("case %s: check %s: %v", ci.ID, name, err)
		}
	}
	for _, v := range c.needsVars {
		if _, ok := ci.Vars[v]; !ok {
			problem("case %s has no variable %q, which its check %s reads", ci.ID, v, name)
		}
	}
}

// Name identifies the scorer in ledgers.
func (cs *Checks) Name() string { return "checks" }

// Remote is false: no check asks a model.
func (cs *Checks) Remote() bool { return false }

// Any reports whether a case has checks at all.
func (cs *Checks) Any(id string) bool { return len(cs.byCase[id])+len(cs.common) > 0 }

// Version changes whenever equal samples could get other scores: with the
// meaning of the kinds, and with the common checks. A case's own checks are
// part of the case's digest.
func (cs *Checks) Version() string {
	parts := []string{"checks/" + checksVersion}
	for _, c := range cs.common {
		parts = append(parts, c.canonical)
	}
	// Files that checks name are not part of a case's digest.
	var files []string
	for _, list := range cs.byCase {
		for _, c := range list {
			files = append(files, c.files...)
		}
	}
	slices.Sort(files)
	return shortDigest(append(parts, slices.Compact(files)...)...)
}

// Score applies every check of the sample's case. A case without checks gets
// no scores. Where one check cannot be measured, none is: a part of the scores
// would be another exam.
func (cs *Checks) Score(ctx context.Context, s eval.Sample) (eval.Scored, error) {
	var out eval.Scored
	if s.Case == nil {
		return out, &eval.Failure{Stage: eval.StageJudge, Scorer: cs.Name(), Message: "the sample belongs to no case"}
	}
	var failed error
	for _, c := range slices.Concat(cs.common, cs.byCase[s.Case.ID]) {
		sc, err := c.Score(ctx, s)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		out.Scores = append(out.Scores, sc)
	}
	if failed != nil {
		return eval.Scored{}, &eval.Failure{Stage: eval.StageJudge, Scorer: cs.Name(), Message: failed.Error(), Err: failed}
	}
	return out, nil
}
