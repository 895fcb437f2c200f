"""What a build finds changed since the last one, and which models and data tests follow from it."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from retail_assets.lake import Lake
from retail_assets.warehouse import snapshot
from retail_assets.warehouse.changes import (
    EVERYTHING,
    LEDGER,
    Changes,
    Seen,
    built_state,
    changes_since,
    due_tests,
    look,
)
from retail_assets.warehouse.manifest import DataTest
from retail_assets.warehouse.snapshot import take_snapshot
from tests.lake_builder import LakeBuilder
from tests.unit.warehouse.manifests import data_test, manifest, model

NIGHT = date(2026, 11, 20)
NEXT = NIGHT + timedelta(days=1)
NONE: set[str] = set()
NOTHING = Changes(set(), set(), set())
MODELS = manifest(
    model("stg_sales", feeds=["sales"], tests=(data_test("sales_keys", "stg_sales"),)),
    model("stg_stores", feeds=["stores"]),
    model("sales_daily", parents=["stg_sales"], tests=(data_test("known_stores", "sales_daily", "stores"),)),
    model("stores", parents=["stg_stores"]),
    model("best_sellers", parents=["sales_daily"], clocks=["as_of"]),
    model("shelf_labels", parents=["best_sellers"]),
    model("service_levels", clocks=["now"]),
    model("rejected_rows", reads_ledger=True),
    model("photos", tables=["refund_images"], tests=(data_test("photo_keys", "photos"),)),
    code="as it was",
)


class Platform:
    """A lake beside a warehouse that some build left."""

    def __init__(self, folder: Path) -> None:
        self.lake_builder = LakeBuilder(folder)
        self.lake: Lake = self.lake_builder.lake
        self.lake_builder.write_ledger()
        self._sql("create schema state; create schema loaded; create table state.run as select 7 as run")
        self._sql("create table loaded.sales (order_id varchar, business_date date)")
        self._sql("create table loaded.stores (store_id varchar)")

    def look(self, as_of: date = NIGHT, project: str = "as it was") -> Seen:
        take_snapshot(self.lake, self.lake_builder.platform.tables.values())
        return self.look_again(as_of, project)

    def look_again(self, as_of: date = NIGHT, project: str = "as it was") -> Seen:
        """At the snapshot that the last look took."""
        now = datetime(as_of.year, as_of.month, as_of.day, 2)
        tables = self.lake_builder.platform.tables.values()
        return look(self.lake, tables, as_of=as_of, now=now, project=project)

    def changed(self, before: Seen, after: Seen | None = None, *, run: int = 7) -> set[str]:
        """Models that may come out different since a build in run 7 saw `before`."""
        known: dict[str, Any] = {**asdict(before), "run": run}
        return changes_since(self.lake, known, after or self.look()).models(MODELS)

    def waiting_row(self, day: date) -> None:
        self._sql(f"insert into loaded.sales values ('O1', date '{day}')")

    def _sql(self, statement: str) -> None:
        with duckdb.connect(str(self.lake.warehouse)) as connection:
            connection.execute(statement)


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path)


def sale(order: str = "A") -> dict[str, Any]:
    return {"order_id": order, "line_number": 1, "store_id": "S1", "product_id": "P1", "quantity": 1}


def drop_sales(platform: Platform, *orders: str, source: str = "till") -> int:
    number = platform.lake_builder.load("sales", [sale(order) for order in orders], source=source)
    platform.lake_builder.write_ledger()
    return number


def test_before_the_first_build_everything_is_new(platform):
    assert changes_since(platform.lake, None, platform.look()) == EVERYTHING
    assert EVERYTHING.models(MODELS) == set(MODELS.models)


def test_nothing_follows_from_nothing(platform):
    assert platform.changed(platform.look()) == set()
    assert NOTHING.models(MODELS) == set()


def test_a_part_that_vanishes_while_it_is_looked_at_is_as_good_as_gone(platform, monkeypatch):
    before = platform.look()
    gone = platform.lake.table_folder("refund_images") / "gone.parquet"
    gone.touch()

    def link(file: Path, into: Path) -> None:
        gone.unlink(missing_ok=True)  # listed, and then not there
        into.hardlink_to(file)

    monkeypatch.setattr(snapshot, "os", SimpleNamespace(link=link))
    assert platform.look() == before


def test_what_is_written_after_the_snapshot_is_not_seen(platform):
    before = platform.look()
    platform.lake_builder.load("sales", [{"order_id": "late"}])
    platform.lake_builder.write_ledger()
    assert platform.look_again() == before
    assert platform.look() != before


def test_a_new_night_builds_what_asks_for_the_day_or_the_moment_and_what_follows(platform):
    changed = platform.changed(platform.look(), platform.look(NEXT))
    assert changed == {"best_sellers", "shelf_labels", "service_levels"}


def test_rows_whose_day_came_build_what_follows_from_their_feed(platform):
    before = platform.look()
    platform.waiting_row(NEXT)
    assert {"stg_sales", "sales_daily"} <= platform.changed(before, platform.look(NEXT))
    assert "stores" not in platform.changed(before, platform.look(NEXT))
    assert platform.changed(before, platform.look(NIGHT)) == set(), "not yet"


@pytest.mark.parametrize("day", [NIGHT - timedelta(days=1), NIGHT, NEXT + timedelta(days=1)])
def test_rows_that_had_come_or_have_still_to_come_build_nothing(platform, day):
    before = platform.look()
    platform.waiting_row(day)
    assert "stg_sales" not in platform.changed(before, platform.look(NEXT))


def test_a_drop_builds_what_follows_from_its_feed_and_what_reads_the_ledger(platform):
    before = platform.look()
    drop_sales(platform, "A")
    assert platform.changed(before) == {
        "stg_sales",
        "sales_daily",
        "best_sellers",
        "shelf_labels",
        "rejected_rows",
    }


def test_so_does_a_drop_that_was_withdrawn(platform):
    number = drop_sales(platform, "A")
    before = platform.look()
    platform.lake_builder.withdraw(number)
    platform.lake_builder.write_ledger()
    assert {"stg_sales", "sales_daily"} <= platform.changed(before)


def test_so_does_a_drop_that_was_read_again(platform):
    number = drop_sales(platform, "A", "B")
    before = platform.look()
    platform.lake_builder.reload(number, {"sales": [sale("A")]})
    platform.lake_builder.write_ledger()
    assert {"stg_sales", "sales_daily"} <= platform.changed(before)


def test_so_does_the_same_content_that_came_again(platform):
    number = drop_sales(platform, "A")
    before = platform.look()
    platform.lake_builder.again(number)
    platform.lake_builder.write_ledger()
    assert {"stg_sales", "sales_daily"} <= platform.changed(before)


def test_feeds_that_come_from_one_source_are_told_apart(platform):
    """Every file in the shape of its contract is of one source."""
    before = platform.look()
    drop_sales(platform, "A", source="contract")
    platform.lake_builder.load("stores", [{"store_id": "S1", "name": "One"}], source="contract")
    platform.lake_builder.write_ledger()
    both = platform.look()
    assert {"stg_sales", "stg_stores"} <= platform.changed(before)
    platform.lake_builder.load("stores", [{"store_id": "S2", "name": "Two"}], source="contract")
    platform.lake_builder.write_ledger()
    assert platform.changed(both) == {"stg_stores", "stores", "rejected_rows"}


def test_so_does_a_file_that_leaves_a_document_of_its_source_empty(platform):
    """It brings no row of any feed, and takes away those of the file before it."""
    drop_sales(platform, "A", source="erp")
    before = platform.look()
    platform.lake_builder.drop({}, source="erp", documents=["A"])
    platform.lake_builder.write_ledger()
    assert {"stg_sales", "sales_daily"} <= platform.changed(before)
    assert "stg_stores" not in platform.changed(before)


def test_a_changed_ledger_alone_builds_what_reads_it(platform):
    before = platform.look()
    platform.lake_builder.quarantine("sales", "a.csv", reason="not_text", message="No text.")
    platform.lake_builder.write_ledger()
    assert platform.changed(before) == {"rejected_rows"}


def test_a_new_part_of_a_computed_table_builds_what_reads_it(platform):
    before = platform.look()
    platform.lake_builder.part("refund_images", "2026-11-20", [{"sequence": 1, "name": "a.jpg"}])
    assert platform.changed(before) == {"photos"}


def test_so_does_a_part_that_is_gone(platform):
    table = platform.lake_builder.platform.tables["refund_images"]
    platform.lake_builder.part("refund_images", "2026-11-20", [{"sequence": 1, "name": "a.jpg"}])
    before = platform.look()
    table.part(platform.lake, "2026-11-20").unlink()
    assert platform.changed(before) == {"photos"}


def test_other_code_or_settings_build_everything(platform):
    assert platform.changed(platform.look(), platform.look(project="another")) == set(MODELS.models)


def test_a_warehouse_that_is_gone_or_comes_from_a_backup_is_built_whole(platform):
    seen = platform.look()
    assert platform.changed(seen, run=8) == set(MODELS.models), (
        "dbt has run once more on the one that was lost"
    )
    platform.lake.warehouse.unlink()
    assert platform.changed(seen) == set(MODELS.models)


def test_each_step_remembers_what_it_saw_itself(platform):
    state = built_state(platform.lake)
    first, second = platform.look(), platform.look(NEXT)
    state.note("before", first, 7, ["stg_sales"])
    state.note("after", second, 8, ["sales_daily"])
    assert state.seen("before") == {**asdict(first), "run": 7}
    assert state.seen("after") == {**asdict(second), "run": 8}
    assert state.seen("another") is None


def test_models_are_ahead_until_a_complete_build_of_their_step(platform):
    state = built_state(platform.lake)
    state.note_ahead(["stg_sales"])
    state.note_ahead(["sales_daily"])
    assert state.ahead() == {"stg_sales", "sales_daily"}
    state.note("before", platform.look(), 7, ["stg_sales", "stg_stores"])
    assert state.ahead() == {"sales_daily"}


def test_what_is_forgotten_is_what_every_step_saw(platform):
    state = built_state(platform.lake)
    for step in ("before", "after"):
        state.note(step, platform.look(), 7, [])
    state.note_passed(["test.retail.sales_keys"])
    state.forget()
    assert (state.seen("before"), state.seen("after")) == (None, None)
    assert state.passed() == {"test.retail.sales_keys"}


@pytest.mark.parametrize("content", ["", "{", '{"steps": '])
def test_a_broken_memory_is_none(platform, content):
    state = built_state(platform.lake)
    state.file.write_text(content)
    assert state.seen("before") is None
    assert state.passed() == set()
    state.note_passed(["test.retail.sales_keys"])
    assert state.passed() == {"test.retail.sales_keys"}


def due(
    platform: Platform,
    models: Iterable[str] = MODELS.models,
    *,
    changed: set[str] = NONE,
    without: set[str] = NONE,
) -> tuple[list[DataTest], list[DataTest]]:
    return due_tests(platform.lake, MODELS, models, changed=changed, there=set(MODELS.models) - without)


def names(tests: list[Any]) -> set[str]:
    return {test.name for test in tests}


def test_data_tests_that_never_passed_are_due(platform):
    run, unchanged = due(platform)
    assert names(run) == {"sales_keys", "known_stores", "photo_keys"}
    assert unchanged == []


def test_a_test_that_passed_is_due_when_any_model_it_looks_at_changed(platform):
    every_test = [test.unique_id for one in MODELS.models.values() for test in one.tests]
    built_state(platform.lake).note_passed(every_test)
    assert names(due(platform)[0]) == set()
    run, unchanged = due(platform, changed={"stores"})
    assert names(run) == {"known_stores"}, "a test of sales_daily, but it looks at stores too"
    assert names(unchanged) == {"sales_keys", "photo_keys"}


def test_a_test_that_failed_is_due_though_nothing_changed(platform):
    built_state(platform.lake).note_passed(["test.retail.sales_keys"])
    run, unchanged = due(platform, ["stg_sales", "photos"])
    assert (names(run), names(unchanged)) == ({"photo_keys"}, {"sales_keys"})


def test_only_tests_of_the_models_that_were_asked_for_are_looked_at(platform):
    run, unchanged = due(platform, ["photos"], changed=set(MODELS.models))
    assert (names(run), unchanged) == ({"photo_keys"}, [])


def test_a_test_of_what_is_not_there_yet_waits(platform):
    run, unchanged = due(platform, without={"stores"})
    assert (names(run), unchanged) == ({"sales_keys", "photo_keys"}, [])


def test_the_ledger_counts_as_a_table(platform):
    assert LEDGER in platform.look().fingerprints
