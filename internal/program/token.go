package program

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"volary/internal/access"
)

// Token is the command that makes tokens.
type Token struct {
	Create createToken `cmd:"" help:"Make a token, and add its hash to a token file."`
}

// createToken makes one.
type createToken struct {
	Name    string        `arg:"" help:"Who it is for; shown in logs."`
	Role    string        `enum:"viewer,operator,admin" default:"viewer" help:"viewer sees, operator flies, admin also deletes sessions and keeps scenarios."`
	Expires time.Duration `default:"8760h" help:"How long it holds; 0: for ever." placeholder:"720h"`
	File    string        `help:"Token file to add it to; it is made when missing. Without, the line is printed." type:"path" placeholder:"FILE"`
	JSON    bool          `name:"json" help:"Print an object for programs."`
}

// Run prints the token, once: only its hash is kept.
func (c *createToken) Run() error {
	role, err := access.ParseRole(c.Role)
	if err != nil {
		return Usage("--role: %v", err)
	}
	if c.Expires < 0 {
		return Usage("--expires %v lies in the past", c.Expires)
	}
	var until time.Time
	if c.Expires > 0 {
		until = time.Now().Add(c.Expires)
	}
	token, line, err := access.Create(c.Name, role, until)
	if err != nil {
		return Usage("%v", err)
	}
	if c.File != "" {
		if err := access.Append(c.File, line); err != nil {
			return err
		}
	}
	switch {
	case c.JSON:
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"name": c.Name, "role": role.String(), "token": token, "line": line})
	case c.File != "":
		fmt.Fprintf(os.Stderr, "%s (%s) was added to %s; a running backend takes it in within seconds. The token, shown this once:\n", c.Name, role, c.File)
		fmt.Println(token)
	default:
		fmt.Fprintln(os.Stderr, "The token, shown this once, and the line for the token file below `tokens:`:")
		fmt.Println(token)
		fmt.Print("  " + strings.ReplaceAll(strings.TrimSpace(line), "\n", "\n  ") + "\n")
	}
	return nil
}
