package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxDocument is the largest document read as one tree, in bytes: a tree takes
// some twenty times its text. JSON lines have it as a bound for each line.
const MaxDocument = 64 << 20

// Parse reads one document into its root node, a file called .json as JSON and
// any other as YAML. The node is nil where the document cannot be read at all;
// repeated keys and the like are problems beside a node.
//
// A byte order mark and CRLF line ends are accepted.
func Parse(file string, data []byte) (*Node, Problems) {
	if strings.EqualFold(path.Ext(file), ".json") {
		return ParseJSON(file, data, 1)
	}
	return parseYAML(file, data)
}

func parseYAML(file string, data []byte) (*Node, Problems) {
	if ps := tooLarge(file, 0, data); ps != nil {
		return nil, ps
	}
	data = bytes.TrimPrefix(data, bom)
	if ps := CheckText(file, data); ps != nil {
		return nil, ps
	}
	if ps := checkControls(file, data); ps != nil {
		return nil, ps
	}
	root, more, err := documents(bytes.NewReader(data))
	switch {
	case err != nil:
		return nil, Problems{explain(file, string(data), err)}
	case root == nil:
		return nil, Problems{{File: file, Line: 1, Col: 1, Msg: "the document is empty"}}
	case more != nil:
		return nil, Problems{{File: file, Line: more.Line, Col: more.Column, Msg: "a second document begins here",
			Hint: "one file holds one document; remove the --- line or split the file"}}
	}
	return bounded(file, root)
}

// bounded wraps a tree once it is known to be finite and in order.
func bounded(file string, root *yaml.Node) (*Node, Problems) {
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, Problems{{File: file, Line: root.Line, Col: root.Column, Msg: "the document is empty"}}
	}
	b := bound{file: file}
	b.walk(root, 0, false)
	if b.stopped {
		return nil, b.problems
	}
	return &Node{file, Pos{root.Line, root.Column}, root}, b.problems
}

// documents reads the first document, nil if there is none, and looks whether
// a second one follows.
func documents(r io.Reader) (root, more *yaml.Node, err error) {
	// The library panics where its own invariants break; a file must not be
	// able to end the program.
	defer func() {
		if p := recover(); p != nil {
			root, more, err = nil, nil, fmt.Errorf("the parser cannot cope with it (%v)", p)
		}
	}()
	dec := yaml.NewDecoder(r)
	var first, second yaml.Node
	if err := dec.Decode(&first); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return nil, nil, err
	}
	root = &first
	if first.Kind == yaml.DocumentNode && len(first.Content) == 1 {
		root = first.Content[0]
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		return root, &second, nil
	case !errors.Is(err, io.EOF):
		return nil, nil, err
	}
	return root, nil, nil
}

var bom = []byte("\xef\xbb\xbf")

func tooLarge(file string, line int, data []byte) Problems {
	if len(data) <= MaxDocument {
		return nil
	}
	return Problems{{File: file, Line: line, Msg: fmt.Sprintf("%d MB is too large for one document, the limit is %d MB", len(data)>>20, MaxDocument>>20),
		Hint: "split it, or write JSON lines (.jsonl)"}}
}

// CheckText refuses what is not UTF-8 text, and says where it is not.
func CheckText(file string, data []byte) Problems {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return Problems{{File: file, Line: 1, Col: 1, Msg: "the file is UTF-16", Hint: "save it as UTF-8"}}
	}
	if !utf8.Valid(data) {
		off := 0
		for off < len(data) {
			r, n := utf8.DecodeRune(data[off:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			off += n
		}
		line, col := place(data, off)
		return Problems{{File: file, Line: line, Col: col, Msg: fmt.Sprintf("the file is not valid UTF-8: byte %d is %#02x", off, data[off]), Hint: "save it as UTF-8"}}
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		line, col := place(data, i)
		return Problems{{File: file, Line: line, Col: col, Msg: "the file holds a zero byte", Hint: "it is not a text file"}}
	}
	return nil
}

// checkControls finds the characters YAML does not allow to stand for
// themselves (YAML 1.2, production c-printable).
func checkControls(file string, data []byte) Problems {
	for i := 0; i < len(data); i++ {
		c, long := data[i], 1
		switch {
		case c >= 0x20 && c < 0x7f || c == '\n' || c == '\t' || c == '\r':
			continue
		case c == 0xc2 && data[i+1] < 0xa0 && data[i+1] != 0x85: // U+0080 to U+009F but NEL
			long = 2
		case c == 0xef && data[i+1] == 0xbf && data[i+2] >= 0xbe: // U+FFFE, U+FFFF
			long = 3
		case c >= 0x80:
			continue
		}
		r, _ := utf8.DecodeRune(data[i : i+long])
		line, col := place(data, i)
		return Problems{{File: file, Line: line, Col: col, Msg: fmt.Sprintf("the control character %U is not allowed in YAML", r),
			Hint: fmt.Sprintf(`write it in double quotes as "\u%04X"`, r)}}
	}
	return nil
}

// PlaceOf is the place of a byte offset in a text.
func PlaceOf(data []byte, off int) Pos {
	line, col := place(data, off)
	return Pos{line, col}
}

// place turns a byte offset into line and column; columns count characters.
func place(data []byte, off int) (line, col int) {
	before := data[:min(max(off, 0), len(data))]
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}
