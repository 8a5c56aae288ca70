"""A small BigQuery for tests: its REST interface over HTTP, its SQL carried out by DuckDB, transactions included.

What it does not know it refuses, so that a loader which starts to use more has to teach it first.
"""

from bigquery_double.faults import Refusal
from bigquery_double.server import BigQueryDouble

__all__ = ["BigQueryDouble", "Refusal"]
