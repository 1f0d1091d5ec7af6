package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/llm"
	"github.com/qualgate/qualgate/eval/yamldoc"
	"github.com/qualgate/qualgate/judge"
)

// armSource is one arm, resolved: what it asks, of whom.
type armSource struct {
	prompt     *eval.Prompt
	promptPath string
	modelName  string // the entry under models
	model      *modelDoc
	params     llm.Params
	commit     string // the arm was read from it; empty: the work tree
	ref        string // as the configuration names the commit
	file       string // the configuration the model entry is from
	digest     string
}

// info is the arm as ledgers and reports know it.
func (s *armSource) info() eval.ArmInfo {
	label := fmt.Sprintf("%s on %s", filepath.ToSlash(s.promptPath), s.model.Model)
	if s.commit != "" {
		label += fmt.Sprintf(" (%s, %s)", s.ref, shortCommit(s.commit))
	}
	return eval.ArmInfo{Label: label, Model: s.model.Model, Prompt: filepath.ToSlash(s.promptPath), Digest: s.digest, Commit: s.commit}
}

// identity is the arm's model for the self-grading guard.
func identity(m *modelDoc) judge.ModelIdentity {
	return judge.ModelIdentity{Provider: m.Provider.Value, BaseURL: m.BaseURL.Value, Model: m.Model, Aliases: m.Aliases}
}

// digestArm identifies what determines the arm's answers.
func (a *app) digestArm(p *project, s *armSource) error {
	type recording struct{ Path, Digest string }
	var recorded []recording
	for _, t := range s.model.Path {
		name, err := a.expand(t, s.file, "path")
		if err != nil {
			return err
		}
		sum, err := fileDigest(p.abs(name))
		if err != nil {
			return usage("%s:%d:%d: cannot read the recorded answers %s: %v", s.file, t.Line, t.Col, name, plainError(err))
		}
		recorded = append(recorded, recording{filepath.ToSlash(name), sum})
	}
	s.digest = eval.Digest(map[string]any{
		"prompt": s.prompt.Digest, "provider": s.model.Provider.Value, "base_url": s.model.BaseURL.Value,
		"model": s.model.Model, "params": s.params, "recorded": recorded,
	})
	return nil
}

// fileDigest is the SHA-256 of a file, read in pieces.
func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// resolveArms completes both arms: it reads a git baseline, identifies both,
// and refuses comparisons of a thing with itself and judges that would grade
// themselves.
func (a *app) resolveArms(ctx context.Context, p *project) error {
	p.candidate.file = p.cfg.file
	if ref := p.cfg.Baseline.Git; ref.Value != "" {
		if err := a.gitBaseline(ctx, p, ref.Value); err != nil {
			return err
		}
	} else if p.baseline != nil {
		p.baseline.file = p.cfg.file
	}
	if err := a.digestArm(p, &p.candidate); err != nil {
		return err
	}
	if p.baseline != nil {
		if err := a.digestArm(p, p.baseline); err != nil {
			return err
		}
		if p.baseline.digest == p.candidate.digest {
			return sameArms(p)
		}
	}
	return p.selfGrading()
}

func sameArms(p *project) error {
	what := fmt.Sprintf("%s on %s", p.candidate.promptPath, p.candidate.model.Model)
	if p.baseline.commit == "" {
		return usage("the baseline is the candidate itself (%s): there is nothing to compare", what).
			try("let them differ in prompt, model or params")
	}
	return usage("the baseline is the candidate itself (%s, unchanged since %s): there is nothing to compare", what, shortCommit(p.baseline.commit)).
		try("after the merge compare with what is live instead: baseline: {git: <tag of the deployed version>}, {git: HEAD~1},\nor the deployed version's ledger: {ledger: path}")
}

// selfGrading refuses a judge that is one of the models under test.
func (p *project) selfGrading() error {
	if err := p.selfGradingOf(&p.candidate, "candidate"); err != nil {
		return err
	}
	return p.selfGradingOf(p.baseline, "baseline")
}

func (p *project) selfGradingOf(s *armSource, role string) error {
	if p.cfg.Judge == nil || s == nil {
		return nil
	}
	t := p.cfg.Judge.Model
	same, why := judge.SameModel(identity(p.cfg.Models[t.Value]), identity(s.model))
	if !same {
		return nil
	}
	return asFault(yamldoc.Problems{{File: p.cfg.file, Line: t.Line, Col: t.Col,
		Msg: fmt.Sprintf("the judge would grade itself: judge and %s are one model (%s)", role, why), Hint: "judge with another, stronger model"}})
}

// gitBaseline reads the baseline as of a commit: the configuration's candidate
// there, with the model entry and prompt of that commit.
func (a *app) gitBaseline(ctx context.Context, p *project, ref string) error {
	r, err := openRepo(ctx, p.dir, a.env.Environ)
	if err != nil {
		return err
	}
	name, commit := ref, ""
	if ref == "merge-base" {
		branch, id, err := r.mergeBase(ctx, a.env.Getenv)
		if err != nil {
			return err
		}
		name, commit = "merge-base with "+branch, id
	} else if commit, err = r.resolve(ctx, ref); err != nil {
		return err
	}
	at := func(file string) string { return shortCommit(commit) + ":" + filepath.ToSlash(file) }
	base := filepath.Base(p.file)
	data, err := r.file(ctx, commit, base)
	if errors.Is(err, errNotInCommit) {
		return usage("baseline: git: %s: commit %s has no %s yet: there is nothing to compare with", ref, shortCommit(commit), base).
			try("for a first day write baseline: none; once this file is on the main branch, compare with it")
	}
	if err != nil {
		return usage("baseline: git: %s: %v", ref, err)
	}
	old, ps := readConfig(at(base), data)
	if len(ps) > 0 {
		return asFault(ps)
	}
	t := old.Candidate
	s := &armSource{promptPath: t.Prompt.Value, modelName: t.Model.Value, model: old.Models[t.Model.Value], commit: commit, ref: name, file: at(base)}
	s.params = s.model.Params.over(t.Params)
	text, err := r.file(ctx, commit, t.Prompt.Value)
	if err != nil {
		return usage("baseline: git: %s: the prompt of %s: %v", ref, at(base), err)
	}
	pr, ps := eval.ParsePrompt(at(t.Prompt.Value), text)
	if len(ps) > 0 {
		return asFault(ps)
	}
	s.prompt = pr
	p.baseline = s
	p.prompts = append(p.prompts, pr)
	return a.examChanged(ctx, p, r, old)
}

// examChanged notes when the golden set changed together with the prompt since
// the baseline's commit: the exam changed with the student.
func (a *app) examChanged(ctx context.Context, p *project, r *repo, old *config) error {
	s := p.baseline
	if s.prompt.Digest == p.candidate.prompt.Digest {
		return nil
	}
	files, err := r.files(ctx, s.commit)
	if err != nil {
		return nil // only a remark would be lost
	}
	var then []string
	for _, g := range old.Golden {
		for _, f := range files {
			if ok, _ := filepath.Match(filepath.FromSlash(g.Value), filepath.FromSlash(f)); ok || g.Value == f {
				then = append(then, f)
			}
		}
	}
	set, ps := eval.LoadGolden(then, eval.LoadOptions{Read: func(f string) ([]byte, error) { return r.file(ctx, s.commit, f) }})
	if len(ps) > 0 || set == nil || set.Digest == p.set.Digest {
		return nil
	}
	diff := eval.NewLock(set, nil, nil).Diff(p.set, nil, nil)
	p.notes = append(p.notes, eval.Warning{Code: "exam-changed", Text: fmt.Sprintf(
		"the exam changed with the student: since %s both the prompt and the golden set changed (%s); both arms answer today's set, but check that the cases were not bent to the prompt",
		shortCommit(s.commit), strings.ReplaceAll(diff.String(), "\n", "; "))})
	return nil
}
