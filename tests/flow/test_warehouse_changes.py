"""The warehouse is changed by what was dropped, and must always stand where a build from nothing would.

Random nights (corrections, lines that move to another day, replaced documents and store-days, days that come too
small, versions out of order, withdrawals, reloads, the same content again, days that pass) are taken in one after the
other, some of them by a part of the models only. An independent reckoning says which rows are current, and how the
others were lost; a build from nothing says the rest.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
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
    "state.row_effects",
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
PRODUCTS = [
    "HOODIE-0-BLACK-0",
    "HOODIE-3-BLACK-0",
    "HOODIE-8-BLACK-5",
    "HOODIE-2-BLACK-0",
    "HOODIE-9-BLACK-5",
]
"""Some have the same hash as others, by DuckDB's reckoning."""


@dataclass(frozen=True)
class Load:
    """A file as the reckoning knows it."""

    source: str
    rows: list[dict[str, Any]]
    documents: dict[str, int | None] = field(default_factory=dict)
    days: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Store-days with how many records became rows, and how many were rejected."""


@dataclass(eq=False)
class Line:
    """A row of a load, and how it first lost its place."""

    sequence: int
    load: Load
    row: dict[str, Any]
    lost: tuple[str, int] | None = None
    has_lost: bool = False

    @property
    def version(self) -> int:
        return LOWEST if self.row.get("_version") is None else self.row["_version"]

    def loses(self, how: str | None, by: int) -> None:
        if not self.has_lost:
            self.has_lost, self.lost = True, (how, by) if how else None


@dataclass
class Reckoning:
    """Every load of sales in its order; what a person would do on paper, file by file."""

    loads: dict[int, Load] = field(default_factory=dict)

    def on_paper(self) -> tuple[dict[tuple[str, int], Line], list[Line]]:
        """The line that counts of each key, and those that were lost in a way that has to be told."""
        owners: dict[tuple[str, str], tuple[int, int, int | None]] = {}
        alive: dict[tuple[str, int], list[Line]] = defaultdict(list)
        lines: list[Line] = []
        for sequence, load in sorted(self.loads.items()):
            held = {d: (LOWEST if v is None else v, None, 0) for d, v in load.documents.items()}
            held |= {day: (LOWEST, good, good + bad) for day, (good, bad) in load.days.items()}
            taken, refused = set(), {}
            for document, (version, records, came) in held.items():
                stands = owners.get((load.source, document))
                if stands and (version < stands[1] or not _enough(records, came, stands[2])):
                    refused[document] = stands[0]
                    continue
                owners[load.source, document] = (sequence, version, records)
                taken.add(document)
            brought = []
            for row in load.rows:
                line = Line(sequence, load, row)
                lines.append(line)
                same = [one for one in alive[_key(row)] if one.load.source == load.source]
                highest = max(same, key=lambda one: (one.version, one.sequence), default=None)
                if row.get("_document") in refused:
                    line.loses("without_effect", refused[row["_document"]])
                elif highest and highest.version > line.version and highest.row.get("_document") not in taken:
                    line.loses("without_effect", highest.sequence)
                    alive[_key(row)].append(line)
                else:
                    brought.append(line)
            again = {_key(line.row): line for line in brought}
            for key, there in alive.items():
                for line in [one for one in there if one.load.source == load.source]:
                    if line.row.get("_document") in taken:
                        by = again.get(key)
                        line.loses(_reused(line, by, whole=True) if by else "removed", sequence)
                        there.remove(line)
            for line in brought:
                there = alive[_key(line.row)]
                if there:
                    other = (before := _standing(there)).load.source != load.source
                    before.loses("replaced_by_other_source" if other else _reused(before, line), sequence)
                there.append(line)
        current = {key: _standing(there) for key, there in alive.items() if there}
        counting = set(map(id, current.values()))
        return current, [line for line in lines if line.lost and id(line) not in counting]


def _key(row: dict[str, Any]) -> tuple[str, int]:
    return row["order_id"], row["line_number"]


def _reused(line: Line, by: Line, *, whole: bool = False) -> str | None:
    about, by_about = ((one.row["product_id"], one.row["store_id"]) for one in (line, by))
    turned = line.row["quantity"] * by.row["quantity"] < 0
    return "key_reused" if turned or (about != by_about and not whole) else None


def _enough(records: int | None, came: int, standing: int | None) -> bool:
    return records is None or records >= 0.5 * max(came, standing or 0)


def _standing(lines: list[Line]) -> Line:
    """Versions order the lines of one source, the order of files those of several."""
    best: dict[str, Line] = {}
    for line in sorted(lines, key=lambda one: (one.version, one.sequence)):
        best[line.load.source] = line
    return max(best.values(), key=lambda one: one.sequence)


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
            "product_id": PRODUCTS[self.random.randint(1, 4)],
            "sold_at": at,
            "quantity": self.random.choice([1, 1, 2, 3, -1]),
            "unit_price": self.random.choice(["1.115", "2.50", "10"]),
            "currency": self.random.choice(["EUR", "EUR", "JPY"]),
            "credited_order_id": f"O{self.random.randint(1, 19)}" if self.random.random() < 0.2 else None,
        }

    def sales_file(self) -> Load:
        """A file of one of three sources: lines alone, whole store-days, or whole orders with a version. Some orders
        are known to two of them."""
        source = self.random.choice(["till", "daily", "erp"])
        orders = {"till": (1, 8), "daily": (6, 14), "erp": (12, 18)}[source]
        keys = {(self.random.randint(*orders), self.random.randint(1, 3)) for _ in range(6)}
        rows = [self.line(order, line) for order, line in sorted(keys)]
        documents: dict[str, int | None] = {}
        version = self.random.randint(1, 5) if source == "erp" else None
        days: dict[str, tuple[int, int]] = {}
        for row in rows:
            if source == "daily":
                day = row["_document"] = f"{row['store_id']}|{row['sold_at'].date()}"
                days[day] = (days.get(day, (0, 0))[0] + 1, self.random.choice([0, 0, 0, 1, 3]))
                continue
            if source == "erp":
                row |= {"_document": row["order_id"], "_version": version}
            else:
                row["_version"] = self.random.choice([None, None, 1, 2])
                continue
            documents[row["_document"]] = version
        # Records that were rejected or sent elsewhere hold their document all the same.
        if source == "erp":
            documents.setdefault(f"O{self.random.randint(12, 18)}", version)
        if source == "daily":
            days.setdefault(f"S1|{self.today}", self.random.choice([(0, 1), (2, 0)]))
        return Load(source, rows, documents, days)

    def load(self, load: Load) -> None:
        sequence = self.lake.load(
            "sales",
            load.rows,
            source=load.source,
            documents=list(load.documents.items()),
            days=load.days,
            on=self.today,
        )
        self.reckoning.loads[sequence] = load

    def drop_sales(self) -> None:
        self.load(self.sales_file())

    def drop_documents_only(self) -> None:
        """A day that was emptied: every record of its file was left out."""
        day = f"S{self.random.randint(1, 2)}|{self.today - timedelta(days=1)}"
        documents: dict[str, int | None] = {day: None}
        sequence = self.lake.drop({}, source="daily", documents=list(documents.items()), on=self.today)
        self.reckoning.loads[sequence] = Load("daily", [], documents)

    def withdraw(self) -> None:
        if self.reckoning.loads:
            sequence = self.random.choice(list(self.reckoning.loads))
            self.lake.withdraw(sequence)
            del self.reckoning.loads[sequence]

    def drop_again(self) -> None:
        loaded = [s for s, load in self.reckoning.loads.items() if load.rows]
        if loaded:
            old = self.random.choice(loaded)
            self.reckoning.loads[self.lake.again(old, on=self.today)] = self.reckoning.loads[old]

    def reload(self) -> None:
        """Read again under another mapping, which sees other quantities and other lines."""
        loaded = [s for s, load in self.reckoning.loads.items() if load.rows]
        if loaded:
            sequence = self.random.choice(loaded)
            load = self.reckoning.loads[sequence]
            read = replace(load, rows=[{**row, "quantity": 7} for row in load.rows[1:]])
            self.lake.reload(
                sequence, {"sales": read.rows}, documents=list(load.documents.items()), days=load.days
            )
            self.reckoning.loads[sequence] = read

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
                "product_id": PRODUCTS[number],
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
                "product_id": PRODUCTS[number],
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
            require_as_on_paper(warehouse, retailer)
    warehouse.build(*MODELS, as_of=retailer.today)
    require_as_on_paper(warehouse, retailer)
    require_equal_to_fresh(warehouse, retailer, tmp_path)


@pytest.mark.parametrize("seed", [4])
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
            require_as_on_paper(warehouse, retailer)
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


def require_as_on_paper(warehouse: Warehouse, retailer: Retailer) -> None:
    current, lost = retailer.reckoning.on_paper()
    lines = (
        "select order_id, line_number, store_id, quantity::int, sold_at, business_date from staging.stg_sales"
    )
    assert sorted(warehouse.rows(lines)) == sorted(
        (*key, row["store_id"], row["quantity"], row["sold_at"], local_date(row["sold_at"]))
        for key, row in ((key, line.row) for key, line in current.items())
    )
    effects = (
        "select effect, key ->> 0, (key ->> 1)::int, sequence, by_sequence from state.row_effects "
        "where model = 'stg_sales'"
    )
    assert sorted(warehouse.rows(effects)) == sorted(
        (line.lost[0], *_key(line.row), line.sequence, line.lost[1]) for line in lost if line.lost
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
