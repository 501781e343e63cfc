#!/usr/bin/env bash
# Writes the secrets that docker-compose.yml mounts, random, where they are missing:
#   deploy/secrets/make.sh [DIR]    default deploy/secrets/local, which git ignores
# Use them with VOLARY_SECRETS_DIR=DIR. PostgreSQL takes its password on the first
# start of its volume only: change it there too (ALTER USER volary PASSWORD ...) when
# a volume exists already.
set -euo pipefail

dir=${1:-$(cd "$(dirname "$0")" && pwd)/local}
mkdir -p "$dir"
# The folder keeps other users of this machine out; the files are read in the
# containers by users that aren't root.
chmod 0700 "$dir"
for name in postgres_password link_token; do
  [ -s "$dir/$name" ] && continue
  (
    umask 022
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$dir/$name.new"
    mv "$dir/$name.new" "$dir/$name"
  )
  echo "secrets: wrote $dir/$name"
done
