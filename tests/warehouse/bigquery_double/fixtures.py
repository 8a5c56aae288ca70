"""Fixtures for BigQuery: a double, a warehouse connected to it, and a second client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tiktok_organic.warehouse.bigquery.client import EMULATOR
from tiktok_organic.warehouse.bigquery.warehouse import BigQueryWarehouse

from ..conftest import PatientClock
from ..contract import Shell
from .server import BigQueryDouble

__all__ = ["PROJECT", "client", "double", "shell", "shell_of", "staging_warehouse", "warehouse"]

PROJECT = "my-project"


@pytest.fixture
def double(clock: PatientClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[BigQueryDouble]:
    with BigQueryDouble(PROJECT, now=clock.now) as double:
        monkeypatch.setenv(EMULATOR, double.url)
        yield double


@pytest.fixture
def warehouse(
    double: BigQueryDouble, clock: PatientClock, tmp_path: Path
) -> Iterator[BigQueryWarehouse]:
    made = BigQueryWarehouse(
        f"bigquery://{PROJECT}?location=EU", clock=clock, spool=tmp_path / "spool"
    )
    yield made
    made.close()


@pytest.fixture
def staging_warehouse(
    double: BigQueryDouble, clock: PatientClock, tmp_path: Path
) -> Iterator[BigQueryWarehouse]:
    """A warehouse that sends no rows as parameters: all through staging tables."""
    made = BigQueryWarehouse(
        f"bigquery://{PROJECT}?location=EU",
        clock=clock,
        spool=tmp_path / "spool",
        request_bytes=0,
    )
    yield made
    made.close()


@pytest.fixture
def client(double: BigQueryDouble) -> Iterator[bigquery.Client]:
    """A client of another user."""
    with bigquery.Client(
        project=PROJECT, credentials=AnonymousCredentials(), location="EU"
    ) as client:
        yield client


@pytest.fixture
def shell(client: bigquery.Client) -> Shell:
    return shell_of(client)


def shell_of(client: bigquery.Client) -> Shell:
    def run(statement: str) -> list[Any]:
        return [row.values() for row in client.query(statement).result()]

    return run
