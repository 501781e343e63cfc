// Package telemetry is what a drone says of itself: samples of its state, events
// of what happened to it, and how both are written as bytes.
//
// A Sample may be dropped when somebody is slow: the next one replaces it, and
// every drop is counted. An Event may not.
package telemetry

import "volary/internal/drone"

// Sample is the state of one drone at one tick, in fixed point, as it travels
// and as it is stored. Frame ENU about the world's origin; see geo.
type Sample struct {
	Slot       uint32 // drone.Info.Slot
	X, Y, Z    int32  // mm east, north, up of the origin
	VX, VY, VZ int16  // cm/s
	Roll       int16  // 0.01°, right side down positive
	Pitch      int16  // 0.01°, nose up positive
	Heading    uint16 // 0.01°, clockwise from north
	Battery    uint16 // 0.01 %
	Voltage    uint16 // 0.01 V
	Current    uint16 // 0.01 A
	HomeZ      int32  // mm, height of the take-off point: rel_alt = Z - HomeZ
	Mode       drone.Mode
	Status     drone.Status
	Flags      uint8
	_          uint8
	Item       uint16 // mission item being flown, counted from 0
	Items      uint16 // items of the mission; 0: none loaded
}

// Flags of a sample.
const (
	Armed    uint8 = 1 << iota
	OnGround       // touching the ground
)

// SampleSize is the bytes of a sample in a frame.
const SampleSize = 48
