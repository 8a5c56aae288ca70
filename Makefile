# A fresh machine needs Python 3.11+ and make; everything else is installed here, into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test lint fix clean

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

setup: .venv/installed  ## install everything into .venv

demo: .venv/installed  ## the whole product on invented data
	@$(BIN)/tiktok-organic demo

test: .venv/installed  ## all tests; those that need an absent part are skipped by name
	$(BIN)/python -m pytest

lint: .venv/installed  ## style, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: .venv/installed  ## what a machine can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv
