"""What was in demand on each day since it first sold."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from tests.reference.health import is_busy, is_usual
from tests.reference.night import ZERO, Night, Row, Rows, ratio
from tests.reference.sales import sales_lines

Place = tuple[str, str]


def daily_demand(night: Night) -> Rows:
    """Whether a day was out of stock is reckoned in `health`, by the window; here it is left out."""
    lines = [line for line in sales_lines(night).values() if not line["is_cancelled"]]
    sold: dict[Place, dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for line in (line for line in lines if line["quantity"] > 0):
        sold[line["store_id"], line["product_id"]][line["business_date"]].append(line)
    returned = _returned(lines)
    category = {row["product_id"]: row.get("category") for row in night.feeds["products"]}
    open_days = _open_days(night, lines)
    rows: Rows = {}
    for (store, product), days in sold.items():
        price = currency = None
        day = min(days)
        while day < night.as_of:
            if day in days:
                price, currency = _price(days[day])
            units = sum((line["quantity"] for line in days.get(day, [])), ZERO)
            rows[store, product, day] = {
                "category": category.get(product) or "unknown",
                "units_sold": units,
                "quantity": units - returned[store, product, day],
                "price": price,
                "currency": currency,
                "is_promotion": _is_promoted(night, store, product, day),
                "is_open": open_days(store, day),
            }
            day += timedelta(days=1)
    return rows


def _returned(lines: list[Row]) -> dict[tuple[str, str, date], Decimal]:
    """By the store of the sale that they give back, or their own, product, and the day on which they came back."""
    sales: dict[tuple[str, str], Row] = {}
    for line in sorted(lines, key=lambda line: line["line_number"]):
        if line["quantity"] > 0:
            sales.setdefault((line["order_id"], line["product_id"]), line)
    found: dict[tuple[str, str, date], Decimal] = defaultdict(Decimal)
    for line in (line for line in lines if line["quantity"] < 0):
        order = line["credited_order_id"] or line["order_id"]
        sale = sales.get((order, line["product_id"]), line)
        store = (sale if sale["business_date"] <= line["business_date"] else line)["store_id"]
        found[store, line["product_id"], line["business_date"]] -= line["quantity"]
    return found


def _price(lines: list[Row]):
    by_currency: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        by_currency[line["currency"]].append(line)
    units = {name: sum(line["quantity"] for line in of) for name, of in by_currency.items()}
    currency = max(units, key=lambda name: (units[name], name))
    worth = sum(line["quantity"] * line["unit_price"] for line in by_currency[currency])
    return ratio(worth, units[currency]), currency


@cache
def _promotions(night: Night) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in night.feeds["promotions"]:
        found[row["product_id"]].append(row)
    return found


def _is_promoted(night: Night, store: str, product: str, day: date) -> bool:
    return any(
        row["store_id"] in (store, "*") and row["starts_on"] <= day <= row["ends_on"]
        for row in _promotions(night)[product]
    )


def _open_days(night: Night, lines: list[Row]):
    traded: dict[str, set[date]] = defaultdict(set)
    for line in lines:
        if line["quantity"] > 0:
            traded[line["store_id"]].add(line["business_date"])
    stated = {row["store_id"]: row.get("opened_on") for row in night.feeds["stores"]}
    calendar = {(row["store_id"], row["date"]): row["is_open"] for row in night.feeds["store_calendar"]}

    def is_open(store: str, day: date) -> bool:
        opened = max(filter(None, (min(traded[store]), stated.get(store))))
        usual, has_opened = is_usual(day, traded[store]), day >= opened or is_busy(day, traded[store])
        return day in traded[store] or (has_opened and calendar.get((store, day), usual))

    return is_open
