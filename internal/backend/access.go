package backend

import (
	"net/http"
	"net/netip"

	"volary/internal/access"
)

// Access is who may use the backend, from where and how often. The zero value is
// open to everybody.
type Access struct {
	Gate      *access.Gate
	Origins   access.Origins
	Proxies   []netip.Prefix // believed about who is behind them
	PerSecond float64        // REST requests of one party, sustained; 0: no limit
}

func (a *Access) address(r *http.Request) string { return access.Address(r, a.Proxies) }
