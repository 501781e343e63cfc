package telemetry

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/uuid"
)

func snapshotOf(n int) *Snapshot {
	s := &Snapshot{Session: uuid.MustParse("6f2b3c1e-6f0a-4f5e-9d38-0f3c5a1f7d11"), Tick: 2500, Begin: true, Hash: 0xfeed, Data: make([]byte, n)}
	for i := range s.Data {
		s.Data[i] = byte(i * 7)
	}
	return s
}

func TestASnapshotComesBackFromItsParts(t *testing.T) {
	for _, n := range []int{0, 1, partSize - 1, partSize, partSize + 1, 3*partSize + 5} {
		s := snapshotOf(n)
		var a Assembly
		var got *Snapshot
		for _, m := range s.Cut() {
			p, err := DecodeSnapshotPart(m)
			if err != nil || got != nil {
				t.Fatalf("%d bytes: %v, whole before its end: %v", n, err, got != nil)
			}
			got = a.Add(p)
		}
		if got == nil || got.Session != s.Session || got.Tick != s.Tick || got.Begin != s.Begin || got.Hash != s.Hash || !bytes.Equal(got.Data, s.Data) {
			t.Errorf("%d bytes: came back as %+v", n, got)
		}
	}
}

func TestASnapshotWithAHoleIsDroppedAndTheNextOneComes(t *testing.T) {
	parts := snapshotOf(3 * partSize).Cut()
	for missing := range parts {
		var a Assembly
		for i, m := range append(append([][]byte{}, parts...), snapshotOf(10).Cut()...) {
			if i == missing {
				continue
			}
			p, err := DecodeSnapshotPart(m)
			if err != nil {
				t.Fatal(err)
			}
			if s := a.Add(p); (s != nil) != (i == len(parts)) {
				t.Errorf("part %d missing: whole at %d: %v", missing, i, s != nil)
			}
		}
		if a.Dropped == 0 {
			t.Errorf("part %d missing: nothing was counted", missing)
		}
	}
}

func FuzzDecodeSnapshotPart(f *testing.F) {
	f.Add(snapshotOf(20).Cut()[0])
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0x53, 0x56, 1}, 30))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := DecodeSnapshotPart(b)
		if err != nil {
			if !errors.Is(err, ErrNotASnapshot) {
				t.Fatal(err)
			}
			return
		}
		var a Assembly
		a.Add(p)
	})
}
