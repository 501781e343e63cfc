package mission

// File is a mission as it is written in a scenario, in YAML.
type File struct {
	Name   string     `yaml:"name"`
	Speed  float64    `yaml:"speed_ms"`
	Repeat bool       `yaml:"repeat"`
	Items  []FileItem `yaml:"items"`
}

// FileItem is one item of a File. Places are metres from the drone's own home
// (x east, y north, z up), so that one mission serves a whole formation, unless
// lat and lon are given.
type FileItem struct {
	Type    Kind     `yaml:"type"`
	X       float64  `yaml:"x"`
	Y       float64  `yaml:"y"`
	Z       float64  `yaml:"z"`
	Lat     *float64 `yaml:"lat"`
	Lon     *float64 `yaml:"lon"`
	Alt     *float64 `yaml:"alt_m"`
	Hold    float64  `yaml:"hold_s"`
	Accept  float64  `yaml:"acceptance_m"`
	Speed   float64  `yaml:"speed_ms"`
	Heading *float64 `yaml:"heading_deg"`
}

// Mission returns f as a mission; the caller checks it.
func (f *File) Mission() Mission {
	m := Mission{Name: f.Name, SpeedMS: f.Speed, Repeat: f.Repeat}
	for _, it := range f.Items {
		i := Item{
			Kind: it.Type, Lat: it.Lat, Lon: it.Lon, Alt: it.Alt, HoldS: it.Hold, Acceptance: it.Accept,
			SpeedMS: it.Speed, HeadingDeg: it.Heading,
		}
		if it.Lat == nil && it.Alt == nil {
			i.Frame, i.X, i.Y, i.Z = LocalENU, it.X, it.Y, it.Z
		}
		m.Items = append(m.Items, i)
	}
	return m
}
