package fleet

import (
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
	"volary/internal/geo"
	"volary/internal/telemetry"
)

// Album makes pictures of a recorded session, so that the past is shown in the
// same words as the present.
type Album struct {
	session uuid.UUID
	tickHz  int
	roster  *roster
	local   *geo.Local
}

// NewAlbum makes an album of a session and its drones.
func NewAlbum(session uuid.UUID, tickHz int, origin geo.LLA, drones []drone.Info) *Album {
	return &Album{session: session, tickHz: tickHz, roster: newRoster(1, drones), local: geo.NewLocal(origin)}
}

// Picture is the fleet at a tick, as if it had been published now.
func (a *Album) Picture(tick uint64, samples []telemetry.Sample, now time.Time) *Picture {
	return &Picture{
		Session: a.session, Tick: tick, TickHz: a.tickHz, PublishedUS: now.UnixMicro(), Received: now,
		Samples: samples, roster: a.roster, local: a.local,
	}
}
