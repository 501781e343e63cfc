package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"volary/internal/export"
	"volary/internal/program"
	"volary/internal/session"
	"volary/internal/store"
	"volary/internal/telemetry"
)

type exportCmd struct {
	database
	Session string   `arg:"" help:"Id of the session."`
	Format  string   `default:"csv" enum:"csv,ndjson,parquet,mcap" help:"csv, ndjson, parquet or mcap (for Foxglove)."`
	Output  string   `short:"o" help:"File to write; - is standard output. Default: volary-SESSION.FORMAT." placeholder:"FILE"`
	From    float64  `help:"Simulated seconds; default: the beginning."`
	To      float64  `help:"Simulated seconds; default: the end."`
	Drones  []string `help:"Ids, separated by commas; default: all."`
	Quiet   bool     `short:"q" help:"Show no progress."`
}

// records are what export reads of a store.
type records struct{ store.Store }

func (r records) Moments(ctx context.Context, id uuid.UUID, from, to uint64) (map[uint32][]telemetry.TimedSample, error) {
	return store.Moments(ctx, r.Store, id, from, to)
}

// Run writes a session to a file. The file appears under its name when it is whole.
func (c *exportCmd) Run(ctx context.Context) error {
	id, err := uuid.Parse(c.Session)
	if err != nil {
		return program.Usage("%q is no id of a session", c.Session)
	}
	if c.From < 0 || c.To < 0 || c.To > 0 && c.From > c.To {
		return program.Usage("--from %v --to %v is no stretch of time", c.From, c.To)
	}
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := db.Session(ctx, id)
	if err != nil {
		return err
	}
	total, err := db.CountSamples(ctx, id)
	if err != nil {
		return err
	}
	choice := export.Choice{
		FromTick: uint64(c.From * float64(s.TickHz)), ToTick: uint64(c.To * float64(s.TickHz)), Drones: c.Drones,
	}
	whole := choice.FromTick == 0 && choice.ToTick == 0 && len(c.Drones) == 0
	bar := newBar(total, whole, !c.Quiet)
	choice.Progress = bar.show
	if c.Output == "-" {
		_, err = export.Write(ctx, os.Stdout, export.Format(c.Format), records{db}, s, choice)
		return err
	}
	return c.toFile(ctx, db, s, choice, bar)
}

func (c *exportCmd) toFile(ctx context.Context, db store.Store, s *session.Session, choice export.Choice, bar *bar) (err error) {
	name := c.Output
	if name == "" {
		name = fmt.Sprintf("volary-%s.%s", s.ID, c.Format)
	}
	part, err := os.OpenFile(name+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640)
	if err != nil {
		return fmt.Errorf("the export can't be written: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	n, err := export.Write(ctx, part, export.Format(c.Format), records{db}, s, choice)
	if err = errors.Join(err, part.Close()); err != nil {
		bar.end("")
		return err
	}
	if err := os.Rename(part.Name(), name); err != nil {
		return err
	}
	bar.end(fmt.Sprintf("%d samples in %s", n, name))
	return nil
}

// bar shows progress on standard error, where that is a terminal.
type bar struct {
	total uint64
	whole bool
	on    bool
	begin time.Time
	next  time.Time
}

func newBar(total uint64, whole, wanted bool) *bar {
	info, err := os.Stderr.Stat()
	return &bar{total: total, whole: whole, on: wanted && err == nil && info.Mode()&os.ModeCharDevice != 0, begin: time.Now()}
}

const barWidth = 30

func (b *bar) show(n uint64) {
	now := time.Now()
	if !b.on || now.Before(b.next) {
		return
	}
	b.next = now.Add(100 * time.Millisecond)
	rate := float64(n) / now.Sub(b.begin).Seconds()
	if !b.whole || b.total == 0 {
		fmt.Fprintf(os.Stderr, "\r%d samples, %.0f a second\x1b[K", n, rate)
		return
	}
	share := min(1, float64(n)/float64(b.total))
	done := int(share * barWidth)
	fmt.Fprintf(os.Stderr, "\r[%s%s] %3.0f %%  %.1f million a second\x1b[K", strings.Repeat("=", done), strings.Repeat(" ", barWidth-done), share*100, rate/1e6)
}

func (b *bar) end(text string) {
	if b.on {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
	if text != "" {
		fmt.Fprintln(os.Stderr, text)
	}
}
