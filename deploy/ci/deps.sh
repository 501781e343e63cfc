#!/usr/bin/env bash
# Installs what the tests need and this machine lacks.
set -euo pipefail
cd "$(dirname "$0")/../.."

want=()
need() { # COMMAND-OR-FILE PACKAGE
  if ! command -v "$1" >/dev/null 2>&1 && [ ! -e "$1" ]; then want+=("$2"); fi
}
shopt -s nullglob
servers=(/usr/lib/postgresql/*/bin/postgres)
[ ${#servers[@]} -gt 0 ] || want+=(postgresql)
need chromium chromium
need nginx nginx-light
need python3 python3
need git git
need openssl openssl
if [ -x /usr/bin/python3 ]; then
  /usr/bin/python3 -c 'import socketio, aiohttp' 2>/dev/null || want+=(python3-socketio python3-aiohttp)
else
  want+=(python3-socketio python3-aiohttp)
fi
need gcc gcc # for the race detector
if [ ${#want[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "install these first, with what this system has for it: ${want[*]}" >&2
    exit 1
  fi
  sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  echo "installing ${want[*]}"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${want[@]}" >/dev/null
fi

go mod download
(cd internal/socketio/clients/goclient && go mod download)
for clients in internal/socketio/clients examples/javascript; do
  if [ ! -e $clients/node_modules/.package-lock.json ] || [ $clients/package-lock.json -nt $clients/node_modules/.package-lock.json ]; then
    npm ci --prefix $clients --no-audit --no-fund --loglevel=error
    touch $clients/node_modules/.package-lock.json
  fi
done
