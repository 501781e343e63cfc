package telemetry

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"volary/internal/drone"
)

// flight is a believable one: legs between waypoints in gusts, sampled every
// step ticks of 250 Hz.
func flight(seed uint64, n, step int) []TimedSample {
	rng := rand.New(rand.NewPCG(seed, 1))
	const tickHz = 250
	dt := float64(step) / tickHz
	var p, v, gust [3]float64
	p[2] = 20
	target := [3]float64{200, 100, 30}
	charge := 100.0
	out := make([]TimedSample, n)
	for k := range out {
		var a [3]float64
		for range 10 { // ten steps of flight to each sample
			h := dt / 10
			far := math.Hypot(math.Hypot(target[0]-p[0], target[1]-p[1]), target[2]-p[2])
			if far < 2 {
				target = [3]float64{rng.Float64()*400 - 200, rng.Float64()*400 - 200, 20 + rng.Float64()*20}
			}
			for i := range 3 {
				gust[i] += -gust[i]*h/2 + rng.NormFloat64()*0.6*math.Sqrt(h)
				want := (target[i] - p[i]) * math.Min(0.8, 8/math.Max(far, 1e-3))
				a[i] = math.Max(-3, math.Min(3, (want-v[i])*1.5)) + gust[i]*0.5
				p[i] += v[i]*h + a[i]*h*h/2
				v[i] += a[i] * h
			}
		}
		current := 14 + 2*math.Abs(a[0]) + 1.5*a[2] + rng.NormFloat64()*0.05
		charge -= current * dt / 180
		heading := math.Mod(math.Atan2(v[0], v[1])*180/math.Pi+360, 360)
		out[k] = TimedSample{Tick: uint64((k + 1) * step), Sample: Sample{
			Slot: 7, X: int32(math.Round(p[0] * 1000)), Y: int32(math.Round(p[1] * 1000)), Z: int32(math.Round(p[2] * 1000)),
			VX: int16(math.Round(v[0] * 100)), VY: int16(math.Round(v[1] * 100)), VZ: int16(math.Round(v[2] * 100)),
			Roll: int16(a[1] / 9.8 * 5730), Pitch: int16(-a[0] / 9.8 * 5730), Heading: uint16(heading * 100),
			Battery: uint16(charge * 100), Voltage: uint16(1680 - (100-charge)*4 - current), Current: uint16(current * 100),
			HomeZ: 12, Mode: drone.Mission, Flags: Armed, Item: uint16(k / 200), Items: 12,
		}}
	}
	return out
}

func TestChunkRoundTrip(t *testing.T) {
	for _, n := range []int{1, 2, 3, 100, 500, MaxChunkSamples} {
		in := flight(uint64(n), n, 25)
		c := PackChunk(7, in)
		if c.Slot != 7 || c.Samples != n || c.FirstTick != in[0].Tick || c.LastTick != in[n-1].Tick || c.Enc != ChunkEnc {
			t.Fatalf("%d samples: chunk says %+v", n, c)
		}
		same(t, in, c)
	}
}

func same(t interface {
	Fatalf(string, ...any)
}, in []TimedSample, c Chunk) {
	out, err := UnpackChunk(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if len(out) != len(in) {
		t.Fatalf("%d samples came back of %d", len(out), len(in))
	}
	for k := range in {
		if out[k] != in[k] {
			t.Fatalf("sample %d:\n got %+v\nwant %+v", k, out[k], in[k])
		}
	}
}

// TestChunkKeepsAnyValue: no sample is so odd that it comes back changed.
func TestChunkKeepsAnyValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		tick := rapid.Uint64().Draw(t, "tick")
		in := make([]TimedSample, n)
		for k := range in {
			tick += rapid.Uint64Range(0, 100).Draw(t, "step")
			in[k] = TimedSample{Tick: tick, Sample: Sample{
				Slot: 3, X: rapid.Int32().Draw(t, "x"), Y: rapid.Int32().Draw(t, "y"), Z: rapid.Int32().Draw(t, "z"),
				VX: rapid.Int16().Draw(t, "vx"), VY: rapid.Int16().Draw(t, "vy"), VZ: rapid.Int16().Draw(t, "vz"),
				Roll: rapid.Int16().Draw(t, "roll"), Pitch: rapid.Int16().Draw(t, "pitch"), Heading: rapid.Uint16().Draw(t, "heading"),
				Battery: rapid.Uint16().Draw(t, "battery"), Voltage: rapid.Uint16().Draw(t, "voltage"), Current: rapid.Uint16().Draw(t, "current"),
				HomeZ: rapid.Int32().Draw(t, "home"), Mode: drone.Mode(rapid.Byte().Draw(t, "mode")), Status: drone.Status(rapid.Byte().Draw(t, "status")),
				Flags: rapid.Byte().Draw(t, "flags"), Item: rapid.Uint16().Draw(t, "item"), Items: rapid.Uint16().Draw(t, "items"),
			}}
		}
		same(t, in, PackChunk(3, in))
	})
}

func TestDamagedChunkIsRefused(t *testing.T) {
	good := PackChunk(7, flight(1, 100, 25))
	for name, damage := range map[string]func(*Chunk){
		"empty":           func(c *Chunk) { c.Data = nil },
		"cut":             func(c *Chunk) { c.Data = c.Data[:len(c.Data)/2] },
		"fewer samples":   func(c *Chunk) { c.Samples-- },
		"more samples":    func(c *Chunk) { c.Samples++ },
		"no samples":      func(c *Chunk) { c.Samples = 0 },
		"too many":        func(c *Chunk) { c.Samples = MaxChunkSamples + 1 },
		"other ticks":     func(c *Chunk) { c.FirstTick++ },
		"two frames":      func(c *Chunk) { c.Data = append(bytes.Clone(c.Data), c.Data...) },
		"a bomb of zeros": func(c *Chunk) { c.Data = zstdEncoder().EncodeAll(make([]byte, 64<<20), nil) },
	} {
		c := good
		damage(&c)
		if _, err := UnpackChunk(c); !errors.Is(err, ErrChunk) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range good.Data {
		c := good
		c.Data = bytes.Clone(c.Data)
		c.Data[i] ^= 0x10
		if out, err := UnpackChunk(c); err == nil { // a bit that carries nothing may flip
			for k, s := range flight(1, 100, 25) {
				if out[k] != s {
					t.Fatalf("byte %d flipped: sample %d is wrong and nobody said so", i, k)
				}
			}
		}
	}
	c := good
	c.Enc = 9
	if _, err := UnpackChunk(c); err == nil || errors.Is(err, ErrChunk) {
		t.Errorf("another encoding: %v", err)
	}
}

func TestUnpackAllocatesLittle(t *testing.T) {
	bomb := Chunk{Samples: MaxChunkSamples, Enc: ChunkEnc, Data: zstdEncoder().EncodeAll(make([]byte, 64<<20), nil)}
	UnpackChunk(bomb) //nolint:errcheck // warms the pools
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		UnpackChunk(bomb) //nolint:errcheck // the error is another test's
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / 10; got > 4<<20 {
		t.Fatalf("%d bytes allocated for a chunk that is refused", got)
	}
}

func FuzzUnpackChunk(f *testing.F) {
	for _, n := range []int{1, 2, 100} {
		c := PackChunk(7, flight(1, n, 25))
		f.Add(c.Data, n, c.FirstTick, c.LastTick)
	}
	f.Add([]byte{}, 1, uint64(0), uint64(0))
	f.Add(zstdEncoder().EncodeAll(make([]byte, 1<<20), nil), MaxChunkSamples, uint64(0), uint64(0))
	f.Fuzz(func(t *testing.T, data []byte, n int, first, last uint64) {
		// The bytes as they are, and as what zstd gives: the second reaches the columns.
		for _, data := range [][]byte{data, zstdEncoder().EncodeAll(data, nil)} {
			out, err := UnpackChunk(Chunk{FirstTick: first, LastTick: last, Samples: n, Enc: ChunkEnc, Data: data})
			if err != nil {
				continue
			}
			same(t, out, PackChunk(0, out))
		}
	})
}

func BenchmarkChunk(b *testing.B) {
	for _, c := range []struct {
		name       string
		n, stepTck int
	}{{"10Hz", 100, 25}, {"50Hz", 500, 5}} {
		var flights [64][]TimedSample
		bytesOut, samples := 0, 0
		for i := range flights {
			flights[i] = flight(uint64(i), c.n, c.stepTck)
			bytesOut += len(PackChunk(7, flights[i]).Data)
			samples += c.n
		}
		perSample := float64(bytesOut) / float64(samples)
		b.Run("pack/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				PackChunk(7, flights[i%len(flights)])
			}
			b.ReportMetric(perSample, "bytes/sample")
			b.ReportMetric(float64(c.n)*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
		})
		b.Run("unpack/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			packed := PackChunk(7, flights[0])
			for b.Loop() {
				if _, err := UnpackChunk(packed); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(c.n)*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
		})
	}
}
