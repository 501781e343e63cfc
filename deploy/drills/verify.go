package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"volary/internal/store"
	"volary/internal/telemetry"
	"volary/internal/world"
)

// verdict is what a drill found.
type verdict struct {
	stored, inGaps, lost, doubled, strangers uint64 // samples; strangers lie inside a gap
	acked, cmdLost, cmdDoubled               int
	note                                     string
}

func (v verdict) good() bool {
	return v.lost+v.doubled+v.strangers == 0 && v.cmdLost+v.cmdDoubled == 0
}

func (v verdict) String() string {
	s := fmt.Sprintf("%d stored, %d in gaps, %d lost, %d doubled; commands: %d acknowledged, %d lost, %d doubled",
		v.stored, v.inGaps, v.lost, v.doubled, v.acked, v.cmdLost, v.cmdDoubled)
	if v.strangers > 0 {
		s += fmt.Sprintf("; %d samples inside gaps", v.strangers)
	}
	if v.note != "" {
		s += "; " + v.note
	}
	return s
}

func (v verdict) row() string {
	if v.note != "" && v.stored == 0 {
		return fmt.Sprintf("%s | | | | |", v.note)
	}
	return fmt.Sprintf("%d | %d | %d | %d | %d, %d, %d |", v.stored, v.inGaps, v.lost, v.doubled, v.acked, v.cmdLost, v.cmdDoubled)
}

// verify reads the whole session back.
func (p *plant) verify(session string) (verdict, error) {
	var v verdict
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	db, err := store.Open(ctx, p.pg.URL("postgres"), store.Options{Timeout: 5 * time.Minute})
	if err != nil {
		return v, err
	}
	defer db.Close()
	id, err := uuid.Parse(session)
	if err != nil {
		return v, err
	}
	s, err := db.Session(ctx, id)
	if err != nil {
		return v, err
	}
	members, err := db.Members(ctx, id)
	if err != nil {
		return v, err
	}
	if len(members) != *drones {
		return v, fmt.Errorf("%d drones are on record, %d flew", len(members), *drones)
	}
	inGap := func(tick uint64) bool {
		for _, g := range s.Gaps {
			if tick > g.FromTick && tick < g.ToTick {
				return true
			}
		}
		return false
	}
	step := uint64(s.RecordEvery)
	for _, m := range members {
		chunks, err := db.Chunks(ctx, id, uint32(m.Slot), 0, 0)
		if err != nil {
			return v, err
		}
		seen := map[uint64]bool{}
		for i := range chunks {
			rows, err := telemetry.UnpackChunk(chunks[i])
			if err != nil {
				return v, err
			}
			for _, r := range rows {
				v.stored++
				switch {
				case seen[r.Tick]:
					v.doubled++
				case inGap(r.Tick):
					v.strangers++
				}
				seen[r.Tick] = true
			}
		}
		for tick := uint64(0); tick <= s.LastTick; tick += step {
			switch {
			case seen[tick]:
			case inGap(tick):
				v.inGaps++
			default:
				v.lost++
			}
		}
	}
	return v, p.verifyCommands(ctx, db, id, &v)
}

func (p *plant) verifyCommands(ctx context.Context, db store.Store, id uuid.UUID, v *verdict) error {
	deeds, err := db.Record(ctx, id, telemetry.EventDeed, 0, 0)
	if err != nil {
		return err
	}
	done := map[string]int{}
	for i := range deeds {
		var d world.Deed
		if err := json.Unmarshal(deeds[i].Data, &d); err != nil {
			return err
		}
		if d.Command != nil {
			done[d.Command.ID]++
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, acked := range p.acked {
		if acked {
			v.acked++
			if done[id] == 0 {
				v.cmdLost++
			}
		}
		if done[id] > 1 {
			v.cmdDoubled++
		}
	}
	return nil
}
