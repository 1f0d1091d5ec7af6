package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The README shows what the program really prints: the beginning of the
// regressed quickstart, up to the first of the worst cases.
func TestReadmeShowsRealOutput(t *testing.T) {
	dir := quickstart(t)
	c := program(t, t.Context(), dir, nil, "run", "--config", "regressed.yaml", "--progress", "none")
	out, _ := c.Output()
	if c.ProcessState.ExitCode() != 1 {
		t.Fatalf("exit %d", c.ProcessState.ExitCode())
	}
	text := string(out)
	end := strings.Index(text, "  2  ") // the second of the worst cases
	if end < 0 {
		t.Fatalf("no worst cases in\n%s", text)
	}
	var lines []string
	for line := range strings.Lines(strings.Trim(text[:end], "\n")) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	block := strings.Join(lines, "\n") + "\n  …"
	path := filepath.Join("..", "README.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const open, end2 = "```text\n", "\n```"
	from := strings.Index(string(data), open) + len(open)
	to := from + strings.Index(string(data)[from:], end2)
	if got := string(data)[from:to]; got != block {
		if *update {
			if err := os.WriteFile(path, []byte(string(data)[:from]+block+string(data)[to:]), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Errorf("the README shows\n%s\nand the program prints\n%s\nrun go test ./cmd -update", got, block)
	}
}

// Every command that the README and the starter name exists, with its flags.
func TestReadmeCommandsExist(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "$ qualgate ")
		if !ok {
			continue
		}
		rest, _, _ = strings.Cut(rest, "#")
		words := strings.Fields(rest)
		out, err := program(t, t.Context(), t.TempDir(), nil, words[0], "--help").CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", words[0], err)
		}
		for _, w := range words[1:] {
			if strings.HasPrefix(w, "--") && !strings.Contains(string(out), w) {
				t.Errorf("qualgate %s has no flag %s", words[0], w)
			}
		}
		n++
	}
	if n < 5 {
		t.Errorf("only %d commands found", n)
	}
}
