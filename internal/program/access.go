package program

import (
	"net/netip"
	"slices"
	"strings"

	"volary/internal/access"
)

// Access are the settings of who may use a backend over the network.
type Access struct {
	TokensFile        string   `help:"File with the hashes of tokens, see volary token create: then whoever comes needs one." placeholder:"FILE"`
	JWTKeyFile        string   `name:"jwt-key-file" help:"Public key (PEM) of who signs tokens: signed tokens (JWT) are taken too." placeholder:"FILE"`
	JWTIssuer         string   `name:"jwt-issuer" help:"What signed tokens must name as iss."`
	JWTAudience       string   `name:"jwt-audience" help:"What signed tokens must name in aud."`
	Origins           []string `help:"Origins of web pages that may connect, beside the own host: scheme://host:port, compared as a whole." placeholder:"URL"`
	TrustedProxies    []string `help:"Addresses of proxies that are believed about who is behind them." placeholder:"CIDR"`
	RequestsPerSecond float64  `default:"100" help:"REST requests a party may make, sustained, where tokens are on; 0: no limit."`
	Insecure          bool     `help:"Be reachable beyond this machine without tokens: whoever reaches the address commands the fleet."`
}

// Opened is what Access says, read and checked.
type Opened struct {
	Gate      *access.Gate
	Origins   access.Origins
	Proxies   []netip.Prefix
	PerSecond float64
}

// Open reads the tokens and refuses what would be unsafe: hosts are those the
// program can be reached at.
func (a *Access) Open(hosts ...string) (*Opened, error) {
	o := &Opened{}
	a.Origins = slices.DeleteFunc(a.Origins, func(o string) bool { return o == "" }) // an empty setting of the environment
	o.Origins.Listed = a.Origins
	if err := access.CheckOrigins(a.Origins); err != nil {
		return nil, Usage("--origins: %v", err)
	}
	for _, text := range a.TrustedProxies {
		if text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if ip, e := netip.ParseAddr(text); e == nil {
			p, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil {
			return nil, Usage("--trusted-proxies %q: give an address, or a network such as 10.0.0.0/8", text)
		}
		o.Proxies = append(o.Proxies, p.Masked())
	}
	if !(a.RequestsPerSecond >= 0 && a.RequestsPerSecond <= 1e6) {
		return nil, Usage("--requests-per-second %v: give 0 to 1000000", a.RequestsPerSecond)
	}
	if err := a.openGate(o); err != nil {
		return nil, err
	}
	if o.Gate.Closed() {
		o.PerSecond = a.RequestsPerSecond
		return o, nil
	}
	o.Origins.Rebound = !a.Insecure
	for _, h := range hosts {
		if !Loopback(strings.Trim(h, "[]")) && !a.Insecure {
			return nil, Usage("reachable at %s without tokens: whoever gets there could command the fleet; make tokens with volary token create and name their file with --tokens-file, stay on 127.0.0.1 (VOLARY_BIND, --http), or add --insecure if the network is yours alone", h)
		}
	}
	return o, nil
}

func (a *Access) openGate(o *Opened) (err error) {
	var tokens *access.Tokens
	var signed *access.Signed
	if a.TokensFile != "" {
		if tokens, err = access.OpenTokens(a.TokensFile); err != nil {
			return err
		}
	}
	switch {
	case a.JWTKeyFile != "":
		if signed, err = access.OpenSigned(access.SignedConfig{KeyFile: a.JWTKeyFile, Issuer: a.JWTIssuer, Audience: a.JWTAudience}); err != nil {
			return err
		}
	case a.JWTIssuer != "" || a.JWTAudience != "":
		return Usage("--jwt-issuer and --jwt-audience need --jwt-key-file")
	}
	o.Gate = access.NewGate(tokens, signed)
	return nil
}

// developmentSecret is how the values that come with the source begin. Everybody
// knows them.
const developmentSecret = "development-only-"

// KnownToAll tells whether a secret is one of those that come with the source.
func KnownToAll(secret string) bool { return strings.HasPrefix(secret, developmentSecret) }
