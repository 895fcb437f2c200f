"""The stock and purchasing marts against an independent reckoning of a random history, before and after a night
with corrections: a walk through sorted events where the models join and aggregate, exact numbers on both sides.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from retail_assets.flows import FLOWS
from tests.lake_builder import LakeBuilder
from tests.random_trade import AS_OF, Feeds, Row, current, random_trade
from tests.warehouse import Warehouse

MARTS = ["stock_levels", "stock_movements", "inventory_health", "purchase_orders"]
FEEDS = {feed.name: feed for flow in FLOWS for feed in flow.feeds}
KEYS = {name: feed.key for name, feed in FEEDS.items()}
PURCHASE_LIFE = ["draft", "approved", "sent", "confirmed", "part_received", "received", "cancelled"]
ZERO = Decimal(0)


@dataclass(frozen=True)
class Night:
    """What had been dropped up to a night, and the marts that dbt made of it."""

    feeds: Feeds
    as_of: date
    marts: dict[str, list[Row]]

    def happened(self, feed: str) -> list[Row]:
        """The feed's rows up to as_of, with their business date."""
        time = FEEDS[feed].business_time
        assert time
        dated = [{**row, "business_date": business_date(row[time])} for row in self.feeds[feed]]
        return [row for row in dated if row["business_date"] <= self.as_of]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[Night]:
    """The night after a random history, and the one after its corrections, withdrawals and a day on."""
    warehouse = Warehouse(tmp_path_factory.mktemp("stock"))
    lake, history = LakeBuilder(warehouse.settings.data_dir), random_trade(seed=18)
    counts = history.pop("stock_counts")
    history["stock_counts"], withdrawn = counts[::2], {"stock_counts": counts[1::2]}
    for feed, rows in history.items():
        lake.load(feed, rows)
    to_withdraw = lake.drop(withdrawn)
    first = _night(lake, warehouse, [history, withdrawn], AS_OF)

    more = random_trade(seed=19)
    corrections = {
        "sales": [{**row, "quantity": row["quantity"] + 1} for row in history["sales"][::40]],
        "stock_counts": [{**row, "quantity": row["quantity"] + 3} for row in history["stock_counts"][::9]],
        "stock_movements": more["stock_movements"][:200],
        "purchase_order_lines": more["purchase_order_lines"][::5],
        "order_events": [{**row, "event_id": f"late-{row['event_id']}"} for row in more["order_events"]],
    }
    for feed, rows in corrections.items():
        lake.load(feed, rows)
    lake.withdraw(to_withdraw)
    return [first, _night(lake, warehouse, [history, corrections], AS_OF + timedelta(days=1))]


def _night(lake: LakeBuilder, warehouse: Warehouse, drops: list[Feeds], as_of: date) -> Night:
    lake.write_ledger()
    warehouse.build(*(f"+{mart}" for mart in MARTS), as_of=as_of)
    return Night(current(drops, KEYS), as_of, {mart: _rows(warehouse.path, mart) for mart in MARTS})


def _rows(warehouse: Path, mart: str) -> list[Row]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        result = connection.execute(f"from marts.{mart}")
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


@pytest.fixture(params=[0, 1], ids=["first night", "night with corrections"])
def night(request: pytest.FixtureRequest, nights: list[Night]) -> Night:
    return nights[request.param]


def business_date(at: datetime) -> date:
    return at.astimezone(ZoneInfo("Europe/Berlin")).date()


def thousandths(units: Decimal | None) -> int | None:
    return None if units is None else int(units * 1000)


def places(rows: list[Row]) -> dict[tuple[str, str], Row]:
    found = {(row["store_id"], row["product_id"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def changes(night: Night) -> list[Row]:
    """What changes stock: sales that were not cancelled, and movements that no sales line stands for already."""
    latest = states(
        night, "sales", ["placed", "paid", "packed", "shipped", "delivered", "cancelled", "returned"]
    )
    sold = [
        {**row, "at": row["sold_at"], "delta": -row["quantity"], "sale": True}
        for row in night.happened("sales")
        if latest.get(row["order_id"]) != "cancelled"
    ]
    moved = [
        {**row, "at": row["moved_at"], "delta": row["quantity"], "sale": False}
        for row in night.happened("stock_movements")
        if row["kind"] != "customer_return" or row.get("order_id") is None
    ]
    return sold + moved


def states(night: Night, kind: str, life: list[str]) -> dict[str, str]:
    events = [event for event in night.happened("order_events") if event["order_kind"] == kind]
    events.sort(key=lambda event: (event["at"], life.index(event["status"]), event["event_id"]))
    return {event["order_id"]: event["status"] for event in events}


def test_stock_is_the_last_count_and_all_that_came_after(night: Night) -> None:
    """One running total a pair; a count is placed behind everything that happened up to its instant."""
    rows = [
        (c["store_id"], c["product_id"], c["at"], 0, thousandths(c["delta"]), None) for c in changes(night)
    ] + [
        (c["store_id"], c["product_id"], c["counted_at"], 1, 0, thousandths(c["quantity"]))
        for c in night.happened("stock_counts")
    ]
    events = (
        pl.DataFrame(
            rows,
            orient="row",
            infer_schema_length=None,
            schema=["store_id", "product_id", "at", "is_count", "delta", "counted"],
        )
        .sort("at", "is_count")
        .with_columns(running=pl.col("delta").cum_sum().over("store_id", "product_id"))
    )
    counts = events.filter(is_count=1).group_by("store_id", "product_id", maintain_order=True)
    pair = ["store_id", "product_id"]
    last = counts.agg(pl.col("at", "counted", "running").last())
    previous = counts.agg(pl.col("counted", "running").slice(-2, 1).first(), n=pl.len()).filter(
        pl.col("n") > 1
    )
    expected = (
        events.group_by(pair)
        .agg(total=pl.col("running").last())
        .join(last, on=pair, how="left")
        .join(previous, on=pair, how="left", suffix="_before")
        .select(
            *pair,
            "at",
            quantity=pl.col("counted") + pl.col("total") - pl.col("running"),
            expected=pl.col("counted_before") + pl.col("running") - pl.col("running_before"),
        )
    )
    levels = places(night.marts["stock_levels"])
    assert {
        place: (level["counted_at"], thousandths(level["quantity"]), thousandths(level["expected_quantity"]))
        for place, level in levels.items()
    } == {(store, product): tuple(rest) for store, product, *rest in expected.iter_rows()}
    for level in levels.values():
        assert level["is_counted"] == (level["quantity"] is not None)
        if level["is_counted"]:
            found = level["counted_quantity"] + level["moved_since_count"] - level["sold_since_count"]
            assert found == level["quantity"]
        if level["expected_quantity"] is not None:
            assert level["count_difference"] == level["counted_quantity"] - level["expected_quantity"]
    assert any((level["quantity"] or 0) < 0 for level in levels.values())
    assert not all(level["is_counted"] for level in levels.values())


def test_what_has_not_arrived_is_in_transit(night: Night) -> None:
    """Arrivals use up departures one after the other, the earliest first."""
    sides: dict[tuple[str, str], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    stores: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sorted(
        night.happened("stock_movements"), key=lambda row: (row["moved_at"], row["movement_id"])
    ):
        if transfer := row.get("transfer_id"):
            sides[transfer, row["product_id"]][row["kind"]].append(row)
            stores[transfer, row["kind"]].append(row)
    marts = {row["movement_id"]: row for row in night.marts["stock_movements"]}
    assert set(marts) == {row["movement_id"] for row in night.happened("stock_movements")}
    for (transfer, _), by_kind in sides.items():
        arrivals = by_kind["transfer_in"]
        arrived = sum((row["quantity"] for row in arrivals), ZERO)
        for departure in by_kind["transfer_out"]:
            used = min(arrived, -departure["quantity"])
            arrived -= used
            missing = -departure["quantity"] - used
            if missing:
                days = (night.as_of - departure["business_date"]).days
            else:
                days = (max(row["business_date"] for row in arrivals) - departure["business_date"]).days
            row = marts[departure["movement_id"]]
            assert (row["in_transit_quantity"], row["days_in_transit"]) == (missing, days)
            other_side = stores[transfer, "transfer_in"]
            named = departure["counterpart_store_id"] or (other_side[0]["store_id"] if other_side else None)
            assert row["counterpart_store_id"] == named
        for arrival in arrivals:
            assert marts[arrival["movement_id"]]["in_transit_quantity"] is None


def test_health_follows_from_stock_and_recent_sales(night: Night) -> None:
    products = {row["product_id"]: row for row in night.feeds["products"]}
    opened: dict[str, date] = {}
    last_sale: dict[tuple[str, str], date] = {}
    demand: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    arrived: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in changes(night):
        place, day = (row["store_id"], row["product_id"]), row["business_date"]
        if row["sale"] and row["quantity"] > 0:
            opened[row["store_id"]] = min(opened.get(row["store_id"], day), day)
            last_sale[place] = max(last_sale.get(place, day), day)
        if row["sale"] and timedelta(0) < night.as_of - day <= timedelta(days=28):
            demand[place] += row["quantity"]
        if not row["sale"] and row["quantity"] > 0 and night.as_of - day < timedelta(days=60):
            arrived[place] += row["quantity"]

    def status(place: tuple[str, str], quantity: Decimal | None) -> str:
        if quantity is None:
            return "never_counted"
        is_active = products.get(place[1], {}).get("is_active", True)
        if quantity <= 0:
            return "stock_out" if is_active else "delisted"
        open_days = (night.as_of - opened[place[0]]).days
        idle_days = (night.as_of - last_sale[place]).days if place in last_sale else 1_000
        if open_days >= 60 and idle_days >= 60 and quantity > arrived[place]:
            return "dead_stock"
        if demand[place] <= 0:
            return "no_demand"
        cover = round(Fraction(quantity) * min(open_days, 28) / Fraction(demand[place]), 2)
        if cover < 7 and is_active:
            return "low_stock"
        return "overstock" if cover > 90 else "healthy"

    health, levels = places(night.marts["inventory_health"]), places(night.marts["stock_levels"])
    assert set(health) == set(levels)
    assert {place: row["status"] for place, row in health.items()} == {
        place: status(place, level["quantity"]) for place, level in levels.items()
    }
    assert len({row["status"] for row in health.values()}) == 8
    for place, row in health.items():
        product = products.get(place[1], {})
        value = None
        if row["quantity"] is not None and product.get("cost_price") is not None:
            value = amount(max(row["quantity"], ZERO) * product["cost_price"], product["currency"])
        assert row["stock_value"] == value


def amount(exact: Decimal, currency: str | None) -> Decimal:
    return exact.quantize(Decimal(1) if currency == "JPY" else Decimal("0.01"), ROUND_HALF_UP)


def received(night: Night) -> dict[tuple[str, int], Decimal]:
    """Receipts by line: those that name it, then the order's others, first line first."""
    lines = {(row["po_id"], row["line_number"]): row for row in night.feeds["purchase_order_lines"]}
    came: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    unnamed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in night.happened("stock_movements"):
        if row["kind"] == "receipt" and row.get("po_id"):
            line = (row["po_id"], row["po_line_number"])
            if line in lines:
                came[line] += row["quantity"]
            else:
                unnamed[row["po_id"], row["product_id"]] += row["quantity"]
    for (po, product), units in unnamed.items():
        fitting = [key for key in sorted(lines) if key[0] == po and lines[key]["product_id"] == product]
        for line in fitting:
            share = min(units, max(lines[line]["quantity"] - came[line], ZERO)) if units > 0 else ZERO
            came[line] += share
            units -= share
        if fitting:
            came[fitting[-1]] += units
    return came


def test_purchase_orders_say_what_is_owed(night: Night) -> None:
    heads = {row["po_id"]: row for row in night.feeds["purchase_orders"]}
    status, came = states(night, "purchase", PURCHASE_LIFE), received(night)
    expected = {}
    for line in night.feeds["purchase_order_lines"]:
        head = heads.get(line["po_id"])
        ordered_on = business_date(head["ordered_at"]) if head else None
        if ordered_on and ordered_on > night.as_of:
            continue
        key = (line["po_id"], line["line_number"])
        state, got = status.get(line["po_id"], "sent"), came[key]
        owed = ZERO if state in ("draft", "received", "cancelled") else max(line["quantity"] - got, ZERO)
        due = head["due_on"] if head else None
        if head and ordered_on and not due:
            terms = [
                (row["valid_from"], row["lead_time_days"])
                for row in night.feeds["supplier_products"]
                if (row["supplier_id"], row["product_id"]) == (head["supplier_id"], line["product_id"])
                and row["valid_from"] <= ordered_on
            ]
            due = ordered_on + timedelta(days=max(terms)[1]) if terms else None
        late = (night.as_of - due).days if owed and due and due < night.as_of else None
        open_amount = amount(owed * line["unit_cost"], head["currency"] if head else None)
        expected[key] = (state, got, owed, open_amount, due, late is not None, late)
    columns = [
        "status",
        "received_quantity",
        "open_quantity",
        "open_amount",
        "due_on",
        "is_late",
        "days_late",
    ]
    rows = night.marts["purchase_orders"]
    assert {(row["po_id"], row["line_number"]): tuple(row[c] for c in columns) for row in rows} == expected
    assert len(rows) == len(expected)
    assert any(row["is_late"] for row in rows)
    assert any(row["received_quantity"] > row["ordered_quantity"] for row in rows)
