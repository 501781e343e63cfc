package session

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"volary/internal/drone"
)

// What can be wrong with a question to the records. Whoever keeps them wraps
// these, so that those who ask need not know who keeps.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("conflict")
	ErrInvalid  = errors.New("invalid") // no repeating makes it valid
)

// CommandState is how far a command got.
type CommandState string

// The states of a command.
const (
	CommandPending CommandState = "pending" // begun; its results are not known yet
	CommandDone    CommandState = "done"    // its results are final
)

// CommandRecord is a command as it is remembered, so that the same id gets the
// same answer and is carried out once.
type CommandRecord struct {
	ID       uuid.UUID
	Session  uuid.UUID
	BodyHash []byte          // tells whether a repeated id has the same body
	Body     json.RawMessage // the command as it was sent on
	Results  map[string]drone.Result
	State    CommandState
	Created  time.Time
}
