"""A small BigQuery for tests: its REST API over HTTP, its SQL run by DuckDB."""

import pytest

pytest.importorskip(
    "google.cloud.bigquery", reason="Google's client is not installed: pip install '.[bigquery]'"
)
pytest.importorskip(
    "sqlglot", reason="sqlglot, by which the BigQuery double translates SQL, is not installed"
)
