package world_test

import (
	"testing"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/scenario"
	"volary/internal/world"
)

// BenchmarkStep is a tick of ten thousand drones on one core: wind, control,
// flight and battery. ns/op over the number of drones is the time of a drone-step.
func BenchmarkStep(b *testing.B) {
	const drones = 10_000
	w, err := world.New(&scenario.Scenario{
		Name: "bench", Home: geo.LLA{Lat: 47.397742, Lon: 8.545594}, Wind: scenario.Wind{Speed: 3, From: 240},
		Fleet: []scenario.Group{{Count: drones, Model: "x500"}},
	}, world.Options{})
	if err != nil {
		b.Fatal(err)
	}
	up := 50.0
	w.Do(&drone.Command{Drones: all, Type: drone.CmdTakeoff, Params: drone.Params{AltitudeM: &up}})
	for range 2 * world.TickHz {
		w.Step()
	}
	w.Events()
	b.ReportAllocs()
	for b.Loop() {
		w.Step()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/drones, "ns/drone-step")
}
