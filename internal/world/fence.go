package world

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"volary/internal/autopilot"
	"volary/internal/geo"
	"volary/internal/mission"
)

// fence is a geofence made ready to be checked: in metres of the world frame,
// with the words for each way to breach it.
type fence struct {
	mission.Fence
	poly         []geo.Vec
	min, max     geo.Vec // box around the shape
	center       geo.Vec
	radius       float64 // 0: no circle
	lo, hi       float64
	act          autopilot.Action
	out          string // horizontally outside
	in           string // inside an exclusion
	above, under string
}

func (w *World) compile(f *mission.Fence) fence {
	c := fence{Fence: *f, lo: math.Inf(-1), hi: math.Inf(1), act: autopilot.ParseAction(f.Action)}
	if f.FloorM != nil {
		c.lo = *f.FloorM
	}
	if f.CeilM != nil {
		c.hi = *f.CeilM
	}
	c.min, c.max = geo.Vec{X: math.Inf(1), Y: math.Inf(1)}, geo.Vec{X: math.Inf(-1), Y: math.Inf(-1)}
	for i := range f.Polygon {
		p := f.Polygon[i].Local(w.local)
		c.poly = append(c.poly, p)
		c.min.X, c.min.Y = math.Min(c.min.X, p.X), math.Min(c.min.Y, p.Y)
		c.max.X, c.max.Y = math.Max(c.max.X, p.X), math.Max(c.max.Y, p.Y)
	}
	if f.Circle != nil {
		p := f.Circle.Center()
		c.center, c.radius = p.Local(w.local), f.Circle.Radius
	}
	label := f.Label()
	c.out = fmt.Sprintf("outside geofence %s", label)
	c.in = fmt.Sprintf("inside the forbidden geofence %s", label)
	c.above = fmt.Sprintf("above geofence %s (ceiling %g m)", label, c.hi)
	c.under = fmt.Sprintf("below geofence %s (floor %g m)", label, c.lo)
	return c
}

// covers tells whether p is in the shape, whatever its height.
func (f *fence) covers(p geo.Vec) bool {
	switch {
	case f.radius > 0:
		return p.Sub(f.center).NormXY() <= f.radius
	case len(f.poly) > 0:
		if p.X < f.min.X || p.X > f.max.X || p.Y < f.min.Y || p.Y > f.max.Y {
			return false
		}
		in := false
		for i, j := 0, len(f.poly)-1; i < len(f.poly); j, i = i, i+1 {
			a, b := f.poly[i], f.poly[j]
			if (a.Y > p.Y) != (b.Y > p.Y) && p.X < a.X+float64((b.X-a.X)*((p.Y-a.Y)/(b.Y-a.Y))) {
				in = !in
			}
		}
		return in
	}
	return true
}

// breach says in words which fence forbids p, and what is to be done; "" when
// none does. A drone stays inside one of the inclusions, and out of every
// exclusion.
func (w *World) breach(p geo.Vec) (string, autopilot.Action) {
	why, act, inclusions, inside := "", autopilot.NoAction, 0, false
	for i := range w.fences {
		f := &w.fences[i]
		in, low, high := f.covers(p), p.Z < f.lo, p.Z > f.hi
		if f.Kind == mission.Exclusion {
			if in && !low && !high {
				return f.in, f.act
			}
			continue
		}
		inclusions++
		switch {
		case in && !low && !high:
			inside = true
		case inside || why != "" && !in:
		case in && high:
			why, act = f.above, f.act
		case in && low:
			why, act = f.under, f.act
		default:
			why, act = f.out, f.act
		}
	}
	if inside || inclusions == 0 {
		return "", autopilot.NoAction
	}
	return why, act
}

// forbids is breach for the pilots, which want the words alone.
func (w *World) forbids(p geo.Vec) string {
	why, _ := w.breach(p)
	return why
}

// PutFence adds a geofence, or replaces the one of the same id, and returns it
// with its id.
func (w *World) PutFence(f mission.Fence) (mission.Fence, error) {
	if err := f.Check(); err != nil {
		return f, err
	}
	if f.ID == "" {
		for f.ID == "" || w.fenceAt(f.ID) >= 0 {
			w.lastFence++
			f.ID = "g" + strconv.Itoa(w.lastFence)
		}
	}
	c := w.compile(&f)
	if i := w.fenceAt(f.ID); i >= 0 {
		w.fences[i] = c
	} else {
		if len(w.fences) >= mission.MaxFences {
			return f, fmt.Errorf("geofences: a world takes %d", mission.MaxFences)
		}
		w.fences = append(w.fences, c)
	}
	w.scene++
	w.event("geofence_set", "info", "", fmt.Sprintf("geofence %s (%s) is in force", f.Label(), f.Kind), nil)
	return f, nil
}

// DropFence removes a geofence.
func (w *World) DropFence(id string) error {
	i := w.fenceAt(id)
	if i < 0 {
		return NoFence(id)
	}
	w.event("geofence_removed", "info", "", fmt.Sprintf("geofence %s is lifted", w.fences[i].Label()), nil)
	w.fences = slices.Delete(w.fences, i, i+1)
	w.scene++
	return nil
}

// ErrNotFound is what errors about things that are not in the world wrap.
var ErrNotFound = errors.New("not found")

// NoFence is the error that there is no geofence of this id.
func NoFence(id string) error {
	return fmt.Errorf("%w: no geofence is called %q: list them with GET /api/v1/geofences", ErrNotFound, id)
}

// HasFence tells whether a geofence of this id is in force.
func (w *World) HasFence(id string) bool { return w.fenceAt(id) >= 0 }

func (w *World) fenceAt(id string) int {
	return slices.IndexFunc(w.fences, func(f fence) bool { return f.ID == id })
}

// Fences lists the geofences in force.
func (w *World) Fences() []mission.Fence {
	out := make([]mission.Fence, len(w.fences))
	for i := range w.fences {
		out[i] = w.fences[i].Fence
	}
	return out
}
