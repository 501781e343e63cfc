#!/usr/bin/env bash
# The four containers, end to end: builds them, starts them on this machine, checks
# the whole path (deploy/e2e/checks.mjs), takes everything down. Where no registry
# answers, base images are built from Debian packages (deploy/airgap).
# Writes docs/verification/compose.md. Exit 1 when a check failed.
#   VOLARY_E2E_OUT   folder for the pictures and logs; default: a temporary one
set -euo pipefail

cd "$(dirname "$0")/../.."
began=$(date +%s)
export COMPOSE_PROJECT_NAME=volary-e2e
export VOLARY_BIND=127.0.0.1 VOLARY_TAG=e2e
VOLARY_VERSION=$(git describe --always --dirty 2>/dev/null || echo unknown)
export VOLARY_VERSION
out=${VOLARY_E2E_OUT:-$(mktemp -d /tmp/volary-e2e.XXXXXX)}
mkdir -p "$out"

compose() { docker-compose -p "$COMPOSE_PROJECT_NAME" "$@"; }
say() { printf '%4ds  %s\n' "$(($(date +%s) - began))" "$*"; }

# shellcheck disable=SC2317 # called by the trap
finish() {
  local rc=$?
  trap - EXIT
  # Everything goes down, whatever happened.
  set +e
  if [ -n "${up:-}" ]; then
    compose logs --no-color >"$out/containers.log" 2>&1
    if [ "$rc" -ne 0 ]; then
      compose ps
      echo "the last lines of each container; all of them in $out/containers.log"
      compose logs --no-color --tail 60
    fi
    compose down -v --remove-orphans >"$out/down.log" 2>&1 || cat "$out/down.log"
  fi
  deploy/airgap/engine.sh stop
  say "done, exit $rc"
  exit "$rc"
}
trap finish EXIT
trap 'exit 130' INT TERM

# registry_answers: asks for a tag that nobody has. A registry says so; silence means none.
registry_answers() {
  local reply
  reply=$(timeout 15 docker pull -q nginx:no-such-tag-volary 2>&1) || true
  grep -qiE 'manifest.*(unknown|not found)|not found: manifest' <<<"$reply"
}

# free PORT: the port itself if nothing listens there, else another that is free.
free() {
  node -e 'const net = require("net");
const listen = (p, then) => { const s = net.createServer(); s.on("error", () => listen(0, then)); s.listen(p, "127.0.0.1", () => { const q = s.address().port; s.close(() => then(q)); }); };
listen(Number(process.argv[1]), (p) => console.log(p));' "$1"
}

deploy/airgap/engine.sh start

if [ -n "${GO_IMAGE:-}" ] && [ "${GO_IMAGE#volary-base/}" = "$GO_IMAGE" ]; then
  say "base images: as the environment says"
elif [ ! -f deploy/airgap/bases.env ] && registry_answers; then
  say "base images: from the registry"
else
  say "base images: no registry, or local ones wanted: building what is missing"
  deploy/airgap/build-bases.sh
  set -a
  # shellcheck disable=SC1091 # written by build-bases.sh
  . deploy/airgap/bases.env
  set +a
fi

VOLARY_FRONTEND_PORT=$(free 8080)
VOLARY_BACKEND_PORT=$(free 5000)
VOLARY_SOCKET_PORT=$(free 5001)
export VOLARY_FRONTEND_PORT VOLARY_BACKEND_PORT VOLARY_SOCKET_PORT

# Left over from a run that was killed.
compose down -v --remove-orphans >/dev/null 2>&1 || true

# What the checks themselves need: a socket client and a driver of the browser.
[ -d web/node_modules/socket.io-client ] || npm ci --prefix web --no-audit --no-fund >"$out/npm.log" 2>&1 || {
  cat "$out/npm.log"
  exit 1
}

say "building the images and starting"
up=1
if ! compose up -d --build >"$out/up.log" 2>&1; then
  tail -n 60 "$out/up.log"
  exit 1
fi
say "started on ports $VOLARY_FRONTEND_PORT, $VOLARY_BACKEND_PORT, $VOLARY_SOCKET_PORT"

all_healthy() {
  local healthy service id
  for _ in $(seq 120); do
    healthy=0
    for service in postgres backend simulator frontend; do
      id=$(compose ps -q "$service")
      if [ -n "$id" ] && [ "$(docker inspect -f '{{.State.Health.Status}}' "$id")" = healthy ]; then
        healthy=$((healthy + 1))
      fi
    done
    if [ "$healthy" -eq 4 ]; then
      say "four containers are healthy"
      return
    fi
    sleep 1
  done
  say "FAILED  only $healthy of 4 containers became healthy"
  return 1
}
all_healthy

node deploy/e2e/checks.mjs "$out" "$began"

# The same containers with tokens and TLS: the database keeps its password.
say "again with tokens and TLS"
export VOLARY_SECRETS_DIR=$out/secrets
mkdir -p "$VOLARY_SECRETS_DIR"
cp deploy/secrets/dev/* "$VOLARY_SECRETS_DIR"
deploy/secure/make.sh "$VOLARY_SECRETS_DIR" >"$out/secrets.log"
VOLARY_TLS_PORT=$(free 8443)
export VOLARY_TLS_PORT
compose() { docker-compose -p "$COMPOSE_PROJECT_NAME" -f docker-compose.yml -f deploy/secure/compose.yml "$@"; }
token() { # ROLE: makes one with the program that will ask for it
  local made
  made=$(docker run --rm "volary/backend:$VOLARY_TAG" token create "e2e-$1" --role "$1" --json)
  node -e 'console.log(JSON.parse(process.argv[1])[process.argv[2]].trimEnd().replace(/^/gm, process.argv[2] === "line" ? "  " : ""))' "$made" line >>"$VOLARY_SECRETS_DIR/tokens.yaml"
  node -e 'console.log(JSON.parse(process.argv[1]).token)' "$made"
}
VIEWER=$(token viewer)
OPERATOR=$(token operator)
export VIEWER OPERATOR
if ! compose up -d >"$out/secure.log" 2>&1; then
  tail -n 60 "$out/secure.log"
  exit 1
fi
all_healthy
for _ in $(seq 60); do # the simulator has found the backend again
  curl -fsS -H "Authorization: Bearer $VIEWER" "http://127.0.0.1:$VOLARY_BACKEND_PORT/api/v1/status" | grep -q '"state":"running"' && break
  sleep 1
done
NODE_EXTRA_CA_CERTS=$VOLARY_SECRETS_DIR/tls_cert.pem FRONT=https://localhost:$VOLARY_TLS_PORT \
  BACK=http://127.0.0.1:$VOLARY_BACKEND_PORT node deploy/e2e/secure.mjs
