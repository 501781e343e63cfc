package access

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/rs/zerolog"
)

// file keeps text where tokens are read from.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tokens.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestATokenLetsItsPartyInUntilItEndsOrIsTakenBack(t *testing.T) {
	now := time.Now()
	name := filepath.Join(t.TempDir(), "tokens.yaml")
	make1 := func(who string, role Role, until time.Time) string {
		token, line, err := Create(who, role, until)
		if err != nil {
			t.Fatal(err)
		}
		if err := Append(name, line); err != nil {
			t.Fatal(err)
		}
		return token
	}
	wall := make1("wall", Viewer, time.Time{})
	tower := make1("tower", Operator, now.Add(time.Hour))
	text, err := os.ReadFile(name)
	if err != nil || strings.Contains(string(text), wall) {
		t.Fatalf("the file holds the token itself: %s %v", text, err)
	}
	tokens, err := OpenTokens(name)
	if err != nil {
		t.Fatal(err)
	}
	g := NewGate(tokens, nil)
	g.now = func() time.Time { return now }
	p, err := g.Admit(wall)
	if err != nil || p.Name != "wall" || !p.May(Viewer) || p.May(Operator) || p.May(Nobody) {
		t.Fatalf("%+v, %v", p, err)
	}
	op, err := g.Admit(tower)
	if err != nil || !op.May(Operator) || op.May(Admin) || !g.Still(op) {
		t.Fatalf("%+v, %v", op, err)
	}
	for token, want := range map[string]error{"": ErrMissing, "vly_x": ErrUnknown, wall + "x": ErrUnknown, strings.Repeat("x", 100_000): ErrUnknown, "a.b.c": ErrUnknown} {
		if _, err := g.Admit(token); !errors.Is(err, want) {
			t.Errorf("token of %d bytes: %v, want %v", len(token), err, want)
		}
	}
	now = now.Add(2 * time.Hour)
	if _, err := g.Admit(tower); !errors.Is(err, ErrExpired) || g.Still(op) {
		t.Errorf("after its time: %v, still in: %v", err, g.Still(op))
	}

	var log bytes.Buffer
	broken := append(bytes.Clone(text), "  - {name: x\n"...)
	if err := os.WriteFile(name, broken, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		tokens.Reload(zerolog.New(&log))
	}
	if _, err := g.Admit(wall); err != nil {
		t.Errorf("a broken file put out who was in: %v", err)
	}
	if n := strings.Count(log.String(), "can't be read"); n != 1 {
		t.Errorf("said %d times that the file is broken: %s", n, log.String())
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), "name: wall", "name: hall", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	tokens.Reload(zerolog.Nop())
	if q, err := g.Admit(wall); err != nil || q.Name != "hall" || !g.Still(p) {
		t.Errorf("renamed: %+v, %v", q, err)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), "role: viewer", "role: admin", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	tokens.Reload(zerolog.Nop())
	if g.Still(p) {
		t.Error("with another role the party must come in anew")
	}
	if strings.Contains(log.String(), wall) {
		t.Error("the log holds a token")
	}
}

func TestATokenFileThatCanNotBeTakenSaysWhere(t *testing.T) {
	hash := hashOf("x")
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "empty"},
		{"no tokens", "tokens: []\n", "0 tokens"},
		{"unknown key", "tokens:\n  - {name: a, role: viewer, hash: '" + hash + "', until: never}\n", `:2: "until"`},
		{"unknown key above", "token: []\n", "token"},
		{"unknown role", "tokens:\n  - {name: a, role: root, hash: '" + hash + "'}\n", ":2: role"},
		{"no name", "tokens:\n  - {role: viewer, hash: '" + hash + "'}\n", ":2: name"},
		{"control character in a name", "tokens:\n  - {name: \"a\\nb\", role: viewer, hash: '" + hash + "'}\n", ":2: name"},
		{"the token instead of its hash", "tokens:\n  - {name: a, role: viewer, hash: vly_abc}\n", ":2: hash"},
		{"a name twice", "tokens:\n  - {name: a, role: viewer, hash: '" + hash + "'}\n  - {name: a, role: admin, hash: '" + hashOf("y") + "'}\n", ":3: name"},
		{"a token twice", "tokens:\n  - {name: a, role: viewer, hash: '" + hash + "'}\n  - {name: b, role: admin, hash: '" + hash + "'}\n", ":3: hash"},
		{"a time that is none", "tokens:\n  - {name: a, role: viewer, hash: '" + hash + "', expires: soon}\n", ":2:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := OpenTokens(file(t, c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := OpenTokens(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestAnOpenGateLetsEverybodyIn(t *testing.T) {
	for _, g := range []*Gate{nil, {}, NewGate(nil, nil)} {
		if p, err := g.Admit(""); err != nil || !p.May(Admin) || g.Closed() || !g.Still(p) {
			t.Errorf("%+v, %v", p, err)
		}
	}
}

func publicFile(t *testing.T, key crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return file(t, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
}

func TestSignedTokensAreTakenFromTheOneKeyAndAlgorithmOnly(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"sub": "anna", "role": "operator", "iss": "idp", "aud": "volary", "exp": time.Now().Add(time.Hour).Unix()}
	}
	with := func(key string, v any) jwt.MapClaims {
		c := good()
		if v == nil {
			delete(c, key)
		} else {
			c[key] = v
		}
		return c
	}
	sign := func(m jwt.SigningMethod, key any, c jwt.MapClaims, head ...string) string {
		t.Helper()
		tok := jwt.NewWithClaims(m, c)
		for i := 0; i+1 < len(head); i += 2 {
			tok.Header[head[i]] = head[i+1]
		}
		s, err := tok.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, k := range []struct {
		name   string
		public crypto.PublicKey
		method jwt.SigningMethod
		key    any
	}{{"RS256", &rsaKey.PublicKey, jwt.SigningMethodRS256, rsaKey}, {"ES256", &ecKey.PublicKey, jwt.SigningMethodES256, ecKey}, {"EdDSA", edPublic, jwt.SigningMethodEdDSA, edKey}} {
		name := publicFile(t, k.public)
		s, err := OpenSigned(SignedConfig{KeyFile: name, Issuer: "idp", Audience: "volary"})
		if err != nil {
			t.Fatal(err)
		}
		g := NewGate(nil, s)
		if p, err := g.Admit(sign(k.method, k.key, good())); err != nil || p.Name != "anna" || p.Role != Operator || !g.Still(p) {
			t.Errorf("%s: %+v, %v", k.name, p, err)
		}
		pemText, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		whole := sign(k.method, k.key, good())
		for _, c := range []struct {
			name, token string
			want        error
		}{
			{"alg none", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good()), ErrUnknown},
			{"the public key as a shared secret", sign(jwt.SigningMethodHS256, pemText, good()), ErrUnknown},
			{"another key", sign(jwt.SigningMethodES256, other, good()), ErrUnknown},
			{"key id that names a file", sign(jwt.SigningMethodES256, other, good(), "kid", "../../../../dev/null"), ErrUnknown},
			{"key brought along", sign(jwt.SigningMethodES256, other, good(), "jku", "https://evil.example/keys"), ErrUnknown},
			{"expired", sign(k.method, k.key, with("exp", time.Now().Add(-time.Hour).Unix())), ErrExpired},
			{"for ever", sign(k.method, k.key, with("exp", nil)), ErrUnknown},
			{"not yet", sign(k.method, k.key, with("nbf", time.Now().Add(time.Hour).Unix())), ErrUnknown},
			{"for somebody else", sign(k.method, k.key, with("aud", "bank")), ErrUnknown},
			{"of somebody else", sign(k.method, k.key, with("iss", "evil")), ErrUnknown},
			{"without a role", sign(k.method, k.key, with("role", nil)), ErrUnknown},
			{"a role that is none", sign(k.method, k.key, with("role", "root")), ErrUnknown},
			{"without a subject", sign(k.method, k.key, with("sub", nil)), ErrUnknown},
			{"cut off", whole[:len(whole)-4], ErrUnknown},
			{"not signed", whole[:strings.LastIndex(whole, ".")+1], ErrUnknown},
		} {
			if p, err := g.Admit(c.token); !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %+v, %v; want %v", k.name, c.name, p, err, c.want)
			}
		}
	}
	small, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]string{"another curve": publicFile(t, &small.PublicKey), "no PEM": file(t, "x"), "missing": "/nowhere"} {
		if _, err := OpenSigned(SignedConfig{KeyFile: f, Issuer: "i", Audience: "a"}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := OpenSigned(SignedConfig{KeyFile: publicFile(t, edPublic)}); err == nil {
		t.Error("a key without issuer and audience is taken")
	}
}

func TestOnlyPagesOfThisHostAndThisMachineMayConnect(t *testing.T) {
	for _, c := range []struct {
		origin, host string
		open, here   bool // allowed behind tokens; on this machine without tokens
	}{
		{"", "any:5000", true, true}, // a program, no browser
		{"http://localhost:8080", "localhost:5001", true, true},
		{"http://127.0.0.1:3000", "localhost:5001", true, true},
		{"http://[::1]:3000", "127.0.0.1:5001", true, true},
		{"http://10.0.0.7:8080", "10.0.0.7:8080", true, true},
		{"http://drones:8080", "drones:8080", true, true}, // a name of a local network
		{"https://ops.example", "drones.lan", true, true},
		{"http://drones.lan:8080", "drones.lan:8080", true, false},
		{"http://evil.example", "evil.example", true, false}, // a name that was turned to 127.0.0.1
		{"http://evil.example", "localhost:5001", false, false},
		{"http://localhost.evil.example", "localhost:5001", false, false},
		{"http://localhost:8080", "drones.lan:5001", false, false},
		{"null", "localhost:5001", false, false},
		{"file://", "localhost:5001", false, false},
		{"https://ops.example.evil", "drones.lan", false, false},
		{"https://ops.example:444", "drones.lan", false, false},
		{"http://ops.example", "drones.lan", false, false},
	} {
		r := &http.Request{Host: c.host, Header: http.Header{}}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		for _, rebound := range []bool{false, true} {
			o := Origins{Listed: []string{"https://ops.example"}, Rebound: rebound}
			want := c.open
			if rebound {
				want = c.here
			}
			if got := o.Allows(r); got != want {
				t.Errorf("origin %q at %q, on this machine only %v: %v, want %v", c.origin, c.host, rebound, got, want)
			}
		}
	}
	for _, bad := range []string{"*", "https://*.example", "ops.example", "https://ops.example/", "https://ops.example/x", "HTTPS://ops.example", "null", "ftp://x"} {
		if CheckOrigins([]string{bad}) == nil {
			t.Errorf("origin %q is taken", bad)
		}
	}
	if err := CheckOrigins([]string{"https://ops.example:8443", "http://10.0.0.1"}); err != nil {
		t.Error(err)
	}
}

func TestALimiterBoundsEachPartyAndItsOwnMemory(t *testing.T) {
	now := time.Unix(0, 0)
	l := NewLimiter(2, 4)
	l.now = func() time.Time { return now }
	took := func(key string, n int) (got int) {
		for range n {
			if l.Take(key) {
				got++
			}
		}
		return got
	}
	if n := took("a", 10); n != 4 {
		t.Errorf("a burst of %d, want 4", n)
	}
	if n := took("b", 3); n != 3 {
		t.Errorf("b pays for a: %d of 3", n)
	}
	now = now.Add(time.Second)
	if n := took("a", 10); n != 2 {
		t.Errorf("%d in the next second, want 2", n)
	}
	for i := range 3 * maxBuckets {
		l.Take(strconv.Itoa(i))
	}
	if len(l.buckets) != maxBuckets || l.order.Len() != maxBuckets {
		t.Errorf("remembers %d and %d parties, want %d", len(l.buckets), l.order.Len(), maxBuckets)
	}
}

func TestOnlyAProxyWeKnowIsBelievedAboutWhoIsBehindIt(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct{ peer, header, want string }{
		{"203.0.113.7:1", "", "203.0.113.7"},
		{"203.0.113.7:1", "1.1.1.1", "203.0.113.7"},
		{"10.1.2.3:1", "1.1.1.1", "1.1.1.1"},
		{"10.1.2.3:1", "9.9.9.9, 1.1.1.1", "1.1.1.1"}, // the first was sent by the client
		{"10.1.2.3:1", "nonsense", "10.1.2.3"},
		{"[::ffff:10.1.2.3]:1", "2001:db8::1", "2001:db8::1"},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{}}
		for _, spoof := range []string{"X-Real-IP", "True-Client-IP", "Forwarded", "CF-Connecting-IP"} {
			r.Header.Set(spoof, "8.8.8.8")
		}
		if c.header != "" {
			r.Header.Set("X-Forwarded-For", c.header)
		}
		if got := Address(r, proxies); got != c.want {
			t.Errorf("%s says %q: taken for %s, want %s", c.peer, c.header, got, c.want)
		}
	}
}

func FuzzParseTokens(f *testing.F) {
	f.Add([]byte("tokens:\n  - {name: a, role: viewer, hash: '" + hashOf("x") + "', expires: 2030-01-01T00:00:00Z}\n"))
	f.Add([]byte("tokens: []\n"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := parseTokens(b)
		for _, p := range all {
			if err == nil && (p.Role == Nobody || p.Name == "" || p.hash == "") {
				t.Fatalf("took %+v", p)
			}
		}
	})
}
