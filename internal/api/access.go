package api

import (
	"net/http"
	"net/netip"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"volary/internal/access"
)

// Access is who may use the API, from where and how often. The zero value is
// open to everybody.
type Access struct {
	Gate    *access.Gate
	Origins access.Origins
	// Proxies are believed about who is behind them.
	Proxies []netip.Prefix
	// PerSecond is how many requests a party may make, sustained; it may make twice
	// as many at once. 0: no limit.
	PerSecond float64

	requests *access.Limiter
	failures *access.Limiter
}

// Wrong tokens an address may try at once, and per second.
const (
	failureBurst     = 20
	failurePerSecond = 0.5
)

func (a *Access) init() {
	if a.PerSecond > 0 {
		a.requests = access.NewLimiter(a.PerSecond, 2*a.PerSecond)
	}
	a.failures = access.NewLimiter(failurePerSecond, failureBurst)
}

// needs is the role each operation asks for. One that is not here is open to
// nobody: a test holds the list against the routes.
var needs = map[string]access.Role{
	"get-status": access.Viewer, "list-drones": access.Viewer, "get-drone": access.Viewer, "list-models": access.Viewer, "get-sim": access.Viewer,
	"list-missions": access.Viewer, "get-mission": access.Viewer,
	"list-sessions": access.Viewer, "get-session": access.Viewer, "list-session-drones": access.Viewer, "get-telemetry": access.Viewer, "list-events": access.Viewer,
	"get-environment": access.Viewer, "list-faults": access.Viewer, "list-obstacles": access.Viewer, "list-geofences": access.Viewer, "get-geofence": access.Viewer,
	"diff-sessions": access.Viewer, "list-replays": access.Viewer, "get-replay": access.Viewer, "get-last": access.Viewer, "export-session": access.Viewer,
	"list-scenarios": access.Viewer, "get-scenario": access.Viewer,

	"send-command": access.Operator, "steer-sim": access.Operator,
	"add-drones": access.Operator, "remove-drone": access.Operator, "remove-drones": access.Operator,
	"add-scenario": access.Admin, "remove-scenario": access.Admin,
	"begin-session": access.Admin, "end-session": access.Admin, "fork-session": access.Admin,

	"add-mission": access.Operator, "replace-mission": access.Operator, "delete-mission": access.Operator,
	"set-environment": access.Operator, "inject-fault": access.Operator, "clear-fault": access.Operator,
	"add-geofence": access.Operator, "replace-geofence": access.Operator, "remove-geofence": access.Operator,
	"start-replay": access.Operator, "steer-replay": access.Operator, "end-replay": access.Operator,
	"delete-session": access.Admin,
}

// authorize lets a request through to an operation when its token has the role.
func (a *api) authorize(h huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		id := ctx.Operation().OperationID
		r, _ := humachi.Unwrap(ctx)
		status, detail := a.judge(r, needs[id])
		if status == 0 {
			next(ctx)
			return
		}
		refusalHeaders(ctx.SetHeader, status)
		_ = huma.WriteErr(h, ctx, status, detail)
	}
}

// guarded asks for a role in front of a handler that is no operation.
func (a *api) guarded(need access.Role, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status, detail := a.judge(r, need); status != 0 {
			refusalHeaders(w.Header().Set, status)
			writeProblem(w, status, detail)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func refusalHeaders(set func(string, string), status int) {
	switch status {
	case http.StatusUnauthorized:
		set("WWW-Authenticate", `Bearer realm="volary"`)
	case http.StatusTooManyRequests:
		set("Retry-After", "2")
	}
}

// judge returns 0 when r may do what needs a role, else the status and why. Only
// failures are counted against an address, so that a flood of wrong tokens slows
// down nobody who has a right one.
func (a *api) judge(r *http.Request, need access.Role) (status int, detail string) {
	from := access.Address(r, a.Access.Proxies)
	p, err := a.Access.Gate.Admit(access.FromRequest(r))
	if err != nil {
		if !a.Access.failures.Take(from) {
			return http.StatusTooManyRequests, "too many requests without a valid token from your address: wait"
		}
		return http.StatusUnauthorized, err.Error()
	}
	if !p.May(need) {
		if need == access.Nobody {
			return http.StatusForbidden, "this is open to nobody"
		}
		return http.StatusForbidden, "this takes the role " + need.String() + "; your token has " + p.Role.String()
	}
	key := from
	if a.Access.Gate.Closed() {
		key = "party " + p.Name
	}
	if a.Access.requests != nil && !a.Access.requests.Take(key) {
		return http.StatusTooManyRequests, "too many requests: wait, or use Socket.IO for live data"
	}
	return 0, ""
}

// fromHere refuses what a strange web page made a browser send: it reads nothing
// here and changes nothing. Socket.IO checks for itself.
func (a *api) fromHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := &a.Access.Origins
		if !o.AllowsHost(r.Host) {
			writeProblem(w, http.StatusMisdirectedRequest, "this backend serves this machine only: use its address, or add the name to --origins")
			return
		}
		if isSocket(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		origin := r.Header.Get("Origin")
		strange := !o.Allows(r) || origin == "" && r.Header.Get("Sec-Fetch-Site") == "cross-site" && !safe(r.Method)
		if strange {
			writeProblem(w, http.StatusForbidden, "pages of another origin may not use this: add it to --origins to allow it")
			return
		}
		if origin != "" {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "ETag, Retry-After")
			h.Add("Vary", "Origin")
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
				h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key")
				h.Set("Access-Control-Max-Age", "600")
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func isSocket(path string) bool { return path == "/socket.io" || path == "/socket.io/" }

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
