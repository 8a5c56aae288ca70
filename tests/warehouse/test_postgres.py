"""PostgreSQL: the contract, and what is peculiar to a server with users, schemas and passwords."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tiktok_organic.errors import BadValue, DestinationBusy, DestinationRefused, TikTokOrganicError
from tiktok_organic.warehouse.postgres import PostgreSQLWarehouse
from tiktok_organic.warehouse.postgres_session import PostgreSQLServer
from tiktok_organic.warehouse.sql import POSTGRES

from .contract import Shell, WarehouseContract
from .samples import DAYS, PROFILE, VIDEOS, day, load, profile, stage, video


@pytest.fixture
def warehouse(postgres_url: str, tmp_path: Path) -> Iterator[PostgreSQLWarehouse]:
    made = PostgreSQLWarehouse(postgres_url, spool=tmp_path / "spool")
    yield made
    made.close()
    assert list((tmp_path / "spool").glob("*")) == []


@pytest.fixture
def shell(postgres_url: str) -> Shell:
    import psycopg

    def run(statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return run


class TestContract(WarehouseContract):
    dialect = POSTGRES
    holds_nul = False
    awkward_names = (*WarehouseContract.awkward_names, "x" * 63, "é" * 31)
    examples = 10


@pytest.fixture
def dataset(warehouse: PostgreSQLWarehouse) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    yield name
    warehouse.drop(name, [PROFILE, DAYS, VIDEOS])


class TestAddress:
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "postgresql://",
            "postgresql://host",
            "mysql://u:hunter2@h/d",
            "postgresql://u:hunter2@h:port/d",
            "postgresql://u:hun ter2@h/d",
        ],
    )
    def test_what_names_no_database_is_refused_without_repeating_it(self, url: str) -> None:
        with pytest.raises(BadValue) as refusal:
            PostgreSQLWarehouse(url)
        assert "hun" not in refusal.value.message + refusal.value.advice
        assert "postgresql://" in refusal.value.advice

    @pytest.mark.parametrize(
        "extra", ["", "?sslmode=disable", "?connect_timeout=3&password=hunter%21two"]
    )
    def test_the_place_is_told_without_user_and_password(self, extra: str) -> None:
        server = PostgreSQLServer(f"postgresql://alice:hunter%21two@db.example:5433/tiktok{extra}")
        assert server.place == "db.example:5433/tiktok"
        refusal = server._explained(
            "oops hunter!two hunter%21two postgresql://alice:hunter%21two@x", ""
        )
        assert "hunter" not in refusal.message


class TestCharacters:
    def test_two_keys_that_become_one_without_their_nul_are_one_row(
        self, warehouse: PostgreSQLWarehouse, dataset: str
    ) -> None:
        rows = [video("5\0", likes=1), video("5\ufffd", likes=1), video("6", likes=2)]
        loaded = load(warehouse, dataset, {"video_snapshot_metric": rows})
        assert [row["item_id"] for row in warehouse.rows(dataset, VIDEOS, order=["item_id"])] == [
            "5\ufffd",
            "6",
        ]
        assert loaded.replaced_characters == {"video_snapshot_metric": 1}


class TestServer:
    def test_host_and_database_may_stand_behind_the_question_mark(self, postgres_url: str) -> None:
        parts = urlsplit(postgres_url)
        behind = f"host={parts.hostname}&port={parts.port}&user={parts.username}&password={parts.password}"
        PostgreSQLWarehouse(f"postgresql://{parts.path}?{behind}").check("tiktok")
        PostgreSQLWarehouse(f"postgresql://?{behind}&dbname={parts.path[1:]}").check("tiktok")

    @pytest.mark.parametrize("option", ["sslmode=bogus", "no_such_option=1"])
    def test_an_option_that_is_misspelt_is_not_called_a_server_that_is_away(
        self, postgres_url: str, option: str
    ) -> None:
        with pytest.raises(DestinationRefused, match="option"):
            PostgreSQLWarehouse(f"{postgres_url}?{option}").check("tiktok")

    @pytest.mark.parametrize(
        ("change", "error", "words"),
        [
            ({"password": "hunter2-wrong"}, DestinationRefused, "let this user in"),
            ({"username": "nobody_of_that_name"}, DestinationRefused, "let this user in"),
            ({"path": "/no_such_database"}, DestinationRefused, "no such database"),
            ({"port": "1"}, DestinationBusy, "cannot be used at the moment"),
            ({"hostname": "no-such-host.invalid"}, DestinationBusy, "cannot be used at the moment"),
        ],
        ids=["password", "user", "database", "port", "host"],
    )
    def test_what_is_wrong_with_the_connection_is_told_without_the_password(
        self,
        postgres_url: str,
        tmp_path: Path,
        change: dict[str, str],
        error: type[TikTokOrganicError],
        words: str,
    ) -> None:
        url = _changed(postgres_url, **change)
        there = PostgreSQLWarehouse(url, spool=tmp_path)
        for act in (
            lambda: there.check("tiktok"),
            lambda: load(there, "tiktok", {"profile": [profile()]}),
        ):
            with pytest.raises(error, match=words) as trouble:
                act()
            password = urlsplit(url).password or ""
            assert password not in trouble.value.message + trouble.value.advice
            assert trouble.value.__cause__ is None
            assert trouble.value.advice

    def test_a_user_without_permission_is_refused_with_the_words_to_run(
        self,
        warehouse: PostgreSQLWarehouse,
        postgres_url: str,
        tmp_path: Path,
        shell: Shell,
        dataset: str,
    ) -> None:
        user = f"u_{uuid.uuid4().hex}"
        shell(f"CREATE ROLE {user} LOGIN PASSWORD 'hunter2'")
        load(warehouse, dataset, {"profile": [profile()]})
        bob = PostgreSQLWarehouse(
            _changed(postgres_url, username=user, password="hunter2"), spool=tmp_path / "bob"
        )
        try:
            for name in (dataset, f"{dataset}_new"):
                with pytest.raises(DestinationRefused, match="may not create") as refusal:
                    bob.check(name)
                assert "GRANT" in refusal.value.advice
                with pytest.raises(DestinationRefused, match="permission") as refusal:
                    load(bob, name, {"profile": [profile(username="bob")]})
                assert "GRANT" in refusal.value.advice
        finally:
            shell(f"DROP ROLE {user}")
        assert warehouse.count(dataset, PROFILE) == 1

    @pytest.mark.parametrize("name", ["pg_mine", "x" * 64, "é" * 32])
    def test_a_name_that_the_server_would_cut_or_keep_for_itself_is_refused(
        self, warehouse: PostgreSQLWarehouse, name: str
    ) -> None:
        with pytest.raises(DestinationRefused):
            warehouse.check(name)

    def test_a_stricter_isolation_of_the_database_is_set_aside(self, postgres_url: str) -> None:
        """A load waits for another one; a snapshot taken before that would not see the other's rows."""
        strict = "options=-c%20default_transaction_isolation%3Dserializable"
        server = PostgreSQLServer(postgres_url + ("&" if "?" in postgres_url else "?") + strict)
        with server.transaction() as session:
            assert session.ask("SELECT current_setting('default_transaction_isolation')") == [
                ("serializable",)
            ]
            assert session.ask("SELECT current_setting('transaction_isolation')") == [
                ("read committed",)
            ]


class TestTables:
    def test_tables_and_columns_are_described(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell
    ) -> None:
        load(warehouse, dataset, {"video_snapshot_metric": [video()]})
        about = f"'{dataset}.video_snapshot_metric'::regclass"
        assert shell(f"SELECT obj_description({about})") == [(VIDEOS.about,)]
        found = shell(
            f"SELECT col_description({about}, i) FROM generate_series(1, {len(VIDEOS.columns)}) i"
        )
        assert [text for (text,) in found] == [column.about for column in VIDEOS.columns]

    def test_the_key_has_a_unique_index_and_is_given_it_again_when_somebody_dropped_it(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell
    ) -> None:
        count = f"SELECT count(*) FROM pg_indexes WHERE schemaname = '{dataset}' AND indexdef LIKE '%UNIQUE%'"
        load(warehouse, dataset, {"profile": [profile()], "profile_daily_metric": [day()]})
        load(warehouse, dataset, {"profile": [profile()]})
        assert shell(count) == [(2,)]
        for (name,) in shell(f"SELECT indexname FROM pg_indexes WHERE schemaname = '{dataset}'"):
            shell(f'DROP INDEX "{dataset}"."{name}"')
        load(warehouse, dataset, {"profile": [profile()], "profile_daily_metric": [day()]})
        assert shell(count) == [(2,)]

    def test_a_table_that_holds_double_rows_is_refused(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell
    ) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        for (name,) in shell(f"SELECT indexname FROM pg_indexes WHERE schemaname = '{dataset}'"):
            shell(f'DROP INDEX "{dataset}"."{name}"')
        shell(f"INSERT INTO {dataset}.profile SELECT * FROM {dataset}.profile")
        with pytest.raises(DestinationRefused, match="several rows"):
            load(warehouse, dataset, {"profile": [profile()]})

    def test_a_table_that_a_view_needs_is_not_dropped(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell
    ) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        shell(f"CREATE VIEW {dataset}.mine AS SELECT username FROM {dataset}.profile")
        with pytest.raises(DestinationRefused, match="depend"):
            warehouse.drop(dataset, [PROFILE])
        load(warehouse, dataset, {"profile": [profile(display_name="A.")]})
        shell(f"DROP VIEW {dataset}.mine")

    def test_a_schema_with_something_else_in_it_stays(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell
    ) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        shell(f"CREATE FUNCTION {dataset}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        warehouse.drop(dataset, [PROFILE])
        assert shell(f"SELECT {dataset}.mine()") == [(1,)]
        shell(f"DROP FUNCTION {dataset}.mine()")


class TestDriver:
    def test_without_the_driver_the_command_that_installs_it_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        there = PostgreSQLWarehouse("postgresql://alice:hunter2@localhost/tiktok", spool=tmp_path)
        with pytest.raises(DestinationRefused) as refusal:
            there.check("tiktok")
        assert refusal.value.advice == "Run: pip install 'tiktok-organic[postgres]'"

    def test_a_load_that_is_interrupted_inside_the_commit_leaves_nothing(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell
    ) -> None:
        load(warehouse, dataset, {"profile": [profile(display_name="before")]})
        shell(
            f"CREATE FUNCTION {dataset}.no() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$"
        )
        load(warehouse, dataset, {"video_snapshot_metric": []})
        shell(
            f"CREATE TRIGGER no AFTER INSERT ON {dataset}.video_snapshot_metric "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {dataset}.no()"
        )
        with warehouse.load(dataset, run="run-2", attempt=1) as into:
            stage(into, PROFILE, [profile(display_name="after")])
            stage(into, VIDEOS, [video()])
            with pytest.raises(DestinationBusy):
                into.commit()
        assert [row["display_name"] for row in warehouse.rows(dataset, PROFILE)] == ["before"]
        assert warehouse.count(dataset, VIDEOS) == 0
        shell(f"DROP TRIGGER no ON {dataset}.video_snapshot_metric")
        shell(f"DROP FUNCTION {dataset}.no()")


def _changed(url: str, **change: str) -> str:
    parts = urlsplit(url)
    given = {
        name: getattr(parts, name) or ""
        for name in ("username", "password", "hostname", "port", "path")
    } | change
    port = f":{given['port']}" if given["port"] else ""
    user = quote(given["username"], safe="")
    return parts._replace(
        netloc=f"{user}:{quote(given['password'], safe='')}@{given['hostname']}{port}",
        path=given["path"],
    ).geturl()
