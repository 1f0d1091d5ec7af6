package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/qualgate/qualgate/eval"
)

// fault is an error that knows the exit code it means and what a person can do
// about it. Everything that goes wrong ends here and is mapped once, in fail.
type fault struct {
	code int
	err  error
	hint string
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// usage is a mistake in the command line, configuration or frozen set.
func usage(format string, args ...any) *fault {
	return &fault{code: ExitUsage, err: fmt.Errorf(format, args...)}
}

// unmeasured is a failure that kept the run from measuring.
func unmeasured(format string, args ...any) *fault {
	return &fault{code: ExitUnmeasured, err: fmt.Errorf(format, args...)}
}

// try adds what to do.
func (f *fault) try(format string, args ...any) *fault {
	f.hint = fmt.Sprintf(format, args...)
	return f
}

// problems is a list of mistakes found together, each already saying where.
type problems []string

func (p problems) Error() string { return strings.Join(p, "\n") }

// fail prints an error and returns the exit code it means.
func (a *app) fail(err error) int {
	code, hint := ExitUsage, ""
	var f *fault
	var fatal *eval.FatalError
	switch {
	case errors.As(err, &f):
		code, hint = f.code, f.hint
	case errors.As(err, &fatal):
		code, hint = ExitUnmeasured, fatal.Hint
	}
	var list problems
	if errors.As(err, &list) {
		printProblems(a.env.Stderr, list)
	} else {
		fmt.Fprintf(a.env.Stderr, "qualgate: %s\n", a.visible(err.Error()))
	}
	if hint != "" {
		for line := range strings.Lines(hint) {
			fmt.Fprintf(a.env.Stderr, "  %s\n", strings.TrimRight(line, "\n"))
		}
	}
	return code
}

func printProblems(w io.Writer, list problems) {
	for _, p := range list {
		fmt.Fprintln(w, p)
	}
	if len(list) == 1 {
		fmt.Fprintln(w, "qualgate: 1 problem; nothing was run")
		return
	}
	fmt.Fprintf(w, "qualgate: %d problems; nothing was run\n", len(list))
}

// plainError drops the operation and path that the caller names better.
func plainError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
