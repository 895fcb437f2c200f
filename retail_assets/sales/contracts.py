"""Contracts of sales: what was sold, and what happened to orders."""

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

SALES_STATUSES = ["placed", "paid", "packed", "shipped", "delivered", "cancelled", "returned"]
PURCHASE_STATUSES = ["draft", "approved", "sent", "confirmed", "part_received", "received", "cancelled"]


def _quoted(values: list[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


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
    tax_rate = rate("Value added tax as a share.", nullable=True)
    channel = identifier("Channel (store, web, phone, …).", nullable=True)
    is_promotion = dy.Bool(nullable=True, description="True when sold under a promotion.")
    description = text("The source's own text for the line.", nullable=True)


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
        parents={"store_id": "stores", "product_id": "products", "customer_id": "customers"},
        unique_within="the whole retailer: an order_id is one receipt or order of all stores, tills, shops and days",
        own_ids=frozenset({"order_id"}),
    ),
    Feed(
        "order_events",
        OrderEvents,
        "Events of sales and purchase orders.",
        "at",
        unique_within="the whole retailer: an event_id is one event of all orders of both kinds, whoever tells it",
        own_ids=frozenset({"event_id", "order_id"}),
    ),
)
