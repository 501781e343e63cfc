package link

import (
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

func TestTheOlderOfTwoSimulatorsOfOneNameIsStopped(t *testing.T) {
	p := start(t)
	dial := func() (*Simulator, chan error) {
		s, err := Dial(SimulatorConfig{ID: "twin", URL: "nats://" + p.server.Addr().String(), Token: "secret", Log: zerolog.Nop()})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		ctx := within(t)
		go func() { ended <- s.Run(ctx, time.Second) }()
		t.Cleanup(s.Close)
		return s, ended
	}
	older, ended := dial()
	if _, err := older.Hello(within(t), Hello{}); err != nil {
		t.Fatal(err)
	}
	first := get(t, p.hello, "hello of the older")
	newer, newerEnded := dial()
	if _, err := newer.Hello(within(t), Hello{}); err != nil {
		t.Fatal(err)
	}
	second := get(t, p.hello, "hello of the newer")
	if first.Run == second.Run || first.Run == "" {
		t.Fatalf("runs %q and %q can't be told apart", first.Run, second.Run)
	}

	alive, err := p.backend.Fence(within(t), "twin", second.Run)
	if err != nil || !alive {
		t.Fatalf("the older one was alive: %v, %v", alive, err)
	}
	if err := get(t, ended, "end of the older"); !errors.Is(err, ErrFenced) {
		t.Errorf("it ended with %v", err)
	}
	older.Beat(Heartbeat{Tick: 1})
	if err := older.Goodbye(within(t), Goodbye{Session: p.session}); !errors.Is(err, ErrFenced) {
		t.Errorf("it may still say goodbye: %v", err)
	}
	newer.Beat(Heartbeat{Tick: 2})
	if b := get(t, p.beats, "heartbeat"); b.Tick != 2 || b.Run != second.Run {
		t.Errorf("heard %+v of the older", b)
	}
	if alive, err := p.backend.Fence(within(t), "twin", second.Run); err != nil || alive {
		t.Errorf("another is still alive: %v, %v", alive, err)
	}
	select {
	case err := <-newerEnded:
		t.Errorf("the newer one ended: %v", err)
	default:
	}
	if alive, err := p.backend.Fence(within(t), "nobody", "x"); err != nil || alive {
		t.Errorf("a simulator that isn't there is alive: %v, %v", alive, err)
	}
}
