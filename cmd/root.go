package cmd

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
)

// globalFlags are understood by every command.
type globalFlags struct {
	dir      string // -C
	config   string
	color    string
	logLevel string
}

//go:embed helptext/config.txt
var helpConfig string

//go:embed helptext/exit-codes.txt
var helpExitCodes string

// root builds the command tree. Nothing is done before a command runs, so that
// --version costs nothing.
func (a *app) root() *cobra.Command {
	var showVersion bool
	c := &cobra.Command{
		Use:   "qualgate",
		Short: "Decide whether a change of prompt or model made it worse",
		Long: `qualgate compares a candidate (a prompt on a model) with what is live, on a
frozen set of cases, and decides with a stated error rate whether the change
made it worse. The exit code is the verdict, for CI.`,
		Example: `  qualgate init                     # a commented start in this directory
  qualgate freeze                   # freeze the golden set
  qualgate run                      # measure, decide, exit with the verdict
  qualgate report .qualgate/x.jsonl # show an earlier run again`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if showVersion {
				return a.printVersion()
			}
			return c.Help()
		},
	}
	p := c.PersistentFlags()
	p.StringVarP(&a.flags.dir, "chdir", "C", "", "run as if started in `dir`")
	p.StringVar(&a.flags.config, "config", "", "read this `file` instead of the nearest qualgate.yaml")
	p.StringVar(&a.flags.color, "color", "auto", "colour in the terminal: auto, always or never")
	p.StringVar(&a.flags.logLevel, "log-level", "warn", "how much to say on standard error: debug, info, warn or error")
	c.Flags().BoolVarP(&showVersion, "version", "v", false, "print the version")
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage("%s", flagError(c, err)).try("see `%s --help`", c.CommandPath())
	})
	c.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		a.command = c
		return a.chdir()
	}
	c.AddCommand(
		a.runCommand(), a.planCommand(), a.freezeCommand(), a.validateCommand(), a.reportCommand(),
		a.compareCommand(), a.baselineCommand(), a.initCommand(), a.versionCommand(),
		&cobra.Command{Use: "config", Short: "Every key of qualgate.yaml", Long: strings.TrimSpace(helpConfig)},
		&cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: strings.TrimSpace(helpExitCodes)},
	)
	c.InitDefaultHelpCmd()
	return c
}

// flagError names the nearest flag where one is not known.
func flagError(c *cobra.Command, err error) string {
	text := err.Error()
	name, ok := strings.CutPrefix(text, "unknown flag: --")
	if !ok {
		return text
	}
	var known []string
	c.Flags().VisitAll(func(f *flag) { known = append(known, f.Name) })
	if near := nearest(name, known); near != "" {
		return text + "; did you mean --" + near + "?"
	}
	return text
}

// noArgs refuses arguments, naming the command that was perhaps meant.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasSubCommands() {
		var names []string
		for _, s := range c.Commands() {
			names = append(names, s.Name())
		}
		f := usage("there is no command %q", strings.TrimSpace(c.CommandPath()+" "+args[0]))
		if near := nearest(args[0], names); near != "" {
			return f.try("did you mean `%s %s`?", c.CommandPath(), near)
		}
		return f.try("see `%s --help`", c.CommandPath())
	}
	return usage("%s takes no arguments, got %q", c.CommandPath(), args[0]).try("see `%s --help`", c.CommandPath())
}

// chdir carries out -C.
func (a *app) chdir() error {
	a.start = a.env.Dir
	if a.flags.dir == "" {
		return nil
	}
	dir := a.path(a.flags.dir)
	info, err := os.Stat(dir)
	switch {
	case os.IsNotExist(err):
		return usage("-C %s: there is no such directory", a.flags.dir)
	case err != nil:
		return usage("-C %s: %v", a.flags.dir, err)
	case !info.IsDir():
		return usage("-C %s: not a directory", a.flags.dir)
	}
	a.env.Dir = dir
	return nil
}

// path makes a path from the command line absolute.
func (a *app) path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(a.env.Dir, name)
}

// shown is a path as a person in the directory the program was started in
// would write it.
func (a *app) shown(path string) string {
	rel, err := filepath.Rel(a.start, path)
	if err != nil || strings.HasPrefix(rel, filepath.Join("..", "..", "..", "..")) {
		return path
	}
	return rel
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	_, err := fmt.Fprintf(a.env.Stdout, "qualgate %s (%s %s/%s)\n", a.env.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
