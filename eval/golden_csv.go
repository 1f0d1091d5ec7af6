package eval

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// csvColumns are the columns with a meaning; any other is a variable.
var csvColumns = []string{"id", "reference", "context", "tags", "cluster", "must_pass", "rubric", "checks", "messages", "known_issue_reason", "known_issue_until"}

// csvTable is a CSV file (RFC 4180) being read.
type csvTable struct {
	*loader
	name   string
	data   []byte
	lines  []int // where each line begins, made when a place is needed
	reader *csv.Reader
	head   []csvColumn
}

// csvColumn is a column: one with a meaning, or a variable. A column that has
// neither (a stray comma at the end) must stay empty.
type csvColumn struct {
	name     string
	variable bool
}

// csv reads a table: a header row, then one case a row. Tags are separated by
// semicolons; checks and messages are JSON lists; context and rubric are one
// text, or a JSON list of texts; an empty cell is not set. A column that has no
// meaning of its own, or is called vars.NAME, is a variable, and its cells are
// text.
func (l *loader) csv(file string, data []byte) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if ps := yamldoc.CheckText(file, data); ps != nil {
		l.report(ps...)
		return
	}
	t := &csvTable{loader: l, name: file, data: data, reader: csv.NewReader(bytes.NewReader(data))}
	t.reader.FieldsPerRecord = -1
	t.reader.ReuseRecord = true
	if !t.header() {
		return
	}
	for !l.full() {
		row, err := t.reader.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.broken(err)
			return
		}
		t.row(row)
	}
}

// at reports a problem with cell i of the row last read.
func (t *csvTable) at(i int, hint, format string, args ...any) {
	line, col := t.cell(i)
	t.problem(t.name, line, col, hint, format, args...)
}

// cell is the place of cell i of the row last read.
func (t *csvTable) cell(i int) (line, col int) {
	line, col = t.reader.FieldPos(i)
	return line, t.column(line, col)
}

// column turns the reader's column, counted in bytes, into characters.
func (t *csvTable) column(line, col int) int {
	if t.lines == nil {
		t.lines = []int{0}
		for off, b := range t.data {
			if b == '\n' {
				t.lines = append(t.lines, off+1)
			}
		}
	}
	if line < 1 || line > len(t.lines) || col < 1 {
		return col
	}
	begin := t.lines[line-1]
	return 1 + utf8.RuneCount(t.data[begin:min(begin+col-1, len(t.data))])
}

// broken reports a file that is no table.
func (t *csvTable) broken(err error) {
	var pe *csv.ParseError
	if !errors.As(err, &pe) {
		t.problem(t.name, 1, 1, "", "not a CSV table: %v", err)
		return
	}
	hint := ""
	if errors.Is(pe.Err, csv.ErrQuote) || errors.Is(pe.Err, csv.ErrBareQuote) {
		hint = `put the whole cell in quotes and write "" for a quote in it`
	}
	t.problem(t.name, pe.Line, t.column(pe.Line, pe.Column), hint, "not a CSV table: %v", pe.Err)
}

func (t *csvTable) header() bool {
	row, err := t.reader.Read()
	if errors.Is(err, io.EOF) {
		t.problem(t.name, 1, 1, "", "the file is empty")
		return false
	}
	if err != nil {
		t.broken(err)
		return false
	}
	before := len(t.problems)
	if len(row) == 1 && strings.TrimSpace(row[0]) != "id" {
		t.problem(t.name, 1, 1, idHint(row), `the table has no column "id"`)
		return false
	}
	for i, name := range row {
		c := csvColumn{name: strings.TrimSpace(name)}
		if !slices.Contains(csvColumns, c.name) && c.name != "" {
			c.variable = true
			c.name = strings.TrimPrefix(c.name, "vars.")
			if why, hint := badVarName(c.name); why != "" {
				t.at(i, hint, "column %q: %s", name, why)
			}
		}
		if c.name != "" && slices.Contains(t.head, c) {
			t.at(i, "rename one", "column %q is there twice", c.name)
		}
		t.head = append(t.head, c)
	}
	if !slices.Contains(t.head, csvColumn{name: "id"}) {
		t.problem(t.name, 1, 1, idHint(row), `the table has no column "id"`)
	}
	return len(t.problems) == before
}

// idHint guesses where the column "id" went.
func idHint(header []string) string {
	if len(header) == 1 {
		for _, sep := range []struct{ char, word string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}} {
			if strings.Contains(header[0], sep.char) {
				return "the cells seem to be separated by " + sep.word + "; save it with commas"
			}
		}
	}
	for _, h := range header {
		if h = strings.TrimSpace(h); strings.EqualFold(h, "id") || strings.EqualFold(h, "case_id") || strings.EqualFold(h, "case") {
			return "rename column " + strconv.Quote(h) + ` to "id"`
		}
	}
	return `the first row names the columns, one of them "id"`
}

func (t *csvTable) row(row []string) {
	if len(row) != len(t.head) {
		t.at(0, "quote cells that hold commas", "the row has %d cells, the header %d", len(row), len(t.head))
		return
	}
	before := len(t.problems)
	d := caseDoc{Vars: varsDoc{}}
	d.Pos.Line, d.Pos.Col = t.reader.FieldPos(0)
	var issue knownIssueDoc
	for i, cell := range row {
		switch c := t.head[i]; {
		case c.variable:
			d.Vars[c.name] = cell
		case cell != "":
			t.set(&d, &issue, i, cell)
		}
	}
	switch {
	case issue.Reason != "" && !issue.Until.IsZero():
		d.KnownIssue = &issue
	case len(t.problems) == before && (issue.Reason != "" || !issue.Until.IsZero()):
		t.at(0, "fill known_issue_reason and known_issue_until, or neither", "a known issue needs a reason and a date")
	}
	if len(t.problems) == before {
		t.add(t.name, &d, &defaultsDoc{})
	} else if d.ID != "" {
		t.claim(t.name, &d)
	}
}

// set reads a cell of a column with a meaning.
func (t *csvTable) set(d *caseDoc, issue *knownIssueDoc, i int, cell string) {
	switch name := t.head[i].name; name {
	case "id":
		d.ID = cell
	case "reference":
		d.Reference = cell
	case "context":
		d.Context = textsIn(cell)
	case "rubric":
		d.Rubric = textsIn(cell)
	case "tags":
		for _, tag := range strings.Split(cell, ";") {
			if tag = strings.TrimSpace(tag); tag != "" {
				d.Tags = append(d.Tags, tag)
			}
		}
	case "cluster":
		d.Cluster = cell
	case "must_pass":
		v, err := strconv.ParseBool(strings.ToLower(cell))
		if err != nil {
			t.at(i, "write true or false", "must_pass is %q", cell)
		}
		d.MustPass = v
	case "checks":
		t.list(i, cell, &d.Checks)
	case "messages":
		t.list(i, cell, &d.Messages)
	case "known_issue_reason":
		issue.Reason = cell
	case "known_issue_until":
		if err := issue.Until.UnmarshalText([]byte(cell)); err != nil {
			t.at(i, "", "%v", err)
		}
	default:
		t.at(i, "name the column in the first row", "cell %d is filled, but its column has no name", i+1)
	}
}

// textsIn is a cell's texts: those of a JSON list, or the cell itself.
func textsIn(cell string) textList {
	var list []string
	if strings.HasPrefix(cell, "[") && json.Unmarshal([]byte(cell), &list) == nil {
		return list
	}
	return textList{cell}
}

// list reads a cell that holds a JSON list. Its problems have the cell's place:
// inside of quotes, columns would mislead.
func (t *csvTable) list(i int, cell string, into any) {
	line, _ := t.reader.FieldPos(i)
	n, ps := yamldoc.ParseJSON(t.name, []byte(cell), line)
	if n != nil {
		ps = append(ps, n.Decode(into)...)
	}
	for _, p := range ps {
		t.at(i, p.Hint, "column %q: %s", t.head[i].name, p.Msg)
	}
}
