# make help lists what there is. Everything runs in .venv, made from requirements.lock.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PY := .venv/bin/python
REPORTS ?= reports
UV := $(shell command -v uv 2>/dev/null)
PYTHON ?= $(shell for p in python3.13 python3.12 python3; do $$p -c 'import sys; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)

.PHONY: help report test lab check fast environment messages clean

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

report: .venv/ready  ## report on data/cdnow: prints the path of the page to open
	@.venv/bin/clv run data/cdnow --reports $(REPORTS)

lab: .venv/ready  ## open the notebooks in JupyterLab
	@.venv/bin/jupyter lab --notebook-dir=. notebooks

test: .venv/ready check  ## run every check that CI runs
	@$(PY) -m pytest -n 3 --dist loadgroup --no-loadscope-reorder

fast: .venv/ready check  ## the checks that fit no model and open no browser
	@$(PY) -m pytest -n 3 --dist loadgroup --no-loadscope-reorder -m "not slow and not browser and not spark"

check: .venv/ready  ## format, lint, types, borders between rooms, notebooks without outputs
	@.venv/bin/ruff format --check --quiet . || { echo "some files are not formatted; run: .venv/bin/ruff format ."; exit 1; }
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/nbstripout --verify $(wildcard notebooks/*.ipynb notebooks/*/*.ipynb)

environment: .venv/ready  ## write requirements.lock, requirements-spark.lock and environment.yml anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --extra sql --universal --python-version 3.12 --generate-hashes --no-header -o requirements.lock
	uv pip compile pyproject.toml --extra dev --extra sql --extra spark --extra examples -c requirements.lock --universal --python-version 3.12 --generate-hashes --no-header -o requirements-spark.lock
	.venv/bin/pyproject2conda yaml --name clv --python-include infer --no-header --overwrite force --output environment.yml

messages: .venv/ready  ## collect the messages of code, templates and notebooks into locale/
	@$(PY) -m clv_lib.reporting.catalogue

clean:  ## remove .venv and everything that runs wrote
	rm -rf .venv reports .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/ready: requirements.lock pyproject.toml
ifneq ($(UV),)
	@echo "Making .venv from requirements.lock with uv ..."
	@test -x $(PY) || $(UV) venv --quiet $(if $(PYTHON),--python $(PYTHON),) .venv
	@$(UV) pip install --quiet --compile-bytecode --python $(PY) --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(PY) --no-build-isolation --no-deps -e .
else
	@test -n "$(PYTHON)" || { echo "This needs Python 3.12 or 3.13, or uv, and found neither. Install one of them and run make again."; exit 2; }
	@echo "Making .venv from requirements.lock with $(PYTHON); this takes a few minutes ..."
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
endif
	@touch $@
