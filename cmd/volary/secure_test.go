package main_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// The frontend's own Nginx configuration with the TLS profile, in front of a
// program with tokens: what deploy/e2e/secure.mjs checks of containers, here
// without them.
func TestTokensAndTLSHoldThroughNginxAndBesideIt(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	secrets := filepath.Join(dir, "secrets")
	made, err := exec.Command(filepath.Join(root, "deploy/secure/make.sh"), secrets).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, made)
	}
	tokens := filepath.Join(secrets, "tokens.yaml")
	token := map[string]string{}
	for _, role := range []string{"viewer", "operator"} {
		out, err := exec.Command(filepath.Join(bin, "volary"), "token", "create", "e2e-"+role, "--role", role, "--file", tokens).Output()
		if err != nil {
			t.Fatal(err)
		}
		token[role] = strings.TrimSpace(string(out))
	}
	p, site := up(t, "--drones", "5", "--tokens-file", tokens)
	site.until("it is ready", 30*time.Second, func() bool { code, _ := site.call("GET", "/readyz", nil, nil); return code == 200 })

	// The file as it is shipped, but for where things are.
	front := freeAddr(t)
	conf := func(name string, pairs ...string) string {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(text, pairs[i]) {
				t.Fatalf("%s has no %q", name, pairs[i])
			}
			text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
		}
		to := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return to
	}
	tls := conf("deploy/secure/tls.conf", "listen 8443", "listen "+front,
		"/run/secrets/tls_cert", filepath.Join(secrets, "tls_cert.pem"), "/run/secrets/tls_key", filepath.Join(secrets, "tls_key.pem"))
	nginx := exec.Command("nginx", "-c", conf("nginx.conf", "/tmp/", dir+"/", "listen 8080;", "listen "+freeAddr(t)+";", "/etc/volary/*.conf", tls,
		"/srv/dashboard", filepath.Join(root, "web"), "http://backend:5000", site.url, "resolver 127.0.0.11", "resolver 127.0.0.1"))
	var said bytes.Buffer
	nginx.Stdout, nginx.Stderr = &said, &said
	nginx.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := nginx.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- nginx.Wait() }()
	defer func() {
		_ = nginx.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Logf("nginx said:\n%s", &said)
		}
	}()
	site.until("Nginx answers", 10*time.Second, func() bool {
		c, err := net.Dial("tcp", front)
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	})
	_, port, err := net.SplitHostPort(front)
	if err != nil {
		t.Fatal(err)
	}

	node := exec.Command("node", filepath.Join(root, "deploy/e2e/secure.mjs"))
	node.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+filepath.Join(secrets, "tls_cert.pem"),
		"FRONT=https://localhost:"+port, "BACK="+site.url, "VIEWER="+token["viewer"], "OPERATOR="+token["operator"])
	out, err := node.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
	for who, secret := range token {
		if strings.Contains(p.log.String(), secret) {
			t.Errorf("the token of the %s is in the log", who)
		}
	}
}

// Two simulators of one name: the newer flies on in a session of its own, the
// older stops and says why.
func TestASecondSimulatorOfTheSameNameTakesOver(t *testing.T) {
	addr, nats, data := freeAddr(t), freeAddr(t), t.TempDir()
	s := site{t, "http://" + addr}
	start(t, "backend", "--listen", addr, "--link-listen", nats, "--link-dir", data, "--scenarios-dir", filepath.Join(data, "scenarios"), "--database-url", "sqlite:"+filepath.Join(data, "v.db"))
	simulator := func() *process {
		return start(t, "simulator", "--id", "twin", "--link-url", "nats://"+nats, "--health", freeAddr(t), "--drones", "3")
	}
	older := simulator()
	s.flying(30 * time.Second)
	id := s.status().Session.ID
	simulator()
	select {
	case <-older.end:
		older.end <- nil
	case <-time.After(30 * time.Second):
		t.Fatal("the older one still runs")
	}
	if code := older.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(older.log.String(), "taken over") {
		t.Errorf("exit code %d: %s", code, older.log)
	}
	s.until("the newer one flies", 30*time.Second, func() bool {
		st := s.status()
		return st.Link.Connected && st.Session.ID != id && st.Tick > 500
	})
	var first struct{ State, Reason string }
	if _, text := s.call("GET", "/api/v1/sessions/"+id, nil, &first); first.State != "ended" {
		t.Errorf("the session of the older one is %q: %s", first.State, text)
	}
}

// What the alerts and the dashboard ask for is there, and named as is the custom.
func TestMetricsAreNamedByTheConventionsAndUsed(t *testing.T) {
	admin := freeAddr(t)
	_, s := up(t, "--drones", "3", "--admin", admin)
	s.flying(30 * time.Second)
	a := site{t, "http://" + admin}
	code, text := a.call("GET", "/metrics", nil, nil)
	if code != 200 {
		t.Fatalf("%d %.200s", code, text)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "volary_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	for _, name := range []string{"alerts.yml", "dashboard.json"} {
		b, err := os.ReadFile(filepath.Join("../../deploy/observability", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\b(volary|go|process)_[a-z0-9_]+`).FindAllString(string(b), -1) {
			if !strings.Contains(text, "\n"+m+" ") {
				t.Errorf("%s asks for %s, which is not there", name, m)
			}
		}
	}
	b, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	alerts, err := os.ReadFile("../../deploy/observability/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(string(alerts), -1) {
		if !strings.Contains(string(b), "`"+m[1]+"`") {
			t.Errorf("docs/operating.md doesn't say what to do about %s", m[1])
		}
	}
	if code, _ := a.call("GET", "/debug/pprof/goroutine?debug=1", nil, nil); code != 200 {
		t.Errorf("pprof answers %d", code)
	}
	if code, _ := s.call("GET", "/debug/pprof/", nil, nil); code == 200 {
		if _, text := s.call("GET", "/debug/pprof/", nil, nil); strings.Contains(text, "goroutine") {
			t.Error("pprof is open to clients")
		}
	}
	out, err := exec.Command(filepath.Join(bin, "volary"), "up", "--http", "127.0.0.1:0", "--data", t.TempDir(), "--admin", "0.0.0.0:0").CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("this machine only")) {
		t.Errorf("an open admin port: %s", out)
	}
}
