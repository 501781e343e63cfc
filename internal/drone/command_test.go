package drone

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
)

func f(v float64) *float64 { return &v }

func TestCommandsThatCanNotBeSentNameTheField(t *testing.T) {
	all := Selection{All: true}
	for _, c := range []struct {
		name  string
		c     Command
		field string // "" is good
	}{
		{"take-off", Command{Drones: all, Type: CmdTakeoff, Params: Params{AltitudeM: f(20)}}, ""},
		{"go to a place", Command{Drones: all, Type: CmdGoto, Params: Params{Lat: f(47), Lon: f(8)}}, ""},
		{"no drones", Command{Type: CmdHold}, "drones"},
		{"no type", Command{Drones: all}, "type"},
		{"unknown type", Command{Drones: all, Type: "dance"}, "type"},
		{"latitude beyond the pole", Command{Drones: all, Type: CmdGoto, Params: Params{Lat: f(90.0000001), Lon: f(8)}}, "params.lat"},
		{"half a place", Command{Drones: all, Type: CmdGoto, Params: Params{Lat: f(47)}}, "params.lat"},
		{"two places", Command{Drones: all, Type: CmdGoto, Params: Params{Lat: f(47), Lon: f(8), X: f(1), Y: f(2)}}, "params.lat"},
		{"no place", Command{Drones: all, Type: CmdGoto}, "params.lat"},
		{"not a number", Command{Drones: all, Type: CmdTakeoff, Params: Params{AltitudeM: f(math.NaN())}}, "params.altitude_m"},
		{"infinite speed", Command{Drones: all, Type: CmdSetSpeed, Params: Params{SpeedMS: f(math.Inf(1))}}, "params.speed_ms"},
		{"no speed", Command{Drones: all, Type: CmdSetSpeed}, "params.speed_ms"},
		{"no mission", Command{Drones: all, Type: CmdMissionStart}, "params.mission_id"},
		{"no velocity", Command{Drones: all, Type: CmdVelocity}, "params.vx"},
		{"too many drones", Command{Drones: Selection{IDs: make([]string, MaxFleet+1)}, Type: CmdHold}, "drones"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.c.Check()
			if c.field == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var fe *FieldError
			if !errors.As(err, &fe) || fe.Field != c.field {
				t.Errorf("error %v, want one that names %s", err, c.field)
			}
		})
	}
}

func TestASelectionIsIDsOrTheWordAll(t *testing.T) {
	for text, want := range map[string]bool{`"all"`: true, `["d1","d2"]`: true, `"some"`: false, `3`: false, `{}`: false, `[1]`: false} {
		var s Selection
		err := json.Unmarshal([]byte(text), &s)
		if (err == nil) != want {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if err != nil {
			if !strings.Contains(err.Error(), "all") {
				t.Errorf("%s: %q does not say what to give", text, err)
			}
			continue
		}
		if b, err := json.Marshal(s); err != nil || string(b) != text {
			t.Errorf("%s comes back as %s, %v", text, b, err)
		}
	}
}
