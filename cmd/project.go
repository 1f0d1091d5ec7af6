package cmd

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/yamldoc"
	"github.com/qualgate/qualgate/judge"
)

// configNames are the configuration's names, in the order they are looked for.
var configNames = []string{"qualgate.yaml", "qualgate.yml"}

// lockName is the frozen exam's file, beside the configuration.
const lockName = "qualgate.lock"

// project is a configuration with all documents it names, read and checked.
// Nothing has been asked of any model.
type project struct {
	dir  string // where the configuration is
	file string // its path
	cfg  *config

	policy  eval.Policy
	set     *eval.GoldenSet
	golden  []string // the golden files, relative to dir
	prompts []*eval.Prompt
	rubric  *judge.Rubric
	checks  *judge.Checks

	candidate armSource
	baseline  *armSource // nil: none, or recorded
	notes     []eval.Warning
}

// findConfig looks for the configuration upwards from the working directory,
// as go.mod is looked for.
func (a *app) findConfig() (string, error) {
	if a.flags.config != "" {
		path := a.path(a.flags.config)
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			return "", usage("--config %s: there is no such file", a.flags.config)
		}
		return path, nil
	}
	for dir := a.env.Dir; ; dir = filepath.Dir(dir) {
		for _, name := range configNames {
			path := filepath.Join(dir, name)
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				return path, nil
			}
		}
		if dir == filepath.Dir(dir) {
			return "", usage("there is no qualgate.yaml in this directory or above it").
				try("start one with `qualgate init`, or name it with --config or -C")
		}
	}
}

// projectDir is the directory of the configuration, or the working directory.
func (a *app) projectDir() string {
	if path, err := a.findConfig(); err == nil {
		return filepath.Dir(path)
	}
	return a.env.Dir
}

// asFault turns document problems into the error that lists them all.
func asFault(ps yamldoc.Problems) error {
	if len(ps) == 0 {
		return nil
	}
	return &fault{code: ExitUsage, err: problems(strings.Split(ps.Error(), "\n"))}
}

// loadProject reads everything the configuration names and reports all that is
// wrong with it together.
func (a *app) loadProject(ctx context.Context) (*project, error) {
	p, err := a.loadExam()
	if err != nil {
		return nil, err
	}
	if err := a.resolveArms(ctx, p); err != nil {
		return nil, err
	}
	if ps := eval.CheckPrompts(p.prompts, p.set); ps != nil {
		return nil, asFault(ps)
	}
	return p, p.checkPolicy()
}

// projectLoader reads documents and collects problems.
type projectLoader struct {
	a  *app
	p  *project
	ps yamldoc.Problems
}

func (l *projectLoader) problem(pos yamldoc.Pos, hint, format string, args ...any) {
	l.ps = append(l.ps, yamldoc.Problem{File: l.p.cfg.file, Line: pos.Line, Col: pos.Col, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// read reads a file named in the configuration, relative to it. shown is how
// it is named in messages.
func (p *project) abs(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.dir, filepath.FromSlash(name))
}

func (l *projectLoader) goldenSet() {
	var files []string
	for _, g := range l.p.cfg.Golden {
		pattern := filepath.ToSlash(g.Value)
		matches, err := fs.Glob(os.DirFS(l.p.dir), pattern)
		if filepath.IsAbs(g.Value) {
			matches, err = filepath.Glob(g.Value)
		}
		if err == nil && len(matches) == 0 && !strings.ContainsAny(pattern, "*?[") {
			if _, serr := os.Stat(l.p.abs(g.Value)); serr == nil {
				matches = []string{g.Value} // a path with .. in it
			}
		}
		switch {
		case err != nil:
			l.problem(g.Pos, "write golden/*.yaml", "golden: %q is not a pattern", g.Value)
		case len(matches) == 0:
			l.problem(g.Pos, slashes(g.Value, "write the cases, or correct the path"), "golden: no file matches %q", g.Value)
		}
		for _, m := range matches {
			if !slices.Contains(files, m) {
				files = append(files, m)
			}
		}
	}
	slices.Sort(files)
	l.p.golden = files
	if len(files) == 0 {
		return
	}
	names := map[string]string{}
	shown := make([]string, len(files))
	for i, f := range files {
		shown[i] = filepath.ToSlash(l.a.shown(l.p.abs(f)))
		names[shown[i]] = l.p.abs(f)
	}
	set, ps := eval.LoadGolden(shown, eval.LoadOptions{CheckKinds: judge.Kinds(), Read: func(name string) ([]byte, error) {
		b, err := os.ReadFile(names[name])
		return b, plainIf(err)
	}})
	l.ps = append(l.ps, ps...)
	l.p.set = set
}

// slashes hints at paths written the Windows way, which are not portable.
func slashes(path, hint string) string {
	if strings.Contains(path, `\`) {
		return "write paths with /, on Windows too: " + strings.ReplaceAll(path, `\`, "/")
	}
	return hint
}

// plainIf drops the path from an error that is named with it anyway.
func plainIf(err error) error {
	if err == nil {
		return nil
	}
	return plainError(err)
}

// prompt reads a target's prompt from the work tree.
func (l *projectLoader) prompt(t *targetDoc, arm *armSource) {
	if t.Prompt.Value == "" {
		return
	}
	path := l.p.abs(t.Prompt.Value)
	data, err := os.ReadFile(path)
	if err != nil {
		l.problem(t.Prompt.Pos, slashes(t.Prompt.Value, ""), "cannot read the prompt %s: %v", t.Prompt.Value, plainError(err))
		return
	}
	pr, ps := eval.ParsePrompt(filepath.ToSlash(l.a.shown(path)), data)
	l.ps = append(l.ps, ps...)
	if pr == nil {
		return
	}
	l.p.prompts = append(l.p.prompts, pr)
	arm.prompt, arm.promptPath = pr, t.Prompt.Value
	arm.modelName, arm.model = t.Model.Value, l.p.cfg.Models[t.Model.Value]
	if arm.model != nil {
		arm.params = arm.model.Params.over(t.Params)
	}
}

// judgement reads the rubric and compiles the checks.
func (l *projectLoader) judgement() {
	cfg := l.p.cfg
	if j := cfg.Judge; j != nil && j.Rubric.Value != "" {
		path := l.p.abs(j.Rubric.Value)
		data, err := os.ReadFile(path)
		if err != nil {
			l.problem(j.Rubric.Pos, slashes(j.Rubric.Value, ""), "cannot read the rubric %s: %v", j.Rubric.Value, plainError(err))
		} else {
			r, ps := judge.ParseRubric(filepath.ToSlash(l.a.shown(path)), data)
			l.ps = append(l.ps, ps...)
			l.p.rubric = r
		}
	}
	if l.p.set == nil {
		return
	}
	common := make([]eval.CheckSpec, len(cfg.Checks))
	for i, c := range cfg.Checks {
		common[i] = c.CheckSpec
	}
	checks, ps := judge.CompileChecks(l.p.set, common, judge.WithFiles(func(name string) ([]byte, error) { return os.ReadFile(l.p.abs(name)) }))
	l.ps = append(l.ps, ps...)
	l.p.checks = checks
	if cfg.Judge == nil && checks != nil {
		for i := range l.p.set.Cases {
			c := &l.p.set.Cases[i]
			if !checks.Any(c.ID) {
				l.ps = append(l.ps, yamldoc.Problem{File: c.Pos.File, Line: c.Pos.Line, Col: c.Pos.Column,
					Msg: fmt.Sprintf("case %s has no check, and there is no judge: nothing would score it", c.ID), Hint: "add a check, or a judge in " + cfg.file})
			}
		}
	}
}

// checkPolicy finds policies that name what does not exist, or decide nothing.
func (p *project) checkPolicy() error {
	var ps yamldoc.Problems
	at := func(pos yamldoc.Pos, hint, format string, args ...any) {
		ps = append(ps, yamldoc.Problem{File: p.cfg.file, Line: pos.Line, Col: pos.Col, Msg: fmt.Sprintf(format, args...), Hint: hint})
	}
	tags, criteria := p.known()
	for _, g := range p.cfg.Policy.Slices {
		if !slices.Contains(tags, g.name.Value) {
			at(g.name.Pos, yamldoc.DidYouMean(g.name.Value, tags), "policy: no case has the tag of slice %q", g.name.Value)
		}
	}
	for _, g := range p.cfg.Policy.Criteria {
		if !slices.Contains(criteria, g.name.Value) {
			at(g.name.Pos, yamldoc.DidYouMean(g.name.Value, criteria), "policy: nothing is scored on criterion %q", g.name.Value)
		}
	}
	if p.cfg.Baseline.None && p.policy.MinScore == nil && !p.hasHardRules() {
		at(p.cfg.Baseline.Pos, "add policy: {min_score: 80%}, or must_pass to cases", "without a baseline nothing decides")
	}
	return asFault(ps)
}

// known lists the slices and criteria that exist.
func (p *project) known() (tags, criteria []string) {
	if p.rubric != nil {
		for i := range p.rubric.Criteria {
			criteria = append(criteria, "judge:"+p.rubric.Criteria[i].ID)
		}
	}
	check := func(c eval.CheckSpec) {
		name := c.Name
		if name == "" {
			name = c.Kind
		}
		if name = "check:" + name; !slices.Contains(criteria, name) {
			criteria = append(criteria, name)
		}
	}
	for _, c := range p.cfg.Checks {
		check(c.CheckSpec)
	}
	for i := range p.set.Cases {
		for _, t := range p.set.Cases[i].Tags {
			if !slices.Contains(tags, "tag:"+t) {
				tags = append(tags, "tag:"+t)
			}
		}
		for _, c := range p.set.Cases[i].Checks {
			check(c)
		}
	}
	return tags, criteria
}

func (p *project) hasHardRules() bool {
	must := func(c eval.CheckSpec) bool { return c.MustPass }
	for _, c := range p.cfg.Checks {
		if c.MustPass {
			return true
		}
	}
	return slices.ContainsFunc(p.set.Cases, func(c eval.Case) bool { return c.MustPass || slices.ContainsFunc(c.Checks, must) })
}

var envRef = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand fills ${NAME} in where that is documented: base_url, header values,
// and paths of recorded answers and ledgers. A variable that is not set is an
// error.
func (a *app) expand(t text, file, what string) (string, error) {
	var missing []string
	out := envRef.ReplaceAllStringFunc(t.Value, func(ref string) string {
		name := ref[2 : len(ref)-1]
		v, ok := a.env.LookupEnv(name)
		if !ok {
			missing = append(missing, name)
		}
		return v
	})
	if len(missing) > 0 {
		return "", usage("%s:%d:%d: %s uses ${%s}, which is not set", file, t.Line, t.Col, what, missing[0]).try("set the variable %s", missing[0])
	}
	return out, nil
}
