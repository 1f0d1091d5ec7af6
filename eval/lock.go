package eval

import (
	"bufio"
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
// a diff in review shows exactly what changed.
type Lock struct {
	Who  string
	When time.Time
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
	l := &Lock{Cases: map[string]string{}, Rubrics: map[string]string{}, Scorers: map[string]string{}}
	var ps yamldoc.Problems
	const redo = "run `qualgate freeze` again and review the diff"
	fail := func(n int, format string, args ...any) {
		if len(ps) < maxProblems {
			ps = append(ps, yamldoc.Problem{File: file, Line: n, Col: 1, Msg: fmt.Sprintf(format, args...), Hint: redo})
		}
	}
	sc := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	sc.Buffer(nil, 1<<20)
	format := false
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimRight(sc.Text(), "\r")
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "<<<<<<<"), strings.HasPrefix(line, "======="), strings.HasPrefix(line, ">>>>>>>"):
			fail(n, "a merge conflict is left in the lock")
			continue
		case !format:
			if line != lockFormat {
				fail(n, "this is not a lock this version reads (it begins %.40q, %s is expected)", line, lockFormat)
				return nil, ps
			}
			format = true
			continue
		}
		if why := l.line(line); why != "" {
			fail(n, "%s", why)
		}
	}
	if err := sc.Err(); err != nil {
		fail(0, "cannot be read: %v", err)
	}
	if !format && len(ps) == 0 {
		fail(1, "the lock is empty")
	}
	if len(ps) > 0 {
		return nil, ps
	}
	return l, nil
}

// line takes one line into the lock, and says what is wrong with it.
func (l *Lock) line(line string) string {
	word, rest, _ := strings.Cut(line, " ")
	var err error
	switch word {
	case "who":
		l.Who, err = strconv.Unquote(rest)
	case "why":
		l.Why, err = strconv.Unquote(rest)
	case "when":
		l.When, err = time.Parse(time.RFC3339, rest)
	case "rubric", "scorer", "case":
		m := map[string]map[string]string{"rubric": l.Rubrics, "scorer": l.Scorers, "case": l.Cases}[word]
		name, digest, ok := lockEntry(rest)
		if !ok {
			return fmt.Sprintf("a %s line needs a name and a digest", word)
		}
		if _, dup := m[name]; dup {
			return fmt.Sprintf("%s %q is there twice", word, name)
		}
		m[name] = digest
	default:
		return fmt.Sprintf("the line %.40q is not understood", line)
	}
	if err != nil {
		return fmt.Sprintf("the %s line cannot be read", word)
	}
	return ""
}

func lockEntry(s string) (name, digest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", "", false
		}
		if name, err = strconv.Unquote(q); err != nil {
			return "", "", false
		}
		digest = strings.TrimPrefix(s[len(q):], " ")
	} else {
		name, digest, _ = strings.Cut(s, " ")
	}
	return name, digest, digest != "" && !strings.ContainsAny(digest, " \t")
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
		shown, more := sec.ids, ""
		if len(shown) > maxIDs {
			more = fmt.Sprintf(" and %d more", len(shown)-maxIDs)
			shown = shown[:maxIDs]
		}
		count := ""
		if !strings.HasSuffix(sec.what, ":") {
			count = fmt.Sprintf(" %d:", len(sec.ids))
		}
		lines = append(lines, fmt.Sprintf("%s%s %s%s", sec.what, count, strings.Join(shown, ", "), more))
	}
	return strings.Join(lines, "\n")
}
