package clock

import (
	"encoding/json"
	"errors"
	"math"
)

// Speed is simulated seconds per wall second. In JSON it is a number, or "max"
// for as fast as the machine can.
type Speed float64

// MarshalJSON writes a number or "max".
func (s Speed) MarshalJSON() ([]byte, error) {
	if math.IsInf(float64(s), 1) {
		return []byte(`"max"`), nil
	}
	return json.Marshal(float64(s))
}

// UnmarshalJSON reads a number or "max".
func (s *Speed) UnmarshalJSON(b []byte) error {
	if string(b) == `"max"` {
		*s = Speed(Max)
		return nil
	}
	var v float64
	if err := json.Unmarshal(b, &v); err != nil {
		return errors.New(`speed: give a number such as 2, or "max"`)
	}
	*s = Speed(v)
	return nil
}
