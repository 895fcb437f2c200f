"""Contracts of what happens: sales, stock, purchasing and the events of orders."""

import dataframely as dy

from retail_assets.feeds.contracts.base import (
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

MOVEMENT_KINDS = [
    "receipt",
    "transfer_out",
    "transfer_in",
    "adjustment",
    "damage",
    "customer_return",
    "supplier_return",
]
SALES_STATUSES = ["placed", "paid", "packed", "shipped", "delivered", "cancelled", "returned"]
PURCHASE_STATUSES = ["draft", "approved", "sent", "confirmed", "part_received", "received", "cancelled"]


def _quoted(values: list[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class Sales(dy.Schema):
    """One row per line of a receipt or order."""

    order_id = identifier("Receipt or order.", primary_key=True)
    line_number = dy.Int32(primary_key=True, min=0, description="Line within the order.")
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


class StockCounts(dy.Schema):
    """A physical count: what was on hand at a moment."""

    store_id = identifier("Store id.", primary_key=True)
    product_id = identifier("Product id.", primary_key=True)
    counted_at = instant("Moment of the count.", primary_key=True)
    quantity = quantity("Units counted.", min=0)
    counted_by = identifier("Who counted, as an id.", nullable=True)


class StockMovements(dy.Schema):
    """Everything but a sale that changes stock."""

    movement_id = identifier("Movement id.", primary_key=True)
    store_id = identifier("Store whose stock changes.")
    product_id = identifier("Product id.")
    moved_at = instant("When the stock changed.")
    quantity = quantity("Units, signed: positive comes in.")
    kind = one_of(MOVEMENT_KINDS, "What happened.")
    transfer_id = identifier("Joins the two sides of a transfer.", nullable=True)
    po_id = identifier("Purchase order of a receipt.", nullable=True)
    po_line_number = dy.Int32(nullable=True, min=0, description="Purchase order line of a receipt.")
    order_id = identifier("Sales order of a customer return.", nullable=True)
    counterpart_store_id = identifier("The other store of a transfer.", nullable=True)
    reason = text("Why.", nullable=True)

    transfer_has_id = row_rule("kind not in ('transfer_out', 'transfer_in') or transfer_id is not null")


class PurchaseOrders(dy.Schema):
    """One row per order to a supplier."""

    po_id = identifier("Purchase order id.", primary_key=True)
    supplier_id = identifier("Supplier id.")
    store_id = identifier("Store that receives.")
    ordered_at = instant("When it was ordered.")
    currency = currency()
    due_on = dy.Date(nullable=True, description="Promised day; default: order day plus lead time.")


class PurchaseOrderLines(dy.Schema):
    """One row per product of a purchase order."""

    po_id = identifier("Purchase order id.", primary_key=True)
    line_number = dy.Int32(primary_key=True, min=0, description="Line within the order.")
    product_id = identifier("Product id.")
    quantity = quantity("Units ordered.", min_exclusive=0)
    unit_cost = money("Net cost per unit.", min=0)


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


_PLACE = {"store_id": "stores", "product_id": "products"}

FEEDS = [
    Feed("sales", Sales, "Sales lines.", "sold_at", parents={**_PLACE, "customer_id": "customers"}),
    Feed("stock_counts", StockCounts, "Physical stock counts.", "counted_at", parents=_PLACE),
    Feed(
        "stock_movements",
        StockMovements,
        "Stock movements other than sales.",
        "moved_at",
        parents={**_PLACE, "po_id": "purchase_orders"},
    ),
    Feed(
        "purchase_orders",
        PurchaseOrders,
        "Heads of orders to suppliers.",
        "ordered_at",
        parents={"supplier_id": "suppliers", "store_id": "stores"},
    ),
    Feed(
        "purchase_order_lines",
        PurchaseOrderLines,
        "Lines of orders to suppliers.",
        parents={"po_id": "purchase_orders", "product_id": "products"},
    ),
    Feed("order_events", OrderEvents, "Events of sales and purchase orders.", "at"),
]
