package yamldoc

import (
	"encoding"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Decoder is a type that reads itself from a node. It is called for null, too.
type Decoder interface {
	DecodeNode(n *Node) Problems
}

// Decode reads one document into a pointer, see Parse and Node.Decode. It
// returns every problem found; what could be read is set all the same.
func Decode(file string, data []byte, into any) Problems {
	n, ps := Parse(file, data)
	if n == nil {
		return ps
	}
	return append(ps, n.Decode(into)...)
}

// Decode reads the node into a pointer: a struct by its `doc:"name,required"`
// tags, a map with string keys, a slice, a scalar, any (see Node.Any), a
// Decoder or an encoding.TextUnmarshaler. time.Duration is read as "1m30s".
//
// Text fields accept unquoted numbers and truth values as they are written, so
// that `id: 007` is "007"; a number field accepts only numbers. null leaves a
// field as it is. A struct field of type Pos gets the mapping's place.
func (n *Node) Decode(into any) Problems {
	return n.into(reflect.ValueOf(into).Elem())
}

var (
	decoderType  = reflect.TypeFor[Decoder]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType = reflect.TypeFor[time.Duration]()
	posType      = reflect.TypeFor[Pos]()
)

func (n *Node) into(v reflect.Value) Problems {
	if v.CanAddr() && v.Addr().Type().Implements(decoderType) {
		return v.Addr().Interface().(Decoder).DecodeNode(n)
	}
	if n.Kind() == Null {
		return nil
	}
	if v.CanAddr() && v.Addr().Type().Implements(textType) {
		return n.text(v.Addr().Interface().(encoding.TextUnmarshaler))
	}
	if v.Type() == durationType {
		return n.duration(v)
	}
	switch v.Kind() {
	case reflect.Pointer:
		e := reflect.New(v.Type().Elem())
		ps := n.into(e.Elem())
		v.Set(e)
		return ps
	case reflect.Struct:
		return n.structure(v)
	case reflect.Map:
		return n.mapping(v)
	case reflect.Slice:
		return n.sequence(v)
	case reflect.Interface:
		a, ps := n.Any()
		if a != nil {
			v.Set(reflect.ValueOf(a))
		}
		return ps
	}
	return n.basic(v)
}

// field is a struct's field as documents know it.
type field struct {
	name     string
	index    []int
	required bool
}

var fieldCache sync.Map // reflect.Type → []field

func fieldsOf(t reflect.Type) []field {
	if fs, ok := fieldCache.Load(t); ok {
		return fs.([]field)
	}
	fs := readFields(t)
	fieldCache.Store(t, fs)
	return fs
}

func readFields(t reflect.Type) []field {
	var fs []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("doc")
		if !ok || tag == "-" {
			if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Type != posType {
				for _, in := range fieldsOf(f.Type) {
					in.index = append([]int{i}, in.index...)
					fs = append(fs, in)
				}
			}
			continue
		}
		name, opt, _ := strings.Cut(tag, ",")
		fs = append(fs, field{name, []int{i}, opt == "required"})
	}
	return fs
}

func (n *Node) structure(v reflect.Value) Problems {
	if n.Kind() != Mapping {
		return n.wrong("a mapping")
	}
	fields := fieldsOf(v.Type())
	setPos(v, n)
	var ps Problems
	seen := make([]bool, len(fields))
	for _, e := range n.Entries() {
		k := slices.IndexFunc(fields, func(f field) bool { return f.name == e.Key })
		if k < 0 {
			ps = append(ps, e.At.Problem(keyHint(v, e.Key, fields), "unknown key %q", e.Key))
			continue
		}
		seen[k] = e.Value.Kind() != Null
		ps = append(ps, e.Value.into(v.FieldByIndex(fields[k].index))...)
	}
	for i, f := range fields {
		if f.required && !seen[i] {
			ps = append(ps, n.Problem("", "%q is missing", f.name))
		}
	}
	return ps
}

// KeyHinter is a struct that knows what an unknown key may have been meant as.
// It is asked where no valid key is near.
type KeyHinter interface {
	KeyHint(key string) string
}

func keyHint(v reflect.Value, key string, fields []field) string {
	valid := names(fields)
	if v.CanAddr() && Nearest(key, valid) == "" {
		if h, ok := v.Addr().Interface().(KeyHinter); ok {
			return h.KeyHint(key)
		}
	}
	return DidYouMean(key, valid)
}

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

func setPos(v reflect.Value, n *Node) {
	for i := range v.NumField() {
		if f := v.Field(i); f.Type() == posType && f.CanSet() {
			f.Set(reflect.ValueOf(n.Pos))
		}
	}
}

func (n *Node) mapping(v reflect.Value) Problems {
	if n.Kind() != Mapping {
		return n.wrong("a mapping")
	}
	out := reflect.MakeMap(v.Type())
	var ps Problems
	for _, e := range n.Entries() {
		x := reflect.New(v.Type().Elem()).Elem()
		ps = append(ps, e.Value.into(x)...)
		out.SetMapIndex(reflect.ValueOf(e.Key).Convert(v.Type().Key()), x)
	}
	v.Set(out)
	return ps
}

func (n *Node) sequence(v reflect.Value) Problems {
	if n.Kind() != Sequence {
		return n.wrong("a list")
	}
	items := n.Items()
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	var ps Problems
	for i, it := range items {
		ps = append(ps, it.into(out.Index(i))...)
	}
	v.Set(out)
	return ps
}

func (n *Node) text(u encoding.TextUnmarshaler) Problems {
	if n.Kind() != Scalar {
		return n.wrong("a single value")
	}
	if err := u.UnmarshalText([]byte(n.Text())); err != nil {
		return Problems{n.Problem("", "%v", err)}
	}
	return nil
}

func (n *Node) duration(v reflect.Value) Problems {
	d, err := time.ParseDuration(n.Text())
	if n.Kind() != Scalar || err != nil {
		return Problems{n.Problem("write a number and a unit, such as 60s, 1m30s or 250ms", "a duration is expected, found %s", n.Describe())}
	}
	v.SetInt(int64(d))
	return nil
}

func (n *Node) basic(v reflect.Value) Problems {
	if n.Kind() != Scalar {
		return n.wrong(kindName(v.Kind()))
	}
	if v.Kind() == reflect.String {
		v.SetString(n.Text())
		return nil
	}
	a, ps := n.scalar()
	if ps != nil {
		return ps
	}
	switch x := a.(type) {
	case bool:
		if v.Kind() == reflect.Bool {
			v.SetBool(x)
			return nil
		}
	case float64:
		return n.number(v, x)
	}
	return n.wrong(kindName(v.Kind()))
}

func (n *Node) number(v reflect.Value, x float64) Problems {
	whole := x == math.Trunc(x) && math.Abs(x) < 1<<53
	switch {
	case v.CanFloat():
		v.SetFloat(x)
	case v.CanInt():
		if !whole || v.OverflowInt(int64(x)) {
			return n.wrong("a whole number")
		}
		v.SetInt(int64(x))
	case v.CanUint():
		if !whole || x < 0 || v.OverflowUint(uint64(x)) {
			return n.wrong("a whole number from 0")
		}
		v.SetUint(uint64(x))
	default:
		return n.wrong(kindName(v.Kind()))
	}
	return nil
}

func (n *Node) wrong(want string) Problems {
	return Problems{n.Problem(n.remedy(want), "%s is expected, found %s", want, n.Describe())}
}

// remedy guesses how what was found was meant.
func (n *Node) remedy(want string) string {
	if n.Kind() == Sequence && want == "text" {
		return "write one text; put text that begins with [ in quotes"
	}
	if n.Kind() == Mapping && want == "text" {
		return "put text that holds a colon, or begins with {, in quotes"
	}
	if n.Kind() == Mapping && want == "a list" {
		return "begin each element with a dash"
	}
	if n.Kind() != Scalar {
		return ""
	}
	text := n.Text()
	switch want {
	case "a list":
		if len(text) <= 40 && !n.Quoted() {
			return "write [" + text + "]"
		}
	case "true or false":
		switch strings.ToLower(text) {
		case "yes", "on", "y", "1", "true":
			return "write true"
		case "no", "off", "n", "0", "false":
			return "write false"
		}
	case "a number", "a whole number", "a whole number from 0":
		if _, err := strconv.ParseFloat(text, 64); err == nil && n.Quoted() {
			return "remove the quotes"
		}
		if plain := strings.ReplaceAll(text, "_", ""); plain != text && !n.Quoted() {
			return "write " + plain
		}
	}
	return ""
}

// kindName is what a kind of field wants, in a document's words.
func kindName(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number from 0"
	case reflect.Float64, reflect.Float32:
		return "a number"
	}
	return "another value"
}
