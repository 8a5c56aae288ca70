"""BigQuery: the contract with the double, an emulator, and Google if there is a project."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator

import pytest

from waiting import free_port, waits_for

from .bigquery_double.fixtures import (
    client,
    double,
    shell,
    shell_of,
    warehouse,
)  # first: it skips without the client
from .contract import Shell, WarehouseContract

# isort: split
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tiktok_organic.warehouse.bigquery.client import EMULATOR
from tiktok_organic.warehouse.bigquery.warehouse import BigQueryWarehouse
from tiktok_organic.warehouse.sql_dialect import BIGQUERY

__all__ = ["client", "double", "shell", "warehouse"]

NAMES = ("select", "Mixed_Case", "_hidden", "x" * 300, "1st")
GOOGLE = "TIKTOK_ORGANIC_TEST_BIGQUERY"


class TestContract(WarehouseContract):
    dialect = BIGQUERY
    awkward_names = NAMES
    examples = 10
    kept = False


@pytest.fixture
def emulator() -> Iterator[str]:
    """One for each test: it gives no memory back, and breaks off when it has 2 GB (v0.8.1)."""
    if os.environ.get(EMULATOR):
        yield os.environ[EMULATOR]
        return
    program = shutil.which("bigquery-emulator")
    if program is None:
        pytest.skip(f"no emulator: {EMULATOR} is not set and no bigquery-emulator is on the PATH")
    port, other = free_port(), free_port()
    arguments = ["--project=test", "--host=127.0.0.1", f"--port={port}", f"--grpc-port={other}"]
    with subprocess.Popen(
        [program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            waits_for(lambda: _answers(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


class TestContractOnEmulator(WarehouseContract):
    """The emulator accepts BEGIN, COMMIT and ALTER TABLE and does nothing about them."""

    dialect = BIGQUERY
    awkward_names = NAMES
    transactions = False
    schema_evolution = False
    concurrent = False
    examples = 3

    @pytest.fixture
    def warehouse(
        self, emulator: str, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[BigQueryWarehouse]:
        monkeypatch.setenv(EMULATOR, emulator)
        # It runs no MERGE of a subquery, which rows as parameters need.
        made = BigQueryWarehouse("bigquery://test", request_bytes=0)
        yield made
        made.close()

    @pytest.fixture
    def shell(self, warehouse: BigQueryWarehouse) -> Iterator[Shell]:
        with bigquery.Client(project="test", credentials=AnonymousCredentials()) as client:
            yield shell_of(client)


class TestContractOnGoogle(WarehouseContract):
    """Costs a few cents at most; the scratch datasets are removed after each test."""

    dialect = BIGQUERY
    awkward_names = NAMES
    examples = 3

    @pytest.fixture
    def project(self, monkeypatch: pytest.MonkeyPatch) -> str:
        project = os.environ.get(GOOGLE)
        if not project:
            pytest.skip(f"no Google Cloud: {GOOGLE} names no project for scratch datasets")
        monkeypatch.delenv(EMULATOR, raising=False)
        return project

    @pytest.fixture
    def warehouse(self, project: str) -> Iterator[BigQueryWarehouse]:
        made = BigQueryWarehouse(f"bigquery://{project}?location=EU")
        yield made
        made.close()

    @pytest.fixture
    def shell(self, project: str) -> Iterator[Shell]:
        with bigquery.Client(project=project, location="EU") as client:
            yield shell_of(client)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
