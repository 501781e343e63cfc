#!/usr/bin/env bash
# What the public image's entrypoint does, as far as Volary asks for it: initdb on
# the first start with POSTGRES_USER, POSTGRES_PASSWORD(_FILE), POSTGRES_DB.
# Runs as the postgres user; nothing here needs root.
set -euo pipefail

if [ "${1:-}" != postgres ] && [ "${1#-}" = "${1:-}" ]; then
  exec "$@"
fi
[ "${1#-}" = "$1" ] || set -- postgres "$@"

user=${POSTGRES_USER:-postgres}
db=${POSTGRES_DB:-$user}
PGDATA=${PGDATA:-/var/lib/postgresql/data}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  password=${POSTGRES_PASSWORD:-}
  [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || password=$(cat "$POSTGRES_PASSWORD_FILE")
  [ -n "$password" ] || {
    echo "POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE is needed for the first start" >&2
    exit 1
  }
  # A start that was cut short leaves a folder without PG_VERSION or with no database:
  # initdb goes beside it and is moved in when everything is done.
  fresh=$PGDATA/.fresh
  rm -rf "$fresh"
  initdb -D "$fresh" -U "$user" --pwfile=<(printf '%s\n' "$password") \
    --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  {
    echo "local all all trust"
    echo "host all all 127.0.0.1/32 trust"
    echo "host all all ::1/128 trust"
    echo "host all all all scram-sha-256"
  } >"$fresh/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$fresh/postgresql.conf"
  if [ "$db" != postgres ]; then
    pg_ctl -D "$fresh" -w -o "-c listen_addresses=''" start
    psql -v ON_ERROR_STOP=1 -U "$user" -d postgres -v db="$db" <<<'CREATE DATABASE :"db"'
    pg_ctl -D "$fresh" -w -m fast stop
  fi
  for entry in "$fresh"/*; do
    case $entry in
      */PG_VERSION) ;;
      *) mv "$entry" "$PGDATA/" ;;
    esac
  done
  mv "$fresh/PG_VERSION" "$PGDATA/"
  rmdir "$fresh"
fi
chmod 0700 "$PGDATA"
export PGDATA
exec "$@"
