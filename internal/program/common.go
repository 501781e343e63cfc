package program

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// Healthcheck asks a program whether it is well.
type Healthcheck struct {
	URL string `default:"${health_url}" help:"What to ask."`
}

// Run exits with 0 when the answer is 200.
func (h *Healthcheck) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL, nil)
	if err != nil {
		return Usage("%v", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return fmt.Errorf("%s answers %s: %s", h.URL, res.Status, text)
	}
	return nil
}

// Version prints the version.
type Version struct{}

// Run prints it.
func (Version) Run(s *Settings) error {
	_, err := fmt.Fprintln(os.Stdout, s.kong.Model.Vars()["version"])
	return err
}

// Loopback tells whether only this machine reaches a host.
func Loopback(host string) bool {
	return host == "" || host == "localhost" || host == "127.0.0.1" || host == "::1"
}
