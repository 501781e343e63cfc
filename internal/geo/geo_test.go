package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestElementaryFunctionsAgreeWithPackageMath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-1e4, 1e4).Draw(t, "x")
		y := rapid.Float64Range(-1e4, 1e4).Draw(t, "y")
		s, c := Sincos(x)
		if math.Abs(s-math.Sin(x)) > 1e-12 || math.Abs(c-math.Cos(x)) > 1e-12 {
			t.Fatalf("Sincos(%v) = %v, %v; want %v, %v", x, s, c, math.Sin(x), math.Cos(x))
		}
		if d := math.Abs(Atan2(y, x) - math.Atan2(y, x)); d > 1e-14 {
			t.Fatalf("Atan2(%v, %v) is off by %v", y, x, d)
		}
		e := rapid.Float64Range(-600, 600).Draw(t, "e")
		if r := math.Abs(Exp(e)/math.Exp(e) - 1); r > 1e-14 {
			t.Fatalf("Exp(%v) is off by %v of itself", e, r)
		}
	})
}

func TestAPlaceComesBackFromTheLocalFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		local := NewLocal(LLA{
			Lat: rapid.Float64Range(-89, 89).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon"), Alt: rapid.Float64Range(-100, 4000).Draw(t, "alt"),
		})
		v := Vec{rapid.Float64Range(-5e4, 5e4).Draw(t, "x"), rapid.Float64Range(-5e4, 5e4).Draw(t, "y"), rapid.Float64Range(-100, 5000).Draw(t, "z")}
		if d := local.ToENU(local.ToLLA(v)).Sub(v).Norm(); d > 1e-6 {
			t.Fatalf("off by %v m", d)
		}
	})
}

func TestTheLocalFrameIsEastNorthUp(t *testing.T) {
	local := NewLocal(LLA{Lat: 47, Lon: 8, Alt: 500})
	for _, c := range []struct {
		name string
		to   LLA
		want Vec
		near float64
	}{
		{"a thousandth of a degree north", LLA{47.001, 8, 500}, Vec{0, 111.19, 0}, 0.1},
		{"a thousandth of a degree east", LLA{47, 8.001, 500}, Vec{76.06, 0, 0}, 0.1},
		{"ten metres up", LLA{47, 8, 510}, Vec{0, 0, 10}, 1e-6},
	} {
		if d := local.ToENU(c.to).Sub(c.want).Norm(); d > c.near {
			t.Errorf("%s: %v, want %v", c.name, local.ToENU(c.to), c.want)
		}
	}
}

func TestHeadingAndYawAreInverse(t *testing.T) {
	for h := 0.0; h < 360; h += 7.5 {
		if got := YawToHeading(HeadingToYaw(h)); math.Abs(got-h) > 1e-9 && math.Abs(got-h-360) > 1e-9 {
			t.Errorf("heading %v comes back as %v", h, got)
		}
	}
	if yaw := HeadingToYaw(0); math.Abs(yaw-math.Pi/2) > 1e-12 {
		t.Errorf("north is yaw %v, want π/2", yaw)
	}
	if _, _, yaw := FromYaw(1.2).Euler(); math.Abs(yaw-1.2) > 1e-12 {
		t.Errorf("yaw 1.2 comes back as %v", yaw)
	}
}

func TestPlacesThatAreNoneAreRefused(t *testing.T) {
	for _, p := range []LLA{{Lat: 90.0000001}, {Lon: 540}, {Alt: 1e9}, {Lat: math.NaN()}, {Lon: math.Inf(1)}} {
		if p.Check() == nil {
			t.Errorf("%+v is taken for a place", p)
		}
	}
	if err := (LLA{Lat: 47, Lon: 8, Alt: 500}).Check(); err != nil {
		t.Error(err)
	}
}

func TestLogAndPowAgreeWithMath(t *testing.T) {
	for x := 1e-12; x < 1e12; x *= 1.37 {
		if got, want := Log(x), math.Log(x); math.Abs(got-want) > 1e-15*math.Max(1, math.Abs(want)) {
			t.Errorf("Log(%g) = %g, want %g", x, got, want)
		}
		if got, want := Pow(x, 0.3), math.Pow(x, 0.3); math.Abs(got/want-1) > 1e-14 {
			t.Errorf("Pow(%g, 0.3) = %g, want %g", x, got, want)
		}
	}
	if !math.IsNaN(Log(0)) || !math.IsNaN(Log(-1)) {
		t.Error("Log of 0 or less is a number")
	}
}
