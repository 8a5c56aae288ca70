# A fresh machine needs Python 3.11 or later and make; everything else is installed here, into .venv,
# in the versions and with the hashes of requirements/*.txt (`make lock` renews them).
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test lint fix docs bench bench-fleet kill screenshots test-bigquery dbt lock audit release clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

.venv/installed: pyproject.toml requirements/installer.txt requirements/runtime.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes \
		--requirement requirements/installer.txt
	$(UV) --require-hashes --requirement requirements/runtime.txt
	$(UV) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/complete: .venv/installed requirements/development.txt
	$(UV) --require-hashes --requirement requirements/development.txt
	@touch $@

.venv/dbt/installed: .venv/installed requirements/dbt.txt
	$(PYTHON) -m venv .venv/dbt
	$(BIN)/uv pip install --quiet --python .venv/dbt/bin/python --require-hashes \
		--requirement requirements/dbt.txt
	@touch $@

dbt: .venv/dbt/installed  ## dbt, for the tests of the dbt package

setup: .venv/complete  ## install everything into .venv

demo: .venv/installed  ## run the product on invented data
	@$(BIN)/tiktok-organic demo

serve: .venv/installed  ## start the web page, scheduler and worker
	@$(BIN)/tiktok-organic serve

test: .venv/complete  ## run all tests; tests whose requirements are missing are skipped
	$(BIN)/python -m pytest -n 6 --dist loadfile --no-loadscope-reorder $(OPTIONS)  # more than there are cores: many tests wait for processes

lint: .venv/complete  ## check style, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	for each in tests/*/conftest.py; do case $$each in tests/web/*|tests/warehouse/*) ;; *) $(BIN)/mypy $$each || exit ;; esac; done
	$(BIN)/lint-imports

fix: .venv/complete  ## apply automatic corrections
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/complete  ## write the generated pages
	$(BIN)/python docs/generate.py
	$(BIN)/python dbt/generate.py

bench: .venv/installed  ## measure speed and memory, compared with alternatives (about half an hour)
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/loads.py
	$(BIN)/python benchmarks/inside.py
	$(BIN)/python benchmarks/pages.py

bench-fleet: .venv/complete  ## measure how 1,000 connectors use TikTok's limits
	$(BIN)/python benchmarks/fleet.py

kill: .venv/complete  ## kill hundreds of syncs at random times, and check the warehouse
	STORY_KILLS=$(or $(KILLS),300) $(BIN)/python -m pytest tests/story/test_kill.py

screenshots: .venv/complete  ## take the pictures of the web page (needs Chromium)
	PYTHONPATH=tests $(BIN)/python -m web.screenshots docs/images

test-bigquery: .venv/complete  ## run the contract with Google: make test-bigquery PROJECT=my-project
	TIKTOK_ORGANIC_TEST_BIGQUERY=$(PROJECT) $(BIN)/python -m pytest tests/warehouse/test_bigquery.py -k OnGoogle

lock: .venv/complete  ## renew requirements/*.txt (UPGRADE=--upgrade: to the newest versions)
	$(LOCK) $(UPGRADE) --group installer -o requirements/installer.txt
	$(LOCK) $(UPGRADE) --group dbt -o requirements/dbt.txt
	$(LOCK) $(UPGRADE) --group build -o requirements/runtime.txt pyproject.toml
	$(LOCK) $(UPGRADE) --group build --extra bigquery --extra postgres --extra notify \
		--constraint requirements/runtime.txt -o requirements/server.txt pyproject.toml
	$(LOCK) $(UPGRADE) --all-extras --group dev --constraint requirements/server.txt \
		--constraint requirements/installer.txt -o requirements/development.txt pyproject.toml

audit: .venv/complete  ## look for known vulnerabilities of the locked versions
	@$(BIN)/python release/audit.py requirements/server.txt

release: .venv/complete  ## wheel, source archive, their hashes and the list of parts (SBOM), in dist/
	@$(BIN)/python release/build.py dist

clean:  ## remove what was installed here
	rm -rf .venv .bench
