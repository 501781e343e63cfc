package telemetry

import (
	"errors"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"volary/internal/drone"
)

func frameSample(t *rapid.T, slot int) Sample {
	i16 := rapid.Int16()
	u16 := rapid.Uint16()
	i32 := rapid.Int32()
	return Sample{
		Slot: uint32(slot), X: i32.Draw(t, "x"), Y: i32.Draw(t, "y"), Z: i32.Draw(t, "z"),
		VX: i16.Draw(t, "vx"), VY: i16.Draw(t, "vy"), VZ: i16.Draw(t, "vz"), Roll: i16.Draw(t, "roll"), Pitch: i16.Draw(t, "pitch"),
		Heading: u16.Draw(t, "heading"), Battery: u16.Draw(t, "battery"), Voltage: u16.Draw(t, "voltage"), Current: u16.Draw(t, "current"),
		HomeZ: i32.Draw(t, "home"), Mode: drone.Mode(rapid.Uint8().Draw(t, "mode")), Status: drone.Status(rapid.Uint8().Draw(t, "status")),
		Flags: rapid.Uint8().Draw(t, "flags"), Item: u16.Draw(t, "item"), Items: u16.Draw(t, "items"),
	}
}

func TestASliceComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "n")
		in := make([]Sample, n)
		for i := range in {
			in[i] = frameSample(t, i)
		}
		h := Header{
			Session: uuid.New(), Seq: rapid.Uint64().Draw(t, "seq"), Tick: rapid.Uint64().Draw(t, "tick"), TickHz: 250,
			PublishedUS: rapid.Int64().Draw(t, "us"), Roster: 7, Drones: uint32(n), Slice: 1, Slices: 3, Paused: true, Speed: 2.5,
		}
		b := AppendSlice(nil, &h, in)
		if len(b) != 64+n*SampleSize {
			t.Fatalf("%d bytes for %d samples", len(b), n)
		}
		got, out, err := DecodeSlice(b, nil)
		if err != nil || got != h || len(out) != n {
			t.Fatalf("header %+v, %d samples, %v; want %+v, %d", got, len(out), err, h, n)
		}
		for i := range in {
			if in[i] != out[i] {
				t.Fatalf("sample %d: %+v, want %+v", i, out[i], in[i])
			}
		}
	})
}

var hostileFrames = map[string]func([]byte) []byte{
	"empty":              func([]byte) []byte { return nil },
	"another magic":      func(b []byte) []byte { b[0] ^= 0xff; return b },
	"another version":    func(b []byte) []byte { b[2] = 99; return b },
	"cut in the header":  func(b []byte) []byte { return b[:30] },
	"cut in a sample":    func(b []byte) []byte { return b[:len(b)-1] },
	"a count of 4 GB":    func(b []byte) []byte { b[60], b[61], b[62], b[63] = 0xff, 0xff, 0xff, 0xff; return b },
	"no tick rate":       func(b []byte) []byte { b[44], b[45] = 0, 0; return b },
	"slice beyond count": func(b []byte) []byte { b[46] = 9; return b },
	"too many drones":    func(b []byte) []byte { b[54] = 1; return b },
}

func goodFrame() []byte {
	return AppendSlice(nil, &Header{Session: uuid.New(), TickHz: 250, Slices: 1, Drones: 2}, make([]Sample, 2))
}

func TestBytesThatAreNoFrameAreRefused(t *testing.T) {
	for name, break_ := range hostileFrames {
		t.Run(name, func(t *testing.T) {
			if _, _, err := DecodeSlice(break_(goodFrame()), nil); err == nil {
				t.Error("taken for a frame")
			}
		})
	}
	var v *VersionError
	if _, _, err := DecodeSlice(hostileFrames["another version"](goodFrame()), nil); !errors.As(err, &v) || v.Got != 99 {
		t.Errorf("error %v, want one that names the version", err)
	}
}

func FuzzDecodeSlice(f *testing.F) {
	f.Add(goodFrame())
	for _, break_ := range hostileFrames {
		f.Add(break_(goodFrame()))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, all, err := DecodeSlice(b, nil)
		if err == nil && len(AppendSlice(nil, &h, all)) != len(b) {
			t.Fatal("what was read is not what is written")
		}
	})
}
