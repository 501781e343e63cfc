package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"volary/internal/geo"
	"volary/internal/physics"
)

// Case is one flight to hold ours against.
type Case struct {
	Name   string
	Source string // the simulator that flew it, in its file's words
	fly    func(dt float64) (Result, error)
}

// Fly flies the case in steps of at most dt seconds.
func (c *Case) Fly(dt float64) (Result, error) {
	r, err := c.fly(dt)
	if err != nil {
		return r, fmt.Errorf("%s: %w", c.Name, err)
	}
	r.Case = c.Name
	return r, nil
}

// Result is how far our flight of a case is from theirs.
type Result struct {
	Case string `json:"case"`
	Off
	// For steps in position, how each axis answers, x, y, z: ours and theirs.
	Rise           []float64 `json:"rise_s,omitempty"`
	RiseTheirs     []float64 `json:"rise_theirs_s,omitempty"`
	Overshoot      []float64 `json:"overshoot,omitempty"`
	OvershootThere []float64 `json:"overshoot_theirs,omitempty"`
	// How it was flown, where not as usual.
	Note string `json:"note,omitempty"`
}

// Load reads a file of cases, of any of the simulators, from files. The flights
// themselves are read when a case is flown.
func Load(files fs.FS, name string) ([]Case, error) {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	var head struct {
		Source  string                     `json:"source"`
		Params  map[string]json.RawMessage `json:"params"`
		MRS     json.RawMessage            `json:"params_x500"`
		Columns []string                   `json:"columns"`
		Cases   map[string]json.RawMessage `json:"cases"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("%s: not a file of cases: %w", name, err)
	}
	if len(head.Cases) == 0 {
		return nil, fmt.Errorf("%s: no cases in it", name)
	}
	l := &loader{files: files, name: name, whole: b, cases: head.Cases, params: head.Params}
	_, sih := head.Params["SIH_MASS"]
	_, gpd := head.Params["kf_N_per_rpm2"]
	var open func(name string, raw json.RawMessage) (func(dt float64) (Result, error), error)
	switch {
	case head.MRS != nil:
		open = l.mrs
	case sih:
		open = l.sih
	case gpd:
		open = l.gpd
	default:
		open = l.rotorpyOrMuJoCo
	}
	names := make([]string, 0, len(head.Cases))
	for n := range head.Cases {
		names = append(names, n)
	}
	sort.Strings(names)
	var all []Case
	for _, n := range names {
		fly, err := open(n, head.Cases[n])
		if err != nil { // said when it is its turn, so that the others are flown
			fly = func(float64) (Result, error) { return Result{}, err }
		}
		all = append(all, Case{Name: n, Source: head.Source, fly: fly})
	}
	return all, nil
}

// NoteSE3 is the note of flights that a controller flew.
const NoteSE3 = "flown with the SE(3) controller"

type loader struct {
	files  fs.FS
	name   string
	whole  []byte
	cases  map[string]json.RawMessage
	params map[string]json.RawMessage
}

// find returns where the flight of a case is: where the file says, or under the
// case's name in any folder beside the file.
func (l *loader) find(csv, name string) (string, error) {
	try := []string{csv, csv[strings.LastIndexByte(csv, '/')+1:], name + ".csv"}
	for _, p := range try {
		if p == "" {
			continue
		}
		if _, err := fs.Stat(l.files, p); err == nil {
			return p, nil
		}
	}
	found, err := fs.Glob(l.files, "*/"+name+".csv")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no flight: looked for %q and */%s.csv beside the file", csv, name)
	}
	return found[0], nil
}

func (l *loader) read(fr *frames, csv, name string) (*Flight, error) {
	p, err := l.find(csv, name)
	if err != nil {
		return nil, err
	}
	return fr.read(l.files, p)
}

func value(v float64) physics.Sourced { return physics.Sourced{Value: v, Source: "the file of cases"} }

type rotorpyCase struct {
	SE3Case
	Kind   string          `json:"kind"`
	Aero   *bool           `json:"aero"`
	Wind   json.RawMessage `json:"wind"`
	CSV    string          `json:"csv"`
	Params struct {
		Mass     float64               `json:"mass"`
		Ixx      float64               `json:"Ixx"`
		Iyy      float64               `json:"Iyy"`
		Izz      float64               `json:"Izz"`
		Ixy      float64               `json:"Ixy"`
		Ixz      float64               `json:"Ixz"`
		Iyz      float64               `json:"Iyz"`
		RotorPos map[string][3]float64 `json:"rotor_pos"`
		Turns    []float64             `json:"rotor_directions"`
		CDx      float64               `json:"c_Dx"`
		CDy      float64               `json:"c_Dy"`
		CDz      float64               `json:"c_Dz"`
		KEta     float64               `json:"k_eta"`
		KM       float64               `json:"k_m"`
		KD       float64               `json:"k_d"`
		KZ       float64               `json:"k_z"`
		KH       float64               `json:"k_h"`
		KFlap    float64               `json:"k_flap"`
		TauM     float64               `json:"tau_m"`
		SpeedMin float64               `json:"rotor_speed_min"`
		SpeedMax float64               `json:"rotor_speed_max"`
	} `json:"params"`
	Init struct {
		Wind []float64 `json:"wind"`
	} `json:"initial_state"`

	// The terms of the MuJoCo file.
	Mass    float64         `json:"mass"`
	Inertia json.RawMessage `json:"inertia"`
	D       float64         `json:"d"`
	KEta    float64         `json:"k_eta"`
	KM      float64         `json:"k_m"`
}

func (l *loader) rotorpyOrMuJoCo(name string, raw json.RawMessage) (func(float64) (Result, error), error) {
	c := &rotorpyCase{}
	if err := json.Unmarshal(raw, c); err != nil {
		return nil, err
	}
	if len(c.Inertia) > 0 {
		return l.mujoco(name, c)
	}
	if err := json.Unmarshal(raw, &c.SE3Case); err != nil {
		return nil, err
	}
	a, err := c.airframe()
	if err != nil {
		return nil, err
	}
	wind := windOf(c.Wind, c.Init.Wind, name, c.Description)
	return func(dt float64) (r Result, err error) {
		theirs, err := l.read(&zUp, c.CSV, name)
		if err != nil {
			return r, err
		}
		if !strings.HasPrefix(c.Kind, "closed-loop") {
			r.Off, err = follow(theirs, a, physics.Gravity, dt, wind)
			return r, err
		}
		r.Note = NoteSE3
		err = FlySE3(a, &c.SE3Case, theirs.State[0], wind, dt, theirs.T[1]-theirs.T[0], func(i int, s *physics.State) {
			if i < len(theirs.State) {
				r.see(s, &theirs.State[i])
			}
		})
		return r, err
	}, nil
}

func (c *rotorpyCase) airframe() (*physics.Airframe, error) {
	p := &c.Params
	if p.Mass <= 0 || len(p.Turns) == 0 || len(p.Turns) > physics.MaxRotors {
		return nil, fmt.Errorf("params: mass and 1 to %d rotor_directions are needed", physics.MaxRotors)
	}
	a := &physics.Airframe{
		Name: "reference", Mass: value(p.Mass),
		Inertia: physics.Inertia{XX: p.Ixx, YY: p.Iyy, ZZ: p.Izz, XY: p.Ixy, XZ: p.Ixz, YZ: p.Iyz},
		Thrust:  value(p.KEta), Torque: value(p.KM), LagUp: value(p.TauM), LagDown: value(p.TauM), SpeedMax: value(p.SpeedMax),
	}
	if c.Aero == nil || *c.Aero {
		a.RotorDrag, a.InflowDrag, a.TransLift, a.Flapping = value(p.KD), value(p.KZ), value(p.KH), value(p.KFlap)
		a.BodyDrag = physics.Drag{X: p.CDx, Y: p.CDy, Z: p.CDz}
	}
	for i, turn := range p.Turns {
		at, ok := p.RotorPos["r"+strconv.Itoa(i+1)]
		if !ok {
			return nil, fmt.Errorf("params.rotor_pos: r%d is missing", i+1)
		}
		a.Rotors = append(a.Rotors, physics.Rotor{X: at[0], Y: at[1], Z: at[2], Turn: turn})
	}
	return a, a.Prepare()
}

func (l *loader) mujoco(name string, c *rotorpyCase) (func(float64) (Result, error), error) {
	const half = 0.70710678118 // as in their generator
	d := c.D * half
	var j []float64
	if err := json.Unmarshal(c.Inertia, &j); err != nil || len(j) != 3 && len(j) != 6 {
		return nil, errors.New("inertia: give three moments, or these and the products xy, xz, yz")
	}
	j = append(j, 0, 0, 0)
	a := &physics.Airframe{
		Name: "reference", Mass: value(c.Mass), Inertia: physics.Inertia{XX: j[0], YY: j[1], ZZ: j[2], XY: j[3], XZ: j[4], YZ: j[5]},
		Thrust: value(c.KEta), Torque: value(c.KM), SpeedMax: value(math.Inf(1)),
		Rotors: []physics.Rotor{{X: d, Y: d, Turn: 1}, {X: d, Y: -d, Turn: -1}, {X: -d, Y: -d, Turn: 1}, {X: -d, Y: d, Turn: -1}},
	}
	if err := a.Prepare(); err != nil {
		return nil, err
	}
	return func(dt float64) (r Result, err error) {
		theirs, err := l.read(&zUp, c.CSV, name)
		if err != nil {
			return r, err
		}
		r.Off, err = follow(theirs, a, physics.Gravity, dt, calm)
		return r, err
	}, nil
}

func (l *loader) sih(name string, raw json.RawMessage) (func(float64) (Result, error), error) {
	var c struct {
		CSV    string             `json:"csv"`
		U      []float64          `json:"command_u"`
		Wind   []float64          `json:"wind_param"`
		Params map[string]float64 `json:"params"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	num := func(key string) float64 {
		v, ok := c.Params[key]
		if raw, there := l.params[key]; !ok && there {
			_ = json.Unmarshal(raw, &v) // words stay 0
		}
		return v
	}
	lx, ly := num("SIH_L_PITCH"), num("SIH_L_ROLL")
	a := &physics.Airframe{
		Name: "reference", Mass: value(num("SIH_MASS")), ThrustLaw: physics.LinearThrust,
		Inertia: physics.Inertia{
			XX: num("SIH_IXX"), YY: num("SIH_IYY"), ZZ: num("SIH_IZZ"),
			// Their body's y and z point the other way.
			XY: -num("SIH_IXY"), XZ: -num("SIH_IXZ"), YZ: num("SIH_IYZ"),
		},
		Thrust: value(num("SIH_T_MAX")), Torque: value(num("SIH_Q_MAX")), SpeedMax: value(1),
		LagUp: value(num("SIH_T_TAU")), LagDown: value(num("SIH_T_TAU")),
		LinearDrag: value(num("SIH_KDV")), SpinDamping: value(num("SIH_KDW")),
		// Front right, back left, front left, back right; they count yaw downwards.
		Rotors: []physics.Rotor{{X: lx, Y: -ly, Turn: -1}, {X: -lx, Y: ly, Turn: -1}, {X: lx, Y: ly, Turn: 1}, {X: -lx, Y: -ly, Turn: 1}},
	}
	if err := a.Prepare(); err != nil {
		return nil, err
	}
	// Their airspeed is the velocity plus SIH_WIND, which counts where the wind
	// comes from.
	var wind geo.Vec
	if len(c.Wind) >= 2 {
		wind = geo.Vec{X: -c.Wind[0], Y: c.Wind[1]}
		if len(c.Wind) > 2 {
			wind.Z = c.Wind[2]
		}
	}
	return func(dt float64) (r Result, err error) {
		theirs, err := l.read(&down, c.CSV, name)
		if err != nil {
			return r, err
		}
		if len(c.U) > 0 {
			for i := range theirs.Cmd {
				copy(theirs.Cmd[i][:], c.U)
			}
		}
		r.Off, err = follow(theirs, a, num("g"), dt, func(float64) geo.Vec { return wind })
		return r, err
	}, nil
}

// likeM finds the step in "dt 0.001", by which a case of the MRS file says how
// it differs from the one before.
var likeM = regexp.MustCompile(`dt ([0-9.eE+-]+)`)

func (l *loader) mrs(name string, raw json.RawMessage) (func(float64) (Result, error), error) {
	f := &MRS{}
	if err := json.Unmarshal(l.whole, f); err != nil {
		return nil, err
	}
	c := f.Cases[name]
	if c.Same == "" && len(c.Ref) == 0 {
		return l.mrsOpen(f, name)
	}
	if c.Same != "" {
		// It takes the rest from the last full case before it, or else the first.
		base, first := "", ""
		for n, other := range f.Cases {
			if len(other.Ref) == 0 {
				continue
			}
			if first == "" || n < first {
				first = n
			}
			if n < name && n > base {
				base = n
			}
		}
		if base == "" {
			base = first
		}
		if base == "" {
			return nil, errors.New("says it is the same as another, but there is none in the file")
		}
		full := f.Cases[base]
		if err := json.Unmarshal(raw, &full); err != nil {
			return nil, err
		}
		if m := likeM.FindStringSubmatch(c.Same); m != nil {
			dt, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				return nil, err
			}
			full.Dt = dt
		}
		c = full
	}
	return func(dt float64) (r Result, err error) {
		theirs, err := l.read(&zUp, "", name)
		if err != nil {
			return r, err
		}
		var ours, other [3][]float64
		err = FlyMRS(f, &c, dt, func(i int, s *physics.State) {
			if i >= len(theirs.State) {
				return
			}
			r.see(s, &theirs.State[i])
			for k, v := range [3][2]float64{{s.P.X, theirs.State[i].P.X}, {s.P.Y, theirs.State[i].P.Y}, {s.P.Z, theirs.State[i].P.Z}} {
				ours[k], other[k] = append(ours[k], v[0]), append(other[k], v[1])
			}
		})
		r.Note = "flown with their cascade: compare rise time and overshoot"
		for k := range 3 {
			if c.Ref[k] == c.Start[k] {
				continue
			}
			a, b := StepResponse(ours[k], c.Ref[k], 0.01), StepResponse(other[k], c.Ref[k], 0.01)
			r.Rise, r.RiseTheirs = append(r.Rise, a.Rise), append(r.RiseTheirs, b.Rise)
			r.Overshoot, r.OvershootThere = append(r.Overshoot, a.Overshoot), append(r.OvershootThere, b.Overshoot)
		}
		return r, err
	}, nil
}

// mrsOpen opens a flight of the MRS simulator without its cascade: the rotors
// turn as the rows say.
func (l *loader) mrsOpen(f *MRS, name string) (func(float64) (Result, error), error) {
	a, err := f.Params.Airframe()
	if err != nil {
		return nil, err
	}
	a.LagUp, a.LagDown = value(0), value(0)
	return func(dt float64) (r Result, err error) {
		theirs, err := l.read(&zUp, "", name)
		if err != nil {
			return r, err
		}
		r.Note = "flown with the rotor speeds of the rows"
		r.Off, err = follow(theirs, a, physics.Gravity, dt, calm)
		return r, err
	}, nil
}
