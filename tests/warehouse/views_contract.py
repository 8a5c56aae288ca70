"""The contract for views, the owner of a dataset's rows, and rows with conditions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest

from tiktok_organic.errors import Conflict
from tiktok_organic.table_definition import Column, Table
from tiktok_organic.view_definition import Engine, View
from tiktok_organic.warehouse.contract import Held, Loaded, TableState, Warehouse
from tiktok_organic.warehouse.sql_dialect import Dialect
from tiktok_organic.warehouse.wanted_rows import Condition, Wanted

from .samples import DAYS, EVERYTHING, MOMENT, OPTIONAL, PROFILE, Row, day, load, profile, stage

Shell = Callable[[str], Any]


NAMED = ("profile", "names", "optional", "notes")


def view(name: str, select: str, *columns: str) -> View:
    """A view with the query `select`, in which `{profile}` is the table of that name."""

    def query(engine: Engine, target: Callable[[str], str]) -> str:
        del engine
        names = {name: target(name) for name in NAMED if f"{{{name}}}" in select}
        return select.format(**names)

    described = tuple(Column(column, "STRING", "sync", f"It's {column}.") for column in columns)
    return View(name, f"The {name}.", described, query)


NAMES = view("names", "SELECT username FROM {profile}", "username")
LOUD = view("loud", "SELECT upper(username) AS loud FROM {names}", "loud")

NOTES = view("notes", "SELECT id AS note FROM {optional}", "note")
LOUD_NOTES = view("loud_notes", "SELECT upper(note) AS loud FROM {notes}", "loud")


class ViewContract:
    """`dialect` writes the names in the statements of `shell`."""

    dialect: ClassVar[Dialect]
    schema_evolution: ClassVar[bool] = True

    def defined(self, warehouse: Warehouse, dataset: str, *views: View) -> Loaded:
        with warehouse.load(dataset, run="run-1", attempt=1) as into:
            into.declare(PROFILE)
            stage(into, PROFILE, [profile()])
            for one in views:
                into.define(one)
            return into.commit()

    def read(self, shell: Shell, dataset: str, name: str) -> list[Any]:
        return [tuple(r) for r in shell(f"SELECT * FROM {self.dialect.name(dataset, name)}")]

    def test_views_are_there_after_the_commit_and_follow_their_definition(
        self, warehouse: Warehouse, dataset: str, shell: Shell
    ) -> None:
        try:
            assert self.defined(warehouse, dataset, NAMES, LOUD).refused_views == {}
            assert self.read(shell, dataset, "loud") == [("ALICE",)]
            self.defined(warehouse, dataset, NAMES, LOUD)
            changed = view(
                "names", "SELECT display_name AS shown, username FROM {profile}", "shown"
            )
            assert self.defined(warehouse, dataset, changed).refused_views.keys() <= {"names"}
            other = view("loud", "SELECT 'x' AS first, upper(username) AS loud FROM {names}")
            assert self.defined(warehouse, dataset, other).refused_views == {}
            assert self.read(shell, dataset, "loud") == [("x", "ALICE")]
        finally:
            warehouse.drop(dataset, [PROFILE], [NAMES, LOUD])
        assert warehouse.count(dataset, PROFILE) is None

    def test_what_is_not_ours_is_neither_replaced_nor_dropped(
        self, warehouse: Warehouse, dataset: str, shell: Shell
    ) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        target = self.dialect.name(dataset, "names")
        shell(f"CREATE VIEW {target} AS SELECT 'mine' AS mine")
        try:
            refused = self.defined(warehouse, dataset, NAMES).refused_views
            assert "did not make" in refused["names"]
            warehouse.drop(dataset, [], [NAMES])
            assert self.read(shell, dataset, "names") == [("mine",)]
        finally:
            shell(f"DROP VIEW {target}")
        table = View("everything", "In a table's place.", (), NAMES.query)
        load(warehouse, dataset, {"everything": [{"id": 1}]})
        assert set(self.defined(warehouse, dataset, table).refused_views) == {"everything"}
        warehouse.drop(dataset, [], [table])
        assert warehouse.count(dataset, EVERYTHING) == 1

    def test_a_view_that_fails_costs_neither_rows_nor_other_views(
        self, warehouse: Warehouse, dataset: str, shell: Shell
    ) -> None:
        broken = view("broken", "SELECT no_such_column FROM {profile}")
        loaded = self.defined(warehouse, dataset, broken, NAMES)
        try:
            assert set(loaded.refused_views) == {"broken"}
            assert loaded.rows == {"profile": 1}
            assert self.read(shell, dataset, "names") == [("alice",)]
        finally:
            warehouse.drop(dataset, [], [NAMES, broken])

    @pytest.mark.parametrize(
        ("own", "reason"),
        [
            ("TABLE {own} (id {text}, seen {text})", "seen is of type"),
            ("TABLE {own} (id {text})", "no column seen"),
            ("TABLE {own} (id {text}, seen {moment}, note {whole})", "note is of type"),
            (
                "VIEW {own} AS SELECT 'a' AS id, CAST(NULL AS {moment}) AS seen, 'n' AS note",
                "a view",
            ),
        ],
    )
    def test_a_persons_own_table_in_an_optional_ones_place_is_left_alone_and_named(
        self, warehouse: Warehouse, dataset: str, shell: Shell, own: str, reason: str
    ) -> None:
        types = self.dialect.types
        target = self.dialect.name(dataset, "optional")
        load(warehouse, dataset, {"everything": [{"id": 1}]})
        words = {"text": types["STRING"], "moment": types["TIMESTAMP"], "whole": types["INTEGER"]}
        shell("CREATE " + own.format(own=target, **words))
        before = self.read(shell, dataset, "optional")
        try:
            for run in ("run-1", "run-2"):
                loaded = self.loaded_with_an_optional_table(warehouse, dataset, run)
                assert reason in loaded.refused_tables["optional"]
                assert loaded.rows == {"profile": 1}
                assert set(loaded.refused_views) == {"notes", "loud_notes"}
                assert "optional" in loaded.refused_views["notes"]
                assert self.read(shell, dataset, "names") == [("alice",)]
            assert warehouse.rows(dataset, OPTIONAL) == []
            assert warehouse.count(dataset, OPTIONAL) is None
            assert warehouse.is_foreign(dataset, OPTIONAL)
            warehouse.drop(dataset, [OPTIONAL], [])
            assert self.read(shell, dataset, "optional") == before
        finally:
            shell(f"DROP {own.partition(' ')[0]} {target}")
        again = self.loaded_with_an_optional_table(warehouse, dataset, "run-3")
        assert (again.refused_tables, again.refused_views) == ({}, {})
        assert not warehouse.is_foreign(dataset, OPTIONAL)
        assert self.read(shell, dataset, "loud_notes") == [("A",)]
        warehouse.drop(dataset, [], [NAMES, NOTES, LOUD_NOTES])

    def loaded_with_an_optional_table(self, warehouse: Warehouse, dataset: str, run: str) -> Loaded:
        with warehouse.load(dataset, run=run, attempt=1) as into:
            stage(into, PROFILE, [profile()])
            stage(into, OPTIONAL, [{"id": "a", "seen": MOMENT}])
            for one in (NAMES, NOTES, LOUD_NOTES):
                into.define(one)
            return into.commit()

    def test_an_optional_table_gains_a_column_by_which_it_is_not_recognised(
        self, warehouse: Warehouse, dataset: str, shell: Shell
    ) -> None:
        if not self.schema_evolution:
            pytest.skip("this double cannot alter tables")
        load(warehouse, dataset, {"optional": [{"id": "a", "seen": MOMENT}]})
        target = self.dialect.name(dataset, "optional")
        shell(f"ALTER TABLE {target} DROP COLUMN {self.dialect.name('note')}")
        loaded = load(warehouse, dataset, {"optional": [{"id": "b", "note": "n"}]}, run="run-2")
        assert loaded.refused_tables == {}
        found = warehouse.rows(dataset, OPTIONAL, order=["id"])
        assert [(row["id"], row["note"]) for row in found] == [("a", None), ("b", "n")]

    def test_rows_that_meet_every_condition(self, warehouse: Warehouse, dataset: str) -> None:
        rows: list[Row] = [day(f"2026-11-{number}", likes=number) for number in range(10, 20)]
        moment = datetime(2026, 11, 23, 3, 0, 0, 5, tzinfo=UTC)
        some: list[Row] = [
            {"id": 1, "text": 'it\'s \\ "é"', "moment": moment},
            {"id": 2, "text": "b"},
        ]
        load(warehouse, dataset, {"profile_daily_metric": rows, "everything": some})
        window = [
            Condition("date", ">=", date(2026, 11, 12)),
            Condition("date", "<", date(2026, 11, 15)),
            Condition("likes", "<=", 13),
        ]
        found = warehouse.rows(dataset, DAYS, where=window, order=["-date"])
        assert [row["likes"] for row in found] == [13, 12]
        for one in (
            Condition("text", "=", 'it\'s \\ "é"'),
            Condition("moment", "=", moment),
            Condition("moment", ">", moment.replace(microsecond=4)),
        ):
            assert [row["id"] for row in warehouse.rows(dataset, EVERYTHING, where=[one])] == [1]

    def test_a_page_reads_a_view_with_conditions_totals_order_and_a_limit(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        daily = View(
            "daily",
            "Days.",
            (),
            lambda _engine, target: (
                f"SELECT date, username, likes FROM {target('profile_daily_metric')}"
            ),
        )
        shown = Table(
            "daily",
            "Days.",
            (),
            (
                Column("date", "DATE", "sync", ""),
                Column("username", "STRING", "sync", ""),
                Column("likes", "INTEGER", "sync", ""),
            ),
        )
        assert warehouse.read(dataset, shown, limit=5) is None
        with warehouse.load(dataset, run="run-1", attempt=1) as into:
            stage(into, DAYS, [day(f"2026-11-{number}", likes=number) for number in range(10, 20)])
            into.define(daily)
            assert into.commit().refused_views == {}
        try:
            since = Condition("date", ">=", date(2026, 11, 12))
            found = warehouse.read(dataset, shown, where=[since], order=["-date"], limit=2)
            assert [row["likes"] for row in found or []] == [19, 18]
            totals = warehouse.read(
                dataset, shown, totals_by=["username"], where=[since], order=["username"], limit=9
            )
            assert [row["likes"] for row in totals or []] == [sum(range(12, 20))]
            assert set((totals or [{}])[0]) == {"username", "likes"}
        finally:
            warehouse.drop(dataset, [DAYS], [daily])
        assert warehouse.read(dataset, shown, limit=5) is None

    def test_several_tables_are_read_at_once_as_each_alone(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        nothing = Held(TableState.MISSING, [])
        assert warehouse.rows_of(dataset, [Wanted(DAYS), Wanted(EVERYTHING)]) == [nothing, nothing]
        rows: list[Row] = [day(f"2026-11-{number}", likes=number) for number in range(10, 20)]
        moment = datetime(2026, 11, 23, 3, 0, 0, 5, tzinfo=UTC)
        some: list[Row] = [{"id": 1, "moment": moment}, {"id": 2}]
        load(warehouse, dataset, {"profile_daily_metric": rows, "everything": some})
        late = [Condition("date", ">", date(2026, 11, 12)), Condition("likes", "<", 15)]
        wanted = [
            Wanted(DAYS, late),
            Wanted(EVERYTHING, [Condition("moment", "=", moment)]),
            Wanted(PROFILE),
        ]
        held = warehouse.rows_of(dataset, wanted)
        found = [one.rows for one in held]
        alone = [warehouse.rows(dataset, one.table, where=one.where) for one in wanted]
        assert [sorted(rows, key=str) for rows in found] == [
            sorted(rows, key=str) for rows in alone
        ]
        assert [one.state for one in held] == ["ours", "ours", "missing"]
        narrow = warehouse.rows_of(dataset, [Wanted(DAYS, late, ("likes",))])[0].rows
        assert sorted(row["likes"] for row in narrow) == [13, 14]
        assert all(set(row) == {"likes", "date"} for row in narrow)
        assert [len(rows) for rows in found] == [2, 1, 0]

    def test_a_claim_refuses_the_commit_where_another_account_has_rows(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        def commit(account: str) -> None:
            with warehouse.load(dataset, run=account, attempt=1) as into:
                stage(into, PROFILE, [profile(username=account)])
                stage(into, DAYS, [day("2026-11-21", account=account)])
                into.claim(DAYS, "_quanti_ad_account", account)
                into.commit()

        commit("alice")
        commit("alice")
        with pytest.raises(Conflict, match="another account") as refusal:
            commit("bob")
        assert refusal.value.code == "dataset_taken"
        assert [row["username"] for row in warehouse.rows(dataset, PROFILE)] == ["alice"]
