"""The contract: how every warehouse behaves. A back end is what passes this class.

A subclass gives the fixtures `warehouse` and `shell`; the flags say what its test double cannot do.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiktok_organic.errors import DestinationRefused
from tiktok_organic.table_definition import Column, Table
from tiktok_organic.warehouse.contract import Warehouse
from tiktok_organic.warehouse.sql_dialect import Dialect

from .samples import (
    DAYS,
    EVERYTHING,
    MOMENT,
    OPTIONAL,
    PROFILE,
    SNAPSHOTS,
    VIDEOS,
    Row,
    day,
    load,
    profile,
    stage,
    video,
)
from .views_contract import ViewContract

Shell = Callable[[str], Any]
"""Runs a statement in the warehouse by other means than ours, as a person would."""

OLDER_PROFILE = Table("profile", PROFILE.about, PROFILE.key, PROFILE.columns[:3])


class Interrupted(Exception):
    """Something of the caller's went wrong in the middle of a load."""


class WarehouseContract(ViewContract):
    """Behaviour. `dialect` writes the names in the statements of `shell`."""

    dialect: ClassVar[Dialect]
    transactions: ClassVar[bool] = True
    schema_evolution: ClassVar[bool] = True
    holds_nul: ClassVar[bool] = True
    concurrent: ClassVar[bool] = True
    awkward_names: ClassVar[tuple[str, ...]] = (
        'a"b',
        "it's",
        "select",
        "Mixed Case",
        "a.b",
        "naïve-ü",
        "semi;colon",
    )
    examples: ClassVar[int] = 20
    kept: ClassVar[bool] = True
    """Whether the store remains when the test ends, as a server does: the test drops its dataset.
    Otherwise the name of the dataset is always the same."""

    @pytest.fixture
    def dataset(self, warehouse: Warehouse) -> Iterator[str]:
        name = f"t_{uuid.uuid4().hex}" if self.kept else "t_1"
        yield name
        if self.kept:
            warehouse.drop(name, [PROFILE, SNAPSHOTS, DAYS, VIDEOS, EVERYTHING, OPTIONAL])

    def named(self, dataset: str, table: Table) -> str:
        return self.dialect.name(dataset, table.name)

    # All or nothing

    def test_everything_appears_at_the_commit(self, warehouse: Warehouse, dataset: str) -> None:
        with warehouse.load(dataset, run="run-1", attempt=1) as into:
            stage(into, PROFILE, [profile()])
            stage(into, VIDEOS, [video(1), video(2)])
            assert warehouse.count(dataset, PROFILE) is None
            loaded = into.commit()
        assert (warehouse.count(dataset, PROFILE), warehouse.count(dataset, VIDEOS)) == (1, 2)
        assert dict(loaded.rows) == {"profile": 1, "video_snapshot_metric": 2}

    def test_an_exception_in_the_middle_leaves_nothing(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(warehouse, dataset, {"profile": [profile(display_name="before")]})
        with pytest.raises(Interrupted):
            _begin_and_fail(warehouse, dataset, PROFILE, [profile(display_name="after")])
        assert [row["display_name"] for row in warehouse.rows(dataset, PROFILE)] == ["before"]

    def test_a_load_that_is_never_committed_leaves_nothing(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        with warehouse.load(dataset, run="run-1", attempt=1) as into:
            stage(into, PROFILE, [profile()])
        assert warehouse.count(dataset, PROFILE) is None

    def test_when_a_later_table_fails_the_earlier_ones_stay_as_they_were(
        self, warehouse: Warehouse, dataset: str, shell: Shell
    ) -> None:
        if not self.transactions:
            pytest.skip("this double has no transactions")
        load(
            warehouse,
            dataset,
            {"profile": [profile(display_name="before")], "video_snapshot_metric": [video(1)]},
        )
        name = self.dialect.name
        shell(f"ALTER TABLE {self.named(dataset, VIDEOS)} DROP COLUMN {name('likes')}")
        shell(
            f"ALTER TABLE {self.named(dataset, VIDEOS)} ADD COLUMN {name('likes')} "
            f"{self.dialect.types['STRING']}"
        )
        with pytest.raises(DestinationRefused):
            load(
                warehouse,
                dataset,
                {
                    "profile": [profile(display_name="after")],
                    "profile_daily_metric": [day()],
                    "video_snapshot_metric": [video(2)],
                },
                forget=[(PROFILE, "username", ["alice"])],
            )
        assert [row["display_name"] for row in warehouse.rows(dataset, PROFILE)] == ["before"]
        assert (warehouse.count(dataset, DAYS), warehouse.count(dataset, VIDEOS)) == (None, 1)

    def test_a_load_can_be_committed_after_another_was_given_up(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        with pytest.raises(Interrupted):
            _begin_and_fail(warehouse, dataset, VIDEOS, [video(1)])
        load(warehouse, dataset, {"video_snapshot_metric": [video(1)]}, attempt=2)
        assert warehouse.count(dataset, VIDEOS) == 1

    # Keys

    def test_a_retry_with_the_same_keys_doubles_nothing(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        rows = {
            "profile": [profile()],
            "profile_daily_metric": [day()],
            "video_snapshot_metric": [video(1), video(2)],
        }
        for attempt in (1, 2, 3):
            load(warehouse, dataset, rows, attempt=attempt)
        assert [warehouse.count(dataset, table) for table in (PROFILE, DAYS, VIDEOS)] == [1, 1, 2]

    def test_a_retry_may_bring_more_rows_than_the_attempt_before(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(warehouse, dataset, {"video_snapshot_metric": [video(1, likes=1)]})
        load(
            warehouse,
            dataset,
            {"video_snapshot_metric": [video(1, likes=2), video(2, likes=3)]},
            attempt=2,
        )
        assert [row["likes"] for row in warehouse.rows(dataset, VIDEOS, order=["item_id"])] == [
            2,
            3,
        ]

    def test_every_moment_adds_a_snapshot(self, warehouse: Warehouse, dataset: str) -> None:
        for days in range(3):
            load(
                warehouse,
                dataset,
                {
                    "video_snapshot_metric": [
                        video(1, moment=MOMENT + timedelta(days=days), likes=days)
                    ]
                },
            )
        found = warehouse.rows(dataset, VIDEOS, order=["_quanti_sync_date"])
        assert [row["likes"] for row in found] == [0, 1, 2]

    def test_a_snapshot_is_replaced_entirely_also_by_what_is_absent(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(
            warehouse,
            dataset,
            {"video_snapshot_metric": [video(1, likes=5, reach=7, audience_countries='["FR"]')]},
        )
        load(
            warehouse,
            dataset,
            {"video_snapshot_metric": [video(1, likes=6, audience_countries="[]")]},
            attempt=2,
        )
        (row,) = warehouse.rows(dataset, VIDEOS)
        assert (row["likes"], row["reach"], row["audience_countries"]) == (6, None, "[]")

    # Days outlive absence

    def test_a_stored_value_of_a_day_is_not_replaced_by_null(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(
            warehouse,
            dataset,
            {"profile_daily_metric": [day(likes=5, shares=2, audience_activity='[{"hour":"1"}]')]},
        )
        load(
            warehouse, dataset, {"profile_daily_metric": [day(likes=None, comments=3)]}, run="run-2"
        )
        (row,) = warehouse.rows(dataset, DAYS)
        assert (row["likes"], row["shares"], row["comments"]) == (5, 2, 3)
        assert row["audience_activity"] == '[{"hour":"1"}]'

    def test_a_stored_value_of_a_day_is_replaced_by_a_new_one_and_by_zero(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(warehouse, dataset, {"profile_daily_metric": [day(likes=5, shares=2)]})
        load(warehouse, dataset, {"profile_daily_metric": [day(likes=9, shares=0)]}, run="run-2")
        (row,) = warehouse.rows(dataset, DAYS)
        assert (row["likes"], row["shares"]) == (9, 0)

    @pytest.mark.parametrize(
        ("stored", "new", "kept"),
        [
            (None, "[]", "[]"),
            ("[]", None, "[]"),
            ("[]", "[]", "[]"),
            ("[1]", "[]", "[1]"),
            ("[1]", None, "[1]"),
            ("[]", "[1]", "[1]"),
            ("[1]", "[2]", "[2]"),
            (None, None, None),
        ],
    )
    def test_an_empty_list_counts_as_absent_once_something_is_stored(
        self,
        warehouse: Warehouse,
        dataset: str,
        stored: str | None,
        new: str | None,
        kept: str | None,
    ) -> None:
        load(warehouse, dataset, {"profile_daily_metric": [day(audience_activity=stored)]})
        load(
            warehouse, dataset, {"profile_daily_metric": [day(audience_activity=new)]}, run="run-2"
        )
        assert [row["audience_activity"] for row in warehouse.rows(dataset, DAYS)] == [kept]

    def test_a_day_keeps_its_row_its_username_and_its_id_when_the_username_changes(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(warehouse, dataset, {"profile_daily_metric": [day("2026-11-20", likes=5)]})
        renamed = [
            day("2026-11-20", username="alice.new", likes=6),
            day("2026-11-21", username="alice.new", likes=1),
        ]
        load(warehouse, dataset, {"profile_daily_metric": renamed}, run="run-2")
        found = warehouse.rows(dataset, DAYS, order=["date"])
        assert [(row["username"], row["_quanti_id"], row["likes"]) for row in found] == [
            ("alice", "alice|2026-11-20", 6),
            ("alice.new", "alice.new|2026-11-21", 1),
        ]

    def test_the_same_day_of_two_accounts_is_two_rows(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(warehouse, dataset, {"profile_daily_metric": [day(likes=1)]})
        load(
            warehouse,
            dataset,
            {"profile_daily_metric": [day(account="open-id-bob", username="bob", likes=2)]},
        )
        assert [row["likes"] for row in warehouse.rows(dataset, DAYS, order=["username"])] == [1, 2]

    # Forget and declare

    def test_the_row_of_a_former_name_is_forgotten_in_the_same_commit(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(warehouse, dataset, {"profile": [profile(), profile(username="bob")]})
        former = [(PROFILE, "username", ["alice", 'it\'s "nobody"; --'])]
        load(
            warehouse,
            dataset,
            {"profile": [profile(username="alice.new")]},
            forget=former,
            run="run-2",
        )
        assert [
            row["username"] for row in warehouse.rows(dataset, PROFILE, order=["username"])
        ] == ["alice.new", "bob"]

    def test_rows_are_forgotten_before_rows_are_written(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(warehouse, dataset, {"profile": [profile(bio_description="old")]})
        load(
            warehouse,
            dataset,
            {"profile": [profile()]},
            forget=[(PROFILE, "username", ["alice"])],
            run="run-2",
        )
        assert [row["bio_description"] for row in warehouse.rows(dataset, PROFILE)] == [None]

    def test_forgetting_in_a_table_that_does_not_exist_yet_is_no_error(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(warehouse, dataset, {}, forget=[(PROFILE, "username", ["nobody"])])
        load(warehouse, dataset, {}, forget=[(PROFILE, "username", [])], run="run-2")
        assert warehouse.count(dataset, PROFILE) == 0

    def test_a_declared_table_exists_without_rows(self, warehouse: Warehouse, dataset: str) -> None:
        with warehouse.load(dataset, run="run-1", attempt=1) as into:
            into.declare(DAYS)
            loaded = into.commit()
        assert (warehouse.count(dataset, DAYS), warehouse.rows(dataset, DAYS)) == (0, [])
        assert dict(loaded.rows) == {"profile_daily_metric": 0}

    # What other people did to the tables

    def test_an_older_table_gains_the_columns_it_lacks(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        if not self.schema_evolution:
            pytest.skip("this double cannot alter tables")
        old = {
            key: value
            for key, value in profile(username="bob").items()
            if key in OLDER_PROFILE.names
        }
        load(warehouse, dataset, {"profile": [old]}, tables=[OLDER_PROFILE])
        assert warehouse.rows(dataset, PROFILE)[0]["is_verified"] is None
        load(warehouse, dataset, {"profile": [profile(is_verified=True)]}, run="run-2")
        found = warehouse.rows(dataset, PROFILE, order=["username"])
        assert [(row["username"], row["is_verified"]) for row in found] == [
            ("alice", True),
            ("bob", None),
        ]

    def test_a_column_of_another_type_is_refused_by_name_and_nothing_is_written(
        self, warehouse: Warehouse, dataset: str, shell: Shell
    ) -> None:
        if not self.schema_evolution:
            pytest.skip("this double cannot alter tables")
        load(warehouse, dataset, {"profile_daily_metric": [day(likes=1)]})
        shell(f"ALTER TABLE {self.named(dataset, DAYS)} DROP COLUMN {self.dialect.name('likes')}")
        text = self.dialect.types["STRING"]
        shell(
            f"ALTER TABLE {self.named(dataset, DAYS)} ADD COLUMN {self.dialect.name('likes')} "
            f"{text}"
        )
        with pytest.raises(DestinationRefused) as refusal:
            load(
                warehouse,
                dataset,
                {"profile_daily_metric": [day("2026-11-21")], "profile": [profile()]},
                run="run-2",
            )
        for word in ("profile_daily_metric", "likes", text, self.dialect.types["INTEGER"]):
            assert word.lower() in refusal.value.message.lower()
        assert (warehouse.count(dataset, DAYS), warehouse.count(dataset, PROFILE)) == (1, None)

    def test_columns_that_somebody_added_survive_with_their_values(
        self, warehouse: Warehouse, dataset: str, shell: Shell
    ) -> None:
        if not self.schema_evolution:
            pytest.skip("this double cannot alter tables")
        load(warehouse, dataset, {"profile": [profile()]})
        target, team = self.named(dataset, PROFILE), self.dialect.name("Team")
        shell(f"ALTER TABLE {target} ADD COLUMN {team} {self.dialect.types['STRING']}")
        shell(f"UPDATE {target} SET {team} = 'blue' WHERE username = 'alice'")
        load(
            warehouse,
            dataset,
            {"profile": [profile(display_name="A."), profile(username="bob")]},
            run="run-2",
        )
        assert warehouse.count(dataset, PROFILE) == 2
        assert set(warehouse.rows(dataset, PROFILE)[0]) == set(PROFILE.names)
        found = shell(f"SELECT {team} FROM {target} ORDER BY username")
        assert [tuple(row) for row in found] == [("blue",), (None,)]

    def test_a_view_in_a_tables_place_is_refused(
        self, warehouse: Warehouse, dataset: str, shell: Shell
    ) -> None:
        load(warehouse, dataset, {"profile_daily_metric": [day()]})
        shell(f"CREATE VIEW {self.named(dataset, PROFILE)} AS SELECT 1 AS username")
        with pytest.raises(DestinationRefused, match="profile"):
            load(warehouse, dataset, {"profile": [profile()]}, run="run-2")
        shell(f"DROP VIEW {self.named(dataset, PROFILE)}")

    # Values

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            'it\'s "quoted" \\ back`tick` ${x} {{y}} %s ? :a --',
            "line\r\nbreak\ttab\x01\x7f",
            "Zoë 日本語 العربية 👩‍👩‍👧‍👦 \U0001f3f4\U0010ffff\ufeff\u2028",
            "e\u0301 is not \u00e9",
            "null",
            "\\.",
            "the end of a COPY\n\\.\n\\N",
            "x" * 200_000,
        ],
        ids=[
            "empty",
            "space",
            "quotes",
            "controls",
            "planes",
            "combining",
            "null",
            "dot",
            "dots",
            "long",
        ],
    )
    def test_text_comes_back_exactly(self, warehouse: Warehouse, dataset: str, text: str) -> None:
        load(warehouse, dataset, {"everything": [{"id": 1, "text": text}]})
        assert warehouse.rows(dataset, EVERYTHING)[0]["text"] == text

    def test_a_nul_is_kept_or_replaced_and_counted(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        loaded = load(
            warehouse,
            dataset,
            {"everything": [{"id": 1, "text": "a\0b\0"}, {"id": 2, "text": "c"}]},
        )
        (first, _) = warehouse.rows(dataset, EVERYTHING, order=["id"])
        kept = self.holds_nul
        assert first["text"] == ("a\0b\0" if kept else "a\ufffdb\ufffd")
        assert dict(loaded.replaced_characters) == ({} if kept else {"everything": 2})

    @pytest.mark.parametrize("whole", [0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)])
    def test_whole_numbers_come_back_exactly(
        self, warehouse: Warehouse, dataset: str, whole: int
    ) -> None:
        load(warehouse, dataset, {"everything": [{"id": 1, "whole": whole}]})
        assert warehouse.rows(dataset, EVERYTHING)[0]["whole"] == whole

    @pytest.mark.parametrize("real", [0.0, 0.1, -1.5e300, 5e-324, 1.7976931348623157e308])
    def test_numbers_come_back_exactly(
        self, warehouse: Warehouse, dataset: str, real: float
    ) -> None:
        load(warehouse, dataset, {"everything": [{"id": 1, "real": real}]})
        assert warehouse.rows(dataset, EVERYTHING)[0]["real"] == real

    @pytest.mark.parametrize(
        "moment",
        [
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            datetime(1, 1, 2, tzinfo=UTC),
            datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=UTC),
            datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC),
        ],
    )
    def test_moments_come_back_exactly_and_in_utc(
        self, warehouse: Warehouse, dataset: str, moment: datetime
    ) -> None:
        load(
            warehouse,
            dataset,
            {"everything": [{"id": 1, "moment": moment, "day": moment.date(), "yes": False}]},
        )
        (row,) = warehouse.rows(dataset, EVERYTHING)
        assert (row["moment"], row["day"], row["yes"]) == (moment, moment.date(), False)
        assert row["moment"].tzinfo is UTC
        assert type(row["day"]) is date

    # Reading

    def test_rows_come_in_the_order_and_number_asked_for(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        rows: list[Row] = [
            {"id": i, "whole": i % 2, "text": text}
            for i, text in enumerate(["b", "a", "B", "ä", "_"])
        ]
        load(warehouse, dataset, {"everything": [*rows, {"id": 9}]})
        found = warehouse.rows(dataset, EVERYTHING, order=["-whole", "text"])
        assert [(row["whole"], row["text"]) for row in found] == [
            (1, "a"),
            (1, "ä"),
            (0, "B"),
            (0, "_"),
            (0, "b"),
            (None, None),
        ]
        assert [
            row["id"] for row in warehouse.rows(dataset, EVERYTHING, order=["-id"], limit=2)
        ] == [9, 4]
        assert warehouse.rows(dataset, EVERYTHING, limit=0) == []

    def test_what_does_not_exist_has_no_rows_and_no_count(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        assert warehouse.count(dataset, PROFILE) is None
        assert warehouse.rows(dataset, PROFILE) == []
        assert list(warehouse.batches(dataset, PROFILE)) == []
        warehouse.drop(dataset, [PROFILE])

    def test_distinct_values_come_once_whatever_their_type(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        rows = [day("2026-11-01"), day("2026-11-02"), day("2026-11-02", account="open-id-bob")]
        load(warehouse, dataset, {"profile_daily_metric": rows})
        assert warehouse.distinct(dataset, DAYS, ["_quanti_ad_account"]) == {
            ("open-id-alice",),
            ("open-id-bob",),
        }
        assert warehouse.distinct(dataset, DAYS, ["date"]) == {
            (date(2026, 11, 1),),
            (date(2026, 11, 2),),
        }
        assert len(warehouse.distinct(dataset, DAYS, ["_quanti_ad_account", "date"])) == 3

    def test_what_does_not_exist_has_no_distinct_values(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        assert warehouse.distinct(dataset, DAYS, ["date"]) == set()
        load(warehouse, dataset, {"profile": [profile()]})
        assert warehouse.distinct(dataset, DAYS, ["date"]) == set()
        assert warehouse.distinct(dataset, VIDEOS, ["_quanti_ad_account"]) == set()

    def test_batches_give_the_whole_table_in_its_schema(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(warehouse, dataset, {"video_snapshot_metric": [video(i, likes=i) for i in range(12)]})
        batches = list(warehouse.batches(dataset, VIDEOS))
        assert all(batch.schema.equals(VIDEOS.schema) for batch in batches)
        assert sorted(
            value for batch in batches for value in batch.column("likes").to_pylist()
        ) == list(range(12))

    def test_batches_need_not_be_read_to_their_end(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(warehouse, dataset, {"video_snapshot_metric": [video(i) for i in range(6_000)]})
        batches = warehouse.batches(dataset, VIDEOS)
        assert next(batches).num_rows
        del batches  # the generator ends here
        load(warehouse, dataset, {"video_snapshot_metric": [video(1)]}, run="run-2")
        assert warehouse.count(dataset, VIDEOS) == 6_000

    def test_batches_can_be_loaded_into_another_dataset(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        load(
            warehouse,
            dataset,
            {"video_snapshot_metric": [video(i, likes=i, caption=f"#{i}") for i in range(12)]},
        )
        other = f"{dataset}_moved"
        with warehouse.load(other, run="move", attempt=1) as into:
            for batch in warehouse.batches(dataset, VIDEOS):
                into.stage(VIDEOS, batch)
            into.commit()
        order = ["item_id"]
        assert warehouse.rows(other, VIDEOS, order=order) == warehouse.rows(
            dataset, VIDEOS, order=order
        )
        warehouse.drop(other, [VIDEOS])

    def test_twenty_thousand_rows_in_several_batches(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        rows = [video(i, likes=i, caption=f"video {i}") for i in range(20_000)]
        for attempt in (1, 2):
            loaded = load(warehouse, dataset, {"video_snapshot_metric": rows}, attempt=attempt)
            assert dict(loaded.rows) == {"video_snapshot_metric": 20_000}
        assert warehouse.count(dataset, VIDEOS) == 20_000
        assert sum(batch.num_rows for batch in warehouse.batches(dataset, VIDEOS)) == 20_000

    # Datasets

    def test_quotes_and_keywords_in_the_name_of_a_dataset_are_safe(
        self, warehouse: Warehouse
    ) -> None:
        for name in self.awkward_names:
            warehouse.drop(name, [PROFILE, DAYS])
            load(
                warehouse,
                name,
                {"profile": [profile(display_name=name)], "profile_daily_metric": [day()]},
            )
        for name in self.awkward_names:
            assert [row["display_name"] for row in warehouse.rows(name, PROFILE)] == [name]
            assert warehouse.count(name, DAYS) == 1
            warehouse.drop(name, [PROFILE, DAYS])
            assert warehouse.count(name, PROFILE) is None

    @pytest.mark.parametrize("name", ["", "a\0b", "information_schema"])
    def test_a_name_that_cannot_be_used_is_refused_before_anything_is_written(
        self, warehouse: Warehouse, name: str
    ) -> None:
        with pytest.raises(DestinationRefused):
            warehouse.check(name)
        with pytest.raises(DestinationRefused):
            load(warehouse, name, {"profile": [profile()]})

    def test_check_writes_nothing(self, warehouse: Warehouse, dataset: str) -> None:
        warehouse.check(dataset)
        assert warehouse.count(dataset, PROFILE) is None
        load(warehouse, dataset, {"profile": [profile()]})
        warehouse.check(dataset)
        assert warehouse.count(dataset, PROFILE) == 1

    def test_drop_leaves_other_tables_and_other_datasets(
        self, warehouse: Warehouse, dataset: str, shell: Shell
    ) -> None:
        other = f"{dataset}_other"
        for name in (dataset, other):
            load(warehouse, name, {"profile": [profile()], "profile_daily_metric": [day()]})
        own = self.dialect.name(dataset, "my_own")
        shell(f"CREATE TABLE {own} (id {self.dialect.types['INTEGER']})")
        warehouse.drop(dataset, [PROFILE])
        assert (warehouse.count(dataset, PROFILE), warehouse.count(dataset, DAYS)) == (None, 1)
        warehouse.drop(dataset, [PROFILE, DAYS])
        shell(f"INSERT INTO {own} VALUES (1)")
        shell(f"DROP TABLE {own}")
        warehouse.drop(dataset, [])
        assert warehouse.count(other, PROFILE) == 1
        warehouse.drop(other, [PROFILE, DAYS])

    def test_it_can_be_used_again_after_close(self, warehouse: Warehouse, dataset: str) -> None:
        load(warehouse, dataset, {"profile": [profile()]})
        warehouse.close()
        assert warehouse.count(dataset, PROFILE) == 1
        warehouse.close()

    # Together

    def test_two_threads_load_two_datasets(self, warehouse: Warehouse, dataset: str) -> None:
        names = [f"{dataset}_{i}" for i in range(2)]
        _together(
            lambda i: load(
                warehouse, names[i], {"video_snapshot_metric": [video(k) for k in range(i + 1)]}
            )
        )
        assert [warehouse.count(name, VIDEOS) for name in names] == [1, 2]
        for name in names:
            warehouse.drop(name, [VIDEOS])

    def test_two_threads_load_the_same_keys_of_one_dataset(
        self, warehouse: Warehouse, dataset: str
    ) -> None:
        if not self.concurrent:
            pytest.skip("this double runs one job at a time")
        rows = {
            "profile": [profile()],
            "profile_daily_metric": [day()],
            "video_snapshot_metric": [video(k) for k in range(9)],
        }
        for _ in range(3):
            _together(lambda i: load(warehouse, dataset, rows, run=f"run-{i}"))
        assert [warehouse.count(dataset, table) for table in (PROFILE, DAYS, VIDEOS)] == [1, 1, 9]

    # Any history

    def test_any_sequence_of_loads_equals_a_dictionary(self, warehouse: Warehouse) -> None:
        @settings(
            max_examples=self.examples,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(st.lists(_loads, min_size=1, max_size=4))
        def play(loads: list[dict[str, Any]]) -> None:
            dataset = f"t_{uuid.uuid4().hex}"
            model = Model()
            try:
                for number, one in enumerate(loads):
                    rows = {"small_day": one["days"], "small_snapshot": one["snapshots"]}
                    forget = [(SMALL_SNAPSHOT, "name", one["forget"])]
                    load(
                        warehouse,
                        dataset,
                        rows,
                        forget=forget,
                        tables=[SMALL_DAY, SMALL_SNAPSHOT],
                        run=f"run-{number}",
                    )
                    model.load(**one)
                assert (
                    warehouse.rows(dataset, SMALL_DAY, order=["day", "account"])
                    == model.sorted_days()
                )
                assert (
                    warehouse.rows(dataset, SMALL_SNAPSHOT, order=["id"])
                    == model.sorted_snapshots()
                )
            finally:
                warehouse.drop(dataset, [SMALL_DAY, SMALL_SNAPSHOT])

        play()


SMALL_DAY = Table(
    name="small_day",
    about="A cumulative table.",
    key=("name", "day"),
    match=("account", "day"),
    kept=("name",),
    columns=(
        Column("account", "STRING", "sync", "Whose.", required=True),
        Column("name", "STRING", "sync", "Under which name.", required=True),
        Column("day", "DATE", "day", "When.", required=True),
        Column("n", "INTEGER", "day", "How many."),
        Column("part", "FLOAT", "day", "How much."),
        Column("list", "STRING", "day", "A list.", json=True),
        Column("text", "STRING", "day", "A text, not a list."),
    ),
)
SMALL_SNAPSHOT = Table(
    name="small_snapshot",
    about="A table of snapshots.",
    key=("id",),
    columns=(
        Column("id", "INTEGER", "sync", "Which.", required=True),
        Column("name", "STRING", "sync", "Whose."),
        Column("list", "STRING", "video", "A list.", json=True),
    ),
)


class Model:
    """The expected content of the tables, computed without SQL."""

    def __init__(self) -> None:
        self.days: dict[tuple[str, date], Row] = {}
        self.snapshots: dict[int, Row] = {}

    def load(self, days: list[Row], snapshots: list[Row], forget: list[str]) -> None:
        self.snapshots = {
            key: row for key, row in self.snapshots.items() if row["name"] not in forget
        }
        self.snapshots.update({row["id"]: row for row in snapshots})
        for row in days:
            stored = self.days.setdefault((row["account"], row["day"]), row)
            fresh = {
                name: value for name, value in row.items() if name != "name" and value is not None
            }
            if fresh.get("list") == "[]" and stored["list"] is not None:
                del fresh["list"]
            self.days[row["account"], row["day"]] = {**stored, **fresh}

    def sorted_days(self) -> list[Row]:
        return sorted(self.days.values(), key=lambda row: (row["day"], row["account"]))

    def sorted_snapshots(self) -> list[Row]:
        return sorted(self.snapshots.values(), key=lambda row: row["id"])


_lists = st.sampled_from([None, "[]", "[1]", "[2]"])
_names = st.sampled_from(["alice", "bob", "al'ice", ""])
_loads = st.fixed_dictionaries(
    {
        "days": st.lists(
            st.fixed_dictionaries(
                {
                    "account": st.sampled_from(["a", "A", "b"]),
                    "name": _names,
                    "day": st.sampled_from([date(2026, 11, 1), date(2026, 11, 2)]),
                    "n": st.none() | st.integers(-(2**63), 2**63 - 1),
                    "part": st.none() | st.floats(allow_nan=False, allow_infinity=False),
                    "list": _lists,
                    "text": _lists
                    | st.text(
                        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
                        max_size=5,
                    ),
                }
            ),
            max_size=4,
            unique_by=lambda row: (row["account"], row["day"]),
        ),
        "snapshots": st.lists(
            st.fixed_dictionaries(
                {"id": st.integers(0, 3), "name": st.none() | _names, "list": _lists}
            ),
            max_size=4,
            unique_by=lambda row: row["id"],
        ),
        "forget": st.lists(_names, max_size=2),
    }
)


def _begin_and_fail(warehouse: Warehouse, dataset: str, table: Table, rows: list[Row]) -> None:
    with warehouse.load(dataset, run="run-given-up", attempt=1) as into:
        stage(into, table, rows)
        raise Interrupted


def _together(act: Callable[[int], object]) -> None:
    """`act(0)` and `act(1)` in two threads that start at once; the first exception is raised."""
    barrier = threading.Barrier(2)
    failures: list[BaseException] = []

    def one(number: int) -> None:
        barrier.wait()
        try:
            act(number)
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            failures.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure
