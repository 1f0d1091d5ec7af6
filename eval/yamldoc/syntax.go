package yamldoc

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	yamlError = regexp.MustCompile(`(?s)^(?:yaml: )?(?:line (\d+): )?(.*)$`)
	conflict  = regexp.MustCompile(`(?m)^(?:<<<<<<<|>>>>>>>) `)
	// markedValue finds the * of an alias and the & of an anchor.
	markedValue = regexp.MustCompile(`(?m)(?:^|[\s,\[{])([*&])`)
	// quoteInside finds text behind a closing quote: 'it's' or "a" b.
	quoteInside = regexp.MustCompile(`(?:: |- )(?:'[^'\n]*'|"(?:[^"\\\n]|\\.)*")[ \t]*([^\s,\]}:#'"])`)
	// flowInside finds text behind a closing bracket: [sic] he said.
	flowInside = regexp.MustCompile(`(?:: |- )(?:\[[^\]\n]*\]|\{[^}\n]*\})[ \t]*([^\s,\]}:#])`)
)

// syntax is where a parser stopped: the text up to there, and what it said.
type syntax struct {
	data, read string
	// line is the parser's own, 0 where it names none. It is not always right.
	line int
	said string
}

// finding is a place in the text with what is wrong there.
type finding struct {
	off       int
	msg, hint string
}

// explain words the parser's error for people and finds its place: the parser
// names at most a line, and not always the right one.
func explain(file, data string, err error) Problem {
	m := yamlError.FindStringSubmatch(err.Error())
	s := syntax{data: data, read: data[:reached(data)], said: m[2]}
	s.line, _ = strconv.Atoi(m[1])
	f := s.find()
	line, col := place([]byte(data), f.off)
	return Problem{File: file, Line: line, Col: col, Msg: f.msg, Hint: f.hint}
}

// reached is how much of the text the parser had asked for when it stopped. It
// reads ahead by at most a few characters.
func reached(data string) int {
	r := &stepReader{data: data}
	_, _, _ = documents(r) // the error is known; its place is what is wanted
	return r.off
}

// stepReader hands out one byte at a time.
type stepReader struct {
	data string
	off  int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if r.off >= len(r.data) {
		return 0, io.EOF
	}
	p[0] = r.data[r.off]
	r.off++
	return 1, nil
}

// find goes from the parser's words to what a person did.
func (s *syntax) find() finding {
	if at := conflict.FindStringIndex(s.data); at != nil {
		return finding{at[0], "a merge conflict is left in the file", "resolve it and remove the markers"}
	}
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s.said, w) })
	}
	switch {
	case says("tab character"):
		return s.tab()
	case says("cannot start any token"):
		return s.badStart()
	case says("mapping values are not allowed"):
		return s.secondColon()
	case says("could not find expected ':'"):
		return s.noColon()
	case says("unexpected end of stream", "unexpected document indicator"):
		return s.openQuote()
	case says("unknown escape character", "hexdecimal number", "Unicode character escape"):
		return finding{strings.LastIndexByte(s.read, '\\'), "this escape is not known in double quotes", `write \\ for a backslash, or use single quotes`}
	case says("expected alphabetic or numeric"):
		return finding{s.lastMark(), "* and & have a meaning at the beginning of a value", "put the text in quotes"}
	case says("unknown anchor"):
		name, _, _ := strings.Cut(strings.TrimPrefix(s.said, "unknown anchor '"), "'")
		return finding{strings.LastIndex(s.read, "*"+name), "*" + name + " refers to nothing: no value is marked &" + name, "put text that begins with * in quotes"}
	case says("',' or ']'"), says("',' or '}'"):
		return finding{s.lastLine(), "a list in [ ] or a mapping in { } lacks a comma or its end before this", "text that begins with [ or { needs quotes"}
	case says("expected comment or line break"):
		return finding{strings.LastIndexAny(s.read, "|>"), "text after | or > begins in the next line", "put text that begins with | or > in quotes"}
	case says("block sequence entries are not allowed"):
		return finding{max(strings.LastIndex(s.read, "- "), 0), "a list cannot begin here", `begin it in a line of its own; put text that begins with "- " in quotes`}
	case says("exceeded max depth"):
		return finding{s.lastLine(), fmt.Sprintf("the document is nested more than %d levels deep", maxDepth), "write it out more simply"}
	case says("expected key", "expected '-' indicator", "expected <document start>"):
		return s.misplaced()
	}
	return finding{s.lastLine(), "not valid YAML: " + s.said, ""}
}

// ahead is the part of the read text that the parser may not have used yet:
// its last four characters.
func (s *syntax) ahead() int {
	off := len(s.read)
	for range 4 {
		_, n := utf8.DecodeLastRuneInString(s.read[:off])
		off -= n
	}
	return off
}

// lastMark is where the last value that begins with * or & stands.
func (s *syntax) lastMark() int {
	all := markedValue.FindAllStringSubmatchIndex(s.read, -1)
	if len(all) == 0 {
		return s.lastLine()
	}
	return all[len(all)-1][2]
}

// lastLine is where the last line that was read begins, without its indentation.
func (s *syntax) lastLine() int {
	text := strings.TrimRight(s.read, " \t\r\n")
	off := strings.LastIndexByte(text, '\n') + 1
	return off + len(text[off:]) - len(strings.TrimLeft(text[off:], " \t"))
}

const useSpaces = "YAML is indented with spaces"

func (s *syntax) tab() finding {
	return finding{strings.LastIndexByte(s.read, '\t'), "a tab in the indentation", useSpaces}
}

func (s *syntax) badStart() finding {
	off := s.ahead()
	i := strings.IndexAny(s.read[off:], "\t@`%")
	if i < 0 {
		off, i = 0, max(strings.LastIndexAny(s.read, "\t@`%"), 0)
	}
	off += i
	if strings.HasPrefix(s.data[off:], "\t") {
		return finding{off, "a tab in the indentation", useSpaces}
	}
	return finding{off, "a value cannot begin with " + strconv.Quote(s.data[off:min(off+1, len(s.data))]), "put the text in quotes"}
}

func (s *syntax) secondColon() finding {
	off := 0
	for i := len(s.read) - 1; i >= 0; i-- {
		if s.read[i] == ':' && (i+1 == len(s.read) || strings.IndexByte(" \t\r\n", s.read[i+1]) >= 0) {
			off = i
			break
		}
	}
	begin := strings.LastIndexByte(s.read[:off], '\n') + 1
	head := strings.TrimLeft(s.read[begin:off], " -")
	if strings.Contains(head, ": ") {
		return finding{off, `a second ": " in one line`, "put the text that holds it in quotes"}
	}
	if off-len(head) == begin && begin > 0 {
		above := syntax{read: s.read[:begin]}
		return finding{above.lastLine(), noKey, noKeyHint}
	}
	return finding{off - len(head), "this line is indented deeper than the one it belongs to", "indent it alike; put text of several lines behind | or in quotes"}
}

const (
	noKey     = "neither a key with its colon nor part of the text above"
	noKeyHint = "write key: value, or put text of several lines behind |"
)

func (s *syntax) noColon() finding {
	lines := strings.SplitAfter(s.data, "\n")
	n := min(max(s.line, 1), len(lines))
	for n > 1 && (strings.TrimSpace(lines[n-1]) == "" || hasKey(lines[n-1])) {
		n--
	}
	line := strings.TrimSpace(lines[n-1])
	off := len(strings.Join(lines[:n-1], "")) + strings.Index(lines[n-1], line)
	if i := strings.IndexByte(line, ':'); i > 0 && i+1 < len(line) {
		return finding{off + len(line[:i]), "a colon without a space behind it", "write key: value"}
	}
	return finding{off, noKey, noKeyHint}
}

func hasKey(line string) bool {
	line = strings.TrimRight(line, " \t\r\n")
	return strings.Contains(line, ": ") || strings.HasSuffix(line, ":")
}

func (s *syntax) openQuote() finding {
	lines := strings.SplitAfter(s.data, "\n")
	n := s.line
	if n < 1 || n > len(lines) || strings.TrimSpace(strings.Join(lines[n-1:], "")) == "" {
		n = 1 // the parser's line is then that of the end
	}
	off := len(strings.Join(lines[:n-1], ""))
	if i := strings.LastIndexAny(lines[n-1], `"'`); i >= 0 {
		off += i
	}
	return finding{off, "a quoted text is never closed", "close it; inside single quotes write '' for an apostrophe"}
}

// misplaced is a line that fits nowhere, mostly for its indentation, or for
// text that was closed too early above.
func (s *syntax) misplaced() finding {
	last := s.lastLine()
	begin := strings.LastIndexByte(s.read[:last], '\n') + 1
	if begin > 0 {
		begin = strings.LastIndexByte(s.read[:begin-1], '\n') + 1 // the line above, too
	}
	if m := quoteInside.FindStringSubmatchIndex(s.read[begin:]); m != nil {
		return finding{begin + m[2], "text goes on behind its closing quote", `quote all of it; inside single quotes write '' for an apostrophe, inside double quotes \"`}
	}
	if m := flowInside.FindStringSubmatchIndex(s.read[begin:]); m != nil {
		return finding{begin + m[2], "text goes on behind its closing bracket", "put text that begins with [ or { in quotes"}
	}
	return finding{last, "this line fits neither the list nor the mapping above it", "check its indentation, and the quotes above"}
}
