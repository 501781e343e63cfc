package soak_test

import (
	"testing"

	"volary/internal/soak"
)

// One lap here; `volary verify-formation` flies thirty.
func TestAFormationKeepsItsPlacesAndItsDistances(t *testing.T) {
	var hash string
	for _, workers := range []int{1, 3} {
		r, err := soak.Fly(t.Context(), soak.Config{Drones: 100, Minutes: 1, Spacing: 5, Model: "x500", Workers: workers, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", r)
		if err := r.Err(); err != nil {
			t.Error(err)
		}
		if r.Laps < 1 {
			t.Errorf("%d laps: nothing was shown", r.Laps)
		}
		if hash == "" {
			hash = r.Hash
		}
		if r.Hash != hash {
			t.Errorf("%d workers: hash %s, one worker %s", workers, r.Hash, hash)
		}
	}
}

func TestARunThatWentAstraySaysSo(t *testing.T) {
	good := soak.Result{Spacing: 5, Separation: 4, Drift: 0.1}
	if err := good.Err(); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]soak.Result{
		"faulted": {Spacing: 5, Separation: 4, Faulted: 1}, "crashed": {Spacing: 5, Separation: 4, Crashed: 1},
		"drift": {Spacing: 5, Separation: 4, Drift: 1}, "too near": {Spacing: 5, Separation: 1},
	} {
		if bad.Err() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
