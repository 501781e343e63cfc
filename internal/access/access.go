// Package access decides who may do what over the network.
//
// A party proves itself by a token: one of a file that holds only their hashes,
// or a signed one of an identity provider (JWT). A token has a role, and each
// route and event asks for one. Where there are no tokens everybody is an admin,
// which is why programs then listen on this machine only.
package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Role is how much a party may do. A higher one may do all that a lower one may.
type Role uint8

// The roles. Nobody is the zero value: what forgets to ask for a role is open to
// none.
const (
	Nobody   Role = iota
	Viewer        // sees everything, changes nothing
	Operator      // flies: commands, simulated time, missions, drones, faults, sessions
	Admin         // also what others rely on: deletes sessions, keeps scenarios
)

var roleNames = [...]string{"nobody", "viewer", "operator", "admin"}

func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return roleNames[Nobody]
}

// ParseRole reads viewer, operator or admin.
func ParseRole(s string) (Role, error) {
	for r := Viewer; r <= Admin; r++ {
		if roleNames[r] == s {
			return r, nil
		}
	}
	return Nobody, fmt.Errorf("%q is not a role: viewer, operator or admin", s)
}

// Party is who asks.
type Party struct {
	Name    string // from the token file, or the subject of a signed token
	Role    Role
	Expires time.Time // zero: never
	hash    string    // of a token of the file; empty for a signed one
}

// May tells whether the party has a role, or a higher one.
func (p *Party) May(need Role) bool { return need != Nobody && p.Role >= need }

// The reasons a party is not let in. None says more than the party itself knows.
var (
	ErrMissing = errors.New("a token is needed: send it as Authorization: Bearer TOKEN (Socket.IO: auth: {token})")
	ErrUnknown = errors.New("this token is not known here")
	ErrExpired = errors.New("this token has expired: ask for a new one")
)

// Gate lets parties in. The zero value, and nil, are open: everybody is an admin.
type Gate struct {
	tokens *Tokens
	signed *Signed
	now    func() time.Time
}

// NewGate makes a gate of a token file and signed tokens, either of which may be
// nil; with neither it is open.
func NewGate(t *Tokens, s *Signed) *Gate { return &Gate{tokens: t, signed: s, now: time.Now} }

// Closed tells whether a token is needed.
func (g *Gate) Closed() bool { return g != nil && (g.tokens != nil || g.signed != nil) }

// Admit returns whose token it is: ErrMissing, ErrUnknown or ErrExpired otherwise.
func (g *Gate) Admit(token string) (*Party, error) {
	if !g.Closed() {
		return &Party{Name: "anybody", Role: Admin}, nil
	}
	if token == "" {
		return nil, ErrMissing
	}
	if len(token) > maxToken {
		return nil, ErrUnknown
	}
	if g.signed != nil && strings.Count(token, ".") == 2 {
		return g.signed.admit(token)
	}
	if g.tokens != nil {
		return g.tokens.admit(token, g.now())
	}
	return nil, ErrUnknown
}

// Still tells whether a party that was let in would still be: its token was
// neither taken back nor has it run out or changed its role.
func (g *Gate) Still(p *Party) bool {
	if !g.Closed() {
		return true
	}
	if !p.Expires.IsZero() && !g.now().Before(p.Expires) {
		return false
	}
	return p.hash == "" || g.tokens.still(p)
}

// Run follows changes of the token file until ctx is done.
func (g *Gate) Run(ctx context.Context, log zerolog.Logger) error {
	if g == nil || g.tokens == nil {
		<-ctx.Done()
		return nil
	}
	return g.tokens.run(ctx, log)
}

// maxToken bounds a token, which is hashed before anything else is known of it.
const maxToken = 8 << 10

// FromRequest takes the token out of a request's head; empty when there is none.
func FromRequest(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
