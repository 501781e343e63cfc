#!/usr/bin/env bash
# Measures the world alone at several sizes and writes docs/verification/flight.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=docs/verification/flight.md
{
  echo "# How fast the fleet flies"
  echo
  echo "Written by \`make bench\` on $(date -u +%F), commit $(git describe --always --dirty), $(nproc) cores, $(go env GOVERSION)."
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
} >"$out.new"
mv "$out.new" "$out"
cat "$out"
