// Package snapshot writes a whole Go value as bytes and reads it back, every
// field of it, unexported ones too, so that what a program held at one moment
// can be held again later.
//
// Nothing is left out by being forgotten: a field is written, or named in a list
// of what is left out and why, or the codec can't be made. The layout of the
// type has a fingerprint that stands in front of the bytes, so that bytes of
// another version of the type are refused rather than misread, and a checksum
// stands behind them.
package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"hash/fnv"
	"reflect"
	"strconv"
	"strings"
	"unsafe"
)

// Errors of Read.
var (
	ErrDamaged = errors.New("damaged")
	ErrLayout  = errors.New("of another version of this program")
)

const magic = 0x31535756 // "VWS1"

var checksum = crc64.MakeTable(crc64.ECMA)

// Codec writes and reads values of type T. Safe for concurrent use.
type Codec[T any] struct {
	root   *program
	layout uint64
}

// New makes a codec. leftOut names fields that are not written, as
// "package.Type.field", each with the reason; reading leaves them alone. A field
// that can't be written (a map, a function, an interface, a channel) and isn't
// left out is an error, and so is a name in leftOut that is no field.
func New[T any](leftOut map[string]string) (*Codec[T], error) {
	if strconv.IntSize != 64 || binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return nil, errors.New("snapshot: made for 64-bit little-endian processors")
	}
	c := compiler{leftOut: leftOut, used: map[string]bool{}, done: map[reflect.Type]*program{}}
	root, err := c.compile(reflect.TypeFor[T]())
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	for name := range leftOut {
		if !c.used[name] {
			return nil, fmt.Errorf("snapshot: %s is left out, but there is no such field", name)
		}
	}
	h := fnv.New64a()
	h.Write([]byte(c.text.String())) //nolint:errcheck // never fails
	return &Codec[T]{root: root, layout: h.Sum64()}, nil
}

// Layout is the fingerprint of what is written.
func (c *Codec[T]) Layout() uint64 { return c.layout }

// Append appends v to b.
func (c *Codec[T]) Append(b []byte, v *T) []byte {
	start := len(b)
	b = binary.LittleEndian.AppendUint32(b, magic)
	b = binary.LittleEndian.AppendUint64(b, c.layout)
	b = c.root.append(b, unsafe.Pointer(v))
	return binary.LittleEndian.AppendUint64(b, crc64.Checksum(b[start:], checksum))
}

// Read reads what Append wrote into v, whole or not at all. ErrDamaged, ErrLayout.
func (c *Codec[T]) Read(b []byte, v *T) error {
	const head, tail = 12, 8
	if len(b) < head+tail || binary.LittleEndian.Uint32(b) != magic {
		return fmt.Errorf("snapshot: %w: not a snapshot", ErrDamaged)
	}
	body := b[:len(b)-tail]
	if crc64.Checksum(body, checksum) != binary.LittleEndian.Uint64(b[len(b)-tail:]) {
		return fmt.Errorf("snapshot: %w: its checksum does not fit", ErrDamaged)
	}
	if got := binary.LittleEndian.Uint64(b[4:]); got != c.layout {
		return fmt.Errorf("snapshot: %w: layout %016x, this one reads %016x", ErrLayout, got, c.layout)
	}
	fresh := *v // what is left out stays as it is
	r := reader{left: body[head:]}
	c.root.read(&r, unsafe.Pointer(&fresh))
	if r.bad || len(r.left) > 0 {
		return fmt.Errorf("snapshot: %w: %d bytes too many or too few", ErrDamaged, len(r.left))
	}
	*v = fresh
	return nil
}

// program writes and reads one type: its steps in order of the fields.
type program struct {
	steps []step
	least int // bytes it takes at least
}

type step struct {
	off  uintptr
	size uintptr      // plain memory; 0: see kind
	kind reflect.Kind // Bool, String, Slice or Pointer
	typ  reflect.Type // Slice, Pointer: of the whole
	elem *program     // Slice, Pointer
}

type compiler struct {
	leftOut map[string]string
	used    map[string]bool
	done    map[reflect.Type]*program // nil: being compiled
	text    strings.Builder           // what the layout is the fingerprint of
}

func (c *compiler) compile(t reflect.Type) (*program, error) {
	if p, seen := c.done[t]; seen {
		if p == nil {
			return nil, fmt.Errorf("%s contains itself", t)
		}
		c.text.WriteString(t.String())
		return p, nil
	}
	c.done[t] = nil
	p := &program{}
	if err := c.add(p, t, 0, t.String()); err != nil {
		return nil, err
	}
	for _, s := range p.steps {
		p.least += max(1, int(s.size))
	}
	c.done[t] = p
	return p, nil
}

// add adds what writes a value of type t at an offset.
func (c *compiler) add(p *program, t reflect.Type, off uintptr, name string) error {
	fmt.Fprintf(&c.text, "%s:%s ", name, t.Kind())
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		if n := len(p.steps); n > 0 && p.steps[n-1].size > 0 && p.steps[n-1].off+p.steps[n-1].size == off {
			p.steps[n-1].size += t.Size()
			return nil
		}
		p.steps = append(p.steps, step{off: off, size: t.Size()})
	case reflect.Bool, reflect.String:
		p.steps = append(p.steps, step{off: off, kind: t.Kind()})
	case reflect.Array:
		fmt.Fprintf(&c.text, "[%d] ", t.Len())
		for i := range t.Len() {
			if err := c.add(p, t.Elem(), off+uintptr(i)*t.Elem().Size(), "[]"); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			full := t.String() + "." + f.Name
			if _, out := c.leftOut[full]; out {
				c.used[full] = true
				continue
			}
			if err := c.add(p, f.Type, off+f.Offset, full); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Pointer:
		elem, err := c.compile(t.Elem())
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		p.steps = append(p.steps, step{off: off, kind: t.Kind(), typ: t, elem: elem})
	default:
		return fmt.Errorf("%s is a %s, which can't be written: make it plain data, or leave it out with the reason", name, t.Kind())
	}
	return nil
}

func (p *program) append(b []byte, at unsafe.Pointer) []byte {
	for i := range p.steps {
		s := &p.steps[i]
		field := unsafe.Add(at, s.off)
		switch {
		case s.size > 0:
			b = append(b, unsafe.Slice((*byte)(field), s.size)...)
		case s.kind == reflect.Bool:
			if *(*bool)(field) {
				b = append(b, 1)
			} else {
				b = append(b, 0)
			}
		case s.kind == reflect.String:
			v := *(*string)(field)
			b = binary.AppendUvarint(b, uint64(len(v)))
			b = append(b, v...)
		case s.kind == reflect.Slice:
			v := reflect.NewAt(s.typ, field).Elem()
			n, stride := v.Len(), s.typ.Elem().Size()
			b = binary.AppendUvarint(b, uint64(n))
			first := v.UnsafePointer()
			for k := range n {
				b = s.elem.append(b, unsafe.Add(first, uintptr(k)*stride))
			}
		default: // pointer
			v := *(*unsafe.Pointer)(field)
			if v == nil {
				b = append(b, 0)
				continue
			}
			b = s.elem.append(append(b, 1), v)
		}
	}
	return b
}

type reader struct {
	left []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.left) {
		r.bad = true
		return nil
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

// count reads how many things of at least so many bytes follow.
func (r *reader) count(least int) int {
	v, n := binary.Uvarint(r.left)
	if n <= 0 || v > uint64(len(r.left)/max(1, least)) {
		r.bad = true
		return 0
	}
	r.left = r.left[n:]
	return int(v)
}

func (p *program) read(r *reader, at unsafe.Pointer) {
	for i := range p.steps {
		s := &p.steps[i]
		field := unsafe.Add(at, s.off)
		switch {
		case r.bad:
			return
		case s.size > 0:
			copy(unsafe.Slice((*byte)(field), s.size), r.take(int(s.size)))
		case s.kind == reflect.Bool:
			b := r.take(1)
			*(*bool)(field) = len(b) == 1 && b[0] == 1
		case s.kind == reflect.String:
			*(*string)(field) = string(r.take(r.count(1)))
		case s.kind == reflect.Slice:
			n, stride := r.count(s.elem.least), s.typ.Elem().Size()
			v := reflect.Zero(s.typ)
			if n > 0 {
				v = reflect.MakeSlice(s.typ, n, n)
				first := v.UnsafePointer()
				for k := 0; k < n && !r.bad; k++ {
					s.elem.read(r, unsafe.Add(first, uintptr(k)*stride))
				}
			}
			reflect.NewAt(s.typ, field).Elem().Set(v)
		default: // pointer
			v := reflect.Zero(s.typ)
			if b := r.take(1); len(b) == 1 && b[0] == 1 {
				v = reflect.New(s.typ.Elem())
				s.elem.read(r, v.UnsafePointer())
			}
			reflect.NewAt(s.typ, field).Elem().Set(v)
		}
	}
}
