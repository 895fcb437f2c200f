"""The marts against an independent calculation: row by row and to the cent, of random trade over several nights with
corrections, withdrawals and days that pass; and changed by increments they hold what a build from nothing holds.
"""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.lake_builder import LakeBuilder
from tests.random_trade import AS_OF, PRODUCTS, STORES, Feeds, random_trade
from tests.reference import demand, health, master_data, purchasing, sales, stock
from tests.reference.night import Night, Row, Rows
from tests.warehouse import Warehouse

MARTS: dict[str, tuple[tuple[str, ...], Callable[[Night], Rows]]] = {
    "sales_lines": (("order_id", "line_number"), sales.sales_lines),
    "sales_daily": (("store_id", "product_id", "business_date", "currency"), sales.sales_daily),
    "order_history": (("event_id",), sales.order_history),
    "sales_orders": (("order_id", "currency"), sales.sales_orders),
    "product_performance": (("product_id", "currency"), sales.product_performance),
    "category_performance": (("category", "currency"), sales.category_performance),
    "stock_movements": (("movement_id",), stock.stock_movements),
    "stock_levels": (("store_id", "product_id"), stock.stock_levels),
    "goods_in_transit": (("movement_id",), stock.goods_in_transit),
    "inventory_health": (("store_id", "product_id"), health.inventory_health),
    "daily_demand": (("store_id", "product_id", "business_date"), demand.daily_demand),
    "purchase_orders": (("po_id", "line_number"), purchasing.purchase_orders),
    "supplier_performance": (("supplier_id",), purchasing.supplier_performance),
    "products": (("product_id",), master_data.products),
    "stores": (("store_id",), master_data.stores),
    "suppliers": (("supplier_id",), master_data.suppliers),
    "supplier_products": (("supplier_id", "product_id", "valid_from"), master_data.supplier_products),
}
"""Each mart with its grain and its reference."""
NIGHTS = 3

Dropped = dict[str, list[tuple[date, Row]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reference")


@pytest.fixture(scope="module")
def nights(folder: Path) -> list[tuple[Night, dict[str, list[Row]]]]:
    """Each night with the marts that dbt made of it."""
    lake, warehouse, chance = (
        LakeBuilder(folder / "changed"),
        Warehouse(folder / "changed"),
        random.Random(27),
    )
    dropped: Dropped = {}
    history = random_trade(seed=18)
    early = {"products": random_trade(seed=20)["products"], "sales": history["sales"][::7]}
    _drop(lake, dropped, early, AS_OF - timedelta(days=40))
    _drop(lake, dropped, {"products": random_trade(seed=21)["products"][::2]}, AS_OF - timedelta(days=10))
    counts = history["stock_counts"]
    history["stock_counts"], passing = [*counts[::2], *_shelves()], {"stock_counts": counts[1::2]}
    _drop(lake, dropped, history, AS_OF)
    found = []
    for number in range(NIGHTS):
        as_of = AS_OF + timedelta(days=number)
        withdrawn = lake.drop(passing, on=as_of)
        seen = {feed: list(rows) for feed, rows in dropped.items()}
        for feed, rows in passing.items():
            seen[feed] = [*seen.get(feed, []), *((as_of, {**row, "_source": "till"}) for row in rows)]
        lake.write_ledger()
        warehouse.build(*(f"+{mart}" for mart in MARTS), as_of=as_of)
        found.append((Night(as_of, seen), {mart: _rows(warehouse.path, mart) for mart in MARTS}))
        lake.withdraw(withdrawn)
        corrections = _corrections(chance, history, number)
        _drop(lake, dropped, corrections, as_of + timedelta(days=1), source="office")
        passing = {"sales": _changed(chance, history["sales"], quantity=lambda row: row["quantity"] * 2)}
    lake.write_ledger()
    return found


def _shelves() -> list[Row]:
    """What nobody ever bought: it came three days ago, or has lain there for long."""
    midnight = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)
    return [
        {
            "store_id": STORES[0],
            "product_id": name,
            "counted_at": midnight - timedelta(days=days),
            "quantity": 5,
        }
        for name, days in {"new": 3, "old": 100}.items()
    ]


def _drop(lake: LakeBuilder, dropped: Dropped, feeds: Feeds, on: date, source: str = "till") -> None:
    for feed, rows in feeds.items():
        lake.load(feed, rows, on=on, source=source)
        dropped.setdefault(feed, []).extend((on, {**row, "_source": source}) for row in rows)


def _changed(
    chance: random.Random, rows: list[Row], share: float = 0.04, **how: Callable[[Row], Any]
) -> list[Row]:
    """Some rows again, with other values."""
    chosen = [row for row in rows if chance.random() < share]
    return [{**row, "net_amount": None, **{name: of(row) for name, of in how.items()}} for row in chosen]


def _corrections(chance: random.Random, history: Feeds, number: int) -> Feeds:
    """What comes between two nights, of every feed something that changes what came before."""
    more = random_trade(seed=30 + number)
    lines = history["sales"]
    moved = [row for row in history["stock_movements"] if row["kind"] in ("receipt", "adjustment")]
    counted = [row for row in history["stock_counts"] if chance.random() < 0.1]
    return {
        "sales": [
            *_changed(chance, lines, quantity=lambda row: row["quantity"] + 1),
            *_changed(chance, lines, product_id=lambda _: chance.choice(PRODUCTS), discount=lambda _: None),
            *_changed(chance, lines, sold_at=lambda row: row["sold_at"] + timedelta(days=chance.randint(-3, 3))),
            *_changed(chance, lines, credited_order_id=lambda _: chance.choice(lines)["order_id"]),
            *_changed(chance, lines),
            *({**row, "order_id": f"{row['order_id']}-{number}"} for row in more["sales"][:60]),
        ],
        "order_events": [{**row, "event_id": f"{number}-{row['event_id']}"} for row in more["order_events"][::5]],
        "products": more["products"][::4],
        "stores": [{"store_id": chance.choice(STORES), "name": "New", "opened_on": AS_OF - timedelta(days=9 * number)}],
        "store_calendar": more["store_calendar"][::3],
        "promotions": more["promotions"][::2],
        "supplier_products": more["supplier_products"][::3],
        "stock_counts": [{**row, "quantity": row["quantity"] + 3} for row in counted],
        "stock_movements": [
            *({**row, "quantity": row["quantity"] + 1} for row in moved if chance.random() < 0.1),
            *({**row, "movement_id": f"{row['movement_id']}-{number}"} for row in more["stock_movements"][:80]),
        ],
        "purchase_order_lines": more["purchase_order_lines"][::5],
        "purchase_orders": more["purchase_orders"][::9],
    }  # fmt: skip


def _rows(warehouse: Path, mart: str) -> list[Row]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        result = connection.execute(f"from marts.{mart}")
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


@pytest.mark.parametrize("number", range(NIGHTS))
@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_holds_what_an_independent_calculation_gives(
    nights: list[tuple[Night, dict[str, list[Row]]]], mart: str, number: int
) -> None:
    night, marts = nights[number]
    grain, calculate = MARTS[mart]
    built = {tuple(row[column] for column in grain): row for row in marts[mart]}
    expected = calculate(night)
    assert len(built) == len(marts[mart])
    assert set(built) == set(expected)
    different = [
        (key, name, built[key][name], value)
        for key, row in expected.items()
        for name, value in row.items()
        if not _equal(built[key][name], value)
    ]
    assert different[:5] == []


def _equal(built: Any, expected: Any) -> bool:
    """To the last digit; quotients to the last that is kept."""
    if built is None or expected is None or not isinstance(expected, Fraction | float):
        return built == expected
    kept = Fraction(1, 10 ** -built.as_tuple().exponent)
    return abs(Fraction(built) - Fraction(expected)) <= kept


def test_increments_end_where_a_build_from_nothing_ends(
    nights: list[tuple[Night, dict[str, list[Row]]]], folder: Path
) -> None:
    warehouse, fresh = Warehouse(folder / "changed"), Warehouse(folder / "fresh")
    (folder / "fresh" / "lake").symlink_to(folder / "changed" / "lake")
    as_of = nights[-1][0].as_of + timedelta(days=1)
    for one in (warehouse, fresh):
        one.build(*(f"+{mart}" for mart in MARTS), as_of=as_of)
    for mart in MARTS:
        assert warehouse.table(f"marts.{mart}") == fresh.table(f"marts.{mart}"), mart


def test_the_trade_has_what_can_go_wrong(nights: list[tuple[Night, dict[str, list[Row]]]]) -> None:
    """So that the comparison means something."""

    def values(mart: str, column: str) -> set[Any]:
        return {row[column] for _, marts in nights for row in marts[mart]}

    assert values("inventory_health", "status") == {
        "never_counted", "stock_out", "delisted", "dead_stock", "low_stock", "overstock", "too_early", "no_demand",
        "healthy",
    }  # fmt: skip
    assert values("sales_orders", "credit_status") == {
        "over_credited", "credited", "part_credited", "not_credited", "linked", "unlinked", "unknown_order",
        "cancelled_order", None,
    }  # fmt: skip
    assert values("stock_movements", "transfer_status") == {
        "in_transit", "part_arrived", "arrived", "over_arrived", "no_departure", None,
    }  # fmt: skip
    assert values("sales_orders", "other_source") == {"till", None}
    assert values("stock_movements", "changes_stock") == {True, False}
    assert min(values("stock_movements", "days_in_transit") - {None}) == 0
    assert min(values("stock_levels", "quantity") - {None}) < 0
    assert min(values("product_performance", "revenue")) < 0
    assert min(values("daily_demand", "quantity")) < 0
    for flag in ("is_promotion", "is_open", "is_out_of_stock", "is_sold_out"):
        assert values("daily_demand", flag) == {True, False}, flag
    assert max(values("stock_levels", "reserved_quantity")) > 0
    assert max(values("stock_levels", "incoming_quantity")) > 0
    assert any(0 < share < 1 for share in values("category_performance", "cost_known_share") - {None})
