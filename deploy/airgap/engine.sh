#!/usr/bin/env bash
# The container engine for the checks, on Debian as root:
#   deploy/airgap/engine.sh start   installs what is missing, starts dockerd unless one answers
#   deploy/airgap/engine.sh stop    stops dockerd if, and only if, start began it
set -euo pipefail

state=${VOLARY_ENGINE_STATE:-/run/volary-engine}

answers() { timeout 10 docker version >/dev/null 2>&1; }

install_missing() {
  local missing=()
  command -v dockerd >/dev/null || missing+=(docker.io)
  command -v docker-compose >/dev/null || missing+=(docker-compose)
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  [ ${#missing[@]} -eq 0 ] && return
  echo "engine: installing ${missing[*]}" >&2
  apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" iptables ca-certificates >&2
}

start() {
  if command -v docker >/dev/null && command -v docker-compose >/dev/null && answers; then
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "engine: no Docker engine answers, and only root can start one" >&2
    exit 1
  fi
  install_missing
  answers && return
  mkdir -p "$state"
  # In a session of its own: it outlives the terminal and isn't hit by its Ctrl-C.
  setsid dockerd >"$state/log" 2>&1 </dev/null &
  echo $! >"$state/pid"
  for _ in $(seq 120); do
    if answers; then
      echo "engine: dockerd started" >&2
      return
    fi
    if ! kill -0 "$(cat "$state/pid")" 2>/dev/null; then
      break
    fi
    sleep 0.5
  done
  tail -n 20 "$state/log" >&2
  echo "engine: dockerd did not come up" >&2
  rm -f "$state/pid"
  exit 1
}

stop() {
  [ -f "$state/pid" ] || return 0
  local pid
  pid=$(cat "$state/pid")
  if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ]; then
    kill "$pid"
    for _ in $(seq 60); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.5
    done
    echo "engine: dockerd stopped" >&2
  fi
  rm -f "$state/pid"
}

case ${1:-} in
  start) start ;;
  stop) stop ;;
  *)
    echo "usage: $0 start|stop" >&2
    exit 2
    ;;
esac
