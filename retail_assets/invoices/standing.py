"""How invoices stand for whoever looks at all of them: their states, and their values as people corrected them.

The same fold as in `states`, over the exported log and by column.
"""

import json

import polars as pl

from retail_assets.invoices.review import CONFIRM, FAILED, PREVIEW, RECEIVED, RETRY, REVIEW
from retail_assets.lake import Lake

MATCHED = (
    "vendor",
    "vendor_tax_id",
    "number",
    "order_number",
    "date",
    "currency",
    "iban",
    "total",
    "document_type",
)
"""Fields that the books are asked about."""
_DECIDED = {
    "invoice_id": pl.String,
    "entry": pl.Int64,
    "verdict": pl.String,
    "state_after": pl.String,
    "payload": pl.String,
}


def decided(lake: Lake) -> pl.DataFrame:
    """The last accepted decision about each invoice: `invoice_id, entry, verdict, state_after, payload`."""
    log = lake.ledger / "decisions.parquet"
    if not log.exists():
        return pl.DataFrame(schema=_DECIDED)
    return (
        pl.scan_parquet(log, glob=False)
        .filter(pl.col("accepted"), pl.col("kind") == REVIEW)
        .sort("entry")
        .unique("subject", keep="last", maintain_order=True)
        .rename({"subject": "invoice_id"})
        .select(pl.col(name).cast(kind) for name, kind in _DECIDED.items())
        .collect()
    )


def with_state(invoices: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Invoices as they were read, with `state` and with `corrected_entry`, the decision that corrected them."""
    entry, is_retry = pl.col("entry"), pl.col("verdict") == RETRY
    has_correction = (pl.col("verdict") == CONFIRM) & pl.col("payload").str.contains(
        "corrected", literal=True
    )
    return (
        invoices.join(decisions, on="invoice_id", how="left", maintain_order="left")
        .with_columns(
            state=pl.when(entry.is_not_null() & ~is_retry)
            .then("state_after")
            .when(entry > pl.col("answers_entry").fill_null(0))
            .then(pl.lit(RECEIVED))
            .when(pl.col("status") == FAILED)
            .then(pl.lit(FAILED))
            .otherwise(pl.lit(PREVIEW)),
            corrected_entry=pl.when(has_correction).then(entry),
        )
        .drop("entry", "verdict", "state_after", "payload")
    )


def corrected(invoices: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Invoices (with the fields that the books are asked about) with the values that people corrected in place."""
    columns = [name for name in MATCHED if name in invoices.columns]
    said = decisions.filter(pl.col("verdict") == CONFIRM).join(
        invoices.select("invoice_id"), on="invoice_id", how="semi"
    )
    rows = [
        {"invoice_id": invoice, **{name: _text(value) for name, value in values.items() if name in columns}}
        | {"said": [name for name in values if name in columns]}
        for invoice, payload in said.select("invoice_id", "payload").drop_nulls().iter_rows()
        if (values := json.loads(payload).get("corrected"))
    ]
    if not rows:
        return invoices
    schema = dict.fromkeys(["invoice_id", *columns], pl.String) | {"said": pl.List(pl.String)}
    texts = pl.DataFrame(rows, schema=schema)
    given = texts.with_columns(_typed(name, invoices.schema[name]) for name in columns)
    return (
        invoices.join(given, on="invoice_id", how="left", maintain_order="left", suffix="_said")
        .with_columns(
            pl.when(pl.col("said").list.contains(name)).then(f"{name}_said").otherwise(name).alias(name)
            for name in columns
        )
        .select(invoices.columns)
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _typed(name: str, kind: pl.DataType) -> pl.Expr:
    return pl.col(name).str.to_date("%Y-%m-%d") if kind == pl.Date else pl.col(name).cast(kind)
