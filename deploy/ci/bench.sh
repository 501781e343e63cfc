#!/usr/bin/env bash
# Measures, and writes what it measured to docs/verification/. Parts: flight (the
# world alone), bandwidth (drones_compact), hub (Socket.IO beside its peers),
# history (ingest and queries). Without arguments all of them.
set -euo pipefail
cd "$(dirname "$0")/../.."

# record PART TITLE: keeps what comes in as the part's page, once it is whole.
record() {
  local out=docs/verification/$1.md new
  new=$(mktemp)
  {
    echo "# $2"
    echo
    echo "Written by \`make bench\` on $(date -u +%F), commit $(git describe --always --dirty), $(nproc) cores, $(go env GOVERSION)."
    cat
  } >"$new"
  cp "$new" "$out" && rm "$new"
  cat "$out"
}

for part in ${*:-flight bandwidth hub history}; do
  case $part in
    flight)
      bin/volary bench flight --out docs/verification/flight.md --commit "$(git describe --always --dirty)"
      cat docs/verification/flight.md
      ;;
    bandwidth) go run ./deploy/ci/bandwidth | record bandwidth "What drones_compact costs, and how true it is" ;;
    hub) go run ./deploy/ci/hubbench | record hub "The hub beside its peers" ;;
    history) go run ./deploy/benchhistory ;;
    *) echo "no such part: $part (flight, bandwidth, hub, history)" >&2; exit 2 ;;
  esac
done
