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

healthy=0
for _ in $(seq 120); do
  healthy=0
  for service in postgres backend simulator frontend; do
    id=$(compose ps -q "$service")
    if [ -n "$id" ] && [ "$(docker inspect -f '{{.State.Health.Status}}' "$id")" = healthy ]; then
      healthy=$((healthy + 1))
    fi
  done
  [ "$healthy" -eq 4 ] && break
  sleep 1
done
if [ "$healthy" -ne 4 ]; then
  say "FAILED  only $healthy of 4 containers became healthy"
  exit 1
fi
say "four containers are healthy"

node deploy/e2e/checks.mjs "$out" "$began"
