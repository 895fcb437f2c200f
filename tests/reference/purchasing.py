"""Orders to suppliers: what was ordered, what came, what is owed and since when."""

import statistics
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from tests.reference.night import ZERO, Night, Row, Rows, amount, business_date, grouped, ratio
from tests.reference.stock import stock_movements

CLOSED = ("draft", "received", "cancelled")


def purchase_orders(night: Night) -> Rows:
    heads = {row["po_id"]: row for row in night.feeds["purchase_orders"]}
    states, came = night.events("purchase"), _received(night)
    terms = grouped(night.feeds["supplier_products"], "supplier_id", "product_id")
    rows: Rows = {}
    for line in night.feeds["purchase_order_lines"]:
        head, key = heads.get(line["po_id"], {}), (line["po_id"], line["line_number"])
        ordered_on = business_date(head["ordered_at"]) if head else None
        if ordered_on and ordered_on > night.as_of:
            continue
        life = states.get(line["po_id"])
        status, got = life[-1]["status"] if life else "sent", came[key][0]
        owed = ZERO if status in CLOSED else max(line["quantity"] - got, ZERO)
        due, basis = head.get("due_on"), "promised"
        if not due:
            valid = [
                row
                for row in terms.get((head.get("supplier_id"), line["product_id"]), [])
                if ordered_on and row["valid_from"] <= ordered_on
            ]
            last = max(valid, key=lambda row: row["valid_from"], default=None)
            due = ordered_on + timedelta(days=last["lead_time_days"]) if last and ordered_on else None
            basis = "lead_time" if due else "unknown"
        days_late = (night.as_of - due).days if owed and due and due < night.as_of else None
        currency = head.get("currency")
        rows[key] = {
            **{name: head.get(name) for name in ("supplier_id", "store_id", "ordered_at", "currency")},
            "product_id": line["product_id"],
            "ordered_on": ordered_on,
            "status": status,
            "ordered_quantity": line["quantity"],
            "received_quantity": got,
            "open_quantity": owed,
            "unit_cost": line["unit_cost"],
            "ordered_amount": amount(line["quantity"] * line["unit_cost"], currency),
            "received_amount": amount(got * line["unit_cost"], currency),
            "open_amount": amount(owed * line["unit_cost"], currency),
            "first_received_on": min(came[key][1], default=None),
            "last_received_on": max(came[key][1], default=None),
            "due_on": due,
            "due_basis": basis,
            "is_open": owed > 0,
            "is_late": days_late is not None,
            "days_late": days_late,
            "is_inferred": not head,
        }
    return rows


def supplier_performance(night: Night) -> Rows:
    """Of the default window, 180 days."""
    window = night.days(180)
    lines = [
        {**row, "key": (row["ordered_at"], *key)}
        for key, row in purchase_orders(night).items()
        if row["supplier_id"] and row["status"] not in ("draft", "cancelled") and row["ordered_on"] in window
    ]
    rows: Rows = {}
    for (supplier,), some in grouped(lines, "supplier_id").items():
        leads, stated, delays, owed = [], [], [], []
        for line in some:
            came, due, ordered_on = line["last_received_on"], line["due_on"], line["ordered_on"]
            closed = line["status"] == "received" or line["received_quantity"] >= line["ordered_quantity"]
            delivered = closed and came and came >= ordered_on
            if delivered:
                leads.append((came - ordered_on).days)
            if due:
                stated.append((due - ordered_on).days)
                if delivered or due < night.as_of:
                    delays.append(max(((came if delivered else night.as_of) - due).days, 0))
            if closed or (due and due < night.as_of):
                owed.append(line)
        drifts = []
        for priced in grouped((row for row in some if row["unit_cost"]), "product_id", "currency").values():
            priced.sort(key=lambda row: row["key"])
            change = Fraction(priced[-1]["unit_cost"]) / Fraction(priced[0]["unit_cost"]) - 1
            drifts.append((sum(Fraction(row["ordered_quantity"]) for row in priced), change))
        units = [min(max(row["received_quantity"], ZERO), row["ordered_quantity"]) for row in owed]
        rows[(supplier,)] = {
            "order_count": len({row["key"][1] for row in some}),
            "line_count": len(some),
            "delivered_lines": len(leads),
            "late_lines": sum(row["is_late"] for row in some),
            "lead_time_days": ratio(sum(leads), len(leads)),
            "lead_time_spread_days": statistics.pstdev(leads) if leads else None,
            "longest_lead_time_days": max(leads, default=None),
            "stated_lead_time_days": ratio(sum(stated), len(stated)),
            "fill_rate": ratio(sum(units, ZERO), sum((row["ordered_quantity"] for row in owed), ZERO)),
            "on_time_rate": ratio(delays.count(0), len(delays)),
            "mean_days_late": ratio(sum(delays), len(delays)),
            "price_drift": ratio(sum(q * change for q, change in drifts), sum(q for q, _ in drifts)),
        }
    return rows


def _received(night: Night) -> dict[tuple, tuple[Decimal, list]]:
    """Receipts by line: those that name it, then the order's others, first line first; what is too much on the last."""
    lines = {(row["po_id"], row["line_number"]): row for row in night.feeds["purchase_order_lines"]}
    came: dict[tuple, tuple[Decimal, list]] = defaultdict(lambda: (ZERO, []))
    unnamed: list[Row] = []
    for row in stock_movements(night).values():
        if row["kind"] == "receipt" and row["po_id"]:
            line = (row["po_id"], row["po_line_number"])
            if line in lines:
                came[line] = (came[line][0] + row["quantity"], [*came[line][1], row["business_date"]])
            else:
                unnamed.append(row)
    for (po, product), rows in grouped(unnamed, "po_id", "product_id").items():
        units, days = sum((row["quantity"] for row in rows), ZERO), [row["business_date"] for row in rows]
        fitting = [key for key in sorted(lines) if key[0] == po and lines[key]["product_id"] == product]
        for line in fitting:
            lacking = max(lines[line]["quantity"] - came[line][0], ZERO)
            share = units if line == fitting[-1] else min(max(units, ZERO), lacking)
            units -= share
            if share:
                came[line] = (came[line][0] + share, [*came[line][1], *days])
    return came
