package program

import (
	"strconv"

	"volary/internal/clock"
)

// Flight are the settings of what is flown.
type Flight struct {
	Scenario string  `default:"demo" help:"Scenario: the path of a file, or the name of one that comes with Volary."`
	Drones   *int    `help:"Fly so many drones of the scenario's first kind instead of its fleet."`
	Seed     *uint64 `help:"Seed instead of the scenario's."`
	Speed    string  `default:"1" help:"Simulated seconds per wall second, 0.1 to 100, or max."`
	LiveHz   int     `default:"20" help:"Frames a second for those who watch, 1 to 50."`
	RecordHz int     `default:"10" help:"Samples a simulated second for the history, 1 to 50."`
}

// Pace is the speed asked for.
func (f *Flight) Pace() (float64, error) {
	if f.Speed == "max" {
		return clock.Max, nil
	}
	v, err := strconv.ParseFloat(f.Speed, 64)
	if err == nil {
		err = clock.CheckSpeed(v)
	}
	if err != nil {
		return 0, Usage("--speed %s: give %v to %v, or max", f.Speed, clock.MinSpeed, clock.MaxSpeed)
	}
	return v, nil
}
