package main_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
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
		if bytes.Contains(p.log.Bytes(), []byte(secret)) {
			t.Errorf("the token of the %s is in the log", who)
		}
	}
}
