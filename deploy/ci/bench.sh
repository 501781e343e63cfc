#!/usr/bin/env bash
# Measures, and writes what it measured to docs/verification/. Parts: flight (the
# world alone), bandwidth (drones_compact), hub (Socket.IO beside its
# peers), history (ingest and queries).
# Without arguments all of them.
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

flight() {
  echo "Median of three runs of five seconds: flight and autopilot at 250 Hz, no network, no database."
  echo
  echo "| drones | workers | ns a drone-step | real-time factor |"
  echo "|---|---|---|---|"
  for drones in 100 1000 10000; do
    for workers in 1 $(nproc); do
      for _ in 1 2 3; do bin/volary bench world --drones "$drones" --seconds 5 --workers "$workers"; done |
        python3 -c "
import sys, json
r = sorted((json.loads(l) for l in sys.stdin), key=lambda r: r['ns_per_drone_step'])[1]
print('| %d | %d | %.0f | %.2f |' % (r['drones'], r['workers'], r['ns_per_drone_step'], r['rtf']))"
    done
  done
}

for part in ${*:-flight bandwidth hub history}; do
  case $part in
    flight) flight | record flight "How fast the fleet flies" ;;
    bandwidth) go run ./deploy/ci/bandwidth | record bandwidth "What drones_compact costs, and how true it is" ;;
    hub) go run ./deploy/ci/hubbench | record hub "The hub beside its peers" ;;
    history) go run ./deploy/benchhistory ;;
    *) echo "no such part: $part (flight, bandwidth, hub, history)" >&2; exit 2 ;;
  esac
done
