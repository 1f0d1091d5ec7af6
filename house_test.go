package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/qualgate/qualgate"

// floors says which floor a package lives on. Imports go down only, never up
// and never sideways.
var floors = map[string]int{
	"eval/stats": 0, "eval/llm": 0, "eval/yamldoc": 0,
	"eval/llm/llmtest": 1, // a server for tests, beside the domain
	"eval":             1,
	"judge":            2, "report": 2, "rollback": 2, "target": 2, "convert": 2, "store": 2,
	"serve":          3,
	"rollback/bench": 4, // a command of its own
	"cmd":            4,
	"":               5,
}

// never lists what a package must not import besides: paths of ours without
// the module, others in full; a trailing slash covers what lies below.
var never = map[string][]string{
	"eval/stats": {"context", "time", "os", "os/", "net", "net/", "log", "log/"},
	"eval/llm":   {"go.yaml.in/yaml/v3"},
	"eval":       {"net/http", "flag", "html/template", "encoding/xml", "go.yaml.in/yaml/v3"},
	"judge":      {"report", "rollback", "store"},
	"report":     {"eval/stats", "eval/llm", "judge", "rollback", "os", "os/", "net", "net/"},
	"rollback":   {"judge", "report", "eval/llm"},
	"target":     {"judge", "report", "rollback"},
	"store":      {"serve", "judge", "net/http"},
	"serve":      {"eval/llm", "cmd"},
}

// The house's floors hold. The files are parsed here, in the test, so that the
// test cache sees them.
func TestImportFloors(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != "." || d.Name() == "testdata" || d.Name() == "examples") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		pkg := path.Dir(filepath.ToSlash(file))
		if pkg == "." {
			pkg = ""
		}
		floor, known := floors[pkg]
		if !known {
			t.Errorf("%s: package %q has no floor; give it one in house_test.go", file, pkg)
			return nil
		}
		seen[pkg] = true
		ast, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range ast.Imports {
			p, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			own, ours := strings.CutPrefix(p, module+"/")
			if ours && floors[own] >= floor {
				t.Errorf("%s: imports %s, which is not on a floor below", file, own)
			}
			if !ours {
				own = p
			}
			if forbidden(pkg, own) {
				t.Errorf("%s: package %s must never import %s", file, pkg, own)
			}
			if own == "go.yaml.in/yaml/v3" && pkg != "eval/yamldoc" {
				t.Errorf("%s: YAML is read in eval/yamldoc only", file)
			}
			if own == "C" {
				t.Errorf("%s: no CGO", file)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"", "cmd", "eval", "eval/stats", "eval/llm", "judge", "report"} {
		if !seen[p] {
			t.Errorf("package %q was not looked at: is the test run in the module's root?", p)
		}
	}
}

func forbidden(pkg, imported string) bool {
	return slices.ContainsFunc(never[pkg], func(f string) bool {
		return imported == f || strings.HasSuffix(f, "/") && strings.HasPrefix(imported, f)
	})
}
