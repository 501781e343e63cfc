package snapshot

import (
	"encoding/binary"
	"errors"
	"hash/crc64"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type inner struct {
	a float64
	b int8
	c uint16
	d bool
}

type outer struct {
	Name  string
	n     int
	in    inner
	list  []inner
	deep  [][]byte
	maybe *inner
	three [3]inner
	skip  map[string]int
}

var without = map[string]string{"snapshot.outer.skip": "derived"}

func codec(t testing.TB) *Codec[outer] {
	t.Helper()
	c, err := New[outer](without)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryFieldComesBack(t *testing.T) {
	c := codec(t)
	rapid.Check(t, func(t *rapid.T) {
		draw := func() inner {
			return inner{rapid.Float64().Draw(t, "a"), rapid.Int8().Draw(t, "b"), rapid.Uint16().Draw(t, "c"), rapid.Bool().Draw(t, "d")}
		}
		v := outer{Name: rapid.String().Draw(t, "name"), n: rapid.Int().Draw(t, "n"), in: draw(), three: [3]inner{draw(), draw(), draw()}}
		for range rapid.IntRange(0, 4).Draw(t, "list") {
			v.list = append(v.list, draw())
			v.deep = append(v.deep, rapid.SliceOfN(rapid.Byte(), 1, 5).Draw(t, "deep"))
		}
		if rapid.Bool().Draw(t, "maybe") {
			x := draw()
			v.maybe = &x
		}
		b := c.Append([]byte("before"), &v)[len("before"):]
		got := outer{n: 99, list: make([]inner, 7), skip: map[string]int{"stays": 1}}
		if err := c.Read(b, &got); err != nil {
			t.Fatal(err)
		}
		if got.skip["stays"] != 1 {
			t.Fatal("a field that is left out was changed")
		}
		got.skip = nil
		if !reflect.DeepEqual(got, v) {
			t.Fatalf("%+v came back as %+v", v, got)
		}
	})
}

func TestOddNumbersKeepTheirBits(t *testing.T) {
	c := codec(t)
	for _, bits := range []uint64{0x7ff8000000000001, 0x8000000000000000, 1, math.Float64bits(math.Inf(-1))} {
		v := outer{in: inner{a: math.Float64frombits(bits)}}
		var got outer
		if err := c.Read(c.Append(nil, &v), &got); err != nil || math.Float64bits(got.in.a) != bits {
			t.Errorf("%016x came back as %016x, %v", bits, math.Float64bits(got.in.a), err)
		}
	}
}

func TestAFieldThatCanNotBeWrittenIsNamed(t *testing.T) {
	type loop struct{ next *loop }
	for name, try := range map[string]func() error{
		"outer.skip is a map": func() error { _, err := New[outer](nil); return err },
		"is a func":           func() error { _, err := New[struct{ f func() }](nil); return err },
		"is a interface":      func() error { _, err := New[struct{ f error }](nil); return err },
		"contains itself":     func() error { _, err := New[loop](nil); return err },
		"no such field": func() error {
			_, err := New[inner](map[string]string{"snapshot.inner.gone": "it was renamed"})
			return err
		},
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one that says %q", err, name)
		}
	}
}

func TestAnyChangeOfTheTypeChangesItsLayout(t *testing.T) {
	seen := map[uint64]string{}
	for name, layout := range map[string]func() (uint64, error){
		"a":       func() (uint64, error) { c, err := New[struct{ A float64 }](nil); return c.Layout(), err },
		"renamed": func() (uint64, error) { c, err := New[struct{ B float64 }](nil); return c.Layout(), err },
		"other":   func() (uint64, error) { c, err := New[struct{ A int64 }](nil); return c.Layout(), err },
		"more":    func() (uint64, error) { c, err := New[struct{ A, B float64 }](nil); return c.Layout(), err },
		"array":   func() (uint64, error) { c, err := New[struct{ A [2]float64 }](nil); return c.Layout(), err },
		"slice":   func() (uint64, error) { c, err := New[struct{ A []float64 }](nil); return c.Layout(), err },
	} {
		l, err := layout()
		if err != nil {
			t.Fatal(err)
		}
		if other := seen[l]; other != "" {
			t.Errorf("%s and %s have the same layout", name, other)
		}
		seen[l] = name
	}
}

func TestDamageIsFoundWhereverItIs(t *testing.T) {
	c := codec(t)
	v := outer{Name: "x", list: []inner{{a: 1}, {a: 2}}, maybe: &inner{}}
	good := c.Append(nil, &v)
	for i := range good {
		for _, bad := range [][]byte{append(append([]byte{}, good[:i]...), good[i]^0x10), good[:i]} {
			if len(bad) == i+1 {
				bad = append(bad, good[i+1:]...)
			}
			got := outer{n: 7}
			if err := c.Read(bad, &got); !errors.Is(err, ErrDamaged) || got.n != 7 {
				t.Fatalf("byte %d: error %v, and n is %d", i, err, got.n)
			}
		}
	}
	other, err := New[inner](nil)
	if err != nil {
		t.Fatal(err)
	}
	var in inner
	if err := other.Read(good, &in); !errors.Is(err, ErrLayout) {
		t.Errorf("another layout: %v", err)
	}
}

// FuzzRead feeds bodies whose checksum and layout are right.
func FuzzRead(f *testing.F) {
	c := codec(f)
	v := outer{Name: "x", list: []inner{{a: 1}}, deep: [][]byte{{1}}, maybe: &inner{}}
	for _, v := range []outer{{}, v} {
		b := c.Append(nil, &v)
		f.Add(b[12 : len(b)-8])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := binary.LittleEndian.AppendUint32(nil, magic)
		b = binary.LittleEndian.AppendUint64(b, c.layout)
		b = append(b, body...)
		b = binary.LittleEndian.AppendUint64(b, crc64.Checksum(b, checksum))
		var got outer
		if c.Read(b, &got) == nil {
			var again outer
			if err := c.Read(c.Append(nil, &got), &again); err != nil {
				t.Fatalf("what was read can't be read again: %v", err)
			}
		}
	})
}
