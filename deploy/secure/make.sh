#!/usr/bin/env bash
# Writes what deploy/secure/compose.yml mounts, where it is missing: the secrets of
# deploy/secrets/make.sh, a token file with one admin, and a certificate signed by
# itself for VOLARY_TLS_NAME (default localhost). Put your own certificate in place
# of tls_cert.pem and tls_key.pem.
#   deploy/secure/make.sh DIR
set -euo pipefail

dir=${1:?give the folder of the secrets, such as deploy/secrets/local}
here=$(cd "$(dirname "$0")" && pwd)
"$here/../secrets/make.sh" "$dir"

# token NAME ROLE [FILE]: adds a token to the token file, and prints it, the only
# time, or writes it to FILE.
token() {
  local secret hash
  secret=vly_$(head -c 32 /dev/urandom | base64 -w0 | tr '+/' '-_' | tr -d '=')
  hash=$(printf %s "$secret" | sha256sum | cut -d' ' -f1)
  [ -s "$dir/tokens.yaml" ] || echo 'tokens:' >"$dir/tokens.yaml"
  printf '  - {name: %s, role: %s, hash: "sha256:%s"}\n' "$1" "$2" "$hash" >>"$dir/tokens.yaml"
  [ -n "${3:-}" ] && printf %s "$secret" >"$3" || echo "token of $1 ($2), shown this once: $secret"
}

umask 022
[ -s "$dir/tokens.yaml" ] || token admin admin
[ -s "$dir/metrics_token" ] || token prometheus viewer "$dir/metrics_token"
[ -s "$dir/grafana_password" ] || od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$dir/grafana_password"

if [ ! -s "$dir/tls_key.pem" ]; then
  name=${VOLARY_TLS_NAME:-localhost}
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
    -subj "/CN=$name" -addext "subjectAltName=DNS:$name,DNS:localhost,IP:127.0.0.1" \
    -keyout "$dir/tls_key.pem" -out "$dir/tls_cert.pem" 2>/dev/null
  chmod 0644 "$dir/tls_key.pem" # the folder keeps others out; Nginx runs as nobody
  echo "certificate for $name, signed by itself, good for a year: $dir/tls_cert.pem"
fi
