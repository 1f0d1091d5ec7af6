package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/llm"
	"github.com/qualgate/qualgate/report"
)

type runFlags struct {
	fresh   bool
	repeats int
	policy  policyFlags
	reports []string
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run",
		Short: "Measure both arms, decide, exit with the verdict",
		Long: `Run asks candidate and baseline every case of the frozen golden set, in one
shuffled order, scores the answers with checks and judge, and decides. The exit
code is the verdict (` + "`qualgate exit-codes`" + `).

Everything that comes back is kept in a ledger at once. An interrupted run is
continued by the same command; nothing is paid for twice. --fresh starts over.`,
		Example: `  qualgate run
  qualgate run --report junit=out/junit.xml --report json=out/result.json
  qualgate run --repeats 3 --concurrency 16`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.run(c.Context(), f) },
	}
	fs := c.Flags()
	fs.BoolVar(&f.fresh, "fresh", false, "start over instead of continuing an interrupted run")
	fs.IntVar(&f.repeats, "repeats", 0, "answers a case and arm, over run.repeats")
	f.policy.addRun(fs)
	fs.Lookup("on-inconclusive").Usage += "; over policy.on_inconclusive"
	fs.StringVar(&f.policy.onInconclusive, "inconclusive", "", "the same as --on-inconclusive")
	_ = fs.MarkHidden("inconclusive")
	addOperatorFlags(fs)
	addReportFlag(c, &f.reports)
	return c
}

// addOperatorFlags adds those that say how a run is carried out.
func addOperatorFlags(fs *pflag.FlagSet) {
	fs.Int("concurrency", 16, "calls under way at once")
	fs.Duration("timeout", 60*time.Second, "longest wait for one answer")
	fs.Int("max-retries", 4, "further attempts after a failed call")
	fs.Bool("no-cache", false, "ask everything now, keep nothing")
	fs.String("cache-dir", "", "where answers are kept (default: .qualgate/cache beside qualgate.yaml)")
	fs.String("ledger", "", "record into this `file` (default: a new one under .qualgate)")
	fs.String("progress", "auto", "auto, live, plain or none")
}

// prepared is a run that could begin.
type prepared struct {
	p       *project
	set     settings
	wiring  *wiring
	plan    *eval.Plan
	reports []reportSpec
}

// prepare reads and checks everything, before anything is paid for. A dry one
// is only looked at, so it needs no keys.
func (a *app) prepare(ctx context.Context, f runFlags, dry bool) (*prepared, error) {
	p, err := a.loadProject(ctx)
	if err != nil {
		return nil, err
	}
	set, err := a.settingsWith(p.cfg.runLayer())
	if err != nil {
		return nil, err
	}
	if a.command.Flags().Changed("inconclusive") {
		_ = a.command.Flags().Set("on-inconclusive", f.policy.onInconclusive)
	}
	if p.policy, err = f.policy.over(p.policy); err != nil {
		return nil, err
	}
	if a.command.Flags().Changed("repeats") {
		if f.repeats < 1 || f.repeats > 100 {
			return nil, usage("--repeats: %d is not between 1 and 100", f.repeats)
		}
		p.cfg.Run.Repeats = &f.repeats
		if p.cfg.Run.ExtendTo < f.repeats {
			p.cfg.Run.ExtendTo = 0
		}
	}
	if p.policy.Population == "fixed" && p.cfg.repeats() < 2 {
		return nil, usage("population: fixed needs at least 2 repeats: only the spread between repeats is left to judge by").try("set run.repeats: 3")
	}
	if err := a.checkLock(p); err != nil {
		return nil, err
	}
	specs := make([]string, 0, len(f.reports))
	for _, t := range p.cfg.Reports {
		specs = append(specs, t.Value)
	}
	fromFile, err := parseReports(specs, p.dir)
	if err != nil {
		return nil, usage("%s: reports: %v", p.cfg.file, err)
	}
	fromFlags, err := parseReports(f.reports, a.env.Dir)
	if err != nil {
		return nil, usage("--report: %v", err)
	}
	w := a.newWiring(p, set)
	w.dry = dry
	pre := &prepared{p: p, set: set, wiring: w, reports: append(fromFile, fromFlags...)}
	if err := w.purse(eval.Spend{}); err != nil {
		return nil, err
	}
	spec, err := w.planSpec()
	if err != nil {
		return nil, err
	}
	if pre.plan, err = eval.NewPlan(spec); err != nil {
		return nil, usage("%v", err)
	}
	w.pairCache(&spec)
	return pre, nil
}

func (a *app) run(ctx context.Context, f runFlags) error {
	pre, err := a.prepare(ctx, f, false)
	if err != nil {
		return err
	}
	defer pre.wiring.close()
	if err := checkReports(pre.reports); err != nil {
		return err
	}
	unlock, err := a.lockRun(pre.p.dir, pre.plan.Header.PlanDigest)
	if err != nil {
		return err
	}
	defer unlock()
	ledger, resumed, err := a.openRunLedger(pre.p, pre.plan, pre.set.Ledger, f.fresh)
	if err != nil {
		return err
	}
	defer ledger.Close()
	ledger.Scrub = a.redactor.Bytes
	if resumed != nil {
		pre.wiring.meter.Start(resumed.Spent().USD, resumed.Spent().Calls, resumed.Spent().InputTokens+resumed.Spent().OutputTokens)
		fmt.Fprintf(a.env.Stderr, "qualgate: continuing %s: %d of its calls are already done (--fresh starts over)\n", a.shown(ledger.Path()), resumed.Spent().Calls+resumed.Spent().Cached)
	}
	if pre.set.Progress != "none" {
		view := a.planView(pre)
		if err := report.Plan(a.env.Stderr, view, a.terminalOptions(pre.set.Color, a.env.StderrTTY)); err != nil {
			return err
		}
	}
	a.drains()
	bar := a.progressFor(pre)
	result, err := eval.Run(ctx, pre.plan, eval.RunOptions{
		Ledger: ledger, Resumed: resumed,
		// A call that waits for its next attempt holds a step but no place in
		// the limits: a few steps more keep the places filled.
		Concurrency: pre.set.Concurrency + pre.set.Concurrency/4 + 1,
		Drain:       a.drain, Progress: bar.update, Now: a.env.Now,
	})
	bar.end()
	return a.conclude(pre, ledger, result, err)
}

// conclude shows what came of a run and sets the exit code.
func (a *app) conclude(pre *prepared, ledger *eval.LedgerWriter, result *eval.Result, err error) error {
	var fatal *eval.FatalError
	if err != nil && !errors.As(err, &fatal) {
		return unmeasured("%v", err)
	}
	if perr := a.present(result, pre.reports, pre.set.Color); perr != nil {
		return perr
	}
	if pre.set.Progress != "none" {
		fmt.Fprintf(a.env.Stderr, "qualgate: ledger %s\n", a.shown(ledger.Path()))
	}
	if fatal != nil {
		return &fault{code: a.code, err: fatal, hint: fatal.Hint}
	}
	if a.interrupted() && result.Run.Ended == "interrupted" {
		a.code = ExitInterrupted
	}
	return nil
}

func (a *app) progressFor(pre *prepared) *progress {
	mode := pre.set.Progress
	if mode == "none" {
		return nil
	}
	live := mode == "live" || mode == "auto" && a.env.StderrTTY && a.env.Getenv("TERM") != "dumb" && a.env.Getenv("CI") == ""
	return &progress{w: a.env.Stderr, live: live, columns: a.columns(), color: a.colorMode(pre.set.Color, a.env.StderrTTY), now: a.env.Now,
		limit: func() (int, int) {
			limit, inFlight := pre.wiring.limiters.State()
			return inFlight, limit
		}}
}

// logRetry says at --log-level debug why a call is tried again.
func (a *app) logRetry(err *llm.Error, attempt int, wait time.Duration) {
	a.log().Debug("trying again", "attempt", attempt, "wait", wait.Round(time.Millisecond), "because", err.Error())
}

// log writes to standard error at the level asked for.
func (a *app) log() *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.flags.logLevel)); err != nil {
		level = slog.LevelWarn
	}
	return slog.New(slog.NewTextHandler(a.env.Stderr, &slog.HandlerOptions{Level: level}))
}
