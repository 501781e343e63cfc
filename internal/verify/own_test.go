package verify

import (
	"testing"

	"volary/internal/physics"
)

func TestTheMethodIsOfFourthOrderAndHoverStandsStill(t *testing.T) {
	all, err := physics.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range physics.Names(all) {
		a := all[name]
		if len(a.Wings) > 0 {
			continue // it neither hovers, nor is its stall smooth
		}
		if order := ConvergenceOrder(a); !(order >= 3.8) {
			t.Errorf("%s: order %.2f, want at least 3.8", name, order)
		}
		if d := HoverDrift(a, 0.004); !(d < 1e-9) {
			t.Errorf("%s: drifts %.2e m in 10 s of hover, want below 1e-9", name, d)
		}
	}
}

// A body that tumbles freely keeps its energy and the direction and size of its
// angular momentum.
func TestATumbleKeepsEnergyAndMomentum(t *testing.T) {
	if e, l := TumbleDrift(0.002); !(e < 1e-10) || !(l < 1e-10) {
		t.Errorf("energy drifted by %.2e, angular momentum by %.2e in 10 s, want below 1e-10", e, l)
	}
}
