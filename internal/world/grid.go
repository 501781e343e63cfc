package world

import (
	"math"

	"volary/internal/drone"
	"volary/internal/geo"
)

// cell is the side of the grid's cells in metres.
const cell = 6.0

// gridEvery is how many ticks lie between two looks at who is where. Between
// them drones see each other where they were.
const gridEvery = 5

// place is where a drone was when the grid was made.
type place struct {
	p, v   geo.Vec
	radius float64 // m, of the sphere it fills
	mass   float64 // kg
	wash   *wash   // what it blows down; nil: its rotors stand still
	flying bool
}

// grid tells which drones are near a place. It is made anew from all drones by
// one goroutine, and then read by all: so what a drone sees doesn't depend on
// how many workers there are.
//
// Cells are counted by a hash of their place, so that the world needs no edges:
// spots[start[h]:start[h+1]] are the drones whose cells have hash h.
type grid struct {
	places []place // by drone
	spots  []spot  // by cell
	start  []int32
	mask   uint32
}

// spot is the little of a place that most looks need, kept together by cell.
type spot struct {
	x, y   float64
	cx, cy int32
	drone  int32
}

// nowhere is a cell in which nobody looks.
const nowhere = math.MinInt32

func cellOf(x, y float64) (cx, cy int32) {
	return int32(math.Floor(x * (1 / cell))), int32(math.Floor(y * (1 / cell)))
}

func (g *grid) hash(cx, cy int32) uint32 {
	return (uint32(cx)*73856093 ^ uint32(cy)*19349663) & g.mask
}

// fill makes the grid of these drones.
func (g *grid) fill(bodies []body) {
	n := len(bodies)
	if size := 1 << max(6, bitsFor(2*n)); len(g.start) != size+1 {
		g.start, g.mask = make([]int32, size+1), uint32(size-1)
	}
	if cap(g.places) < n {
		g.places, g.spots = make([]place, n, n+n/4), make([]spot, n, n+n/4)
	}
	g.places, g.spots = g.places[:n], g.spots[:n]
	clear(g.start)
	for i := range bodies {
		at := &g.places[i]
		at.take(&bodies[i])
		g.start[g.hash(at.cell())+1]++
	}
	for h := 1; h < len(g.start); h++ {
		g.start[h] += g.start[h-1]
	}
	// Backwards, so that within a cell the drones are in order of slot while each
	// start moves down to its place.
	for i := n - 1; i >= 0; i-- {
		at := &g.places[i]
		cx, cy := at.cell()
		h := g.hash(cx, cy) + 1
		g.start[h]--
		g.spots[g.start[h]] = spot{x: at.p.X, y: at.p.Y, cx: cx, cy: cy, drone: int32(i)}
	}
	// start[h+1] now begins cell h: move all down by one.
	copy(g.start, g.start[1:])
	g.start[len(g.start)-1] = int32(n)
}

// take takes down where a drone is.
func (at *place) take(b *body) {
	*at = place{p: b.s.P, v: b.s.V, radius: b.kind.radius, mass: b.kind.frame.Mass.Value, flying: !b.onGround}
	if b.pilot.Mode == drone.Frozen || !b.s.Finite() {
		at.p.X, at.flying = math.Inf(1), false // out of service: it does nothing to others
	} else if b.pilot.Armed && at.flying {
		at.wash = &b.kind.wash
	}
}

func (at *place) cell() (cx, cy int32) {
	if math.IsInf(at.p.X, 1) {
		return nowhere, nowhere
	}
	return cellOf(at.p.X, at.p.Y)
}

func bitsFor(n int) int {
	b := 0
	for 1<<b < n {
		b++
	}
	return b
}

// near calls visit for every drone but i within r metres of p across the
// ground, in an order that only depends on where the drones are.
func (g *grid) near(i int, p geo.Vec, r float64, visit func(j int, at *place)) {
	x0, y0 := cellOf(p.X-r, p.Y-r)
	x1, y1 := cellOf(p.X+r, p.Y+r)
	rr := float64(r * r)
	for cy := y0; cy <= y1; cy++ {
		for cx := x0; cx <= x1; cx++ {
			h := g.hash(cx, cy)
			spots := g.spots[g.start[h]:g.start[h+1]]
			for k := range spots {
				s := &spots[k]
				dx, dy := s.x-p.X, s.y-p.Y
				if float64(dx*dx)+float64(dy*dy) <= rr && s.cx == cx && s.cy == cy && int(s.drone) != i {
					visit(int(s.drone), &g.places[s.drone])
				}
			}
		}
	}
}
