"""Contracts of stock: what was counted, and what moved it besides sales."""

import dataframely as dy

from retail_assets.contract import Feed, identifier, instant, one_of, quantity, row_rule, text

MOVEMENT_KINDS = [
    "receipt",
    "transfer_out",
    "transfer_in",
    "adjustment",
    "damage",
    "customer_return",
    "supplier_return",
]


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
    quantity = quantity(
        "Units, signed: positive comes in. A transfer_out, damage or supplier_return is never positive, a transfer_in "
        "or customer_return never negative."
    )
    kind = one_of(MOVEMENT_KINDS, "What happened.")
    transfer_id = identifier("Joins the two sides of a transfer.", nullable=True)
    po_id = identifier("Purchase order of a receipt.", nullable=True)
    po_line_number = dy.Int64(nullable=True, min=0, description="Purchase order line of a receipt.")
    order_id = identifier("Sales order of a customer return.", nullable=True)
    counterpart_store_id = identifier("The other store of a transfer.", nullable=True)
    reason = text("Why.", nullable=True)

    transfer_has_id = row_rule("kind not in ('transfer_out', 'transfer_in') or transfer_id is not null")
    sign_fits_kind = row_rule(
        "case when kind in ('transfer_out', 'damage', 'supplier_return') then quantity <= 0 "
        "when kind in ('transfer_in', 'customer_return') then quantity >= 0 else true end"
    )


_PLACE = {"store_id": "stores", "product_id": "products"}

FEEDS = (
    Feed(
        "stock_counts",
        StockCounts,
        "Physical stock counts.",
        "counted_at",
        descriptive=frozenset({"counted_by"}),
        parents=_PLACE,
        parts=("quantity", "_extra"),
        unique_within="the whole retailer: one count of a product in a store at a moment, whoever counts",
    ),
    Feed(
        "stock_movements",
        StockMovements,
        "Stock movements other than sales.",
        "moved_at",
        descriptive=frozenset({"reason"}),
        parents={**_PLACE, "po_id": "purchase_orders", "counterpart_store_id": "stores"},
        parts=("quantity", "_extra"),
        subject=("store_id", "product_id"),
        signed="quantity",
        unique_within="the whole retailer: a movement_id is one movement of all stores and systems",
        own_ids=frozenset({"movement_id", "transfer_id", "po_id", "order_id"}),
    ),
)
