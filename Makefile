# What a developer or CI does here. `make help` lists it. Needs Python 3.11 or newer, and pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked
CODE := $(shell for folder in src tests tools bench; do \
	find $$folder -name '*.py' 2>/dev/null | grep -q . && echo $$folder; done)

# Bytecode is worth having: without it every start compiles the house anew.
export PYTHONDONTWRITEBYTECODE :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup python serve test check formatted linted locked contracted typed needed laws
.PHONY: format lock upgrade bench clean

help: ## list what can be done
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(STAMP) ## make .venv from requirements.lock (done again when the lock changes)

$(STAMP): requirements.lock
	@$(MAKE) --no-print-directory python
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "No virtual environment: on Debian, apt-get install python3-venv."; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: --compile -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "Poolhouse needs Python 3.11 or newer: no $(PYTHON) here. Try make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Poolhouse needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try make PYTHON=/path/to/python3.11"; exit 1; }

serve: setup ## start the server (settings: POOLHOUSE_..., see docs/settings.md)
	@exec $(BIN)/poolhouse serve

test: setup ## run all tests
	$(BIN)/pytest -n auto

check: setup ## everything but the tests: format, lint, types, contract, locks, dependencies, laws
	@$(MAKE) --no-print-directory --keep-going formatted linted locked contracted typed needed laws

formatted:
	$(BIN)/ruff format --check --quiet --output-format concise $(CODE)

linted:
	$(BIN)/ruff check --quiet --output-format concise $(CODE)

locked:
	$(BIN)/python tools/lock.py --check

contracted:
	$(BIN)/python tools/contract.py --check
	$(BIN)/python tools/settings_table.py --check
	$(BIN)/python tools/parity_table.py --check

typed:
	$(BIN)/mypy $(CODE)

needed:
	$(BIN)/deptry --no-ansi src

# The floors (import-linter) are among them. Without the fixtures of the folder above, so that the
# laws speak even while the house does not start.
laws: setup ## the laws of the house alone
	$(BIN)/pytest -q tests/laws --confcutdir=tests/laws

format: setup ## format, and mend what ruff can mend
	$(BIN)/ruff format --quiet $(CODE)
	$(BIN)/ruff check --fix --quiet $(CODE)

lock: setup ## write the locks anew after a change in pyproject.toml (needs the network)
	$(BIN)/python tools/lock.py

upgrade: setup ## move all dependencies to their newest versions (needs the network)
	$(BIN)/python tools/lock.py --upgrade

bench: setup ## run the benchmark (options: python -m bench.run --help)
	$(BIN)/python -m bench.run

clean: ## remove what was made, but not data/
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +
