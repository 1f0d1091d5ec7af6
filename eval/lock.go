package eval

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qualgate/qualgate/eval/yamldoc"
)

// lockFormat is the first line of a lock.
const lockFormat = "qualgate.lock/1"

// Lock is a frozen exam: which cases, rubrics and scorers a run may use. It is
// written by `qualgate freeze` as text, one line a case, sorted by id, so that
// a diff in review shows exactly what changed:
//
//	# The frozen exam. …
//	qualgate.lock/1
//	who "Ann <ann@example.org>"
//	when 2026-03-01T12:00:00Z
//	why "Fees have changed."
//	rubric rubrics/support.yaml 6f1e…
//	scorer checks 19c0a2…
//	case refund-late-01 8b1a…
//
// A name that is not one plain word is quoted as in Go.
type Lock struct {
	Who  string
	When time.Time // to the second
	Why  string
	// Cases maps ids, Rubrics paths and Scorers names to digests.
	Cases   map[string]string
	Rubrics map[string]string
	Scorers map[string]string
}

// NewLock freezes a set.
func NewLock(set *GoldenSet, rubrics, scorers map[string]string) *Lock {
	l := &Lock{Cases: make(map[string]string, len(set.Cases)), Rubrics: rubrics, Scorers: scorers}
	for i := range set.Cases {
		l.Cases[set.Cases[i].ID] = set.Cases[i].Digest
	}
	return l
}

// Bytes is the lock as text.
func (l *Lock) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString("# The frozen exam. Written by `qualgate freeze`; review its diff, do not edit it.\n")
	b.WriteString(lockFormat + "\n")
	fmt.Fprintf(&b, "who %s\n", strconv.Quote(l.Who))
	fmt.Fprintf(&b, "when %s\n", l.When.UTC().Format(time.RFC3339))
	fmt.Fprintf(&b, "why %s\n", strconv.Quote(l.Why))
	for _, sec := range []struct {
		word string
		m    map[string]string
	}{{"rubric", l.Rubrics}, {"scorer", l.Scorers}, {"case", l.Cases}} {
		for _, name := range slices.Sorted(maps.Keys(sec.m)) {
			fmt.Fprintf(&b, "%s %s %s\n", sec.word, lockName(name), sec.m[name])
		}
	}
	return b.Bytes()
}

// lockName quotes a name that would not read back as one word.
func lockName(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\"\\") || strconv.Quote(s) != `"`+s+`"` {
		return strconv.Quote(s)
	}
	return s
}

// ParseLock reads a lock. All problems are returned with their lines.
func ParseLock(file string, data []byte) (*Lock, yamldoc.Problems) {
	if ps := yamldoc.CheckText(file, data); ps != nil {
		return nil, ps
	}
	r := lockReader{file: file, seen: map[string]bool{},
		lock: &Lock{Cases: map[string]string{}, Rubrics: map[string]string{}, Scorers: map[string]string{}}}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for len(data) > 0 && !r.stopped {
		var line []byte
		line, data, _ = bytes.Cut(data, []byte("\n"))
		r.n++
		r.line(strings.TrimRight(string(line), "\r"))
	}
	if !r.stopped {
		r.complete()
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return r.lock, nil
}

// lockReader reads a lock line by line.
type lockReader struct {
	file     string
	lock     *Lock
	n        int             // the line
	seen     map[string]bool // words of the header
	problems yamldoc.Problems
	stopped  bool
}

func (r *lockReader) fail(format string, args ...any) {
	r.problems = append(r.problems, yamldoc.Problem{File: r.file, Line: max(r.n, 1), Col: 1, Msg: fmt.Sprintf(format, args...),
		Hint: "run `qualgate freeze` again and review the diff"})
	r.stopped = len(r.problems) >= maxProblems
}

// complete reports what every lock has and this one has not.
func (r *lockReader) complete() {
	if len(r.problems) > 0 {
		return
	}
	if !r.seen[lockFormat] {
		r.fail("the lock is empty")
		return
	}
	for _, word := range []string{"who", "when", "why"} {
		if !r.seen[word] {
			r.fail("the %s line is missing", word)
		}
	}
}

func (r *lockReader) line(line string) {
	switch {
	case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
	case strings.HasPrefix(line, "<<<<<<<"), strings.HasPrefix(line, "|||||||"), strings.HasPrefix(line, "======="), strings.HasPrefix(line, ">>>>>>>"):
		r.fail("a merge conflict is left in the lock")
	case r.seen[lockFormat]:
		r.entry(line)
	case line == lockFormat:
		r.seen[lockFormat] = true
	case strings.HasPrefix(line, "qualgate.lock/"):
		r.fail("this is a lock of format %.40q; this version of qualgate reads %q", line, lockFormat)
		r.stopped = true
	default:
		r.fail("this is no lock: it begins %.40q, %q is expected", line, lockFormat)
		r.stopped = true
	}
}

// entry takes a line behind the format into the lock.
func (r *lockReader) entry(line string) {
	word, rest, _ := strings.Cut(line, " ")
	l := r.lock
	switch word {
	case "who", "when", "why":
		if r.seen[word] {
			r.fail("a second %s line", word)
		}
		r.seen[word] = true
		if err := l.setHeader(word, rest); err != nil {
			r.fail("the %s line cannot be read: %v", word, err)
		}
	case "case":
		r.digest(l.Cases, word, rest, isDigest)
	case "rubric":
		r.digest(l.Rubrics, word, rest, isWord)
	case "scorer":
		r.digest(l.Scorers, word, rest, isWord)
	default:
		r.fail("the line %.60q is not understood", line)
	}
}

func (l *Lock) setHeader(word, value string) (err error) {
	if word != "when" && !strings.HasPrefix(value, `"`) {
		return fmt.Errorf("%.40q is no text in double quotes", value)
	}
	switch word {
	case "when":
		if l.When, err = time.Parse(time.RFC3339, value); err == nil {
			l.When = l.When.UTC()
		}
		if err != nil || l.When.Year() < 1 || l.When.Year() > 9999 {
			return fmt.Errorf("%.40q is no time such as 2026-03-01T12:00:00Z", value)
		}
		return nil
	case "who":
		l.Who, err = strconv.Unquote(value)
	case "why":
		l.Why, err = strconv.Unquote(value)
	}
	if err != nil {
		return fmt.Errorf("%.40q is no text in double quotes", value)
	}
	return nil
}

// digest reads a name and its digest.
func (r *lockReader) digest(into map[string]string, word, rest string, valid func(string) bool) {
	name, digest, ok := lockEntry(rest)
	_, dup := into[name]
	switch {
	case !ok || name == "" || !valid(digest):
		r.fail("a %s line needs a name and a digest, found %.60q", word, rest)
	case dup:
		r.fail("%s %q is there twice", word, name)
	default:
		into[name] = digest
	}
}

// isDigest reports whether s is what Digest returns.
func isDigest(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// isWord reports whether s can stand in a line as it is: the digests of rubrics
// and scorers are their packages' own.
func isWord(s string) bool { return s != "" && !strings.ContainsAny(s, " \t") }

// lockEntry splits a name, quoted or not, from what follows it.
func lockEntry(s string) (name, digest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		name, digest, _ = strings.Cut(s, " ")
		return name, digest, true
	}
	q, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", false
	}
	if name, err = strconv.Unquote(q); err != nil {
		return "", "", false
	}
	digest, ok = strings.CutPrefix(s[len(q):], " ")
	return name, digest, ok
}

// LockDiff is how an exam differs from its lock. All lists are sorted.
type LockDiff struct {
	Added, Changed, Removed []string // case ids
	Rubrics, Scorers        []string // that were added, changed or removed
}

// Empty reports whether nothing differs.
func (d LockDiff) Empty() bool {
	return len(d.Added)+len(d.Changed)+len(d.Removed)+len(d.Rubrics)+len(d.Scorers) == 0
}

// Diff compares an exam with the lock.
func (l *Lock) Diff(set *GoldenSet, rubrics, scorers map[string]string) LockDiff {
	now := NewLock(set, rubrics, scorers)
	var d LockDiff
	d.Added, d.Changed, d.Removed = mapDiff(l.Cases, now.Cases)
	a, c, r := mapDiff(l.Rubrics, rubrics)
	d.Rubrics = slices.Sorted(slices.Values(slices.Concat(a, c, r)))
	a, c, r = mapDiff(l.Scorers, scorers)
	d.Scorers = slices.Sorted(slices.Values(slices.Concat(a, c, r)))
	return d
}

func mapDiff(was, is map[string]string) (added, changed, removed []string) {
	for _, k := range slices.Sorted(maps.Keys(is)) {
		switch v, ok := was[k]; {
		case !ok:
			added = append(added, k)
		case v != is[k]:
			changed = append(changed, k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(was)) {
		if _, ok := is[k]; !ok {
			removed = append(removed, k)
		}
	}
	return added, changed, removed
}

// maxIDs bounds how many ids of a list are printed.
const maxIDs = 20

// String lists the differences for a person, one kind a line.
func (d LockDiff) String() string {
	var lines []string
	for _, sec := range []struct {
		what string
		ids  []string
	}{{"added", d.Added}, {"changed", d.Changed}, {"removed", d.Removed}, {"rubric differs:", d.Rubrics}, {"scorer differs:", d.Scorers}} {
		if len(sec.ids) == 0 {
			continue
		}
		shown, more := make([]string, min(len(sec.ids), maxIDs)), ""
		for i := range shown {
			shown[i] = lockName(sec.ids[i])
		}
		if rest := len(sec.ids) - len(shown); rest > 0 {
			more = fmt.Sprintf(" and %d more", rest)
		}
		count := ""
		if !strings.HasSuffix(sec.what, ":") {
			count = fmt.Sprintf(" %d:", len(sec.ids))
		}
		lines = append(lines, fmt.Sprintf("%s%s %s%s", sec.what, count, strings.Join(shown, ", "), more))
	}
	return strings.Join(lines, "\n")
}
