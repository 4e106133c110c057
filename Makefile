# mlfn: `make demo` and `make test` do all the set-up on a machine with Python 3.11+, git and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv

.DEFAULT_GOAL := help
.PHONY: help install dev demo test faults check bench bytecode clean

help: ## Show what there is to make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(VENV)/.python: ## A virtual environment with uv in it
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "mlfn needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed. On Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet uv
	@touch $@

$(VENV)/.installed: $(VENV)/.python pyproject.toml
	@echo "Installing mlfn"
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	@echo "Installing what the tests need"
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --editable . --group dev
	@touch $@

bytecode: $(VENV)/.installed # what has changed: where PYTHONDONTWRITEBYTECODE is set, nobody else compiles it
	@$(BIN)/python -m compileall -q framework templates deployers localstack

install: bytecode ## Set up mlfn in .venv
dev: $(VENV)/.dev bytecode ## Set up mlfn and the development tools in .venv

demo: bytecode ## Deploy the scanned-reviews app to the embedded emulator, call it, show the audit trail
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python examples/scanned_reviews/demo.py

test: dev ## Run every test
	@$(BIN)/python -m pytest -n 3 --dist loadgroup

faults: dev ## Kill, starve and attack the emulator, the functions, the audit trail and deploys, and compare with DynamoDB Local, in full (`make test` does a tenth of it)
	@$(BIN)/python -m tests.faults.emulator
	@$(BIN)/python -m tests.faults.audit_chain --full
	@$(BIN)/python -m tests.faults.pipelines
	@$(BIN)/python -m tests.faults.audit_delivery
	@$(BIN)/python -m tests.faults.audit_platform
	@$(BIN)/python -m tests.faults.deploys
	@$(BIN)/python -m tests.faults.dynamodb

check: $(VENV)/.dev ## Formatting, linting, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: dev ## Measure (whole processes, medians, ratios)
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean: ## Remove what the other targets made (the emulator's state included)
	@if [ -x $(BIN)/mlfn ]; then $(BIN)/mlfn emulator stop || true; fi
	@rm -rf $(VENV) .mlfn .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* htmlcov dist .tools
