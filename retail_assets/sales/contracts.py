"""Contracts of sales: what was sold, and what happened to orders."""

from collections.abc import Sequence

import dataframely as dy

from retail_assets.contract import (
    Feed,
    currency,
    identifier,
    instant,
    money,
    one_of,
    quantity,
    rate,
    row_rule,
    text,
)
from retail_assets.currencies import WITHOUT_MINOR_UNIT

SALES_STATUSES = ["placed", "paid", "packed", "shipped", "delivered", "cancelled", "returned"]
PURCHASE_STATUSES = ["draft", "approved", "sent", "confirmed", "part_received", "received", "cancelled"]


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_PRICED = "cast(quantity as double) * cast(unit_price as double)"
_ROUNDING = (
    f"case when currency in ({_quoted(WITHOUT_MINOR_UNIT)}) then 1 else 0.01 end * (1 + abs(quantity) / 2)"
)
"""What rounding may make of a line: a cent, and half a cent for the price of each unit."""


class Sales(dy.Schema):
    """One row per line of a receipt or order."""

    order_id = identifier("Receipt or order.", primary_key=True)
    line_number = dy.Int64(primary_key=True, min=0, description="Line within the order.")
    store_id = identifier("Store that sold.")
    product_id = identifier("Product sold.")
    sold_at = instant("When it was sold.")
    quantity = quantity("Units sold; negative for a return.")
    unit_price = money("Net price per unit before discount.", min=0)
    currency = currency()
    customer_id = identifier("Customer, where known.", nullable=True)
    discount = money("Net discount of the whole line, as an amount; negative on a return.", nullable=True)
    net_amount = money(
        "Net amount of the whole line after discount, negative on a return, where the source states it: marts then sum "
        "this, and not quantity times unit price less discount.",
        nullable=True,
    )
    tax_rate = rate("Value added tax as a share.", nullable=True)
    channel = identifier("Channel (store, web, phone, …).", nullable=True)
    is_promotion = dy.Bool(nullable=True, description="True when sold under a promotion.")
    description = text("The source's own text for the line.", nullable=True)
    credited_order_id = identifier(
        "Order that a return or credit note gives back, where the source names it.", nullable=True
    )

    discount_fits_line = row_rule(
        f"discount * sign(quantity) >= 0 and abs(discount) <= abs({_PRICED}) + {_ROUNDING}"
    )
    amount_fits_price = row_rule(f"abs(net_amount - ({_PRICED} - coalesce(discount, 0))) <= {_ROUNDING}")


class OrderEvents(dy.Schema):
    """A change of an order's state, of sales and purchase orders alike."""

    event_id = identifier("Event id.", primary_key=True)
    order_kind = one_of(["sales", "purchase"], "Which kind of order.")
    order_id = identifier("Sales order id or purchase order id.")
    at = instant("When it happened.")
    status = identifier("The state the order entered.")
    actor = identifier("Who did it, as an id.", nullable=True)
    reason = identifier("Why, as a code.", nullable=True)

    status_fits_kind = row_rule(
        f"case when order_kind = 'sales' then status in ({_quoted(SALES_STATUSES)}) "
        f"else status in ({_quoted(PURCHASE_STATUSES)}) end"
    )


FEEDS = (
    Feed(
        "sales",
        Sales,
        "Sales lines.",
        "sold_at",
        amount="coalesce(net_amount, cast(quantity as decimal(28, 3)) * unit_price - coalesce(discount, 0))",
        descriptive=frozenset({"channel", "description"}),
        parents={"store_id": "stores", "product_id": "products", "customer_id": "customers"},
        subject=("product_id", "store_id"),
        signed="quantity",
        unique_within="the whole retailer: an order_id is one receipt or order of all stores, tills, shops and days",
        own_ids=frozenset({"order_id", "credited_order_id"}),
    ),
    Feed(
        "order_events",
        OrderEvents,
        "Events of sales and purchase orders.",
        "at",
        descriptive=frozenset({"actor", "reason"}),
        unique_within="the whole retailer: an event_id is one event of all orders of both kinds, whoever tells it",
        own_ids=frozenset({"event_id", "order_id"}),
    ),
)
