package eval

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// LoadOptions says how golden sets are read.
type LoadOptions struct {
	// Read returns a file's content, from the work tree or from a commit.
	Read func(path string) ([]byte, error)
	// CheckKinds are the known kinds of checks; nil leaves kinds unchecked.
	CheckKinds []string
}

// Bounds of a golden set.
const (
	// maxProblems is how many problems are collected before giving up.
	maxProblems = 1000
	// maxGoldenFile is the largest file read, in bytes.
	maxGoldenFile = 512 << 20
)

// LoadGolden reads golden sets into one: YAML and JSON documents (a list of
// cases, or cases with a name and defaults), JSONL (a case a line) and CSV (a
// case a row), told apart by their extension. Every problem of every file is
// returned, and then no set.
//
// A file given twice is read once. The set's name is the one its files agree
// on, empty where they do not.
func LoadGolden(files []string, opt LoadOptions) (*GoldenSet, yamldoc.Problems) {
	l := loader{opt: opt, set: &GoldenSet{}, seen: map[string]Position{}, told: map[yamldoc.Problem]bool{}}
	for i, f := range files {
		if !slices.Contains(files[:i], f) && !l.full() {
			l.file(f)
		}
	}
	if len(l.problems) == 0 && len(l.set.Cases) == 0 {
		l.problem(cmp.Or(firstOf(files), "golden set"), 0, 0, "add cases: [{id: …, vars: {…}}]", "there are no cases")
	}
	if len(l.problems) > 0 {
		return nil, l.problems.Sorted()
	}
	slices.Sort(l.names)
	if l.names = slices.Compact(l.names); len(l.names) == 1 {
		l.set.Name = l.names[0]
	}
	l.set.Digest = goldenDigest(infos(l.set.Cases))
	return l.set, nil
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func infos(cases []Case) []CaseInfo {
	out := make([]CaseInfo, len(cases))
	for i := range cases {
		out[i] = CaseInfo{ID: cases[i].ID, Digest: cases[i].Digest}
	}
	return out
}

type loader struct {
	opt      LoadOptions
	set      *GoldenSet
	names    []string
	seen     map[string]Position
	problems yamldoc.Problems
	told     map[yamldoc.Problem]bool
}

func (l *loader) problem(file string, line, col int, hint, format string, args ...any) {
	l.report(yamldoc.Problem{File: file, Line: line, Col: col, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// report notes problems, each once: a set's defaults would repeat theirs for
// every case.
func (l *loader) report(ps ...yamldoc.Problem) {
	for _, p := range ps {
		if !l.told[p] {
			l.told[p] = true
			l.problems = append(l.problems, p)
		}
	}
}

// full reports whether there are more problems than anybody reads.
func (l *loader) full() bool { return len(l.problems) > maxProblems }

func (l *loader) file(file string) {
	data, err := l.opt.Read(file)
	if err != nil {
		l.problem(file, 0, 0, "", "%s", readError(err))
		return
	}
	if len(data) > maxGoldenFile {
		l.problem(file, 0, 0, "split it", "%d MB is too large for a golden set, the limit is %d MB", len(data)>>20, maxGoldenFile>>20)
		return
	}
	switch strings.ToLower(path.Ext(file)) {
	case ".jsonl", ".ndjson":
		l.jsonl(file, data)
	case ".csv":
		l.csv(file, data)
	case ".yaml", ".yml", ".json":
		l.document(file, data)
	default:
		l.problem(file, 0, 0, "name it .yaml, .json, .jsonl or .csv", "this is no golden set by its extension %q", path.Ext(file))
	}
}

// readError says why a file could not be read, without its name, which the
// problem has already.
func readError(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "the file does not exist"
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return "cannot be read: " + err.Error()
}

// setDoc is a golden set as YAML and JSON documents write it.
type setDoc struct {
	Name     string      `doc:"name"`
	Defaults defaultsDoc `doc:"defaults"`
	Cases    []caseDoc   `doc:"cases,required"`
}

// defaultsDoc is what a set gives every case.
type defaultsDoc struct {
	Vars    varsDoc    `doc:"vars"`
	Tags    textList   `doc:"tags"`
	Checks  []CheckDoc `doc:"checks"`
	Context textList   `doc:"context"`
	Cluster string     `doc:"cluster"`
	Rubric  textList   `doc:"rubric"`
}

func (l *loader) document(file string, data []byte) {
	root, ps := yamldoc.Parse(file, data)
	l.report(ps...)
	if root == nil {
		return
	}
	var doc setDoc
	if root.Kind() == yamldoc.Sequence {
		ps = root.Decode(&doc.Cases)
	} else {
		ps = root.Decode(&doc)
	}
	l.report(ps...)
	if doc.Name != "" {
		l.names = append(l.names, doc.Name)
	}
	for i := range doc.Cases {
		if l.full() {
			return
		}
		l.add(file, &doc.Cases[i], &doc.Defaults)
	}
}

// jsonl reads one case a line. Empty lines are skipped.
func (l *loader) jsonl(file string, data []byte) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for n := 1; len(data) > 0 && !l.full(); n++ {
		var line []byte
		line, data, _ = bytes.Cut(data, []byte("\n"))
		if trimmed := bytes.TrimSpace(line); len(trimmed) == 0 {
			continue
		} else if n == 1 && trimmed[0] == '[' {
			l.problem(file, 1, 1, "name it .json, or write one case a line", "the file holds a JSON list, not JSON lines")
			return
		} else if string(trimmed) == "{" {
			l.problem(file, n, 1, "write each case in one line", "a case goes over several lines")
			return
		}
		var d caseDoc
		ps := yamldoc.DecodeLine(file, n, line, &d)
		l.report(ps...)
		if len(ps) == 0 {
			l.add(file, &d, &defaultsDoc{})
		} else if id := strings.TrimSpace(d.ID); id != "" {
			l.claim(file, &d) // so that a repetition is reported along with the rest
		}
	}
}
