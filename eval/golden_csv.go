package eval

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// csvColumns are the columns with a meaning; any other is a variable.
var csvColumns = []string{"id", "reference", "context", "tags", "cluster", "must_pass", "rubric", "checks", "messages", "known_issue_reason", "known_issue_until"}

// csv reads a table: a header row, then one case a row. Lists of tags are
// separated by semicolons; checks and messages are JSON lists; an empty cell
// is not set. A column that has no meaning of its own, or is called vars.NAME,
// is a variable.
func (l *loader) csv(file string, data []byte) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		l.csvProblem(file, err)
		return
	}
	for i := range head {
		head[i] = strings.TrimSpace(head[i])
		if slices.Contains(head[:i], head[i]) {
			l.problem(file, 1, i+1, "rename one", "column %q is there twice", head[i])
		}
	}
	if !slices.Contains(head, "id") {
		hint := `add a column "id"`
		if n := yamldoc.Nearest("id", head); n != "" && len(n) <= 3 {
			hint = "is it " + strconv.Quote(n) + "?"
		}
		l.problem(file, 1, 1, hint, `the table has no column "id"`)
		return
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			l.csvProblem(file, err)
			return
		}
		if len(row) != len(head) {
			line, _ := r.FieldPos(0)
			l.problem(file, line, 1, "quote cells that hold commas", "the row has %d cells, the header %d", len(row), len(head))
			continue
		}
		l.csvRow(file, r, head, row)
		if len(l.problems) > maxProblems {
			return
		}
	}
}

func (l *loader) csvProblem(file string, err error) {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		l.problem(file, pe.Line, pe.Column, "", "not a CSV table: %v", pe.Err)
		return
	}
	l.problem(file, 1, 1, "", "not a CSV table: %v", err)
}

func (l *loader) csvRow(file string, r *csv.Reader, head, row []string) {
	var d caseDoc
	before := len(l.problems)
	d.Vars = map[string]any{}
	var issue knownIssueDoc
	for i, cell := range row {
		line, col := r.FieldPos(i)
		if i == 0 {
			d.Pos = yamldoc.Pos{Line: line, Col: col}
		}
		if cell == "" && slices.Contains(csvColumns, head[i]) {
			continue
		}
		fail := func(hint, format string, args ...any) { l.problem(file, line, col, hint, format, args...) }
		list := func(into any) {
			n, ps := yamldoc.ParseJSON(file, []byte(cell), line)
			if n == nil {
				fail("write a JSON list", "column %q: %s", head[i], ps[0].Msg)
				return
			}
			for _, p := range n.Decode(into) {
				fail(p.Hint, "column %q: %s", head[i], p.Msg)
			}
		}
		switch head[i] {
		case "id":
			d.ID = cell
		case "reference":
			d.Reference = cell
		case "context":
			d.Context = textList{cell}
		case "tags":
			for _, t := range strings.Split(cell, ";") {
				if t = strings.TrimSpace(t); t != "" {
					d.Tags = append(d.Tags, t)
				}
			}
		case "cluster":
			d.Cluster = cell
		case "must_pass":
			v, err := strconv.ParseBool(strings.ToLower(cell))
			if err != nil {
				fail("write true or false", "must_pass is %q", cell)
			}
			d.MustPass = v
		case "rubric":
			d.Rubric = textList{cell}
		case "checks":
			list(&d.Checks)
		case "messages":
			list(&d.Messages)
		case "known_issue_reason":
			issue.Reason = cell
		case "known_issue_until":
			if err := issue.Until.UnmarshalText([]byte(cell)); err != nil {
				fail("", "%v", err)
			}
		default:
			d.Vars[strings.TrimPrefix(head[i], "vars.")] = cell
		}
	}
	switch {
	case issue.Reason != "" && !issue.Until.IsZero():
		d.KnownIssue = &issue
	case issue.Reason != "" || !issue.Until.IsZero():
		l.problem(file, d.Pos.Line, 1, "fill both columns or neither", "a known issue needs a reason and a date")
	}
	if len(l.problems) == before {
		l.add(file, &d, &defaultsDoc{})
	}
}
