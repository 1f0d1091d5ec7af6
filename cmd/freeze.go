package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/judge"
)

func (a *app) freezeCommand() *cobra.Command {
	var reason, who string
	c := &cobra.Command{
		Use:   "freeze",
		Short: "Freeze the golden set, rubric and scorers",
		Long: `Freeze writes qualgate.lock: a digest for every case, the rubric and the scorers,
one line each. Commit it. A run refuses an exam that differs from its lock, so
that nobody changes the questions unseen. White space, comments and the order of
keys in the documents do not matter.`,
		Example: `  qualgate freeze --reason "added the refund cases of May"`,
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.freeze(c.Context(), reason, who) },
	}
	c.Flags().StringVar(&reason, "reason", "", "why the exam changes, for those who read the history")
	c.Flags().StringVar(&who, "who", "", "who freezes it (default: git's user.name and user.email)")
	return c
}

func (a *app) freeze(ctx context.Context, reason, who string) error {
	p, err := a.loadExam()
	if err != nil {
		return err
	}
	if who == "" {
		who = a.user(ctx)
	}
	l := eval.NewLock(p.set, p.rubricDigests(), p.scorerDigests())
	l.Who, l.When, l.Why = who, a.env.Now(), reason
	path := filepath.Join(p.dir, lockName)
	data, err := os.ReadFile(path)
	if err == nil {
		old, ps := eval.ParseLock(a.shown(path), data)
		if len(ps) == 0 {
			diff := old.Diff(p.set, p.rubricDigests(), p.scorerDigests())
			if diff.Empty() {
				fmt.Fprintf(a.env.Stdout, "%s is up to date: %d cases.\n", a.shown(path), len(p.set.Cases))
				return nil
			}
			fmt.Fprintln(a.env.Stdout, diff.String())
		}
	}
	err = writeFile(path, 0o644, func(w io.Writer) error { _, err := w.Write(l.Bytes()); return err })
	if err != nil {
		return usage("cannot write %s: %v", a.shown(path), plainError(err))
	}
	fmt.Fprintf(a.env.Stdout, "%s freezes %d %s. Commit it.\n", a.shown(path), len(p.set.Cases), plural(len(p.set.Cases), "case"))
	if s := eval.SizeWarning(len(p.set.Cases)); s != "" {
		fmt.Fprintf(a.env.Stderr, "qualgate: note: %s\n", s)
	}
	return nil
}

// loadExam reads the configuration and the exam, without resolving arms: no
// git, no keys.
func (a *app) loadExam() (*project, error) {
	path, err := a.findConfig()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("cannot read %s: %v", a.shown(path), plainError(err))
	}
	p := &project{dir: filepath.Dir(path), file: path}
	cfg, ps := readConfig(a.shown(path), data)
	p.cfg = cfg
	l := &projectLoader{a: a, p: p, ps: ps}
	l.goldenSet()
	l.prompt(&cfg.Candidate, &p.candidate)
	if t := cfg.Baseline.Target; t != nil {
		p.baseline = &armSource{}
		l.prompt(t, p.baseline)
	}
	l.judgement()
	if len(l.ps) > 0 {
		return nil, asFault(l.ps)
	}
	p.policy = cfg.policy()
	return p, nil
}

func (p *project) rubricDigests() map[string]string {
	m := map[string]string{}
	if p.rubric != nil {
		m[filepath.ToSlash(p.cfg.Judge.Rubric.Value)] = p.rubric.Digest()
	}
	return m
}

func (p *project) scorerDigests() map[string]string {
	m := map[string]string{}
	if p.hasChecks() {
		m[p.checks.Name()] = p.checks.Version()
	}
	if p.cfg.Judge != nil {
		m["judge"] = judge.New(nil, p.judgeConfig("")).Version()
	}
	return m
}

// checkLock refuses an exam that differs from its lock.
func (a *app) checkLock(p *project) error {
	path := filepath.Join(p.dir, lockName)
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return usage("the exam is not frozen: there is no %s", a.shown(path)).try("run `qualgate freeze`, review %s and commit it", lockName)
	}
	if err != nil {
		return usage("cannot read %s: %v", a.shown(path), plainError(err))
	}
	l, ps := eval.ParseLock(a.shown(path), data)
	if len(ps) > 0 {
		return asFault(ps)
	}
	diff := l.Diff(p.set, p.rubricDigests(), p.scorerDigests())
	if diff.Empty() {
		return nil
	}
	return usage("the exam differs from %s:\n  %s", a.shown(path), strings.ReplaceAll(diff.String(), "\n", "\n  ")).
		try("if the change is meant, run `qualgate freeze --reason …` and let its diff be reviewed")
}

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check configuration, golden set and lock, offline",
		Long: `Validate reads qualgate.yaml and everything it names, and compares the exam with
its lock. It asks no model and needs no key.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.validate() },
	}
}

func (a *app) validate() error {
	p, err := a.loadExam()
	if err != nil {
		return err
	}
	if ps := eval.CheckPrompts(p.prompts, p.set); ps != nil && p.cfg.Baseline.Git.Value == "" {
		return asFault(ps)
	}
	if err := p.checkPolicy(); err != nil {
		return err
	}
	if err := p.selfGradingOf(&p.candidate, "candidate"); err != nil {
		return err
	}
	if err := a.checkLock(p); err != nil {
		return err
	}
	fmt.Fprintf(a.env.Stdout, "%s is valid: %d %s in %d clusters, frozen.\n", p.cfg.file, len(p.set.Cases), plural(len(p.set.Cases), "case"), clusters(p.set))
	if s := eval.SizeWarning(len(p.set.Cases)); s != "" {
		fmt.Fprintf(a.env.Stderr, "qualgate: note: %s\n", s)
	}
	return nil
}
