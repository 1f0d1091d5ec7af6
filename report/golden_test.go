package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden compares got with testdata/golden/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the tests with -update to write it", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run the tests with -update and look at the change.\n%s", path, firstDiff(want, got))
	}
}

func firstDiff(want, got []byte) string {
	w, g := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
	for i := range min(len(w), len(g)) {
		if !bytes.Equal(w[i], g[i]) {
			return fmt.Sprintf("line %d:\nwant %q\ngot  %q", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("want %d lines, got %d", len(w), len(g))
}

func TestGoldenTerminal(t *testing.T) {
	for _, f := range fixtures() {
		for _, width := range []int{80, 140} {
			var b bytes.Buffer
			if err := Terminal(&b, f.result, TerminalOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("terminal-%s-%d.txt", f.name, width), b.Bytes())
		}
	}
}

// The colours are kept as files that a terminal shows with cat.
func TestGoldenColours(t *testing.T) {
	for _, f := range fixtures() {
		switch f.name {
		case "regressed", "pass", "inconclusive", "outage":
		default:
			continue
		}
		for _, dark := range []bool{true, false} {
			var b bytes.Buffer
			if err := Terminal(&b, f.result, TerminalOptions{Width: 100, Color: ANSI256, Dark: dark}); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("terminal-%s-100-dark=%t.ansi", f.name, dark), b.Bytes())
		}
	}
}

func TestGoldenForms(t *testing.T) {
	for _, f := range fixtures() {
		for _, form := range Names() {
			render, _ := ByName(form)
			var b bytes.Buffer
			if err := render(&b, f.result); err != nil {
				t.Fatalf("%s of %s: %v", form, f.name, err)
			}
			golden(t, fmt.Sprintf("%s-%s.%s", form, f.name, map[string]string{"junit": "xml", "json": "json"}[form]), b.Bytes())
		}
	}
}
