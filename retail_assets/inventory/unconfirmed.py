"""Which approved lines purchasing was given and has not told of."""

import polars as pl

_SAME = ["supplier_id", "store_id", "product_id", "quantity"]


def unconfirmed(lines: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Of `lines` (columns of PLACED_ORDER_LINES) those that are in none of `orders` (of the mart purchase_orders).

    A line is in an order whose po_id is its order_number. Purchasing may number orders itself, so it is also in one of
    the same supplier, store, product and quantity that was ordered since it was placed; each order line stands for one
    placed line, the oldest first.
    """
    unknown = lines.join(orders, left_on="order_number", right_on="po_id", how="anti").sort(
        *_SAME, "placed_on", "proposal_id"
    )
    told = (
        orders.join(lines, left_on="po_id", right_on="order_number", how="anti")
        .with_columns(quantity=pl.col("ordered_quantity").cast(lines.schema["quantity"]))
        .join(unknown, on=_SAME, how="semi")
        .sort(*_SAME, "ordered_on")
        .select(*_SAME, "ordered_on", takes=pl.int_range(pl.len()).over(_SAME))
    )
    earlier = (
        unknown.join(told, on=_SAME, how="inner")
        .filter(pl.col("ordered_on") < pl.col("placed_on"))
        .group_by("proposal_id")
        .agg(earlier=pl.len())
    )
    # A line takes the first order since it was placed that the lines before it left.
    number, first = pl.int_range(pl.len()), pl.col("earlier").fill_null(0).cast(pl.Int64)
    numbered = unknown.join(earlier, on="proposal_id", how="left", maintain_order="left").with_columns(
        takes=((first - number).cum_max() + number).over(_SAME)
    )
    return numbered.join(told, on=[*_SAME, "takes"], how="anti", maintain_order="left").select(lines.columns)
