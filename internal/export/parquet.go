package export

import (
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"volary/internal/session"
	"volary/internal/telemetry"
)

// parquetRow is the schema of the file.
type parquetRow struct {
	Tick       uint64  `parquet:"tick,delta"`
	SimTime    float64 `parquet:"sim_time"`
	WallUS     int64   `parquet:"time,timestamp(microsecond),delta"`
	Drone      string  `parquet:"drone,dict"`
	Name       string  `parquet:"name,dict"`
	Model      string  `parquet:"model,dict"`
	Mode       string  `parquet:"mode,dict"`
	Status     string  `parquet:"status,dict"`
	Armed      bool    `parquet:"armed"`
	Lat        float64 `parquet:"lat"`
	Lon        float64 `parquet:"lon"`
	AltM       float64 `parquet:"alt_m"`
	X          float64 `parquet:"x"`
	Y          float64 `parquet:"y"`
	Z          float64 `parquet:"z"`
	VX         float32 `parquet:"vx"`
	VY         float32 `parquet:"vy"`
	VZ         float32 `parquet:"vz"`
	RollDeg    float32 `parquet:"roll_deg"`
	PitchDeg   float32 `parquet:"pitch_deg"`
	HeadingDeg float32 `parquet:"heading_deg"`
	BatteryPct float32 `parquet:"battery_pct"`
	VoltageV   float32 `parquet:"voltage_v"`
	CurrentA   float32 `parquet:"current_a"`
}

const (
	groupRows  = 128 << 10 // rows of a group: what is in memory, about 20 MB
	rowsAtOnce = 1024
)

type parquetWriter struct {
	w    *parquet.GenericWriter[parquetRow]
	rows []parquetRow
}

func newParquet(w io.Writer) *parquetWriter {
	return &parquetWriter{w: parquet.NewGenericWriter[parquetRow](w,
		parquet.MaxRowsPerRowGroup(groupRows), parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}))}
}

func (p *parquetWriter) begin(s *session.Session, _ []session.Member) error {
	p.w.SetKeyValueMetadata("volary.session", s.ID.String())
	p.w.SetKeyValueMetadata("volary.scenario", s.Name)
	return nil
}

func (p *parquetWriter) row(r *row) error {
	s := r.sample
	p.rows = append(p.rows, parquetRow{
		Tick: r.tick, SimTime: r.time, WallUS: r.wall.UnixMicro(), Drone: r.member.ID, Name: r.member.Name, Model: r.member.Model,
		Mode: s.Mode.String(), Status: s.Status.String(), Armed: s.Flags&telemetry.Armed != 0,
		Lat: r.place.Lat, Lon: r.place.Lon, AltM: r.place.Alt,
		X: float64(s.X) / 1000, Y: float64(s.Y) / 1000, Z: float64(s.Z) / 1000,
		VX: float32(s.VX) / 100, VY: float32(s.VY) / 100, VZ: float32(s.VZ) / 100,
		RollDeg: float32(s.Roll) / 100, PitchDeg: float32(s.Pitch) / 100, HeadingDeg: float32(s.Heading) / 100,
		BatteryPct: float32(s.Battery) / 100, VoltageV: float32(s.Voltage) / 100, CurrentA: float32(s.Current) / 100,
	})
	if len(p.rows) < rowsAtOnce {
		return nil
	}
	return p.flush()
}

func (p *parquetWriter) flush() error {
	_, err := p.w.Write(p.rows)
	p.rows = p.rows[:0]
	return err
}

func (p *parquetWriter) end() error {
	if err := p.flush(); err != nil {
		return err
	}
	return p.w.Close()
}
