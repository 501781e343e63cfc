#!/usr/bin/env bash
# Builds the programs for the systems people have, with checksums and a list of
# what is in them (CycloneDX for the web, `go version -m` of each program):
#   deploy/ci/release.sh VERSION        into dist/
set -euo pipefail
cd "$(dirname "$0")/../.."
version=${1:?give the version}
out=dist
rm -rf "$out"
mkdir -p "$out"
for os in ${VOLARY_RELEASE_OS:-linux darwin windows}; do
  for arch in ${VOLARY_RELEASE_ARCH:-amd64 arm64}; do
    name=volary-$version-$os-$arch
    mkdir -p "$out/$name"
    CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$out/$name/" ./cmd/...
    cp LICENSE README.md CHANGELOG.md "$out/$name/"
    go version -m "$out/$name"/volary* >"$out/$name.modules.txt"
    tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner -czf "$out/$name.tar.gz" "$name"
    rm -rf "${out:?}/$name"
    echo "$name"
  done
done
npm sbom --prefix web --sbom-format cyclonedx >"$out/volary-$version-web.cdx.json"
(cd "$out" && sha256sum -- *.tar.gz *.txt *.json >SHA256SUMS)
