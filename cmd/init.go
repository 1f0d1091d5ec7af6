package cmd

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

//go:embed starter
var starter embed.FS

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a minimal, commented start",
		Long: `Init writes a minimal, commented start into the working directory: qualgate.yaml,
a prompt, a few cases and a rubric. It asks nothing and never overwrites a file.`,
		Example: `  qualgate init
  qualgate init -C services/support`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.initProject() },
	}
}

func (a *app) initProject() error {
	var names []string
	err := fs.WalkDir(starter, "starter", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(p, "starter/"))
		}
		return err
	})
	if err != nil {
		return err
	}
	var there []string
	for _, n := range names {
		if _, err := os.Lstat(filepath.Join(a.env.Dir, filepath.FromSlash(n))); err == nil {
			there = append(there, n)
		}
	}
	if len(there) > 0 {
		return usage("init overwrites nothing, and there is already %s", strings.Join(there, ", ")).
			try("use an empty directory: qualgate init -C <dir>")
	}
	for _, n := range names {
		data, err := starter.ReadFile("starter/" + n)
		if err != nil {
			return err
		}
		path := filepath.Join(a.env.Dir, filepath.FromSlash(n))
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = os.WriteFile(path, data, 0o644)
		}
		if err != nil {
			return usage("cannot write %s: %v", a.shown(path), plainError(err))
		}
		fmt.Fprintf(a.env.Stdout, "wrote %s\n", a.shown(path))
	}
	fmt.Fprint(a.env.Stdout, `
Next:
  1. put your prompt into prompts/ and real questions into golden/
  2. qualgate freeze --reason "first set"
  3. qualgate plan      (what a run would ask, cost and be able to decide)
  4. qualgate run       (needs the key named in qualgate.yaml)
`)
	return nil
}
