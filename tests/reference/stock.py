"""Stock: what moved it, what is there, what is under way, and how long it lasts."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from functools import cache

from tests.reference.night import ZERO, Night, Row, Rows, amount, grouped
from tests.reference.sales import sales_lines, unit_costs

Place = tuple[str, str]
RESERVED_DAYS = 30


@cache
def customer_returns(night: Night) -> dict[str, tuple[str, bool]]:
    """Of movements that bring goods of an order back: the order, and whether it was cancelled."""
    lines = sales_lines(night).values()
    credited: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in lines:
        if line["is_return"] and line["credited_order_id"]:
            credited[line["order_id"], line["product_id"]].add(line["credited_order_id"])
    off = {
        (line["order_id"], line["product_id"])
        for line in lines
        if line["is_cancelled"] and line["quantity"] > 0
    }
    found = {}
    for row in night.happened("stock_movements"):
        named, product = row.get("order_id"), row["product_id"]
        if row["kind"] == "customer_return" and named:
            order = min(credited.get((named, product), {named}))
            found[row["movement_id"]] = (order, (order, product) in off)
    return found


@cache
def put_back(night: Night) -> dict[tuple[str, int], Decimal]:
    """Units of return lines that movements brought back: where the line says, else wherever they say."""
    brought: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    returns = customer_returns(night)
    for row in night.happened("stock_movements"):
        order, is_cancelled = returns.get(row["movement_id"], (None, True))
        if order and not is_cancelled:
            brought[order, row["product_id"]][row["store_id"]] += row["quantity"]
    lines = [line for line in sales_lines(night).values() if line["is_return"] and not line["is_cancelled"]]
    lines.sort(key=lambda line: (line["sold_at"], line["order_id"], line["line_number"]))
    found: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for anywhere in (False, True):
        for line in lines:
            key = (line["order_id"], line["line_number"])
            left = brought[line["credited_order_id"] or line["order_id"], line["product_id"]]
            for store in sorted(left) if anywhere else [line["store_id"]]:
                units = min(-line["quantity"] - found[key], left[store])
                found[key] += units
                left[store] -= units
    return found


@cache
def stock_movements(night: Night) -> Rows:
    movements = sorted(
        night.happened("stock_movements"), key=lambda row: (row["moved_at"], row["movement_id"])
    )
    rows: Rows = {}
    for row in movements:
        order = row.get("order_id")
        _, never_left = customer_returns(night).get(row["movement_id"], (None, False))
        rows[(row["movement_id"],)] = {
            **{name: row[name] for name in ("store_id", "product_id", "moved_at", "kind", "quantity")},
            "business_date": row["business_date"],
            "changes_stock": not never_left,
            "transfer_id": row.get("transfer_id"),
            "counterpart_store_id": row.get("counterpart_store_id"),
            "transfer_status": None,
            "in_transit_quantity": None,
            "days_in_transit": None,
            "po_id": row.get("po_id"),
            "po_line_number": row.get("po_line_number"),
            "order_id": order,
        }
    transfers = [row for row in movements if row.get("transfer_id")]
    for sides in grouped(transfers, "transfer_id", "product_id").values():
        _transfer(night, sides, rows)
    for sides in grouped(transfers, "transfer_id").values():
        _ends(sides, rows)
    return rows


def _transfer(night: Night, sides: list[Row], rows: Rows) -> None:
    """Arrivals use up departures one after the other, the earliest first."""
    departures = [row for row in sides if row["kind"] == "transfer_out"]
    arrivals = [row for row in sides if row["kind"] == "transfer_in"]
    sent = -sum((row["quantity"] for row in departures), ZERO)
    arrived = sum((row["quantity"] for row in arrivals), ZERO)
    status = (
        "no_departure"
        if sent <= 0
        else "in_transit"
        if arrived <= 0
        else "part_arrived"
        if arrived < sent
        else "arrived"
        if arrived == sent
        else "over_arrived"
    )
    for row in sides:
        rows[(row["movement_id"],)]["transfer_status"] = status
    for row in departures:
        used = min(arrived, -row["quantity"])
        arrived -= used
        missing = -row["quantity"] - used
        last = night.as_of if missing else max(arrival["business_date"] for arrival in arrivals)
        days = (last - row["business_date"]).days
        found = rows[(row["movement_id"],)]
        found |= {"in_transit_quantity": missing, "days_in_transit": days if days >= 0 else None}


def _ends(sides: list[Row], rows: Rows) -> None:
    """Each side shows the other store, as it is named or as the other side shows it."""

    def end(own: str, other: str) -> str | None:
        there = [row["store_id"] for row in sides if row["kind"] == own]
        named = [
            row["counterpart_store_id"]
            for row in sides
            if row["kind"] == other and row["counterpart_store_id"]
        ]
        return (there + named)[0] if there + named else None

    origin, destination = end("transfer_out", "transfer_in"), end("transfer_in", "transfer_out")
    for row in sides:
        found = rows[(row["movement_id"],)]
        other = destination if row["kind"] == "transfer_out" else origin
        found["counterpart_store_id"] = found["counterpart_store_id"] or other


def goods_in_transit(night: Night) -> Rows:
    cost_of = unit_costs(night)
    currencies = {row["product_id"]: row["currency"] for row in night.feeds["products"]}
    rows = {}
    for key, row in stock_movements(night).items():
        if row["in_transit_quantity"]:
            currency = currencies.get(row["product_id"])
            cost = cost_of(row["product_id"], currency, night.as_of)
            rows[key] = {
                "transfer_id": row["transfer_id"],
                "product_id": row["product_id"],
                "origin_store_id": row["store_id"],
                "destination_store_id": row["counterpart_store_id"],
                "departed_on": row["business_date"],
                "days_in_transit": row["days_in_transit"],
                "quantity": row["in_transit_quantity"],
                "unit_cost": cost,
                "stock_value": None if cost is None else amount(row["in_transit_quantity"] * cost, currency),
                "currency": currency,
            }
    return rows


def _departures(night: Night) -> list[tuple[Place, datetime, Decimal, bool, bool]]:
    """Of each line that counts: when its goods left, how many, whether shipped, whether they are reserved instead."""
    lines = [line for line in sales_lines(night).values() if not line["is_cancelled"]]
    shipping = {line["store_id"] for line in lines if line["shipped_at"]}
    found = []
    for line in lines:
        is_recent = (night.as_of - line["business_date"]).days < RESERVED_DAYS
        reserved = line["awaits_shipment"] and line["store_id"] in shipping and is_recent
        place, shipped = (line["store_id"], line["product_id"]), line["shipped_at"]
        units = line["quantity"] + put_back(night)[line["order_id"], line["line_number"]]
        found.append((place, shipped or line["sold_at"], units, bool(shipped), reserved))
    return found


@cache
def stock_levels(night: Night) -> Rows:
    counts: dict[Place, list[Row]] = defaultdict(list)
    for row in sorted(night.happened("stock_counts"), key=lambda row: row["counted_at"]):
        counts[row["store_id"], row["product_id"]].append(row)
    changes: dict[Place, list[tuple[datetime, Decimal, str]]] = defaultdict(list)
    reserved: dict[Place, Decimal] = defaultdict(Decimal)
    for place, at, units, shipped, is_reserved in _departures(night):
        if is_reserved:
            reserved[place] += units
        else:
            changes[place].append((at, -units, "shipment" if shipped else "sale"))
    sold_on, stocked_on = defaultdict(list), defaultdict(list)
    seen: set[Place] = set(counts)
    for line in sales_lines(night).values():
        if not line["is_cancelled"]:
            place = (line["store_id"], line["product_id"])
            seen.add(place)
            if line["quantity"] > 0:
                sold_on[place].append(line["business_date"])
                stocked_on[place].append(line["business_date"])
    for row in stock_movements(night).values():
        if row["changes_stock"]:
            place = (row["store_id"], row["product_id"])
            seen.add(place)
            changes[place].append((row["moved_at"], row["quantity"], row["kind"]))
            if row["quantity"] > 0 and row["kind"] != "customer_return":
                stocked_on[place].append(row["business_date"])
    for place, found in counts.items():
        stocked_on[place] += [row["business_date"] for row in found if row["quantity"] > 0]
    incoming: dict[Place, Decimal] = defaultdict(Decimal)
    for row in goods_in_transit(night).values():
        if row["destination_store_id"]:
            incoming[row["destination_store_id"], row["product_id"]] += row["quantity"]
    rows: Rows = {}
    for place in seen | set(incoming):
        rows[place] = {
            **_level(counts[place], changes[place], reserved[place]),
            "reserved_quantity": reserved[place],
            "incoming_quantity": incoming[place],
            "first_sold_on": min(sold_on[place], default=None),
            "last_sold_on": max(sold_on[place], default=None),
            "first_stocked_on": min(stocked_on[place], default=None),
        }
    return rows


_RECKONED = (
    "quantity",
    "available_quantity",
    "counted_at",
    "counted_on",
    "counted_quantity",
    "moved_since_count",
    "sold_since_count",
    "shipped_since_count",
    "previous_counted_at",
    "previous_counted_on",
    "expected_quantity",
    "count_difference",
)
"""What follows from a count, and is not known without one."""


def _level(counts: list[Row], changes: list[tuple[datetime, Decimal, str]], reserved: Decimal) -> Row:
    """What should be there: the last count and all that came after it."""
    if not counts:
        return {**dict.fromkeys(_RECKONED), "is_counted": False}
    last, before = counts[-1], counts[-2] if len(counts) > 1 else None

    def since(at: datetime, *kinds: str, until: datetime | None = None) -> Decimal:
        chosen = (units for when, units, kind in changes if when > at and not (until and when > until)
                  and (not kinds or kind in kinds))  # fmt: skip
        return sum(chosen, ZERO)

    sold = -since(last["counted_at"], "sale", "shipment")
    moved = since(last["counted_at"]) + sold
    quantity = last["quantity"] + moved - sold
    expected = before and before["quantity"] + since(before["counted_at"], until=last["counted_at"])
    return {
        "is_counted": True,
        "quantity": quantity,
        "available_quantity": quantity - reserved,
        "counted_at": last["counted_at"],
        "counted_on": last["business_date"],
        "counted_quantity": last["quantity"],
        "moved_since_count": moved,
        "sold_since_count": sold,
        "shipped_since_count": -since(last["counted_at"], "shipment"),
        "previous_counted_at": before and before["counted_at"],
        "previous_counted_on": before and before["business_date"],
        "expected_quantity": expected,
        "count_difference": None if expected is None else last["quantity"] - expected,
    }
