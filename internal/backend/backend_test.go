package backend

import (
	"testing"

	"volary/internal/drone"
	"volary/internal/link"
	"volary/internal/session"
)

func TestAReplyReachesTheOneWhoWaitsAndNobodyElse(t *testing.T) {
	var w waiters
	w.init()
	mine, other := w.expect("a"), w.expect("b")
	w.give(link.Reply{ID: "a", Tick: 7})
	w.give(link.Reply{ID: "a", Tick: 8}) // once more: nobody waits any longer
	w.give(link.Reply{ID: "unknown"})
	if r := <-mine; r.Tick != 7 {
		t.Errorf("got the reply of tick %d", r.Tick)
	}
	select {
	case r := <-other:
		t.Errorf("b got %+v", r)
	default:
	}
}

func TestOldCommandsAreForgottenAndTheirMemoryIsBounded(t *testing.T) {
	var w waiters
	w.init()
	for i := range 3 * recentCommands {
		if _, first := w.begin(string(rune(i)), [32]byte{}); !first {
			t.Fatalf("command %d was there before", i)
		}
	}
	if len(w.recent) != recentCommands {
		t.Errorf("%d commands are remembered, want %d", len(w.recent), recentCommands)
	}
	if _, first := w.begin(string(rune(3*recentCommands-1)), [32]byte{}); first {
		t.Error("the latest command is not remembered")
	}
}

func TestMembersComeAndGoWithTheRoster(t *testing.T) {
	known := map[int]session.Member{}
	apply := func(tick uint64, slots ...int) []session.Member {
		var now []drone.Info
		for _, s := range slots {
			now = append(now, drone.Info{Slot: s})
		}
		out := changes(known, now, tick)
		for _, m := range out {
			known[m.Slot] = m
		}
		return out
	}
	if got := apply(0, 0, 1); len(got) != 2 {
		t.Errorf("%d changes for two new drones", len(got))
	}
	if got := apply(50, 0, 1); len(got) != 0 {
		t.Errorf("%d changes for none", len(got))
	}
	if got := apply(100, 1, 2); len(got) != 2 || known[0].ToTick != 100 || known[2].FromTick != 100 {
		t.Errorf("%+v", known)
	}
	if got := apply(150, 1, 2); len(got) != 0 {
		t.Errorf("a drone left twice: %+v", got)
	}
}
