"""How long what may be sold lasts, per day on which it could be sold, and what is wrong with it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.reference.night import ZERO, Night, Row, Rows, amount, ratio
from tests.reference.sales import sales_lines, unit_costs
from tests.reference.stock import Place, put_back, stock_levels, stock_movements

DEMAND_DAYS, MIN_OBSERVED_DAYS, DEAD_DAYS = 28, 7, 60


@dataclass
class Shelf:
    """A product in a store: what changed on which day."""

    level: Row
    sold: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """Net units, by the day of sale."""
    selling: set[date] = field(default_factory=set)
    """Days on which some was sold."""
    steps: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """Whatever changed what may be sold: sales, movements, and a count that differed from the books."""
    arrived: Decimal = ZERO
    """Units that came in the last days that count for dead stock."""

    def could_be_sold(self, day: date) -> bool:
        """Whether there was some at the beginning or the end of a day, or it was sold on it."""
        first, level = self.level["first_stocked_on"], self.level
        if first is None or day < first:
            return False
        known_from = level["previous_counted_on"] or level["counted_on"]
        if known_from is None or day <= known_from or day in self.selling:
            return True
        evening = level["available_quantity"] - sum(units for on, units in self.steps.items() if on > day)
        return evening > 0 or evening - self.steps.get(day, ZERO) > 0 or self._were_some_there(day, evening)

    def _were_some_there(self, day: date, evening: Decimal) -> bool:
        """Whether the books had fewer than none, and more was sold than came when they changed next."""
        changed = min((on for on in self.steps if on > day), default=day)
        return evening < 0 and changed in self.selling and self.steps[changed] < 0

    def demand(self, window: list[date]) -> Decimal:
        """Net units sold; what came back before the first sale is none."""
        first = self.level["first_sold_on"]
        counted = (units for day, units in self.sold.items() if first and day >= first and day in window)
        return max(sum(counted, ZERO), ZERO)


def inventory_health(night: Night) -> Rows:
    shelves, cost_of = _shelves(night), unit_costs(night)
    products = {row["product_id"]: row for row in night.feeds["products"]}
    opened, window = _opened(night), night.days(DEMAND_DAYS)
    selling = _selling_days(night, opened)
    rows: Rows = {}
    for (store, product), shelf in shelves.items():
        level, master = shelf.level, products.get(product, {})
        observed = sum(shelf.could_be_sold(day) for day in selling[store])
        demand, quantity, last = shelf.demand(window), level["quantity"], level["last_sold_on"]
        cost = cost_of(product, master.get("currency"), night.as_of)
        has_value = quantity is not None and cost is not None
        row = {
            "quantity": quantity,
            "available_quantity": level["available_quantity"],
            "observed_days": observed,
            "daily_rate": None if demand == 0 and observed < MIN_OBSERVED_DAYS else ratio(demand, observed),
            "last_sold_on": last,
            "days_since_sale": last and (night.as_of - last).days,
            "stock_value": amount(max(quantity, ZERO) * cost, master["currency"]) if has_value else None,
            "currency": master.get("currency"),
        }
        is_old, start = quantity is not None and quantity > shelf.arrived, opened[store]
        may_be_dead = bool(is_old and start and (night.as_of - start).days >= DEAD_DAYS)
        is_active = master.get("is_active") is not False
        rows[store, product] = row | _status(row, demand, is_active=is_active, may_be_dead=may_be_dead)
    return rows


def _shelves(night: Night) -> dict[Place, Shelf]:
    shelves = {place: Shelf(level) for place, level in stock_levels(night).items()}
    for line in sales_lines(night).values():
        if not line["is_cancelled"]:
            shelf, day = shelves[line["store_id"], line["product_id"]], line["business_date"]
            shelf.sold[day] += line["quantity"]
            shelf.steps[day] -= line["quantity"] + put_back(night)[line["order_id"], line["line_number"]]
            if line["quantity"] > 0:
                shelf.selling.add(day)
    for row in stock_movements(night).values():
        if row["changes_stock"]:
            shelf, day = shelves[row["store_id"], row["product_id"]], row["business_date"]
            shelf.steps[day] += row["quantity"]
            if row["quantity"] > 0 and (night.as_of - day).days < DEAD_DAYS:
                shelf.arrived += row["quantity"]
    for shelf in shelves.values():
        if shelf.level["count_difference"] is not None:
            shelf.steps[shelf.level["counted_on"]] += shelf.level["count_difference"]
    return shelves


def _opened(night: Night) -> dict[str, date | None]:
    """Of each store the later of the day that it states and its first sale."""
    stated = {row["store_id"]: row.get("opened_on") for row in night.feeds["stores"]}
    sold: dict[str, list[date]] = defaultdict(list)
    for (store, _), level in stock_levels(night).items():
        sold[store] += [level["first_sold_on"]] if level["first_sold_on"] else []
    firsts = {store: min(days, default=None) for store, days in sold.items()}
    return {s: max(filter(None, (first, stated.get(s))), default=None) for s, first in firsts.items()}


def _selling_days(night: Night, opened: dict[str, date | None]) -> dict[str, set[date]]:
    """The days of the window on which each store sold something or was open."""
    traded: dict[str, set[date]] = defaultdict(set)
    for line in sales_lines(night).values():
        if not line["is_cancelled"] and line["quantity"] > 0:
            traded[line["store_id"]].add(line["business_date"])
    calendar = {(row["store_id"], row["date"]): row["is_open"] for row in night.feeds["store_calendar"]}
    found = {}
    for store, start in opened.items():
        found[store] = {
            day
            for day in night.days(DEMAND_DAYS)
            if day in traded[store]
            or (
                (day >= (start or day) or is_busy(day, traded[store]))
                and calendar.get((store, day), is_usual(day, traded[store]))
            )
        }
    return found


def is_usual(day: date, traded: set[date]) -> bool:
    """Whether a store that sold on these days is not known to be closed on this weekday."""
    before = _days_before(day)
    return not is_busy(day, traded) or any(one in traded for one in before if one.weekday() == day.weekday())


def is_busy(day: date, traded: set[date]) -> bool:
    """Whether a store that sold on these days did on most days before: it has opened, whatever it states."""
    return 2 * sum(one in traded for one in _days_before(day)) >= DEMAND_DAYS


def _days_before(day: date) -> list[date]:
    return [day - timedelta(days=back) for back in range(1, DEMAND_DAYS + 1)]


def _status(row: Row, demand: Decimal, *, is_active: bool, may_be_dead: bool) -> Row:
    left, observed = row["available_quantity"], row["observed_days"]
    cover = None if left is None else ratio(left * observed, demand)
    if left is not None and left <= 0:
        cover = Fraction(0)
    rounded = None if cover is None else round(cover, 2)
    has = left is not None and left > 0
    idle = row["days_since_sale"]
    flags = {
        "is_stock_out": left is not None and left <= 0 and is_active,
        "is_low_stock": has and is_active and rounded is not None and rounded < 7,
        "is_overstock": has and rounded is not None and rounded > 90,
        "is_dead_stock": has and may_be_dead and (idle is None or idle >= DEAD_DAYS),
    }
    if left is None:
        return {"days_of_cover": cover, "status": "never_counted", **dict.fromkeys(flags)}
    for name in ("stock_out", "delisted", "dead_stock", "low_stock", "overstock"):
        if flags.get(f"is_{name}") or (name == "delisted" and left <= 0):
            return {"days_of_cover": cover, "status": name, **flags}
    if demand > 0:
        return {"days_of_cover": cover, "status": "healthy", **flags}
    return {
        "days_of_cover": cover,
        "status": "too_early" if observed < MIN_OBSERVED_DAYS else "no_demand",
        **flags,
    }
