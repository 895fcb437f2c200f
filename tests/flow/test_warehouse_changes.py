"""The warehouse is changed by what was dropped, and must always stand where a build from nothing would.

Random nights (corrections, lines that move to another day, replaced documents and store-days, versions out of
order, withdrawals, reloads, the same content again, days that pass) are taken in one after the other, some of them
by a part of the models only. An independent reckoning says which rows are current; a build from nothing says the rest.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from retail_assets.flows import platform_of
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Builds, Warehouse

NIGHTS = 8
MODELS = ("+sales_orders", "+sales_daily", "+product_performance")
BUILT = (
    "staging.stg_sales",
    "staging.stg_order_events",
    "staging.stg_products",
    "intermediate.int_product_costs",
    "marts.order_history",
    "marts.sales_lines",
    "marts.sales_daily",
    "marts.sales_orders",
    "marts.product_performance",
)
LOWEST = -(2**63)


@dataclass
class Reckoning:
    """Every load of sales with its rows and the documents it holds; what a person would do on paper."""

    loads: dict[int, tuple[str, list[dict[str, Any]], dict[str, int | None]]] = field(default_factory=dict)

    def current(self) -> dict[tuple[str, int], dict[str, Any]]:
        owners: dict[tuple[str, str], tuple[int, int]] = {}
        for sequence, (source, _, documents) in self.loads.items():
            for document, version in documents.items():
                held = (LOWEST if version is None else version, sequence)
                owners[source, document] = max(held, owners.get((source, document), held))
        ranked = defaultdict(list)
        for sequence, (source, rows, _) in self.loads.items():
            for record, row in enumerate(rows, start=1):
                document = row.get("_document")
                if document is None or owners[source, document][1] == sequence:
                    version = row.get("_version")
                    rank = (LOWEST if version is None else version, sequence, record)
                    ranked[row["order_id"], row["line_number"]].append((rank, row))
        return {key: max(found, key=lambda pair: pair[0])[1] for key, found in ranked.items()}


class Retailer:
    """Drops at random, into the lake and into the reckoning."""

    def __init__(self, seed: int, lake: LakeBuilder) -> None:
        self.random = random.Random(seed)
        self.lake = lake
        self.reckoning = Reckoning()
        self.today = AS_OF

    def line(self, order: int, line: int) -> dict[str, Any]:
        # Some are dated ahead of their night and wait; around midnight the zone decides the day.
        day = self.today + timedelta(days=self.random.randint(-5, 2))
        at = datetime.combine(day, time(self.random.choice([9, 22, 23]), 30), UTC)
        return {
            "order_id": f"O{order}",
            "line_number": line,
            "store_id": f"S{self.random.randint(1, 2)}",
            "product_id": f"P{self.random.randint(1, 4)}",
            "sold_at": at,
            "quantity": self.random.choice([1, 1, 2, 3, -1]),
            "unit_price": self.random.choice(["1.115", "2.50", "10"]),
            "currency": self.random.choice(["EUR", "EUR", "JPY"]),
            "credited_order_id": f"O{self.random.randint(1, 19)}" if self.random.random() < 0.2 else None,
        }

    def sales_rows(self) -> tuple[str, list[dict[str, Any]], dict[str, int | None]]:
        """A file of one of three sources: lines alone, whole store-days, or whole orders with a version."""
        source = self.random.choice(["till", "daily", "erp"])
        orders = {"till": (1, 8), "daily": (6, 14), "erp": (12, 18)}[source]
        keys = {(self.random.randint(*orders), self.random.randint(1, 3)) for _ in range(6)}
        rows = [self.line(order, line) for order, line in sorted(keys)]
        documents: dict[str, int | None] = {}
        version = self.random.randint(1, 5) if source == "erp" else None
        for row in rows:
            if source == "daily":
                row["_document"] = f"{row['store_id']}|{row['sold_at'].date()}"
            elif source == "erp":
                row |= {"_document": row["order_id"], "_version": version}
            else:
                continue
            documents[row["_document"]] = version
        if source != "till":
            # Records that were rejected or sent elsewhere hold their document all the same.
            emptied = f"O{self.random.randint(12, 18)}" if source == "erp" else f"S1|{self.today}"
            documents.setdefault(emptied, version)
        return source, rows, documents

    def drop_sales(self) -> None:
        source, rows, documents = self.sales_rows()
        sequence = self.lake.load(
            "sales", rows, source=source, documents=list(documents.items()), on=self.today
        )
        self.reckoning.loads[sequence] = (source, rows, documents)

    def drop_documents_only(self) -> None:
        """A day that was emptied: every record of its file was left out or rejected."""
        documents: dict[str, int | None] = {
            f"S{self.random.randint(1, 2)}|{self.today - timedelta(days=1)}": None
        }
        sequence = self.lake.drop({}, source="daily", documents=list(documents.items()), on=self.today)
        self.reckoning.loads[sequence] = ("daily", [], documents)

    def withdraw(self) -> None:
        if self.reckoning.loads:
            sequence = self.random.choice(list(self.reckoning.loads))
            self.lake.withdraw(sequence)
            del self.reckoning.loads[sequence]

    def drop_again(self) -> None:
        loaded = [s for s, (_, rows, _) in self.reckoning.loads.items() if rows]
        if loaded:
            old = self.random.choice(loaded)
            self.reckoning.loads[self.lake.again(old, on=self.today)] = self.reckoning.loads[old]

    def reload(self) -> None:
        """Read again under another mapping, which sees other quantities and other lines."""
        loaded = [s for s, (_, rows, _) in self.reckoning.loads.items() if rows]
        if loaded:
            sequence = self.random.choice(loaded)
            source, rows, documents = self.reckoning.loads[sequence]
            read = [{**row, "quantity": 7} for row in rows[1:]]
            self.lake.reload(sequence, {"sales": read}, documents=list(documents.items()))
            self.reckoning.loads[sequence] = (source, read, documents)

    def drop_events(self) -> None:
        events = [
            {
                "event_id": f"E{self.random.randint(1, 30)}",
                "order_kind": "sales",
                "order_id": f"O{self.random.randint(1, 20)}",
                "at": datetime.combine(
                    self.today - timedelta(days=self.random.randint(-1, 4)), time(12), UTC
                ),
                "status": self.random.choice(["placed", "paid", "shipped", "cancelled", "returned"]),
            }
            for _ in range(4)
        ]
        self.lake.load("order_events", list({e["event_id"]: e for e in events}.values()), on=self.today)

    def drop_products(self) -> None:
        products = [
            {
                "product_id": f"P{number}",
                "name": "Pen",
                "category": "Paper",
                "supplier_id": self.random.choice(["V1", "V2", None]),
                "cost_price": self.random.choice(["0.50", "0.75", None]),
                "currency": self.random.choice(["EUR", "EUR", "JPY"]),
            }
            for number in self.random.sample(range(1, 5), 2)
        ]
        on = self.today - timedelta(days=self.random.randint(0, 3))
        sequence = self.lake.load("products", products, on=on)
        if self.random.random() < 0.3:
            self.lake.withdraw(sequence)

    def drop_terms(self) -> None:
        """What suppliers charge from a day on, some of it late; P4 has two who might be its supplier."""
        terms = [
            {
                "supplier_id": f"V{self.random.randint(1, 2)}" if number == 4 else "V1",
                "product_id": f"P{number}",
                "valid_from": self.today - timedelta(days=self.random.randint(-2, 6)),
                "unit_cost": self.random.choice(["0.40", "0.60"]),
                "currency": self.random.choice(["EUR", "JPY"]),
                "lead_time_days": 3,
            }
            for number in self.random.sample(range(1, 5), 2)
        ]
        sequence = self.lake.load("supplier_products", terms, on=self.today)
        if self.random.random() < 0.3:
            self.lake.withdraw(sequence)

    def night(self, changes: int = 5) -> None:
        """What comes in between two nights."""
        ways = [self.drop_sales] * 4 + [self.drop_events, self.drop_products, self.drop_terms]
        ways += [self.withdraw, self.reload, self.drop_again, self.drop_documents_only]
        for way in self.random.choices(ways, k=changes):
            way()
        self.today += timedelta(days=self.random.randint(0, 2))
        self.lake.write_ledger()


PARTS = [("stg_sales",), ("sales_lines",), ("order_history", "stg_products")]
"""What a sensor may start, or a night that is killed half-way have done."""


@pytest.mark.parametrize("seed", [1, 2])
def test_changes_end_where_a_build_from_nothing_ends(tmp_path: Path, seed: int) -> None:
    retailer = Retailer(seed, LakeBuilder(tmp_path / "changed"))
    warehouse = Warehouse(tmp_path / "changed")
    for number in range(NIGHTS):
        retailer.night()
        if number % 3 == 1:
            warehouse.build(*(f"+{model}" for model in retailer.random.choice(PARTS)), as_of=retailer.today)
        else:
            warehouse.build(*MODELS, as_of=retailer.today)
            assert current_lines(warehouse) == expected_lines(retailer.reckoning)
    warehouse.build(*MODELS, as_of=retailer.today)
    require_equal_to_fresh(warehouse, retailer, tmp_path)


@pytest.mark.parametrize("seed", [3])
def test_so_do_builds_that_skip_what_nothing_new_reaches(tmp_path: Path, seed: int) -> None:
    """Nights bring little; what a part of the models took in is gone before the next, which brings nothing else."""
    lake = LakeBuilder(tmp_path / "changed")
    retailer, warehouse = Retailer(seed, lake), Warehouse(tmp_path / "changed")
    builds = Builds(lake, *(model.removeprefix("+") for model in MODELS))
    skipped = 0
    for number in range(NIGHTS):
        retailer.night(changes=[retailer.random.choice([0, 1, 2]) if number else 5, 0, 0][number % 3])
        if number % 3 == 1:
            retailer.drop_sales()
            lake.write_ledger()
            builds.build_part(*retailer.random.choice(PARTS), as_of=retailer.today)
            newest = max(retailer.reckoning.loads)
            lake.withdraw(newest)
            del retailer.reckoning.loads[newest]
            lake.write_ledger()
        else:
            report = builds.build(as_of=retailer.today)
            assert report.problem is None
            skipped += len(builds.models - builds.rebuilt)
            assert current_lines(warehouse) == expected_lines(retailer.reckoning)
    builds.build(as_of=retailer.today)
    require_equal_to_fresh(warehouse, retailer, tmp_path)
    assert skipped > len(builds.models) / 2


def require_equal_to_fresh(warehouse: Warehouse, retailer: Retailer, folder: Path) -> None:
    fresh = Warehouse(folder / "fresh")
    (folder / "fresh" / "lake").symlink_to(folder / "changed" / "lake")
    fresh.build(*MODELS, as_of=retailer.today)
    for table in BUILT:
        assert warehouse.table(table) == fresh.table(table), table
    assert warehouse.rows("select count(*) from marts.sales_daily") > [(0,)]


def current_lines(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    query = (
        "select order_id, line_number, store_id, quantity::int, sold_at, business_date from staging.stg_sales"
    )
    return sorted(warehouse.rows(query))


def expected_lines(reckoning: Reckoning) -> list[tuple[Any, ...]]:
    return sorted(
        (order, line, row["store_id"], row["quantity"], row["sold_at"], local_date(row["sold_at"]))
        for (order, line), row in reckoning.current().items()
    )


def local_date(at: datetime) -> date:
    return at.astimezone(ZoneInfo("Europe/Berlin")).date()


def test_nothing_new_changes_nothing(tmp_path: Path) -> None:
    """A second run writes no row and passes no change on; a run for an older night does not go back."""
    lake = LakeBuilder(tmp_path)
    retailer = Retailer(3, lake)
    retailer.night()
    retailer.drop_sales()
    lake.write_ledger()
    warehouse = Warehouse(tmp_path)
    warehouse.build(*MODELS, as_of=retailer.today)
    before = {table: warehouse.table(table) for table in BUILT}
    [(run,)] = warehouse.rows("select run from state.run")
    warehouse.build(*MODELS, as_of=retailer.today - timedelta(days=3))
    assert warehouse.rows(f"select distinct model from state.changes where run > {run}") == []
    assert {table: warehouse.table(table) for table in BUILT} == before
    assert warehouse.rows("select as_of from state.run") == [(retailer.today,)]


def line(order: str, day: int, quantity: int = 1, hour: int = 12) -> dict[str, Any]:
    return {
        "order_id": order,
        "line_number": 1,
        "store_id": "S1",
        "product_id": "P1",
        "sold_at": f"2026-11-{day} {hour}:00:00+00",
        "quantity": quantity,
        "unit_price": 1,
        "currency": "EUR",
    }


def test_equal_rows_of_a_newer_file_are_no_change(tmp_path: Path) -> None:
    """A full export every night touches only the days on which something differs."""
    lake = LakeBuilder(tmp_path)

    warehouse = Warehouse(tmp_path)
    lake.load("sales", [line("A", 16, 1), line("B", 17, 1)])
    lake.write_ledger()
    warehouse.build("+sales_daily")
    [(run,)] = warehouse.rows("select run from state.run")
    lake.load("sales", [line("A", 16, 1), line("B", 17, 2), line("C", 18, 1)])
    lake.write_ledger()
    warehouse.build("+sales_daily")
    touched = warehouse.rows(
        f"select value from state.changes where model = 'sales_daily' and run > {run} order by value"
    )
    assert touched == [("2026-11-17",), ("2026-11-18",)]
    assert warehouse.rows("select distinct _sequence from staging.stg_sales") == [(2,)]


def test_a_changed_setting_rebuilds_what_depends_on_it(tmp_path: Path) -> None:
    """A moved time zone moves business dates of all of history, though no file is new."""
    lake = LakeBuilder(tmp_path)
    lake.load("sales", [line("A", 16, hour=18), line("B", 16, hour=10)])
    lake.write_ledger()
    days = "select business_date::varchar, quantity::int from marts.sales_daily order by all"
    warehouse = Warehouse(tmp_path)
    warehouse.build("+sales_daily")
    assert warehouse.rows(days) == [("2026-11-16", 2)]
    warehouse.platform = platform_of(warehouse.settings.model_copy(update={"time_zone": "Asia/Tokyo"}))
    warehouse.build("+sales_daily")
    assert warehouse.rows(days) == [("2026-11-16", 1), ("2026-11-17", 1)]
