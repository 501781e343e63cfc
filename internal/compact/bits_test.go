package compact

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOf(rapid.Uint32Range(0, 1<<31-1)).Draw(t, "numbers")
		signed := rapid.SliceOf(rapid.Int32Range(-1<<30, 1<<30-1)).Draw(t, "signed")
		width := rapid.IntRange(1, 32).Draw(t, "width")
		w := coder{write: true}
		var x context
		pass := func(c *coder, got func(uint32, uint32), gotSigned func(int32, int32)) {
			x = context{sum: 4, n: 4}
			for _, v := range numbers {
				a, b, d := v, v, v&(1<<width-1)
				c.number(&a)
				c.adaptive(&x, &b)
				c.bits(&d, width)
				got(a, v)
				got(b, v)
				got(d, v&(1<<width-1))
			}
			for _, v := range signed {
				a, b := v, v
				c.signed(&a)
				c.adaptiveSigned(&x, &b)
				gotSigned(a, v)
				gotSigned(b, v)
			}
		}
		pass(&w, func(uint32, uint32) {}, func(int32, int32) {})
		r := coder{buf: w.buf}
		pass(&r, func(got, want uint32) {
			if got != want {
				t.Fatal(got, want)
			}
		}, func(got, want int32) {
			if got != want {
				t.Fatal(got, want)
			}
		})
		if r.short || r.pos != w.pos {
			t.Fatalf("read %d bits of %d", r.pos, w.pos)
		}
	})
}

func TestReadingPastTheEndEnds(t *testing.T) {
	c := coder{buf: []byte{0xff}}
	var v uint32
	x := context{sum: 4, n: 4}
	c.adaptive(&x, &v)
	if !c.short {
		t.Error("a number was read where there is none")
	}
}

func TestSineIsGood(t *testing.T) {
	for a := -40.0; a < 40; a += 0.0137 {
		s, c := sincos(a)
		if math.Abs(s-math.Sin(a)) > 1e-8 || math.Abs(c-math.Cos(a)) > 1e-8 {
			t.Fatalf("%v: %v %v, want %v %v", a, s, c, math.Sin(a), math.Cos(a))
		}
	}
}
