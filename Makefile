# Each target is one command of the documentation; CI calls the same ones. `make` alone explains them.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export DATA_DIR ?= data/demo

TESTS ?= tests
# Tests wait for processes a third of their time: one more worker for every two cores keeps them busy.
TEST_WORKERS ?= $(shell echo $$(( $$(nproc) * 3 / 2 )))

.DEFAULT_GOAL := help
.PHONY: help setup run up down train test test-quick test-cluster check format bench lock proto clean

help: ## this list
	@echo 'Marquee: a movie recommender that releases its own models safely.'
	@echo
	@grep -hE '^[a-z][a-z -]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 23
	@echo
	@echo 'DATA_DIR (now $(DATA_DIR)) says whose data and models: DATA_DIR=data/mine make run'

setup: .venv/.runtime openmp nginx ## virtual environment with the pinned packages, and NGINX

run: setup ## serve on http://localhost:8082 (a DATA_DIR named demo gets data and a first model if it has none); Ctrl-C stops
	@$(BIN)/python -m auto_deployment run

up: setup ## the same in the background; the log is in DATA_DIR/run/up.log
	@scripts/up.sh

down: ## stop what `make up` started
	@scripts/down.sh

train: .venv/.runtime openmp ## train a model on the data of DATA_DIR, measure it and make it the current one
	@$(BIN)/python -m auto_deployment train

# Tests start hundreds of processes; where an image says PYTHONDONTWRITEBYTECODE, each would compile all that it imports.
# In one place for all of them cycles find it too, each of which has one of its own; what was copied for a test goes.
BYTECODE = $(CURDIR)/.cache/bytecode
test test-quick test-cluster: export PYTHONPYCACHEPREFIX = $(BYTECODE)
test test-quick test-cluster: export PYTHONDONTWRITEBYTECODE =
.PHONY: bytecode
bytecode:
	@rm -rf "$(BYTECODE)$${TMPDIR:-/tmp}"/pytest-of-*

# Several processes that collect the same tests at once each compile them all, unless one has done so before.
.PHONY: compiled
compiled: export PYTHONPYCACHEPREFIX = $(BYTECODE)
compiled: export PYTHONDONTWRITEBYTECODE =
compiled: .venv/.dev
	@$(BIN)/python -m pytest --quiet --collect-only --ignore=tests/e2e --ignore=tests/cluster >/dev/null

# What a run keeps: which tests took long, and with MARQUEE_ARTIFACTS a JUnit file of each part there.
kept = --durations=60 $${MARQUEE_ARTIFACTS:+--junitxml=$$MARQUEE_ARTIFACTS/$(1).xml}

test: .venv/.dev .venv-s3/.done openmp nginx browser bytecode ## all tests on one host; those that need Docker run whenever an engine answers
	@# Whole systems would measure each other: one after the other, and also when something else has failed.
	@status=0; \
		$(BIN)/python -m pytest --numprocesses=$(TEST_WORKERS) --dist=loadfile --no-loadscope-reorder \
			--ignore=tests/e2e --ignore=tests/cluster $(call kept,parts) || status=$$?; \
		$(BIN)/python -m pytest tests/e2e $(call kept,systems) || status=$$?; \
		exit $$status

test-quick: .venv/.dev openmp nginx browser bytecode ## what to run at every save: no container, nothing that takes long
	@$(BIN)/python -m pytest --quiet --numprocesses=auto --dist=loadfile --no-loadscope-reorder \
		-m 'not lab and not slow' --ignore=tests/e2e --ignore=tests/cluster $(TESTS)

test-cluster: .venv/.dev .venv-s3/.done .venv-spark/.done java ## proofs that need a cluster; apart from `make test`, by hand and before a release
	@$(BIN)/python -m pytest tests/cluster

check: .venv/.dev ## format, lint, types, import contracts, images, YAML: what CI asks before the tests
	@# Types take longest, and one processor: the others are looked at meanwhile.
	@status=0; \
		$(BIN)/mypy & types=$$!; \
		$(BIN)/ruff format --check . || status=$$?; \
		$(BIN)/ruff check . || status=$$?; \
		$(BIN)/lint-imports --no-logo || status=$$?; \
		$(BIN)/hadolint $$(git ls-files '*Dockerfile') || status=$$?; \
		$(BIN)/yamllint --strict $$(git ls-files '*.yml' '*.yaml') || status=$$?; \
		wait $$types || status=$$?; \
		exit $$status

format: .venv/.dev ## put the code into its format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# --- what the pipeline's jobs call; docs/gitlab.md says what each needs -----------------------------------

.PHONY: lint test-code test-data test-model build test-app deploy continue approve abort rollback note
lint: check

TEST_SELECTION ?= not lab and not slow
test-code: .venv/.dev openmp nginx browser ## the tests that need no Docker; TESTS and TEST_SELECTION say which
	@$(BIN)/python -m pytest -m '$(TEST_SELECTION)' $(TESTS) --junitxml=junit.xml

test-data: .venv/.runtime openmp ## quality of the published segments of this revision (DVC_REMOTE)
	@scripts/gitlab/pull-data.sh data
	@DATA_DIR=data $(BIN)/python -m auto_deployment check data

test-model: .venv/.runtime openmp ## the published model of this revision, measured again (DVC_REMOTE)
	@scripts/gitlab/pull-data.sh model
	@DATA_DIR=data $(BIN)/python -m auto_deployment check model

build: .venv/.runtime ## the image that is tested and deployed: build.env says its name and id
	@scripts/gitlab/build.sh

test-app: ## the service in that very image, over HTTP
	@scripts/gitlab/test-app.sh

deploy: ## hand that image to the server (DEPLOY_HOST, DEPLOY_SSH_KEY, DEPLOY_KNOWN_HOSTS)
	@set -a; if [ -f build.env ]; then . ./build.env; fi; \
		$(PYTHON) -m auto_deployment.gitlab deploy; status=$$?; echo $$status >deploy.status; exit $$status

continue: ## have the server run a retraining cycle from the weights of version CONTINUE_FROM, without one of the champion
	@$(PYTHON) -m auto_deployment.gitlab $@ --from '$(CONTINUE_FROM)'

approve abort rollback: ## say it of the release under way on the server; RELEASE=ID means that one only
	@$(PYTHON) -m auto_deployment.gitlab $@ --release '$(RELEASE)' --reason '$(REASON)'

note: ## say in the merge request how the model's figures change (GITLAB_TOKEN; nothing without)
	@$(PYTHON) -m auto_deployment.gitlab.note

bench: .venv/.dev openmp nginx ## measure; each benchmark prints ratios and saves them under benchmarks/results
	@scripts/install-package.sh wrk wrk
	@scripts/install-package.sh nghttp2-client h2load
	@$(BIN)/python -m benchmarks

lock: .venv/.dev ## compile the lock files from the *.in files
	@scripts/lock.sh

proto: .venv/.dev ## generate what Python needs to speak app/rpc/marquee.proto
	@$(BIN)/python -m grpc_tools.protoc -I app/rpc --python_out=app/rpc --pyi_out=app/rpc app/rpc/marquee.proto

clean: ## remove the virtual environment and the demo data; other data stays
	rm -rf .venv .venv-s3 .venv-spark "$(BYTECODE)" data/demo

.PHONY: java
java:
	@scripts/install-package.sh default-jre-headless java

.PHONY: nginx
nginx:
	@scripts/install-package.sh nginx nginx

# Tests look at pages with it. tests/support/browser/chromium.py knows the names.
.PHONY: browser
browser:
	@{ command -v chromium || command -v google-chrome; } >/dev/null || scripts/install-package.sh chromium-headless-shell chromium-headless-shell

# implicit's compiled part needs OpenMP's runtime, which a small system does not have.
.PHONY: openmp
openmp:
	@scripts/install-package.sh libgomp1 libgomp.so.1

.venv/.runtime: app/requirements.txt auto_deployment/requirements.txt
	@PYTHON=$(PYTHON) scripts/venv.sh $^
	@touch $@

.venv/.dev: requirements-dev.txt
	@PYTHON=$(PYTHON) scripts/venv.sh $^
	@touch $@ .venv/.runtime

# For the tests of a model store at an S3 address; tests/fleet/s3.in says why it is one of its own.
.venv-s3/.done: .venv/.dev tests/fleet/s3.txt
	@rm -rf .venv-s3
	@$(BIN)/python -m venv .venv-s3
	@echo 'Installing an S3 server into .venv-s3 (once) ...'
	@.venv-s3/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-compile \
		-r tests/fleet/s3.txt
	@touch $@

# For the tests on a real Spark: pyspark beside the packages of .venv.
.venv-spark/.done: .venv/.dev auto_deployment/training/train/engines/spark.txt
	@rm -rf .venv-spark
	@$(BIN)/python -m venv .venv-spark
	@echo 'Installing pyspark into .venv-spark (once) ...'
	@.venv-spark/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-compile \
		-r auto_deployment/training/train/engines/spark.txt
	@$(BIN)/python -c 'import site; print(site.getsitepackages()[0])' \
		>"$$(.venv-spark/bin/python -c 'import site; print(site.getsitepackages()[0])')/shared.pth"
	@touch $@
