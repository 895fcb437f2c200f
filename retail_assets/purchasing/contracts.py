"""Contracts of purchasing: orders to suppliers."""

import dataframely as dy

from retail_assets.contract import Feed, currency, identifier, instant, money, quantity


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
    line_number = dy.Int64(primary_key=True, min=0, description="Line within the order.")
    product_id = identifier("Product id.")
    quantity = quantity("Units ordered.", min_exclusive=0)
    unit_cost = money("Net cost per unit, where the source has one.", nullable=True, min=0)


FEEDS = (
    Feed(
        "purchase_orders",
        PurchaseOrders,
        "Heads of orders to suppliers.",
        "ordered_at",
        parents={"supplier_id": "suppliers", "store_id": "stores"},
        unique_within="the whole retailer: a po_id is one order of all who order, to all suppliers",
        own_ids=frozenset({"po_id"}),
    ),
    Feed(
        "purchase_order_lines",
        PurchaseOrderLines,
        "Lines of orders to suppliers.",
        amount="cast(quantity as decimal(28, 3)) * unit_cost",
        parents={"po_id": "purchase_orders", "product_id": "products"},
        subject=("product_id",),
        unique_within="the whole retailer: a po_id is one order of all who order, to all suppliers",
        own_ids=frozenset({"po_id"}),
    ),
)
