# The commands of a checkout. Each installs what it needs first, and only what is missing.

SHELL := /bin/bash
.DEFAULT_GOAL := help
run := .venv/bin/python scripts/run_suites.py
# The node that setup has put there, when the machine had none that is new enough.
export PATH := $(CURDIR)/.tools/node/bin:$(PATH)
suites := cpp python node conformance interop tidy
# `make demo ONCE=1` ends by itself.
demo_arguments := $(if $(ONCE),--once)

.PHONY: help setup build demo test $(suites:%=test-%) lint asan tsan fuzz-quick check torture tidy wheel tarball \
        install-check bench-quick bench fresh faults generate readme clean

help: ## This list
	@printf 'tidewire %s\n\n' "$$(cat VERSION)"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '  make test-X         %s\n' 'One suite of: $(suites)'

setup: ## Install what is missing: Debian packages, .venv, node, node_modules
	@scripts/setup.sh build test

build: setup ## The core, its tests, both bindings and the TypeScript package
	@$(run) build

demo: setup ## A server and a client in each language, all nine pairs (ONCE=1 ends by itself)
	@$(run) build
	@.venv/bin/python scripts/run_demo.py $(demo_arguments)

test: ## Build and run every suite
	@started=$$(date +%s); scripts/setup.sh build test && $(run) test --setup-started $$started

$(suites:%=test-%): test-%: setup
	@$(run) test $*

lint: setup ## mypy --strict, ruff, tsc, eslint
	@$(run) lint

faults: build ## Servers under attack (slow, stalled, silent, too many peers), others go on
	@$(run) faults

asan: setup ## Core and lifecycle tests under address and undefined behaviour sanitizers
	@$(run) asan

tsan: setup ## Core tests under the thread sanitizer
	@$(run) tsan

fuzz-quick: ## Each fuzz target for ten seconds (clang 19)
	@scripts/setup.sh build ci
	@$(run) fuzz

check: ## All that must pass before a change lands: tests, lint, sanitizers, fuzzing, artefacts
	@.ci/run

torture: setup ## The long forms, two hours: memory over 10^6 calls, ten minutes of each fuzz target
	@scripts/setup.sh build ci
	@$(run) torture

tidy: setup ## Layers, sizes, exported names, versions, generated files
	@$(run) test tidy

wheel: setup ## dist/*.whl, portable
	@scripts/wheel.sh

tarball: setup ## dist/tidewire-VERSION.tgz for npm, with the built addon inside
	@scripts/tarball.sh

install-check: setup ## Wheel, tarball and cmake --install, each used from an empty folder
	@$(run) artefacts

bench-quick: ## The first rows of the benchmarks, in one interleaved run
	@scripts/setup.sh build test bench
	@$(run) bench-build
	@.venv/bin/python benchmarks/run.py --quick

bench: ## All rows of the benchmarks
	@scripts/setup.sh build test bench
	@$(run) bench-build
	@.venv/bin/python benchmarks/run.py

fresh: ## demo, test and install-check on a Debian where nothing was installed by hand
	@scripts/fresh.sh

generate: setup ## Write what is generated from schemas/
	@.venv/bin/python scripts/generate_errors.py

readme: ## Put the examples and the demo's output into README.md (after make build)
	@.venv/bin/python scripts/update_readme.py

clean: ## Remove what was built (not what was installed)
	rm -rf build dist prebuilds packages/node/dist packages/python/tidewire/_core*.so
