"""The address of a BigQuery destination, and the credentials behind it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue, DestinationRefused
from tiktok_organic.warehouse.bigquery.address import OPTIONS, BigQueryAddress, address_of
from tiktok_organic.warehouse.bigquery.client import EMULATOR
from tiktok_organic.warehouse.bigquery.warehouse import BigQueryWarehouse

REGIONAL = "https://bigquery.europe-west3.rep.googleapis.com"


class TestAddress:
    @pytest.mark.parametrize(
        ("url", "address"),
        [
            ("bigquery://my-project", BigQueryAddress("my-project")),
            ("bigquery://my-project/", BigQueryAddress("my-project")),
            ("bigquery://example.com:old-project", BigQueryAddress("example.com:old-project")),
            ("bigquery://p1?location=eu", BigQueryAddress("p1", "EU")),
            ("bigquery://p1?location=Europe-West3", BigQueryAddress("p1", "europe-west3")),
            (
                f"bigquery://p1?jobs_project=p2&maximum_bytes_billed=20000000&endpoint={REGIONAL}",
                BigQueryAddress(
                    "p1", jobs_project="p2", endpoint=REGIONAL, maximum_bytes_billed=20_000_000
                ),
            ),
            (
                "bigquery://p1?location=US&prefix=acme_&credentials=/etc/a%20key.json",
                BigQueryAddress("p1", "US", "acme_", Path("/etc/a key.json")),
            ),
        ],
    )
    def test_it_names_project_location_prefix_and_credentials(
        self, url: str, address: BigQueryAddress
    ) -> None:
        assert address_of(url) == address

    @pytest.mark.parametrize(
        ("url", "word"),
        [
            ("bigquery://", "project"),
            ("bigquery://My Project", "project"),
            ("bigquery://p1/dataset", "datasets are named by the connectors"),
            ("bigquery://p1?region=EU", "location, prefix, credentials"),
            ("bigquery://p1?location=", "empty"),
            ("bigquery://p1?location=EU&location=US", "twice"),
            ("bigquery://p1?location=E U", "location"),
            ("bigquery://p1?prefix=a-b", "prefix"),
            ("bigquery://p1?credentials=key.json", "working directory"),
            ("bigquery://p1?jobs_project=My Project", "project"),
            ("bigquery://p1?endpoint=https://evil.example", "googleapis.com"),
            ("bigquery://p1?endpoint=http://bigquery.googleapis.com", "googleapis.com"),
            ("bigquery://p1?endpoint=https://evil.example/.googleapis.com", "googleapis.com"),
            ("bigquery://p1?maximum_bytes_billed=1000", "10,485,760"),
            ("bigquery://p1?maximum_bytes_billed=1e9", "10,485,760"),
            ("postgresql://p1", "project"),
        ],
    )
    def test_what_it_cannot_mean_is_refused_with_an_example(self, url: str, word: str) -> None:
        with pytest.raises(BadValue, match=word) as refusal:
            BigQueryWarehouse(url)
        assert "bigquery://my-project?location=EU" in advice_of(refusal.value)

    def test_every_option_is_explained(self) -> None:
        assert set(OPTIONS) == {
            "location",
            "prefix",
            "credentials",
            "jobs_project",
            "endpoint",
            "maximum_bytes_billed",
        }
        assert all(OPTIONS.values())

    @pytest.mark.parametrize(
        "name", ["", "a-b", "a.b", "ü", "a b", "x" * 1025, "INFORMATION_SCHEMA", "a\nb", "a\n"]
    )
    def test_a_name_that_no_dataset_can_have_is_refused(self, name: str) -> None:
        with pytest.raises(DestinationRefused, match="name of a BigQuery dataset"):
            BigQueryAddress("p1").dataset(name)


@pytest.fixture
def no_emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a login to Google Cloud."""
    monkeypatch.delenv(EMULATOR, raising=False)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


class TestCredentials:
    def test_without_the_client_the_extra_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(
            sys.modules, "google.cloud.bigquery", None
        )  # what Python does where it is not installed
        with pytest.raises(DestinationRefused) as refusal:
            BigQueryWarehouse("bigquery://p1").check("d")
        assert "pip install 'tiktok-organic[bigquery]'" in advice_of(refusal.value)

    @pytest.mark.usefixtures("no_emulator")
    def test_nobody_signed_in_is_told_how_to(self) -> None:
        pytest.importorskip("google.cloud.bigquery", reason="Google's client is not installed")
        with pytest.raises(DestinationRefused, match="No user is signed in") as refusal:
            BigQueryWarehouse("bigquery://p1").check("d")
        assert "gcloud auth application-default login" in advice_of(refusal.value)

    @pytest.mark.usefixtures("no_emulator")
    @pytest.mark.parametrize(
        "content",
        [
            None,
            "",
            "no JSON",
            "{}",
            json.dumps({"client_email": "a@b", "token_uri": "x", "private_key": "SECRET"}),
        ],
    )
    def test_a_key_file_that_is_none_is_refused_without_quoting_it(
        self, tmp_path: Path, content: str | None
    ) -> None:
        pytest.importorskip("google.cloud.bigquery", reason="Google's client is not installed")
        path = tmp_path / "key.json"
        if content is not None:
            path.write_text(content)
        with pytest.raises(DestinationRefused, match=r"key\.json") as refusal:
            BigQueryWarehouse(f"bigquery://p1?credentials={path}").check("d")
        assert "SECRET" not in refusal.value.message

    def test_importing_the_warehouse_imports_nothing_of_googles(self) -> None:
        program = (
            "import sys, tiktok_organic.warehouse.bigquery.warehouse as b; "
            "b.BigQueryWarehouse('bigquery://p1'); "
            "print(any(name.startswith(('google', 'pyarrow')) for name in sys.modules))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        assert done.stdout == "False\n"
