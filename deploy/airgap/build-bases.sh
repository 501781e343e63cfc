#!/usr/bin/env bash
# Base images where no container registry can be reached: Debian by debootstrap,
# the host's Go, Node and CA bundle, Nginx and PostgreSQL from Debian packages.
# Skips what exists; writes deploy/airgap/bases.env for docker-compose.
#   VOLARY_DEBIAN_MIRROR  where Debian packages come from; default: debootstrap's own
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
mirror=${VOLARY_DEBIAN_MIRROR:-}
suite=bookworm
bundle=/etc/ssl/certs/ca-certificates.crt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

have() { docker image inspect "$1" >/dev/null 2>&1; }

need() {
  command -v "$1" >/dev/null || {
    echo "build-bases: $1 is not installed" >&2
    exit 1
  }
}

# build NAME: from the Dockerfile on stdin, $work/NAME as context.
build() {
  local dir=$work/$1
  mkdir -p "$dir"
  cat >"$dir/Dockerfile"
  # Hard links are kept and nothing is compressed: the engine is on this machine.
  tar -C "$dir" -c . | DOCKER_BUILDKIT=0 docker build -q -t "volary-base/$1" - >/dev/null
  echo "build-bases: volary-base/$1" >&2
}

# setting NAME VALUE: an ENV line, unless empty or carrying a password.
setting() {
  case $2 in
    '' | undefined | *@*) ;;
    *) printf 'ENV %s="%s"\n' "$1" "$2" ;;
  esac
}

debian() {
  need debootstrap
  local root=$work/root
  debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"} >"$work/debootstrap.log" 2>&1 || {
    tail -n 20 "$work/debootstrap.log" >&2
    exit 1
  }
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* "$root"/usr/share/locale/*
  mkdir -p "$root/etc/ssl/certs"
  cp -L "$bundle" "$root$bundle"
  tar -C "$root" --numeric-owner -c . | docker import - volary-base/debian >/dev/null
  rm -rf "$root"
  echo "build-bases: volary-base/debian" >&2
}

go_base() {
  need go
  local root
  root=$(cd / && GOTOOLCHAIN=local go env GOROOT)
  mkdir -p "$work/go"
  cp -a "$root" "$work/go/go"
  rm -rf "$work/go/go/test" "$work/go/go/api" "$work/go/go/doc"
  {
    echo 'FROM volary-base/debian'
    echo 'COPY go /usr/local/go'
    # shellcheck disable=SC2016 # $PATH is the image's
    echo 'ENV PATH=/usr/local/go/bin:$PATH GOPATH=/go GOFLAGS=-buildvcs=false'
    setting GOPROXY "$(cd / && go env GOPROXY)"
    setting GOSUMDB "$(cd / && go env GOSUMDB)"
    setting GONOSUMDB "$(cd / && go env GONOSUMDB)"
  } | build go
}

node_base() {
  need node
  need npm
  local npm
  npm=$(dirname "$(dirname "$(realpath "$(command -v npm)")")")
  mkdir -p "$work/node"
  cp -L "$(realpath "$(command -v node)")" "$work/node/node"
  cp -a "$npm" "$work/node/npm"
  {
    echo 'FROM volary-base/debian'
    # A Node from Debian's packages is linked to their libraries, others are not.
    if ldd "$work/node/node" | grep -q libnode; then
      echo 'RUN apt-get update -q && apt-get install -y -q --no-install-recommends nodejs && rm -rf /var/lib/apt/lists/*'
    else
      echo 'COPY node /usr/local/bin/node'
    fi
    echo 'COPY npm /usr/local/lib/node_modules/npm'
    echo 'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx'
    echo "ENV NODE_EXTRA_CA_CERTS=$bundle npm_config_cafile=$bundle"
    setting npm_config_registry "$(cd / && npm config get registry)"
  } | build node
}

nginx_base() {
  build nginx <<'END'
FROM volary-base/debian
RUN apt-get update -q && apt-get install -y -q --no-install-recommends nginx-light curl \
 && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled /var/www
CMD ["nginx", "-g", "daemon off;"]
END
}

postgres_base() {
  mkdir -p "$work/postgres"
  cp "$here/postgres-entrypoint.sh" "$work/postgres/"
  build postgres <<'END'
FROM volary-base/debian
# The same user, folders and variables as in the public image.
RUN groupadd -r -g 999 postgres && useradd -r -u 999 -g postgres -d /var/lib/postgresql -s /bin/bash postgres \
 && mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update -q && apt-get install -y -q --no-install-recommends postgresql-15 \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data \
 && install -d -o postgres -g postgres -m 3777 /var/run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data LANG=C.UTF-8
COPY postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
END
}

[ -r "$bundle" ] || {
  echo "build-bases: $bundle is missing: apt-get install ca-certificates" >&2
  exit 1
}
have volary-base/debian || debian
have volary-base/go || go_base
have volary-base/node || node_base
have volary-base/nginx || nginx_base
have volary-base/postgres || postgres_base

cat >"$here/bases.env" <<'END'
GO_IMAGE=volary-base/go
NODE_IMAGE=volary-base/node
NGINX_IMAGE=volary-base/nginx
POSTGRES_IMAGE=volary-base/postgres
END
