# One verb each; every target sets up what it needs and can be run again at any time.
# Needs Python 3.11 or newer with venv and pip, git and make; bench also a C compiler. Everything else is installed below .venv and tests/node/node_modules.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup node demo docs page pictures explorer unit test test-newest lint types bench bench-full bench-clients bench-cluster soak thorough attack fuzz clean

HOST ?= 127.0.0.1
PORT ?= 8000
PYTEST_ARGS ?=
# `make test WORKERS=0` runs all in one process.
WORKERS ?=
BENCH_ARGS ?=
CLIENT_BENCH_ARGS ?=
CLUSTER_BENCH_ARGS ?=
SOAK_ARGS ?=
LIVES_ARGS ?=
CLIENTS_ARGS ?=
ATTACK_ARGS ?=
FUZZ_ARGS ?=

# The first Python that is new enough; else whatever python3 is, which then says what is missing.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; exit; }; done; \
	command -v python3 || command -v python)

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.ackord-installed
SPEEDUPS := runtime/speedups
# Every process started below finds the tools of the virtual environment first, and pip and pyright don't look for newer versions of themselves.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Else pytest rewrites all tests in each worker, and each server that a test starts compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@echo "Ackord: one contract between a Socket.IO server and its clients."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'
	@echo
	@echo "  make demo PORT=9000 takes another port; make test PYTEST_ARGS='-k chat' runs a part."

demo: setup ## Generate, type-check and start the chat example with its web page
	@echo "== generating the chat's stubs from examples/chat/chat.yaml"
	@ackord generate examples/chat/chat.yaml --out examples/chat/contract
	@echo "== type-checking server and stubs with mypy --strict"
	@mypy examples/chat
	@echo "== starting the chat; Ctrl-C ends it"
	@exec $(PY) -m examples.chat.server --host $(HOST) --port $(PORT)

page: setup node ## Build the web pages of the examples from their TypeScript
	@ackord generate examples/chat/chat.yaml --out examples/chat/page/contract --target typescript
	@tests/node/node_modules/.bin/esbuild examples/chat/page/chat.ts --bundle --minify --format=esm --target=es2022 --legal-comments=none --log-level=warning --outfile=examples/chat/web/chat.js
	@cd examples/auction && ackord generate
	@cd examples/auction && NODE_PATH=../../tests/node/node_modules ../../tests/node/node_modules/.bin/esbuild page/auction.ts --bundle --minify --format=esm --target=es2022 --legal-comments=none --log-level=warning --outfile=web/auction.js

# The pages of the site, and the files of the repository that they link to.
PAGES := README.md SECURITY.md CONTRIBUTING.md CHANGELOG.md LICENSE docs runtime/speedups/README.md \
	tests/bench/bench.yaml tests/conformance/test_differential.py \
	$(wildcard examples/*/README.md examples/*/*.yaml examples/proxies/* examples/auction/*.py examples/auction/Dockerfile)

docs: setup ## Build the documentation site into .cache/docs/site; a dead link is an error
	@rm -rf .cache/docs && mkdir -p .cache/docs/source # with a cache, Zensical lists the names of changed pages only
	@cp docs/zensical.toml .cache/docs
	@tar -cf - --exclude=docs/zensical.toml $(PAGES) | tar -xf - -C .cache/docs/source
	@# GitHub wants a backslash before a bar in the code of a table, Zensical shows it.
	@find .cache/docs/source -name '*.md' -exec sed -i.bak '/^|/s/\\|/|/g' {} + && find .cache/docs/source -name '*.md.bak' -delete
	@cd .cache/docs && zensical build --strict
	@cp docs/llms.txt .cache/docs/site
	@cd .cache/docs/source && find . -name '*.md' -exec tar -cf - {} + | tar -xf - -C ../site # llms.txt leads to them
	@echo "open .cache/docs/site/index.html"

pictures: setup node ## Make the pictures of the README; needs Chromium
	@$(PY) -m tests.pictures

explorer: node ## Build the explorer's page from its TypeScript
	@tests/node/node_modules/.bin/tsc -p runtime/explorer
	@$$($(PY) -m tests.node.toolchain --which) runtime/explorer/build.mjs runtime/ackord/runtime/hosting/explorer/page.html

unit: setup ## Run what needs no network, no Node and no compiler, in half a minute
	@$(PY) -m tests.suite --unit $(PYTEST_ARGS)

test: setup node ## Run the whole test suite
	@echo "== running the tests"
	@$(PY) -m tests.suite $(if $(WORKERS),-n $(WORKERS)) $(PYTEST_ARGS)

test-newest: setup ## Run what of the runtime needs no network on the newest other Python, if there is one
	@$(PY) -m tests.newest_python $(PYTEST_ARGS)

lint: setup ## Check style, formatting and the directions of imports
	@echo "== ruff, import-linter"
	@ruff check .
	@ruff format --check .
	@lint-imports

types: setup ## Check types with mypy --strict and pyright strict
	@echo "== mypy --strict and, on another core, pyright strict"
	@mkdir -p .cache
	@pyright >.cache/pyright.txt 2>&1 & other=$$!; mypy; status=$$?; \
	wait $$other || status=1; cat .cache/pyright.txt; exit $$status

bench: setup node ## Measure server and client beside python-socketio and Node's socket.io, for a quarter of an hour
	@$(PY) -m tests.bench $(BENCH_ARGS)
	@$(if $(BENCH_ARGS),,$(PY) -m tests.bench.clients)

bench-clients: setup node ## Measure a thousand clients beside python-socketio's and npm's
	@$(PY) -m tests.bench.clients $(CLIENT_BENCH_ARGS)

bench-cluster: setup node ## Measure clusters over Redis and workers beside Node's and python-socketio, for ten minutes
	@$(PY) -m tests.bench.cluster $(CLUSTER_BENCH_ARGS)

bench-full: setup node ## Measure every workload, and what each target comes to: half an hour
	@$(PY) -m tests.bench --full $(BENCH_ARGS)

soak: setup ## Cut the connections of 2,000 clients for two minutes, and count what is lost
	@$(PY) -m tests.soak $(SOAK_ARGS)

thorough: setup node ## Run what takes too long for each change: 100,000 short lives, a day of clients, every cut, every cost, values of many contracts, a cluster in chaos
	@$(PY) -m tests.soak.lives $(LIVES_ARGS)
	@$(PY) -m tests.soak.clients $(CLIENTS_ARGS)
	@ACKORD_THOROUGH=1 $(PY) -m pytest -rs -o timeout=1800 tests/runtime/server/test_input_costs.py \
		tests/interop/cluster/test_chaos.py tests/interop/test_cut_connections.py tests/codegen/test_breaking_exchange.py \
		tests/codegen/test_typescript_validation.py \
		tests/codegen/test_typescript_values.py tests/schema/test_fuzz.py

attack: setup node ## Attack this server and Node's in thirty ways, a quarter of an hour
	@$(PY) -m tests.attack $(ATTACK_ARGS)

fuzz: setup ## Feed the decoders what coverage suggests, for some minutes
	@$(PY) -c "import atheris" 2>/dev/null || $(PY) -m pip install --quiet --editable '.[fuzz]'
	@$(PY) -m tests.fuzz $(FUZZ_ARGS)

setup: $(STAMP) ## Set up the virtual environment only

clean: ## Remove everything that these targets made
	rm -rf $(SPEEDUPS)/build $(SPEEDUPS)/src/*.egg-info
	rm -rf $(VENV) tests/node/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml $(SPEEDUPS)/pyproject.toml $(SPEEDUPS)/setup.py $(wildcard $(SPEEDUPS)/src/ackord_speedups/*.*)
	@test -n "$(PYTHON)" || { echo "error: no Python was found; install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) tests/environment.py $(VENV)
	@touch $@

node: $(STAMP)
	@$(PY) -m tests.node.toolchain
