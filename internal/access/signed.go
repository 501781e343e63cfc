package access

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// SignedConfig says which signed tokens (JWT) are taken.
type SignedConfig struct {
	KeyFile  string // public key, PEM: RSA (RS256), ECDSA P-256 (ES256) or Ed25519 (EdDSA)
	Issuer   string // must be the token's iss
	Audience string // must be among the token's aud
}

// Signed takes tokens that an identity provider signed. One key means one
// algorithm: what the token's head says of algorithm or key is believed only
// where it agrees. That shuts out alg none, a public key used as a shared secret,
// and key ids that name files.
type Signed struct {
	key    any
	parser *jwt.Parser
	alg    string
}

// clockSkew is how far the clocks of who signs and who checks may be apart.
const clockSkew = 30 * time.Second

// OpenSigned reads the key.
func OpenSigned(cfg SignedConfig) (*Signed, error) {
	if cfg.Issuer == "" || cfg.Audience == "" {
		return nil, errors.New("signed tokens: give the issuer and the audience that tokens must name")
	}
	b, err := os.ReadFile(cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("signed tokens: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("signed tokens: %s holds no PEM block", cfg.KeyFile)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("signed tokens: %s is not a public key (PKIX): %w", cfg.KeyFile, err)
	}
	s := &Signed{key: key}
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < 2048 {
			return nil, fmt.Errorf("signed tokens: an RSA key of %d bits is too short: 2048 or more", k.N.BitLen())
		}
		s.alg = "RS256"
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return nil, errors.New("signed tokens: of elliptic curves P-256 is taken")
		}
		s.alg = "ES256"
	case ed25519.PublicKey:
		s.alg = "EdDSA"
	default:
		return nil, fmt.Errorf("signed tokens: a key of type %T is not taken: RSA, P-256 or Ed25519", key)
	}
	s.parser = jwt.NewParser(jwt.WithValidMethods([]string{s.alg}), jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audience),
		jwt.WithExpirationRequired(), jwt.WithLeeway(clockSkew), jwt.WithStrictDecoding())
	return s, nil
}

type claims struct {
	Role string `json:"role"`
	jwt.RegisteredClaims
}

func (s *Signed) admit(token string) (*Party, error) {
	var c claims
	_, err := s.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return s.key, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, ErrExpired
	case err != nil:
		return nil, ErrUnknown
	}
	role, err := ParseRole(c.Role)
	if err != nil || c.Subject == "" || len(c.Subject) > 200 {
		return nil, ErrUnknown
	}
	return &Party{Name: c.Subject, Role: role, Expires: c.ExpiresAt.Add(clockSkew)}, nil
}
