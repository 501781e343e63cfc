// Package program is what Volary's commands have in common: settings from a
// file, the environment and flags, the log, signals, and exit codes.
package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"
)

// Exit codes.
const (
	Done   = 0
	Failed = 1
	Misuse = 2
)

// EnvPrefix stands before the name of a setting in the environment.
const EnvPrefix = "VOLARY_"

// Log are the settings of the log.
type Log struct {
	LogFormat string `enum:"console,json" default:"console" help:"How log lines look: console or json."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" help:"The least grave lines that are logged."`
}

// Logger makes a logger that writes to w, and every line as JSON to also, which
// may be nil.
func (l Log) Logger(w, also io.Writer) zerolog.Logger {
	level, err := zerolog.ParseLevel(l.LogLevel)
	if err != nil {
		level = zerolog.InfoLevel
	}
	out := w
	if l.LogFormat == "console" {
		out = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: !terminal(w)}
	}
	if also != nil {
		out = zerolog.MultiLevelWriter(out, also)
	}
	zerolog.TimeFieldFormat = time.RFC3339Nano
	return zerolog.New(out).Level(level).With().Timestamp().Logger()
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Context ends at Ctrl-C or SIGTERM; a second one ends the process at once.
func Context() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// Main reads the settings of grammar, a pointer to a struct of kong, and runs the
// chosen command's Run(context.Context, *Settings) error. It returns the exit code.
func Main(name, description string, grammar any, version, healthURL string, args []string) int {
	vars := kong.Vars{"version": version, "health_url": healthURL}
	settings, err := Parse(name, description, grammar, vars, args, os.Environ(), os.Stdout)
	switch {
	case errors.Is(err, errHelp):
		return Done
	case err != nil:
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return Misuse
	}
	ctx, cancel := Context()
	defer cancel()
	stop := context.AfterFunc(ctx, cancel) // the second signal is the system's again
	defer stop()
	settings.kong.BindTo(ctx, (*context.Context)(nil))
	err = settings.kong.Run(settings, grammar)
	var usage *UsageError
	switch {
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return Misuse
	case err != nil && !errors.Is(err, context.Canceled):
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return Failed
	}
	return Done
}

// UsageError is a command that was asked for what can't be.
type UsageError struct{ Message string }

func (e *UsageError) Error() string { return e.Message }

// Usage makes a UsageError.
func Usage(format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...)}
}

// Secret reads a secret from a file; the line end after it is cut off. An empty
// name is no secret.
func Secret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("a secret can't be read: %w", err)
	}
	s := strings.TrimRight(string(b), "\r\n")
	if s == "" {
		return "", fmt.Errorf("the secret in %s is empty", file)
	}
	return s, nil
}

var errHelp = errors.New("help shown")

// Settings is what was read, and where it came from.
type Settings struct {
	kong *kong.Context
}
