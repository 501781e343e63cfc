// Package compact streams a fleet in a few bits a second a drone, by sending
// what the client can't predict.
//
// Both sides keep the same small model of every drone: a place, a velocity, and
// how the velocity bends. The client draws the model. The Encoder compares the
// model with the truth, and sends a drone only when the client's picture would
// leave the tolerance, or when its mode, battery or heading changed. So a fleet
// in steady flight costs next to nothing, and the error is bounded all the same.
//
// The two sides must compute the same bits, in any language: the model uses
// only the operations that IEEE 754 rounds alike everywhere, no products are
// fused into sums, and the sine is a polynomial of our own (trig.go). The layout
// of the bytes is described in docs/protocol.md; testdata holds streams with the
// pictures that belong to them, which the decoders of all languages are tested
// against.
//
//	picture of the fleet ─► Encoder ─► frames ──────► Decoder ─► At(tick)
//	                           └─────► snapshot for who joins or missed one
//
// An Encoder and a Decoder are values without goroutines, clocks or I/O. They
// are not safe for concurrent use.
package compact
