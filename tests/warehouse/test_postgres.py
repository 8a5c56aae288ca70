"""PostgreSQL: the contract, and what is peculiar to a server with users, schemas and passwords."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue, DestinationBusy, DestinationRefused, TikTokOrganicError
from tiktok_organic.warehouse.postgres.server import PostgreSQLServer
from tiktok_organic.warehouse.postgres.session import Limits
from tiktok_organic.warehouse.postgres.warehouse import PostgreSQLWarehouse
from tiktok_organic.warehouse.sql_dialect import POSTGRES

from ._freezing import FreezingProxy
from .contract import Shell, WarehouseContract
from .samples import PROFILE, VIDEOS, day, load, profile, stage, video


@pytest.fixture
def warehouse(postgres_url: str, tmp_path: Path) -> Iterator[PostgreSQLWarehouse]:
    made = PostgreSQLWarehouse(postgres_url, spool=tmp_path / "spool")
    yield made
    made.close()
    assert list((tmp_path / "spool").glob("*")) == []


@pytest.fixture(scope="module")
def shell(postgres_url: str) -> Iterator[Shell]:
    """One connection for all tests: a new one takes the server 10 ms of CPU."""
    import psycopg

    # A prepared statement would outlive the table that it was prepared for.
    with psycopg.connect(postgres_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET lock_timeout = '60s'")

        def run(statement: str) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
def dataset(shell: Shell) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    yield name
    shell(f"DROP SCHEMA IF EXISTS {name} CASCADE")


class TestContract(WarehouseContract):
    dialect = POSTGRES
    holds_nul = False
    awkward_names = (*WarehouseContract.awkward_names, "x" * 63, "é" * 31)
    examples = 10

    @pytest.fixture
    def dataset(self, dataset: str) -> str:
        return dataset


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
        assert "hun" not in refusal.value.message + advice_of(refusal.value)
        assert "postgresql://" in advice_of(refusal.value)

    @pytest.mark.parametrize(
        "extra", ["", "?sslmode=disable", "?connect_timeout=3&password=hunter%21two"]
    )
    def test_the_place_is_told_without_user_and_password(self, extra: str) -> None:
        server = PostgreSQLServer(f"postgresql://alice:hunter%21two@db.example:5433/tiktok{extra}")
        assert server.server_name == "db.example:5433/tiktok"
        text = server._without_secrets("hunter!two hunter%21two postgresql://alice:hunter%21two@x")
        assert "hunter" not in text


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
        behind = (
            f"host={parts.hostname}&port={parts.port}"
            f"&user={parts.username}&password={parts.password}"
        )
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
            ({"password": "hunter2-wrong"}, DestinationRefused, "rejected the login"),
            ({"username": "nobody_of_that_name"}, DestinationRefused, "rejected the login"),
            ({"path": "/no_such_database"}, DestinationRefused, "The database does not exist"),
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
            assert password not in trouble.value.message + advice_of(trouble.value)
            assert trouble.value.__cause__ is None
            assert advice_of(trouble.value)

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
                assert "GRANT" in advice_of(refusal.value)
                with pytest.raises(DestinationRefused, match="permission") as refusal:
                    load(bob, name, {"profile": [profile(username="bob")]})
                assert "GRANT" in advice_of(refusal.value)
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
        """A load waits for another one.

        A snapshot from before that would not contain the other's rows.
        """
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

    def test_the_key_is_the_primary_key_and_is_made_again_when_it_was_dropped(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell
    ) -> None:
        both = {"profile": [profile()], "profile_daily_metric": [day()]}
        for attempt in (1, 2):
            load(warehouse, dataset, both, attempt=attempt)
            assert _keys(shell, dataset) == {
                "profile": "PRIMARY KEY (username)",
                "profile_daily_metric": "PRIMARY KEY (_quanti_ad_account, date)",
            }
            for name in both:
                shell(f"ALTER TABLE {dataset}.{name} DROP CONSTRAINT {name}_pkey")

    @pytest.mark.parametrize(
        ("index", "left"),
        [
            ("CREATE UNIQUE INDEX ON {} (username)", 1),  # of versions before 1.0
            ("CREATE UNIQUE INDEX ON {} (username DESC)", 2),
            ("ALTER TABLE {} ADD UNIQUE (username)", 2),
        ],
    )
    def test_a_table_with_a_unique_index_gets_a_primary_key_at_the_next_load(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell, index: str, left: int
    ) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        shell(f"ALTER TABLE {dataset}.profile DROP CONSTRAINT profile_pkey")
        shell(index.format(f"{dataset}.profile"))
        load(warehouse, dataset, {"profile": [profile(display_name="A.")]})
        assert _keys(shell, dataset)["profile"] == "PRIMARY KEY (username)"
        count = f"SELECT count(*) FROM pg_indexes WHERE schemaname = '{dataset}'"
        assert shell(count) == [(left,)]
        assert [row["display_name"] for row in warehouse.rows(dataset, PROFILE)] == ["A."]

    @pytest.mark.parametrize("deferred", ["", " DEFERRABLE"])
    def test_a_primary_key_of_the_users_own_stays(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell, deferred: str
    ) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        shell(f"ALTER TABLE {dataset}.profile DROP CONSTRAINT profile_pkey")
        shell(f"ALTER TABLE {dataset}.profile ADD PRIMARY KEY (username, display_name){deferred}")
        load(warehouse, dataset, {"profile": [profile(bio_description="hi")]})
        assert _keys(shell, dataset)["profile"].startswith("PRIMARY KEY (username, display_name)")
        assert warehouse.count(dataset, PROFILE) == 1

    def test_a_publication_of_a_table_does_not_stop_loads(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell
    ) -> None:
        """Debezium, Supabase and logical replicas publish ALL TABLES.

        Here one table, because other tests run.
        """
        load(warehouse, dataset, {"profile": [profile()]})
        shell(f"ALTER TABLE {dataset}.profile DROP CONSTRAINT profile_pkey")
        shell(f"CREATE UNIQUE INDEX ON {dataset}.profile (username)")
        shell(f"CREATE PUBLICATION {dataset} FOR TABLE {dataset}.profile")
        try:
            load(warehouse, dataset, {"profile": [profile(display_name="A.")]})
            bob = {"profile": [profile(username="bob")]}
            load(warehouse, dataset, bob, forget=[(PROFILE, "username", ["alice"])])
        finally:
            shell(f"DROP PUBLICATION {dataset}")
        assert [row["username"] for row in warehouse.rows(dataset, PROFILE)] == ["bob"]

    def test_a_table_that_holds_double_rows_is_refused(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell
    ) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        shell(f"ALTER TABLE {dataset}.profile DROP CONSTRAINT profile_pkey")
        shell(f"INSERT INTO {dataset}.profile SELECT * FROM {dataset}.profile")
        with pytest.raises(DestinationRefused, match="several rows"):
            load(warehouse, dataset, {"profile": [profile()]})

    def test_a_description_of_the_users_own_stays(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell
    ) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        shell(f"COMMENT ON TABLE {dataset}.profile IS 'edited by hand'")
        shell(f"COMMENT ON COLUMN {dataset}.profile.username IS 'mine'")
        shell(f"COMMENT ON COLUMN {dataset}.profile.display_name IS NULL")
        load(warehouse, dataset, {"profile": [profile()]})
        found = shell(
            f"SELECT obj_description(c), col_description(c, 2), col_description(c, 3) "
            f"FROM (SELECT '{dataset}.profile'::regclass::oid) AS t (c)"
        )
        assert found == [("edited by hand", "mine", PROFILE.column("display_name").about)]

    def test_a_user_who_may_write_into_tables_of_another_owner_loads_them(
        self,
        warehouse: PostgreSQLWarehouse,
        postgres_url: str,
        tmp_path: Path,
        dataset: str,
        shell: Shell,
    ) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        shell(f"ALTER TABLE {dataset}.profile DROP CONSTRAINT profile_pkey")
        shell(f"CREATE UNIQUE INDEX ON {dataset}.profile (username)")
        shell(f"COMMENT ON TABLE {dataset}.profile IS NULL")
        user = f"u_{uuid.uuid4().hex}"
        shell(f"CREATE ROLE {user} LOGIN PASSWORD 'hunter2'")
        shell(f"GRANT ALL ON SCHEMA {dataset} TO {user}")
        shell(f"GRANT ALL ON ALL TABLES IN SCHEMA {dataset} TO {user}")
        try:
            url = _changed(postgres_url, username=user, password="hunter2")
            bob = PostgreSQLWarehouse(url, spool=tmp_path / "bob")
            load(bob, dataset, {"profile": [profile(display_name="A.")]})
        finally:
            shell(f"DROP OWNED BY {user}")
            shell(f"DROP ROLE {user}")
        assert [row["display_name"] for row in warehouse.rows(dataset, PROFILE)] == ["A."]

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


class TestLimits:
    @pytest.mark.parametrize("act", ["rows", "distinct", "count", "batches", "load", "drop"])
    def test_a_table_that_another_transaction_locks_is_told_as_such(
        self,
        warehouse: PostgreSQLWarehouse,
        postgres_url: str,
        tmp_path: Path,
        dataset: str,
        act: str,
    ) -> None:
        import psycopg

        load(warehouse, dataset, {"profile": [profile()]})
        there = PostgreSQLWarehouse(postgres_url, spool=tmp_path / "b", limits=Limits(lock=0.05))
        acts: dict[str, Callable[[], object]] = {
            "rows": lambda: there.rows(dataset, PROFILE),
            "distinct": lambda: there.distinct(dataset, PROFILE, ["username"]),
            "count": lambda: there.count(dataset, PROFILE),
            "batches": lambda: list(there.batches(dataset, PROFILE)),
            "load": lambda: load(there, dataset, {"profile": [profile()]}),
            "drop": lambda: there.drop(dataset, [PROFILE]),
        }
        with psycopg.connect(postgres_url) as other:
            other.execute(f"LOCK TABLE {dataset}.profile IN ACCESS EXCLUSIVE MODE".encode())
            with pytest.raises(DestinationBusy, match="holds a lock"):
                acts[act]()

    def test_a_statement_that_does_not_end_is_ended(self, postgres_url: str) -> None:
        server = PostgreSQLServer(postgres_url, Limits(statement=0.05))
        with pytest.raises(DestinationBusy), server.transaction() as session:
            session.do("SELECT pg_sleep(600)")

    def test_a_shorter_limit_of_the_address_counts_and_a_longer_or_none_does_not(
        self, postgres_url: str
    ) -> None:
        for given, found in (("2s", "2s"), ("3h", "1min"), ("0", "1min")):
            server = PostgreSQLServer(_with(postgres_url, f"options=-clock_timeout%3D{given}"))
            with server.transaction() as session:
                assert session.ask("SELECT current_setting('lock_timeout')") == [(found,)]

    def test_the_address_cannot_turn_off_the_look_for_a_lost_server(
        self, postgres_url: str
    ) -> None:
        off = (
            "keepalives=0&keepalives_idle=0&tcp_user_timeout=0&connect_timeout=0&keepalives_count=x"
        )
        kept = "keepalives_interval=5"
        with PostgreSQLServer(_with(postgres_url, f"{off}&{kept}")).transaction() as session:
            found = session._connection.info.get_parameters()
        names = ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count")
        assert [found.get(name, "1") for name in names] == ["1", "30", "5", "3"]
        assert (found["tcp_user_timeout"], found["connect_timeout"]) == ("60000", "10")

    @pytest.mark.parametrize("after", [b"SET TRANSACTION", b"pg_advisory", b"COPY", b"COMMIT"])
    def test_a_server_that_freezes_is_given_up(
        self, postgres_url: str, tmp_path: Path, dataset: str, after: bytes
    ) -> None:
        """Its kernel still acknowledges what is sent, as that of a stopped process does."""
        with FreezingProxy(postgres_url, after) as proxy:
            url = _changed(postgres_url, hostname="127.0.0.1", port=str(proxy.port))
            there = PostgreSQLWarehouse(
                _with(url, "sslmode=disable"), spool=tmp_path / "b", limits=Limits(silence=0.2)
            )
            with pytest.raises(DestinationBusy):
                load(there, dataset, {"profile": [profile()]})
            assert proxy.frozen

    @pytest.mark.parametrize("state", ["25006", "25P03", "25P04", "40001", "57014"])
    def test_what_passes_by_itself_is_tried_again(
        self, warehouse: PostgreSQLWarehouse, dataset: str, shell: Shell, state: str
    ) -> None:
        load(warehouse, dataset, {"profile": []})
        shell(
            f"CREATE FUNCTION {dataset}.no() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"
        )
        shell(
            f"CREATE TRIGGER no BEFORE INSERT ON {dataset}.profile EXECUTE FUNCTION {dataset}.no()"
        )
        with pytest.raises(DestinationBusy) as told:
            load(warehouse, dataset, {"profile": [profile()]})
        assert advice_of(told.value)
        shell(f"DROP FUNCTION {dataset}.no() CASCADE")

    def test_a_search_path_that_hides_functions_of_postgresql_changes_nothing(
        self,
        warehouse: PostgreSQLWarehouse,
        postgres_url: str,
        tmp_path: Path,
        dataset: str,
        shell: Shell,
    ) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        for name, arguments in (("current_setting", "text"), ("to_regclass", "text"), ("now", "")):
            shell(
                f"CREATE FUNCTION {dataset}.{name}({arguments}) RETURNS text LANGUAGE sql "
                "AS $$ SELECT 'evil' $$"
            )
        path = f"options=-csearch_path%3D{dataset}%2Cpg_catalog"
        there = PostgreSQLWarehouse(_with(postgres_url, path), spool=tmp_path / "b")
        there.check(dataset)
        load(there, dataset, {"profile": [profile(username="bob")]})
        assert there.count(dataset, PROFILE) == 2
        assert len(there.distinct(dataset, PROFILE, ["username"])) == 2
        for name, arguments in (("current_setting", "text"), ("to_regclass", "text"), ("now", "")):
            shell(f"DROP FUNCTION {dataset}.{name}({arguments})")


class TestDriver:
    def test_without_the_driver_the_command_that_installs_it_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        there = PostgreSQLWarehouse("postgresql://alice:hunter2@localhost/tiktok", spool=tmp_path)
        with pytest.raises(DestinationRefused) as refusal:
            there.check("tiktok")
        assert advice_of(refusal.value) == "Run: pip install 'tiktok-organic[postgres]'"

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


def _with(url: str, options: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{options}"


def _keys(shell: Shell, dataset: str) -> dict[str, str]:
    """The primary keys of a dataset, by table."""
    found = shell(
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
        f"WHERE contype = 'p' AND connamespace = '{dataset}'::regnamespace"
    )
    return {name.rpartition(".")[2]: key for name, key in found}
