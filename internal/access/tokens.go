package access

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.yaml.in/yaml/v4"
)

// entry is a line of the token file.
type entry struct {
	Name    string     `yaml:"name"`
	Role    string     `yaml:"role"`
	Hash    string     `yaml:"hash"`
	Expires *time.Time `yaml:"expires,omitempty"`
}

type tokenFile struct {
	Tokens []yaml.Node `yaml:"tokens"`
}

// Tokens are the parties of a token file.
type Tokens struct {
	name string
	live atomic.Pointer[map[string]Party] // by hash
	seen []byte                           // the file as it was last looked at
}

const (
	tokenPrefix = "vly_"
	hashPrefix  = "sha256:"
	tokenBytes  = 32
	maxTokens   = 10_000
	maxFile     = 4 << 20
	// reloadEvery, together with the hub's look at who is connected, keeps the time
	// a token that was taken back goes on working far below a minute.
	reloadEvery = 2 * time.Second
)

// Create makes a new token, and the line of the token file that knows it by its
// hash. A token holds 256 random bits, which nobody guesses, so a plain hash is
// as good as a slow one.
func Create(name string, role Role, expires time.Time) (token, line string, err error) {
	var b [tokenBytes]byte
	rand.Read(b[:])
	token = tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	e := entry{Name: name, Role: role.String(), Hash: hashOf(token)}
	if !expires.IsZero() {
		t := expires.UTC().Truncate(time.Second)
		e.Expires = &t
	}
	if _, err := e.party(); err != nil {
		return "", "", err
	}
	text, err := yaml.Marshal([]entry{e})
	if err != nil {
		return "", "", fmt.Errorf("access: %w", err)
	}
	return token, string(text), nil
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hashPrefix + hex.EncodeToString(sum[:])
}

// OpenTokens reads a token file. Errors name the line.
func OpenTokens(name string) (*Tokens, error) {
	t := &Tokens{name: name}
	b, err := t.read()
	if err != nil {
		return nil, err
	}
	parties, err := parseTokens(b)
	if err != nil {
		return nil, fmt.Errorf("tokens: %s:%w", name, err)
	}
	t.seen = b
	t.live.Store(&parties)
	return t, nil
}

func (t *Tokens) read() ([]byte, error) {
	f, err := os.Open(t.name)
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("tokens: %w", err)
	case len(b) > maxFile:
		return nil, fmt.Errorf("tokens: %s is larger than %d bytes", t.name, maxFile)
	}
	return b, nil
}

func parseTokens(b []byte) (map[string]Party, error) {
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	var f tokenFile
	if err := dec.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("1: empty: make a token with `volary token create`")
		}
		return nil, fmt.Errorf(" %w", err)
	}
	if len(f.Tokens) == 0 || len(f.Tokens) > maxTokens {
		return nil, fmt.Errorf("1: %d tokens: a file has 1 to %d", len(f.Tokens), maxTokens)
	}
	all := make(map[string]Party, len(f.Tokens))
	names := make(map[string]bool, len(f.Tokens))
	for i := range f.Tokens {
		n := &f.Tokens[i]
		var e entry
		if err := strict(n, &e); err != nil {
			return nil, fmt.Errorf("%d: %w", n.Line, err)
		}
		p, err := e.party()
		switch {
		case err != nil:
			return nil, fmt.Errorf("%d: %w", n.Line, err)
		case names[e.Name]:
			return nil, fmt.Errorf("%d: name: %q is there twice", n.Line, e.Name)
		case all[e.Hash].Name != "":
			return nil, fmt.Errorf("%d: hash: the token of %q once more", n.Line, all[e.Hash].Name)
		}
		names[e.Name] = true
		all[e.Hash] = p
	}
	return all, nil
}

// strict decodes a node, refusing keys that are none.
func strict(n *yaml.Node, e *entry) error {
	if n.Kind != yaml.MappingNode {
		return errors.New("give name, role and hash")
	}
	for i := 0; i < len(n.Content); i += 2 {
		if k := n.Content[i].Value; !slices.Contains([]string{"name", "role", "hash", "expires"}, k) {
			return fmt.Errorf("%q is not a key: name, role, hash, expires", k)
		}
	}
	return n.Decode(e)
}

func (e *entry) party() (Party, error) {
	p := Party{Name: e.Name, hash: e.Hash}
	if e.Name == "" || len(e.Name) > 100 || strings.ContainsFunc(e.Name, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) {
		return p, errors.New("name: give 1 to 100 bytes without control characters")
	}
	role, err := ParseRole(e.Role)
	if err != nil {
		return p, fmt.Errorf("role: %w", err)
	}
	p.Role = role
	digits, ok := strings.CutPrefix(e.Hash, hashPrefix)
	if b, err := hex.DecodeString(digits); !ok || err != nil || len(b) != sha256.Size || digits != strings.ToLower(digits) {
		return p, errors.New("hash: give sha256: and 64 hexadecimal digits, as `volary token create` prints them; never the token itself")
	}
	if e.Expires != nil {
		p.Expires = *e.Expires
	}
	return p, nil
}

// admit finds whose token it is. The map is keyed by the hash, so how long the
// look-up takes tells nothing of the tokens there are.
func (t *Tokens) admit(token string, now time.Time) (*Party, error) {
	p, ok := (*t.live.Load())[hashOf(token)]
	switch {
	case !ok:
		return nil, ErrUnknown
	case !p.Expires.IsZero() && !now.Before(p.Expires):
		return nil, ErrExpired
	}
	return &p, nil
}

func (t *Tokens) still(p *Party) bool {
	now, ok := (*t.live.Load())[p.hash]
	return ok && now.Role == p.Role && now.Expires.Equal(p.Expires)
}

func (t *Tokens) run(ctx context.Context, log zerolog.Logger) error {
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			t.Reload(log)
		}
	}
}

// Reload takes in what changed in the file. One that can't be read leaves the
// parties as they were, and the log says so, once.
func (t *Tokens) Reload(log zerolog.Logger) {
	b, err := t.read()
	if err != nil {
		b = []byte(err.Error()) // remembered, so that it is said once
	}
	if bytes.Equal(b, t.seen) {
		return
	}
	t.seen = b
	if err == nil {
		var all map[string]Party
		if all, err = parseTokens(b); err == nil {
			t.live.Store(&all)
			log.Info().Int("tokens", len(all)).Msg("the token file changed: taken in")
			return
		}
	}
	log.Error().Err(err).Msg("the token file can't be read: the tokens of before still hold")
}

// Append adds a line of Create to a token file, which is made when missing. The
// file itself is written on, not replaced: a container that has it mounted sees
// the change. Whoever reads it half written finds an error, and waits.
func Append(name, line string) (err error) {
	t := &Tokens{name: name}
	b, err := t.read()
	switch {
	case errors.Is(err, os.ErrNotExist):
		b = nil
	case err != nil:
		return err
	}
	var add []byte
	if len(b) == 0 {
		add = []byte("# Who may use this Volary. Tokens themselves are in no file; these are their hashes.\ntokens:\n")
	} else if b[len(b)-1] != '\n' {
		add = []byte("\n")
	}
	add = append(add, "  "+strings.ReplaceAll(strings.TrimSpace(line), "\n", "\n  ")+"\n"...)
	if _, err := parseTokens(append(b, add...)); err != nil {
		return fmt.Errorf("tokens: %s:%w (with the new token at the end; is `tokens:` the last key?)", name, err)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // hashes of random tokens; a container's user must read them
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(add); err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	return nil
}
