# make run    start the explorer           make test   lint, tests and coverage
# make help   all targets and variables
#
# Each target makes the virtual environment that it needs in .venv and installs into it what the
# requirements files pin, again whenever one of them has changed.

PYTHON ?= python3
PORT ?= 8501
# 127.0.0.1: this machine only. `make class` opens the explorer to the network.
ADDRESS ?= 127.0.0.1
# More options of `streamlit run`.
FLAGS ?=

VENV := .venv
BIN := $(VENV)/bin
# Processes of `make test`, each with one thread; servers of `make class`.
WORKERS ?= 2
STUDIES ?= latent-size beta samples binarised losses growth encoder-size autoencoders
# Stamps: written when an installation is complete.
READY := $(VENV)/.ready
APP := $(VENV)/.installed-app
DEV := $(VENV)/.installed-dev
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check

# A script of package.json, for the browser's files: skipped where there is no Node, but not in CI.
define npm
	@if command -v npm >/dev/null; then \
	  { [ node_modules/.package-lock.json -nt package-lock.json ] || \
	    npm ci --no-audit --no-fund --loglevel=error; } && npm run --silent $(1); \
	elif [ -n "$$CI" ]; then \
	  echo "CI needs Node 18 or newer with npm for the JavaScript (Debian: apt install nodejs npm)." >&2; exit 1; \
	else \
	  echo "No npm here: the JavaScript is not checked (npm run $(1)). Install Node 18 or newer for that."; \
	fi
endef

.DEFAULT_GOAL := help
.PHONY: help run class soak test lint bench pretrained studies clean

help: ## show this text
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## /  make \1	/' | expand -t 20
	@echo
	@echo "  PORT=$(PORT)  ADDRESS=$(ADDRESS) (of `make run`)  PYTHON=$(PYTHON)  FLAGS=options of streamlit run  WORKERS=$(WORKERS)"

run: $(APP) ## start the explorer on PORT
	@echo "The explorer: http://localhost:$(PORT)   (Ctrl+C stops it)"
	@$(BIN)/python -m streamlit run streamlit_app.py --server.address=$(ADDRESS) --server.port=$(PORT) $(FLAGS)

class: WORKERS = 1
class: $(APP) ## open the explorer to a class on the network: its address, a QR code, the teacher's link
	@$(BIN)/python -m vae class --port $(PORT) --workers $(WORKERS)

lint: $(DEV) ## check style, types, who imports whom, and messages
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m vae.locale check
	$(BIN)/bandit --quiet -ll -r vae pages streamlit_app.py
	$(call npm,lint)

test: lint ## lint, then all tests on WORKERS processes, with their coverage
	$(call npm,test)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term

soak: $(DEV) ## try thousands of faults and bad inputs, of which `make test` tries a sample (hours)
	VAE_SOAK=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --timeout 0 \
	  tests/faults tests/ui/test_addresses.py tests/training/test_trainer.py tests/runs

bench: $(DEV) ## measure speed: training, decoding, then the pages in a browser
	$(BIN)/python -m vae bench
	$(BIN)/python tests/browser/report.py

pretrained: $(APP) ## train the shipped models again (a long time on a CPU)
	$(BIN)/python -m vae pretrained

studies: $(APP) ## run the shipped studies on MNIST again (hours on a CPU)
	@for name in $(STUDIES); do \
	  $(BIN)/python -m vae study $$name --out checkpoints/studies/$$name || exit 1; \
	done

clean: ## remove caches and test results; .venv, data and runs stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
	rm -f .coverage .coverage.*
	find . \( -path ./$(VENV) -o -path ./.git -o -path ./data \) -prune -o -type d -name __pycache__ -exec rm -rf {} +

$(READY):
	@command -v $(PYTHON) >/dev/null || \
	  { echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name it: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$$($(PYTHON) --version) is too old: the explorer needs Python 3.11 or newer. Name one: make run PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python cannot make virtual environments: install its venv module first (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  $(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(APP): requirements.txt | $(READY)
	$(INSTALL) -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt requirements.txt | $(READY)
	$(INSTALL) -r requirements-dev.txt
	@touch $@ $(APP)
