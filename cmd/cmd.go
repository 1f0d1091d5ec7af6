// Package cmd is the program: flags, qualgate.yaml, environment variables,
// secrets, git, and the wiring of everything below into commands. It is the
// only package that knows configuration files, environment and secret names;
// it does no arithmetic on scores and decides nothing.
package cmd

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/qualgate/qualgate/eval/llm"
)

// Exit codes, the same for every command.
const (
	ExitPass         = 0
	ExitRegressed    = 1
	ExitUsage        = 2 // usage, configuration or frozen-set error
	ExitUnmeasured   = 3
	ExitInconclusive = 4
	ExitInterrupted  = 130
)

// Environment is everything a run of the program gets from outside. Nothing
// below Main reads a global, so the program runs in process in tests.
type Environment struct {
	Args    []string // without the program's name
	Environ []string // "NAME=value"
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	// Dir is the working directory, an absolute path.
	Dir string
	// StdoutTTY and StderrTTY say whether a person watches the stream.
	StdoutTTY, StderrTTY bool
	// Width is the terminal's width in columns, 0 if there is none.
	Width int
	Now   func() time.Time
	// Version is the program's own version.
	Version string
	// Interrupts gets a value for every Ctrl-C or SIGTERM. Nil means never.
	Interrupts <-chan os.Signal
}

// Getenv returns a variable's value, "" if it is not set.
func (e *Environment) Getenv(name string) string {
	v, _ := e.LookupEnv(name)
	return v
}

// LookupEnv returns a variable's value and whether it is set. Where a name is
// given twice the last one counts, as for a started program.
func (e *Environment) LookupEnv(name string) (string, bool) {
	for i := len(e.Environ) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(e.Environ[i], "="); ok && k == name {
			return v, true
		}
	}
	return "", false
}

// version is set by the release build.
var version = ""

// toolVersion is the release's version, else the module's or commit's as the
// Go toolchain recorded it.
func toolVersion() string {
	if version != "" {
		return strings.TrimPrefix(version, "v")
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return strings.TrimPrefix(v, "v")
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

// Main runs the program in the process's own environment and returns its exit
// code.
func Main() int {
	interrupts := make(chan os.Signal, 4)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupts)
	env := Environment{
		Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		StdoutTTY: term.IsTerminal(int(os.Stdout.Fd())), StderrTTY: term.IsTerminal(int(os.Stderr.Fd())),
		Now: time.Now, Version: toolVersion(), Interrupts: interrupts,
	}
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			env.Width = w
			break
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return (&app{env: env}).fail(usage("cannot tell the working directory: %v", err))
	}
	env.Dir = dir
	return Run(context.Background(), env)
}

// Run runs one command and returns its exit code. Results go to Stdout,
// everything else to Stderr.
func Run(ctx context.Context, env Environment) int {
	if env.Now == nil {
		env.Now = time.Now
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &app{env: env, cancel: cancel, drain: make(chan struct{})}
	stdout, stderr := a.redactor.Writer(env.Stdout), a.redactor.Writer(env.Stderr)
	defer stdout.Close()
	defer stderr.Close()
	a.env.Stdout, a.env.Stderr = stdout, stderr
	defer a.watchInterrupts()()
	root := a.root()
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if a.interrupted() && (err == nil && a.code == 0 && ctx.Err() != nil || errors.Is(err, context.Canceled)) {
		return a.fail(&fault{code: ExitInterrupted, err: errors.New("interrupted")})
	}
	if err != nil {
		return a.fail(err)
	}
	return a.code
}

// app is one run of the program.
type app struct {
	env Environment
	// code is the exit code of a command that came to its end.
	code int

	cancel context.CancelFunc
	interrupts
	drain chan struct{}

	start   string // where the program was started, before -C
	flags   globalFlags
	command *cobra.Command // the one that runs
	// redactor knows every key that was read; nothing is written past it.
	redactor llm.Redactor
}
