package world

import (
	"math"

	"volary/internal/drone"
	"volary/internal/geo"
)

// cell is the side of the grid's cells in metres. What drones do to each other
// reaches no further.
const cell = 5.0

// gridEvery is how many ticks lie between two looks at who is where. Between
// them drones see each other where they were.
const gridEvery = 5

// place is where a drone was when the grid was made.
type place struct {
	p, v   geo.Vec
	radius float64 // m, of the sphere it fills
	mass   float64 // kg
	wash   *wash   // what it blows down; nil: its rotors stand still
	cx, cy int32
	flying bool
}

// grid tells which drones are near a place. It is made anew from all drones by
// one goroutine, and then read by all: so what a drone sees doesn't depend on
// how many workers there are.
//
// Cells are counted by a hash of their place, so that the world needs no edges:
// order[start[h]:start[h+1]] are the drones whose cells have hash h.
type grid struct {
	places []place
	start  []int32
	order  []int32
	mask   uint32
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
		g.places, g.order = make([]place, n, n+n/4), make([]int32, n, n+n/4)
	}
	g.places, g.order = g.places[:n], g.order[:n]
	clear(g.start)
	for i := range bodies {
		b, at := &bodies[i], &g.places[i]
		at.p, at.v, at.radius, at.mass, at.wash = b.s.P, b.s.V, b.kind.radius, b.kind.frame.Mass.Value, nil
		at.flying = !b.onGround
		if b.pilot.Armed && !b.onGround {
			at.wash = &b.kind.wash
		}
		at.cx, at.cy = nowhere, nowhere
		if b.pilot.Mode != drone.Frozen && b.s.Finite() {
			at.cx, at.cy = cellOf(at.p.X, at.p.Y)
		} else {
			at.flying = false // a drone out of service does nothing to others
		}
		g.start[g.hash(at.cx, at.cy)+1]++
	}
	for h := 1; h < len(g.start); h++ {
		g.start[h] += g.start[h-1]
	}
	// Backwards, so that within a cell the drones are in order of slot while each
	// start moves down to its place.
	for i := n - 1; i >= 0; i-- {
		h := g.hash(g.places[i].cx, g.places[i].cy) + 1
		g.start[h]--
		g.order[g.start[h]] = int32(i)
	}
	// start[h+1] now begins cell h: move all down by one.
	copy(g.start, g.start[1:])
	g.start[len(g.start)-1] = int32(n)
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
	for cy := y0; cy <= y1; cy++ {
		for cx := x0; cx <= x1; cx++ {
			h := g.hash(cx, cy)
			for _, j := range g.order[g.start[h]:g.start[h+1]] {
				at := &g.places[j]
				if int(j) == i || at.cx != cx || at.cy != cy {
					continue
				}
				dx, dy := at.p.X-p.X, at.p.Y-p.Y
				if float64(dx*dx)+float64(dy*dy) <= float64(r*r) {
					visit(int(j), at)
				}
			}
		}
	}
}
