"""A small BigQuery for tests: its REST interface over HTTP, its SQL carried out by DuckDB,
transactions included.

Google's own client talks to it. What it does not know it refuses, so that a loader which starts to
use more has to teach it first.
"""

import pytest

pytest.importorskip(
    "google.cloud.bigquery", reason="Google's client is not installed: pip install '.[bigquery]'"
)
pytest.importorskip(
    "sqlglot", reason="sqlglot, by which the BigQuery double translates SQL, is not installed"
)
