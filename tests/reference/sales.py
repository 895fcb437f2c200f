"""Sales lines, days, orders, their history, and how products and categories perform."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from math import sqrt

from tests.reference.night import ZERO, Night, Row, Rows, amount, grouped, ratio, total

Cost = Callable[[str, str | None, date], Decimal | None]


def unit_costs(night: Night) -> Cost:
    """The cost of a product in a currency on a day: its main supplier's terms, else its own cost price."""
    versions = {
        product: [(on, row) for on, row in night.dropped["products"] if row["product_id"] == product]
        for product in {row["product_id"] for _, row in night.dropped["products"]}
    }
    terms = grouped(night.feeds["supplier_products"], "product_id")
    main = {row["product_id"]: row.get("supplier_id") for row in night.feeds["products"]}

    def own(product: str, day: date) -> Row | None:
        """The version of the day; one without a cost is filled by the next that has one."""
        stated = versions.get(product, [])
        days = sorted({on for on, _ in stated})
        in_force = [[row for on, row in stated if on <= first][-1] for first in days]
        for row in in_force[max(bisect_right(days, day) - 1, 0) :]:
            if row["cost_price"] is not None and row["currency"] is not None:
                return row
        return None

    def cost(product: str, currency: str | None, day: date) -> Decimal | None:
        suppliers = {row["supplier_id"] for row in terms.get((product,), [])}
        supplier = main.get(product) or (suppliers.pop() if len(suppliers) == 1 else None)
        valid = [
            row
            for row in terms.get((product,), [])
            if row["supplier_id"] == supplier and row["valid_from"] <= day
        ]
        last = max(valid, key=lambda row: row["valid_from"], default=None)
        if last and last["currency"] == currency:
            return Decimal(last["unit_cost"])
        row = own(product, day)
        return Decimal(row["cost_price"]) if row and row["currency"] == currency else None

    return cost


@cache
def sales_lines(night: Night) -> Rows:
    cost_of, events, lines = unit_costs(night), night.events("sales"), {}
    for sale in night.happened("sales"):
        life = events.get(sale["order_id"], [])
        given_back = events.get(sale.get("credited_order_id"), []) if sale["quantity"] < 0 else []
        cancelled = any(one and one[-1]["status"] == "cancelled" for one in (life, given_back))
        left = [event["at"] for event in life if event["status"] in ("shipped", "delivered", "returned")]
        units, currency = sale["quantity"], sale["currency"]
        exact = sale.get("net_amount")
        if exact is None:
            exact = units * sale["unit_price"] - (sale.get("discount") or 0)
        net = amount(exact, currency)
        unit_cost = cost_of(sale["product_id"], currency, sale["business_date"])
        cost = None if unit_cost is None else amount(units * unit_cost, currency)
        lines[sale["order_id"], sale["line_number"]] = {
            **{
                name: sale.get(name)
                for name in ("store_id", "product_id", "customer_id", "channel", "tax_rate")
            },
            **{
                name: sale[name]
                for name in ("order_id", "line_number", "sold_at", "business_date", "quantity")
            },
            "currency": currency,
            "unit_price": sale["unit_price"],
            "discount": sale.get("discount") or ZERO,
            "is_promotion": bool(sale.get("is_promotion")),
            "credited_order_id": sale.get("credited_order_id"),
            "is_return": units < 0,
            "is_cancelled": cancelled,
            "shipped_at": min(left, default=None) if units > 0 else None,
            "awaits_shipment": bool(life) and units > 0 and not left and not cancelled,
            "source": sale["_source"],
            "net_amount": net,
            "revenue": ZERO if cancelled else net,
            "unit_cost": unit_cost,
            "cost": ZERO if cancelled else cost,
            "margin": ZERO if cancelled else None if cost is None else net - cost,
        }
    return lines


@cache
def sales_daily(night: Night) -> Rows:
    counted = [line for line in sales_lines(night).values() if not line["is_cancelled"]]
    return {
        key: {
            "line_count": len(lines),
            "units_sold": sum((line["quantity"] for line in lines if line["quantity"] > 0), ZERO),
            "units_returned": -sum((line["quantity"] for line in lines if line["quantity"] < 0), ZERO),
            "quantity": total(line["quantity"] for line in lines),
            **_money(lines),
        }
        for key, lines in grouped(counted, "store_id", "product_id", "business_date", "currency").items()
    }


def _money(rows: list[Row]) -> Row:
    return {
        "revenue": total(row["revenue"] for row in rows),
        "cost": total(row["cost"] for row in rows),
        "margin": total(row["margin"] for row in rows),
        "revenue_without_cost": sum((row["revenue"] for row in rows if row["cost"] is None), ZERO),
    }


def order_history(night: Night) -> Rows:
    rows = {}
    for kind in ("sales", "purchase"):
        for order, life in night.events(kind).items():
            for before, event in zip([None, *life], life, strict=False):
                rows[(event["event_id"],)] = {
                    "order_kind": kind,
                    "order_id": order,
                    "changed_at": event["at"],
                    "business_date": event["business_date"],
                    "status_before": before and before["status"],
                    "status": event["status"],
                    "is_latest": event is life[-1],
                }
    return rows


def sales_orders(night: Night) -> Rows:
    lines, events = list(sales_lines(night).values()), night.events("sales")
    documents = grouped(lines, "order_id", "currency")
    numbers = {order for order, _ in documents}
    sold = {line["order_id"] for line in lines if line["quantity"] > 0}
    naming = grouped([line for line in lines if line["credited_order_id"]], "credited_order_id", "currency")
    rows = {(order, None): _order(order, [], life) for order, life in events.items() if order not in numbers}
    for (order, currency), own in documents.items():
        row = _order(order, own, events.get(order, []))
        credits = _given_back(
            [line for line in naming.get((order, currency), []) if line["order_id"] != order]
        )
        row["credited_amount"] = -sum((line["revenue"] for line in credits), ZERO)
        returned = row["status"] == "returned" and not row["is_credit_note"]
        row["uncredited_amount"] = max(row["revenue"] - row["credited_amount"], ZERO) if returned else ZERO
        row["over_credited_amount"] = _over_credited(own, credits)
        if row["is_credit_note"]:
            named = row["credited_order_id"]
            row["credit_status"] = "linked" if named in sold else "unknown_order" if named else "unlinked"
            if row["status"] != "cancelled" and all(line["is_cancelled"] for line in own):
                row["credit_status"] = "cancelled_order"
        elif row["over_credited_amount"]:
            row["credit_status"] = "over_credited"
        elif returned and row["uncredited_amount"] == 0:
            row["credit_status"] = "credited"
        elif returned:
            part = row["credited_amount"] > 0 or any(line["is_return"] for line in own)
            row["credit_status"] = "part_credited" if part else "not_credited"
        rows[order, currency] = row
    return rows


def _given_back(lines: list[Row]) -> list[Row]:
    """Without the products of which a document hands out as many as it takes back: what was taken instead."""
    of_products = grouped(lines, "order_id", "product_id").values()
    return [line for each in of_products if sum(one["quantity"] for one in each) < 0 for line in each]


def _over_credited(own: list[Row], credits: list[Row]) -> Decimal:
    """What others give back beyond what was sold and not taken back; half a minor unit per line is rounding."""
    sold = {line["product_id"] for line in own if line["quantity"] > 0}
    if not credits or not sold:
        return ZERO
    left = ZERO
    for line in own:
        takes_back_own = line["credited_order_id"] in (None, line["order_id"])
        if line["product_id"] in sold and (line["quantity"] > 0 or takes_back_own):
            left += line["revenue"]
    over = -sum(line["revenue"] for line in credits) - left
    unit = Decimal(1) if own[0]["currency"] == "JPY" else Decimal("0.01")
    return over if over > unit * (len(own) + len(credits)) / 2 else ZERO


def _order(order: str, lines: list[Row], life: list[Row]) -> Row:
    lines = sorted(lines, key=lambda line: line["line_number"])

    def first(column: str) -> object:
        return next((line[column] for line in lines if line[column] is not None), None)

    money = _money(lines) if lines else dict.fromkeys(("revenue", "cost", "margin", "revenue_without_cost"))
    sources = sorted({line["source"] for line in lines})
    return {
        "source": sources[0] if sources else None,
        "other_source": sources[-1] if len(sources) > 1 else None,
        "store_id": first("store_id"),
        "customer_id": first("customer_id"),
        "channel": first("channel"),
        "ordered_at": min((line["sold_at"] for line in lines), default=life[0]["at"] if life else None),
        "business_date": min(row["business_date"] for row in lines or life),
        "status": life[-1]["status"] if life else "delivered",
        "status_at": life[-1]["at"] if life else min(line["sold_at"] for line in lines),
        "event_count": len(life),
        "line_count": len(lines),
        "is_credit_note": any(line["is_return"] for line in lines)
        and all(line["quantity"] <= 0 for line in lines),
        "credited_order_id": first("credited_order_id"),
        "quantity": total(line["quantity"] for line in lines),
        "net_amount": total(line["net_amount"] for line in lines),
        **money,
        "credited_amount": ZERO,
        "uncredited_amount": ZERO,
        "over_credited_amount": ZERO,
        "credit_status": None,
        "is_inferred": not lines,
    }


@cache
def product_performance(night: Night) -> Rows:
    window, days = night.days(90), sales_daily(night)
    monday = night.as_of - timedelta(days=night.as_of.weekday())
    recent = [
        {**row, "product_id": product, "currency": currency}
        for (_, product, day, currency), row in days.items()
        if window[0] <= day <= window[-1]
    ]
    rows: Rows = {}
    for (product, currency), found in grouped(recent, "product_id", "currency").items():
        money = _money(found)
        without = money["revenue_without_cost"] = sum((row["revenue_without_cost"] for row in found), ZERO)
        known = sum(abs(row["revenue"] - row["revenue_without_cost"]) for row in found)
        unknown = sum(abs(row["revenue_without_cost"]) for row in found)
        sold = {
            name: total(row[name] for row in found) for name in ("units_sold", "units_returned", "quantity")
        }
        weekly = [ZERO] * 13
        first = min(
            (d for (_, p, d, _), row in days.items() if p == product and row["units_sold"]), default=None
        )
        for (_, other, day, _), row in days.items():
            back = (monday - day).days
            if other == product and 0 < back <= 13 * 7:
                weekly[(back - 1) // 7] += row["units_sold"]
        launch = first and first - timedelta(days=first.weekday())
        weeks = max(min((monday - launch).days // 7, 13), 0) if launch else 0
        variation = _variation(weekly[:weeks]) if weeks > 1 else None
        rows[product, currency] = {
            "window_start": window[0],
            "window_end": window[-1],
            **sold,
            **money,
            "cost_known_share": ratio(known, known + unknown),
            "margin_percent": ratio(money["margin"] and 100 * money["margin"], money["revenue"] - without),
            "return_rate": ratio(sold["units_returned"], sold["units_sold"]),
            "demand_weeks": weeks,
            "demand_variation": variation,
            "xyz_class": "Z" if variation is None or variation > 1 else "Y" if variation > 0.5 else "X",
        }
    for currency in {currency for _, currency in rows}:
        own = {product: row for (product, other), row in rows.items() if other == currency}
        whole = sum((max(row["revenue"], ZERO) for row in own.values()), ZERO)
        better = ZERO
        for _, row in sorted(own.items(), key=lambda pair: (-pair[1]["revenue"], pair[0])):
            row["revenue_share"] = ratio(max(row["revenue"], ZERO), whole)
            in_a, in_b = better < Decimal("0.8") * whole, better < Decimal("0.95") * whole
            row["abc_class"] = "C" if row["revenue"] <= 0 else "A" if in_a else "B" if in_b else "C"
            better += max(row["revenue"], ZERO)
    return rows


def _variation(weeks: list[Decimal]) -> float | None:
    mean = float(sum(weeks)) / len(weeks)
    return sqrt(sum((float(units) - mean) ** 2 for units in weeks) / len(weeks)) / mean if mean else None


def category_performance(night: Night) -> Rows:
    categories = {row["product_id"]: row["category"] for row in night.feeds["products"]}
    found = [
        {**row, "category": categories.get(product, "unknown"), "currency": currency}
        for (product, currency), row in product_performance(night).items()
    ]
    rows: Rows = {}
    for (category, currency), products in grouped(found, "category", "currency").items():
        sums: Row = {
            name: total(row[name] for row in products)
            for name in (
                "units_sold",
                "units_returned",
                "quantity",
                "revenue",
                "cost",
                "margin",
                "revenue_without_cost",
            )
        }
        known = sum(abs(row["revenue"] - row["revenue_without_cost"]) for row in products)
        unknown = sum(abs(row["revenue_without_cost"]) for row in products)
        rows[category, currency] = {
            "product_count": len(products),
            **sums,
            "cost_known_share": ratio(known, known + unknown),
            "margin_percent": ratio(
                sums["margin"] and 100 * sums["margin"], sums["revenue"] - sums["revenue_without_cost"]
            ),
            "return_rate": ratio(sums["units_returned"], sums["units_sold"]),
        }
    for (_, currency), row in rows.items():
        whole = sum(max(other["revenue"], ZERO) for (_, c), other in rows.items() if c == currency)
        row["revenue_share"] = ratio(max(row["revenue"], ZERO), whole)
    return rows
