package cmd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/report"
)

// reportSpec is one `kind=path`.
type reportSpec struct {
	kind string
	path string // absolute; "-" is standard output
	name string // as it was written
}

// parseReports reads `kind=path` specs. Relative paths start at dir.
func parseReports(specs []string, dir string) ([]reportSpec, error) {
	var out []reportSpec
	for _, s := range specs {
		kind, path, ok := strings.Cut(s, "=")
		if !ok || path == "" {
			return nil, fmt.Errorf("%q is not kind=path; write for example junit=out/junit.xml", s)
		}
		if _, known := report.ByName(kind); !known {
			msg := fmt.Sprintf("there is no report %q; the kinds are %s", kind, strings.Join(report.Names(), ", "))
			if near := nearest(kind, report.Names()); near != "" {
				msg = fmt.Sprintf("there is no report %q; did you mean %q?", kind, near)
			}
			return nil, fmt.Errorf("%s", msg)
		}
		r := reportSpec{kind: kind, path: path, name: s}
		if path != "-" && !filepath.IsAbs(path) {
			r.path = filepath.Join(dir, path)
		}
		if slices.ContainsFunc(out, func(o reportSpec) bool { return o.path == r.path }) {
			return nil, fmt.Errorf("two reports are written to %s", path)
		}
		out = append(out, r)
	}
	return out, nil
}

// checkReports makes sure before anything is paid for that the reports can be
// written, without touching what is there.
func checkReports(specs []reportSpec) error {
	for _, r := range specs {
		if r.path == "-" {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(r.path), 0o755); err != nil {
			return usage("--report %s: cannot make the directory: %v", r.name, err)
		}
		_, statErr := os.Stat(r.path)
		f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE, 0o644)
		if err != nil {
			return usage("--report %s: cannot write there: %v", r.name, err)
		}
		f.Close()
		if os.IsNotExist(statErr) {
			os.Remove(r.path)
		}
	}
	return nil
}

// present prints a result for a person, writes the reports and keeps the exit
// code. The code never depends on the format.
func (a *app) present(r *eval.Result, specs []reportSpec, color string) error {
	block, tty := a.env.Stdout, a.env.StdoutTTY
	if slices.ContainsFunc(specs, func(s reportSpec) bool { return s.path == "-" }) {
		block, tty = a.env.Stderr, a.env.StderrTTY // standard output belongs to the report
	}
	if err := report.Terminal(block, r, a.terminalOptions(color, tty)); err != nil {
		return fmt.Errorf("cannot print the result (%s, exit %d): %w", r.Verdict, r.ExitCode, err)
	}
	for _, s := range specs {
		if err := a.writeReport(s, r); err != nil {
			return usage("the verdict is %s (exit %d), but --report %s could not be written: %v", r.Verdict, r.ExitCode, s.name, err)
		}
	}
	a.code = r.ExitCode
	return nil
}

func (a *app) writeReport(s reportSpec, r *eval.Result) error {
	render, _ := report.ByName(s.kind)
	var b bytes.Buffer
	if err := render(&b, r); err != nil {
		return err
	}
	if s.path == "-" {
		_, err := a.env.Stdout.Write(b.Bytes())
		return err
	}
	return writeFile(s.path, 0o644, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err })
}

// writeFile replaces a file in one step: readers see the old one or the new.
func writeFile(path string, mode os.FileMode, fill func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is left of a failed attempt
	if err = fill(f); err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (a *app) reportCommand() *cobra.Command {
	var specs []string
	c := &cobra.Command{
		Use:   "report [ledger...]",
		Short: "Show a recorded run again, in any format",
		Long: `Report decides a recorded run again from its ledger and shows it. Nothing is
asked of any model; the verdict and the exit code are those of the run. Without
an argument it shows the newest ledger of the project. Of several ledgers the
most severe exit code counts: regressed, could not measure, inconclusive, pass.`,
		Example: `  qualgate report
  qualgate report .qualgate/20261124-101500-3f2a9c01.jsonl --report junit=out/junit.xml
  qualgate report run.jsonl --report json=- | jq .verdict`,
		RunE: func(c *cobra.Command, args []string) error { return a.report(args, specs) },
	}
	addReportFlag(c, &specs)
	return c
}

func addReportFlag(c *cobra.Command, specs *[]string) {
	c.Flags().StringArrayVar(specs, "report", nil, "also write a report as `kind=path` ("+strings.Join(report.Names(), ", ")+"); - is standard output; repeatable")
}

// severity orders exit codes for several results.
var severity = []int{ExitPass, ExitInconclusive, ExitUnmeasured, ExitRegressed}

func (a *app) report(paths, specText []string) error {
	set, err := a.lightSettings()
	if err != nil {
		return err
	}
	specs, err := parseReports(specText, a.env.Dir)
	if err != nil {
		return usage("--report: %v", err)
	}
	if len(paths) == 0 {
		newest, err := a.newestLedger()
		if err != nil {
			return err
		}
		fmt.Fprintf(a.env.Stderr, "qualgate: showing %s\n", a.shown(newest))
		paths = []string{newest}
	}
	if len(paths) > 1 && len(specs) > 0 {
		return usage("--report writes one file, but there are %d ledgers", len(paths)).try("give one ledger at a time")
	}
	if err := checkReports(specs); err != nil {
		return err
	}
	worst := ExitPass
	for _, p := range paths {
		c, err := a.openRun(a.path(p))
		if err != nil {
			return err
		}
		err = a.present(eval.Summarize(c), specs, set.Color)
		c.Close()
		if err != nil {
			return err
		}
		if slices.Index(severity, a.code) > slices.Index(severity, worst) {
			worst = a.code
		}
	}
	a.code = worst
	return nil
}

// openRun reads a ledger of a run, not a committed baseline.
func (a *app) openRun(path string) (*eval.Collected, error) {
	c, err := a.openLedger(path)
	if err != nil {
		return nil, err
	}
	if c.Header.Kind == "baseline" {
		c.Close()
		return nil, usage("%s is a committed baseline: it holds one side's scores and nothing to report", a.shown(path)).
			try("compare with it: baseline: {ledger: %s}", a.shown(path))
	}
	return c, nil
}

func (a *app) openLedger(path string) (*eval.Collected, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("cannot read the ledger %s: %v", a.shown(path), plainError(err))
	}
	c, err := eval.ReadLedger(f, a.shown(path))
	if err != nil {
		f.Close()
		return nil, usage("%v", err)
	}
	return c, nil
}
