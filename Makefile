# Everything runs in .venv, made by `make install`. Only Python 3.10+ and make are needed before.
# Another Python, or the older Prefect, has a folder of its own:
#   make test PYTHON=python3.12 VENV=.venv-3.12      make test PREFECT=3.8.8 VENV=.venv-3.8.8
PYTHON ?= python3
VENV ?= .venv
# Prefect 3.9 needs Python 3.11; on 3.10 it is 3.8.8, the oldest that works.
PREFECT ?= $(shell $(PYTHON) -c 'import sys; print("newest" if sys.version_info >= (3, 11) else "3.8.8")')
PINS := constraints$(if $(filter 3.8.8,$(PREFECT)),-3.8.8).txt
API ?= platform
ROUTE ?= agentless
ROUNDS ?= 10
MINUTES ?= 20
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps
# What of the pins is not wanted, as a pattern: tests with another Prefect need no browser and no type checker.
LEFT_OUT ?= ^$$
# Two cores install at once, each half of the bytes; and compile, but for what is hardly imported or compiled to C.
FIRST_HALF := ^([a-o]|p[a-l])
NOT_COMPILED := /(tests|pip|setuptools|mypy|mypyc|playwright|PureCloud[A-Za-z0-9]*|geodata|carrierdata|countries|apprise|beartype|dns|docker|oauthlib|rich_rst|IPython|debugpy|jedi|parso|prompt_toolkit)/
PYTEST := $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

# Tests and the demo start many processes: a module is compiled once, not by each of them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install worker demo test coverage slow browser check format bench profile chaos accidents soak up clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(STAMP)  ## make .venv and install the exact versions of constraints.txt

$(STAMP): pyproject.toml $(PINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=python3.12 ...")'
	@echo "Installing into $(VENV) (a minute or two, once) ..."
	@$(PYTHON) -m venv $(VENV)
	@grep -vE '$(LEFT_OUT)' $(PINS) > $(VENV)/pins.txt
	@grep -E '$(FIRST_HALF)' $(VENV)/pins.txt > $(VENV)/first.txt; grep -vE '$(FIRST_HALF)' $(VENV)/pins.txt > $(VENV)/second.txt
	@{ $(PIP) -r $(VENV)/first.txt > $(VENV)/first.log 2>&1 & first=$$!; \
		$(PIP) -r $(VENV)/second.txt -e . > $(VENV)/second.log 2>&1; second=$$?; \
		wait $$first && [ $$second = 0 ]; } || { tail -n 20 $(VENV)/first.log $(VENV)/second.log; exit 1; }
	@$(BIN)/python -m compileall -qq -j 0 -x '$(NOT_COMPILED)' $(VENV)/lib || true
	@touch $(STAMP)

worker:  ## .venv for running campaigns alone, without the tests' tools: half the size of install
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(PINS) ".[workers]"

demo: install  ## the main job on this machine, no account needed (API=guide, or ROUTE=campaign for the other route)
	@$(BIN)/outreach demo --api $(API) --route $(ROUTE)

test: install  ## the tests: emulator, PostgreSQL, Prefect server, official SDK, a round of chaos
	@$(PYTEST) -m "not slow" $(ARGS)

# Few tries of the fuzz: measuring takes up to 1.8 times the time.
coverage: install  ## the core and the emulator by line; fails under the floor of pyproject.toml
	@FUZZ=200 $(PYTEST) -m "not slow" --cov=outreach --cov=emulator --cov-report=term --cov-report=html \
		tests/unit tests/integration $(ARGS)

# The browser in a process of its own: while it is driven an event loop runs, in which Prefect's calls do nothing.
slow: install  ## the long tests: workers killed, 5,000 events through an outage, a real browser
	@$(PYTEST) -n 2 -m "slow and not browser" $(ARGS)
	@$(BIN)/python -m pytest tests/browser

browser: install  ## the Prefect UI in a real Chromium; pictures in out/screenshots
	@$(BIN)/python -m pytest tests/browser $(ARGS)

check: install  ## format, lint, types, what nothing calls, what is imported and not declared
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/vulture
	@said=$$($(BIN)/deptry --no-ansi . 2>&1) || { echo "$$said"; exit 1; }

format: install  ## put the code into its form
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: install  ## side by side: ours, the tutorial's way, the SDK, naive Prefect, the ceiling
	@$(PIP) -r constraints-bench.txt
	@$(BIN)/python -m tests.bench $(ARGS)

profile: install  ## by step, the processor time of a contact and of a run's start and end; docs/bench/profile.md
	@$(BIN)/python -m tests.bench.profiling $(ARGS)

chaos: install  ## kills, lost answers, 429 storms, two executors; ends in the proof (ROUNDS=50)
	@$(BIN)/python -m tests.chaos --rounds $(ROUNDS) $(ARGS)

accidents: install  ## restored ledgers, lists nobody can read, wrong clocks, cut networks, kills (ROUNDS=50)
	@$(BIN)/python -m tests.accidents --rounds $(ROUNDS) $(ARGS)

soak: install  ## campaigns come and go in one ledger: memory, files, ledger and time stay flat (MINUTES=20)
	@$(BIN)/python -m tests.soak --minutes $(MINUTES) $(ARGS)

up: install  ## server, worker, emulator and deployments to click through; Ctrl-C stops them
	@$(BIN)/outreach up

clean:  ## remove what was made here, .venv too
	rm -rf .venv .venv-* out build htmlcov .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
