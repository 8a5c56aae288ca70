# A fresh machine needs Python 3.11+ and make; everything else is installed here, into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo serve test lint fix docs bench bench-fleet kill screenshots test-bigquery clean

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/complete: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[bigquery,postgres,notify,dlt]' --group dev
	@touch $@

setup: .venv/complete  ## install everything into .venv

demo: .venv/installed  ## the whole product on invented data
	@$(BIN)/tiktok-organic demo

serve: .venv/installed  ## the web page, scheduler and worker
	@$(BIN)/tiktok-organic serve

test: .venv/complete  ## all tests; those that need an absent part are skipped by name
	$(BIN)/python -m pytest -n 4  # more than there are cores: many tests wait for processes of their own

lint: .venv/complete  ## style, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: .venv/complete  ## what a machine can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/installed  ## write the pages that are derived from the code
	$(BIN)/python docs/generate.py

bench: .venv/installed  ## speed and memory beside what people would otherwise run (about 15 minutes)
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/loads.py
	$(BIN)/python benchmarks/pages.py

bench-fleet: .venv/complete  ## how much of TikTok's limits a fleet of 1,000 connectors uses
	$(BIN)/python benchmarks/fleet.py

kill: .venv/complete  ## hundreds of syncs killed at every instant: whole ones only
	STORY_KILLS=$(or $(KILLS),300) $(BIN)/python -m pytest tests/story/test_kill.py

screenshots: .venv/complete  ## the pictures of the web page (needs Chromium)
	$(BIN)/python -m tests.web.screenshots docs/images

test-bigquery: .venv/complete  ## the contract against Google: make test-bigquery PROJECT=my-project
	TIKTOK_ORGANIC_TEST_BIGQUERY=$(PROJECT) $(BIN)/python -m pytest tests/warehouse/test_bigquery.py -k OnGoogle

clean:
	rm -rf .venv .bench
