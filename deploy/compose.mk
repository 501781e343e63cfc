# The containers. Included by the Makefile.

# Base images built here because no registry can be reached, if there are any.
-include deploy/airgap/bases.env
export GO_IMAGE NODE_IMAGE NGINX_IMAGE POSTGRES_IMAGE
export VOLARY_VERSION ?= $(shell git describe --always --dirty 2>/dev/null || echo dev)

.PHONY: up down bases e2e-compose

up: ## start the four containers (docker-compose up -d --build)
	@if [ -n "$$VOLARY_SECRETS_DIR" ]; then deploy/secrets/make.sh "$$VOLARY_SECRETS_DIR"; fi
	docker-compose up -d --build

down: ## stop the four containers; what they recorded stays
	docker-compose down

bases: ## build base images from Debian packages, where there is no container registry
	deploy/airgap/engine.sh start
	deploy/airgap/build-bases.sh

e2e-compose: ## check the four containers end to end
	deploy/e2e/compose.sh
