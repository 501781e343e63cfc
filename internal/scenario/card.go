package scenario

// Card is what is known of a scenario without flying it.
type Card struct {
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
	Drones      int     `json:"drones"`
	DurationS   float64 `json:"duration_s" doc:"how long it is flown when it is tested, simulated seconds"`
	Expects     int     `json:"expects" doc:"how many expectations it holds"`
	Builtin     bool    `json:"builtin" doc:"comes with Volary"`
	Text        []byte  `json:"-"` // the file as it was written
}

// Card describes the scenario.
func (s *Scenario) Card() Card {
	return Card{
		Name: s.Name, Description: s.Description, Drones: s.drones(), DurationS: s.Duration(), Expects: len(s.Expect), Text: s.Source,
	}
}
