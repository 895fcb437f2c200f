# The commands of the project; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DAGSTER_HOME ?= $(CURDIR)/.dagster
export RETAIL_DATA_DIR ?= $(CURDIR)/data
export DAGSTER_DISABLE_TELEMETRY ?= yes
export DO_NOT_TRACK ?= 1
# Tests share the cores; more workers than these would only wait for the disk. Those of a file stay together, so that what
# they share is made once, and files come in order: the long ones are in `faults` and `flow`.
PARALLEL ?= -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Installing again is needed only when the dependencies change.
$(VENV)/.installed: pyproject.toml requirements.lock scripts/setup.sh
	PYTHON="$(PYTHON)" scripts/setup.sh
	@touch $@

.PHONY: setup
setup: $(VENV)/.installed ## everything into .venv, and Debian's postgresql when missing and allowed
	@$(BIN)/python -m retail_assets.initialise

.PHONY: demo
demo: $(VENV)/.installed ## sample retailer -> nightly run -> published tables
	@$(BIN)/python -m retail_assets.demo

.PHONY: nightly
nightly: $(VENV)/.installed ## run the nightly job once, without a daemon: make nightly [AS_OF=2026-11-20]
	@$(BIN)/python -m retail_assets.nightly $(if $(AS_OF),--as-of $(AS_OF))

.PHONY: run
run: $(VENV)/.installed ## a job or some assets, once: make run JOB=weekly_tests, make run ASSETS="marts/stores" [AS_OF=…]
	@$(BIN)/python -m retail_assets.run $(if $(JOB),--job $(JOB)) $(if $(ASSETS),--assets $(ASSETS)) \
		$(if $(AS_OF),--as-of $(AS_OF))

.PHONY: dev
dev: setup ## the Dagster UI with its daemon on http://127.0.0.1:3000: make dev [PORT=3001]
	@$(BIN)/python -m retail_assets.dev $(if $(PORT),--port $(PORT))

.PHONY: lint
lint: $(VENV)/.installed ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/ty check

.PHONY: check
check: setup lint ## lint, types and unit tests: for while you work
	$(BIN)/python -m pytest $(PARALLEL) tests/unit

.PHONY: test
test: setup lint ## lint, types and all tests
	$(BIN)/python -m pytest $(PARALLEL)

.PHONY: dictionary
dictionary: $(VENV)/.installed ## write the generated files again: dbt sources and docs/data-dictionary.md
	$(BIN)/python -m retail_assets.generate

.PHONY: lock
lock: ## pin all dependencies again after a change in pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra ocr --group dev --universal --python-version 3.11 \
		--no-emit-index-url --no-emit-find-links --no-annotate --generate-hashes -q -o requirements.lock

.PHONY: clean
clean: ## delete what set-up made: .venv, caches, parsed dbt models; never data
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs
	find ml retail_assets jobs sensors tests benchmarks -name __pycache__ -type d -exec rm -rf {} +
