#!/usr/bin/env bash
# Measures flight and writes docs/verification/flight.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin/volary bench flight --out docs/verification/flight.md --commit "$(git describe --always --dirty)"
cat docs/verification/flight.md
