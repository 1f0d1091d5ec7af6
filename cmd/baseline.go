package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qualgate/qualgate/eval"
)

// baselineFile is where a committed baseline lives, beside qualgate.yaml.
const baselineFile = "qualgate.baseline"

func (a *app) baselineCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "baseline", Short: "Move the committed baseline", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var reason, who, output string
	set := &cobra.Command{
		Use:   "set <ledger> --reason TEXT",
		Short: "Make a recorded run's candidate the committed baseline",
		Long: `Set writes the candidate's scores of a recorded run to qualgate.baseline, a text
file of one line a score in a fixed order, to be reviewed and committed. It says
who moved it, when and why. Compare with it by

    baseline: {ledger: qualgate.baseline}

Nothing else ever moves a baseline: a run that passes does not promote itself,
so that many small drops cannot add up unseen.`,
		Example: `  qualgate baseline set .qualgate/20261124-101500-3f2a9c01.jsonl --reason "v1.4 went live"`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("baseline set takes one ledger, got %d arguments", len(args)).try("see `qualgate baseline set --help`")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.baselineSet(c.Context(), args[0], reason, who, output)
		},
	}
	set.Flags().StringVar(&reason, "reason", "", "why the baseline moves, for those who read the history")
	set.Flags().StringVar(&who, "who", "", "who moves it (default: git's user.name and user.email)")
	set.Flags().StringVarP(&output, "output", "o", "", "write to this `file` (default: qualgate.baseline beside qualgate.yaml)")
	c.AddCommand(set)
	return c
}

func (a *app) baselineSet(ctx context.Context, ledger, reason, who, output string) error {
	if strings.TrimSpace(reason) == "" {
		return usage("baseline set needs --reason: say why the baseline moves")
	}
	c, err := a.openRun(a.path(ledger))
	if err != nil {
		return err
	}
	defer c.Close()
	if c.Header.Kind != "run" {
		return usage("%s is not the ledger of a run", a.shown(a.path(ledger)))
	}
	if !c.Finished() {
		return usage("%s is of a run that did not come to its end: a baseline must be whole", a.shown(a.path(ledger))).
			try("run the same command again; it continues where it ended")
	}
	if who == "" {
		who = a.user(ctx)
	}
	path := a.path(output)
	if output == "" {
		path = filepath.Join(a.projectDir(), baselineFile)
	}
	before := a.describeBaseline(path)
	err = writeFile(path, 0o644, func(w io.Writer) error { return eval.WriteBaseline(w, c, who, reason, a.env.Now()) })
	if err != nil {
		return usage("cannot write %s: %v", a.shown(path), plainError(err))
	}
	fmt.Fprintf(a.env.Stdout, "%s now holds %s: %d cases × %d %s.\n", a.shown(path), c.Header.Candidate.Label, len(c.Cases), c.Trials(), plural(c.Trials(), "trial"))
	if before != "" {
		fmt.Fprintf(a.env.Stdout, "Before it held %s.\n", before)
	}
	if r := eval.Summarize(c); r.Verdict != eval.Pass {
		fmt.Fprintf(a.env.Stderr, "qualgate: note: the verdict of that run is %s\n", r.Verdict)
	}
	fmt.Fprintf(a.env.Stdout, "Review the diff and commit it; compare with it by `baseline: {ledger: %s}`.\n", filepath.Base(path))
	return nil
}

// describeBaseline says what an existing baseline file holds, "" if there is
// none that can be read.
func (a *app) describeBaseline(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	c, err := eval.ReadLedger(bytes.NewReader(data), path)
	if err != nil {
		return ""
	}
	h := c.Header
	return fmt.Sprintf("%s, set by %s on %s: %s", h.Candidate.Label, h.Who, h.When.Format("2006-01-02"), h.Why)
}

// user says who works here: git's name, else the system's.
func (a *app) user(ctx context.Context) string {
	r := &repo{dir: a.env.Dir, environ: a.env.Environ}
	name, _ := r.git(ctx, "config", "user.name")
	mail, _ := r.git(ctx, "config", "user.email")
	name, mail = strings.TrimSpace(name), strings.TrimSpace(mail)
	switch {
	case name != "" && mail != "":
		return name + " <" + mail + ">"
	case name != "" || mail != "":
		return name + mail
	}
	for _, v := range []string{"GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "USERNAME"} {
		if u := a.env.Getenv(v); u != "" {
			return u
		}
	}
	return "unknown"
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
