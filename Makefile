# Every target works in a fresh clone. `make help` lists them.

export GOTOOLCHAIN := auto
export GOFLAGS := -mod=readonly -buildvcs=false
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# Without debug tables a first build is a tenth shorter; traces of the stack stay whole.
COMPILE := CGO_ENABLED=0 go build -trimpath -gcflags=all=-dwarf=false
BUILD := $(COMPILE) -ldflags "-s -w -X main.version=$(VERSION)"
WEB := $(shell find web/src web/public web/index.html web/vite.config.ts web/tsconfig.json -type f 2>/dev/null)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## fly 100 drones here, in one process, with nothing to install but Go and Node
	@mkdir -p bin
	@# The two halves compile while npm fetches.
	@$(COMPILE) ./internal/backend ./internal/simulator & $(MAKE) --no-print-directory web && wait
	$(BUILD) -o bin/volary ./cmd/volary
	@exec bin/volary up $(ARGS)

.PHONY: build
build: web/dist/index.html ## build bin/volary, bin/backend and bin/simulator
	@mkdir -p bin
	$(BUILD) -o bin/ ./cmd/...

.PHONY: web
web: web/dist/index.html ## build the dashboard

web/dist/index.html: web/node_modules/.package-lock.json $(WEB)
	npm run --silent --prefix web build
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	npm ci --prefix web --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: deps
deps: web/node_modules/.package-lock.json ## install what the tests need (on Debian and Ubuntu by apt)
	bash deploy/ci/deps.sh

.PHONY: test
test: deps build ## run all tests: Go with the race detector, web, PostgreSQL, Socket.IO clients, browser
	go run ./deploy/ci/tally

.PHONY: lint
lint: web/node_modules/.package-lock.json ## check form and common mistakes
	test -z "$$(gofmt -l cmd internal web/embed.go deploy *_test.go | tee /dev/stderr)"
	go vet ./...
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run
	npm run --silent --prefix web lint

.PHONY: fmt
fmt: web/node_modules/.package-lock.json ## put the code into form
	gofmt -w cmd internal web/embed.go deploy *_test.go
	npm run --silent --prefix web fmt

FUZZTIME ?= 60s
.PHONY: fuzz
fuzz: ## feed every decoder with random input, FUZZTIME each
	@for p in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$p | grep ^Fuzz); do \
		echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$p || exit 1; done; done

.PHONY: release
release: web ## build for linux, macOS and Windows, amd64 and arm64, into dist/, with checksums and what is in them
	deploy/ci/release.sh $(VERSION)

.PHONY: bench
bench: build deps ## measure flight, bandwidth and the hub beside its peers; writes docs/verification/ (PART=hub for one)
	bash deploy/ci/bench.sh $(PART)

.PHONY: drills
drills: ## break the real programs on purpose and count what is lost; writes docs/verification/drills.md
	go run ./deploy/drills $(ARGS)

include deploy/compose.mk
