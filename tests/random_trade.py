"""A random history of trade: master data and terms, sales and credits, stock, purchase orders, and events of orders.

It is meant to be unpleasant, not believable: counts at the very instant of a sale, business dates on both sides of
midnight, stock that was never counted or goes below zero, transfers that arrive in part or before they left, receipts
without a line, orders that are cancelled, shipped late or never, credits of orders that never were, costs that come
late or go, in two currencies, and rows dated after the night.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Feeds = dict[str, list[Row]]

AS_OF = date(2026, 11, 20)
STORES = [f"S{n}" for n in range(4)]
PRODUCTS = [f"P{n}" for n in range(25)]
YOUNG_STORE = STORES[3]
HOURS = [0, 8, 8, 12, 12, 22.5, 23.5]
"""Few, so that things happen at the same instant; 22:30 and 23:30 UTC are the next day in Berlin."""
SIGNED_KINDS = [
    ("receipt", 1),
    ("adjustment", 1),
    ("adjustment", -1),
    ("damage", -1),
    ("supplier_return", -1),
    ("customer_return", 1),
]


@dataclass
class Trade:
    """Rows by feed, as they would be dropped."""

    chance: random.Random
    feeds: Feeds = field(default_factory=dict)

    def add(self, feed: str, **row: Any) -> Row:
        self.feeds.setdefault(feed, []).append(row)
        return row

    def moment(self, *, days: int = 150, store: str = STORES[0]) -> datetime:
        """An instant of the last `days`, now and then of the coming three; the young store opened a week ago."""
        back = self.chance.randint(-3, 10 if store == YOUNG_STORE else days)
        midnight = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)
        return midnight - timedelta(days=back) + timedelta(hours=self.chance.choice(HOURS))

    def units(self, most: int = 20) -> Decimal:
        """Some units, weighed goods in thousandths."""
        whole = Decimal(self.chance.randint(1, most))
        return whole / 8 if self.chance.random() < 0.2 else whole

    def pair(self) -> dict[str, str]:
        return {"store_id": self.chance.choice(STORES), "product_id": self.chance.choice(PRODUCTS)}


def random_trade(seed: int) -> Feeds:
    trade = Trade(random.Random(seed))
    for number, store in enumerate(STORES[:-1]):
        trade.add(
            "stores", store_id=store, name=store, opened_on=AS_OF - timedelta(days=[900, 12, 90][number])
        )
    for back in range(-3, 30):
        for store in trade.chance.sample(STORES, trade.chance.choice([0, 0, 1, 2])):
            day = AS_OF - timedelta(days=back)
            trade.add("store_calendar", store_id=store, date=day, is_open=trade.chance.random() < 0.3)
    for number in range(2):
        trade.add("suppliers", supplier_id=f"V{number}", name=f"V{number}", country="DE")
    for number, product in enumerate(PRODUCTS[:-2]):
        _product(trade, number, product)
    _terms(trade)
    for _ in range(2_000):
        _sale(trade)
    for store in STORES:
        for product in PRODUCTS[:-6]:
            for at in {trade.moment(store=store) for _ in range(trade.chance.randint(0, 4))}:
                units = Decimal(0) if trade.chance.random() < 0.1 else trade.units(120)
                trade.add("stock_counts", store_id=store, product_id=product, counted_at=at, quantity=units)
    for number in range(500):
        _movement(trade, f"M{number}")
    for number in range(60):
        _transfer(trade, f"T{number}")
    for number in range(120):
        _purchase(trade, f"PO{number}")
    for number in range(30):
        first = AS_OF - timedelta(days=trade.chance.randint(-9, 150))
        trade.add(
            "promotions", promotion_id=f"PR{number}", product_id=trade.chance.choice(PRODUCTS),
            store_id=trade.chance.choice([*STORES, "*"]), starts_on=first,
            ends_on=first + timedelta(days=trade.chance.randint(0, 14)),
        )  # fmt: skip
    return trade.feeds


def _product(trade: Trade, number: int, product: str) -> None:
    cost = None if trade.chance.random() < 0.3 else Decimal(trade.chance.randint(1, 9_999)) / 1_000
    trade.add(
        "products", product_id=product, name=product, category=f"c{number % 4}", cost_price=cost,
        currency="JPY" if number % 5 == 0 else None if number % 11 == 0 else "EUR",
        supplier_id=trade.chance.choice(["V0", "V1", None]), is_active=number % 6 != 0,
    )  # fmt: skip


def _terms(trade: Trade) -> None:
    for supplier_id, number, first, days in [
        ("V0", 0, 200, 9),
        ("V0", 0, 20, 30),
        ("V1", 1, 30, 5),
        ("V1", 2, 500, 400),
        *((f"V{n % 3}", trade.chance.randint(1, 12), trade.chance.randint(-2, 60), 7) for n in range(12)),
    ]:
        trade.add(
            "supplier_products", supplier_id=supplier_id, product_id=PRODUCTS[number],
            unit_cost=Decimal(trade.chance.randint(1, 999)) / 100, currency=trade.chance.choice(["EUR", "EUR", "JPY"]),
            valid_from=AS_OF - timedelta(days=first), lead_time_days=days,
        )  # fmt: skip


def _sale(trade: Trade) -> None:
    """A receipt, an order or a credit note; half of the first store's are orders of which events tell."""
    number = len(trade.feeds.get("sales", []))
    order, place = f"O{number}", trade.pair()
    at, kind = trade.moment(store=place["store_id"]), trade.chance.random()
    is_credit, currency = kind < 0.08, "JPY" if kind > 0.9 else "EUR"
    for line in range(trade.chance.randint(1, 3)):
        sign = -1 if is_credit or trade.chance.random() < 0.06 else 1
        # Of later days few products are in demand, so that some stock is dead.
        on_offer = PRODUCTS if AS_OF - at.date() > timedelta(days=70) else PRODUCTS[:16]
        units, price = sign * trade.units(5), Decimal(trade.chance.randint(0, 2_000)) / 300
        price = price.quantize(Decimal("0.000001"))
        discount = None if trade.chance.random() < 0.7 else (units * price / 4).quantize(Decimal("0.0001"))
        exact = (units * price - (discount or 0)).quantize(Decimal("0.001"))
        trade.add(
            "sales", order_id=order, line_number=line, store_id=place["store_id"],
            product_id=trade.chance.choice(on_offer), sold_at=at, quantity=units, unit_price=price, currency=currency,
            discount=discount, net_amount=exact if trade.chance.random() < 0.2 else None,
            customer_id=f"C{number}" if trade.chance.random() < 0.2 else None,
            channel="web" if place["store_id"] == STORES[0] else None,
            credited_order_id=_credited(trade, number) if sign < 0 else None,
        )  # fmt: skip
    if place["store_id"] == STORES[0] and not is_credit and trade.chance.random() < 0.5:
        stages = ["placed", "paid", "packed", "shipped", "delivered", "returned"]
        for stage in stages[: trade.chance.randint(1, 6)]:
            _event(trade, "sales", order, at + timedelta(hours=9 * stages.index(stage)), stage)
    if trade.chance.random() < 0.1:
        _event(trade, "sales", order, at, "placed")
        _event(trade, "sales", order, trade.moment(), "cancelled")


def _credited(trade: Trade, number: int) -> str | None:
    """The order that a return gives back: mostly there is one, some name one that never was, or none."""
    orders = [row["order_id"] for row in trade.feeds.get("sales", [])]
    known = trade.chance.choice([*orders, f"O{number}"])
    return trade.chance.choice([known, known, "never", None])


def _movement(trade: Trade, movement: str) -> None:
    kind, sign = trade.chance.choice(SIGNED_KINDS)
    place = trade.pair()
    units, order = trade.units(), None
    if kind == "customer_return" and trade.chance.random() < 0.8:
        # What some line gives back or sold: there or elsewhere, as many units or not, under either's number.
        line = trade.chance.choice(trade.feeds["sales"])
        if trade.chance.random() < 0.6:
            line = trade.chance.choice([one for one in trade.feeds["sales"] if one["quantity"] < 0])
        order = trade.chance.choice([line["order_id"], line["credited_order_id"]])
        place["product_id"] = line["product_id"]
        if trade.chance.random() < 0.5:
            place["store_id"], units = line["store_id"], trade.chance.choice([units, abs(line["quantity"])])
    trade.add(
        "stock_movements", movement_id=movement, **place, moved_at=trade.moment(store=place["store_id"]), kind=kind,
        quantity=sign * units, order_id=order,
    )  # fmt: skip


def _transfer(trade: Trade, transfer: str) -> None:
    """Up to three departures of up to two products, and arrivals of none, some, all or too much."""
    origin, destination = trade.chance.sample(STORES, 2)
    names_counterpart = trade.chance.random() < 0.5
    for product in trade.chance.sample(PRODUCTS, trade.chance.randint(1, 2)):
        sides = [("transfer_out", -1, origin, destination)] * trade.chance.choice([0, 1, 1, 2, 3])
        sides += [("transfer_in", 1, destination, origin)] * trade.chance.choice([0, 1, 1, 2])
        for number, (kind, sign, store, other) in enumerate(sides):
            trade.add(
                "stock_movements", movement_id=f"{transfer}-{product}-{number}", store_id=store, product_id=product,
                moved_at=trade.moment(days=30), kind=kind, quantity=sign * trade.units(6), transfer_id=transfer,
                counterpart_store_id=other if names_counterpart else None,
            )  # fmt: skip


def _purchase(trade: Trade, po: str) -> None:
    supplier = trade.chance.choice(["V0", "V1", "V2"])
    ordered_at = trade.moment(days=60)
    if trade.chance.random() < 0.95:
        due = (ordered_at + timedelta(days=trade.chance.randint(1, 30))).date()
        trade.add(
            "purchase_orders", po_id=po, supplier_id=supplier, store_id=trade.chance.choice(STORES),
            ordered_at=ordered_at, currency=trade.chance.choice(["EUR", "JPY"]),
            due_on=due if trade.chance.random() < 0.4 else None,
        )  # fmt: skip
    products = trade.chance.sample(PRODUCTS[:6], 3)
    for line in range(trade.chance.randint(1, 5)):
        trade.add(
            "purchase_order_lines", po_id=po, line_number=line, product_id=trade.chance.choice(products),
            quantity=trade.units(), unit_cost=Decimal(trade.chance.randint(1, 99_999)) / 1_000,
        )  # fmt: skip
    for number in range(trade.chance.randint(0, 6)):
        trade.add(
            "stock_movements", movement_id=f"{po}-{number}", store_id=STORES[0],
            product_id=trade.chance.choice(products), moved_at=trade.moment(days=30), kind="receipt",
            quantity=trade.units(12) * (-1 if trade.chance.random() < 0.1 else 1), po_id=po,
            po_line_number=trade.chance.choice([None, 0, 1, 2, 9]),
        )  # fmt: skip
    for status in trade.chance.sample(
        ["draft", "sent", "confirmed", "part_received", "received", "cancelled"], trade.chance.randint(0, 3)
    ):
        _event(trade, "purchase", po, trade.moment(days=20), status)


def _event(trade: Trade, order_kind: str, order: str, at: datetime, status: str) -> None:
    number = len(trade.feeds.get("order_events", []))
    trade.add(
        "order_events", event_id=f"E{number}", order_kind=order_kind, order_id=order, at=at, status=status
    )
