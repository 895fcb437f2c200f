"""Is what the sample's invoices say found: who bills what, row by row, and how each of them ends?"""

import polars as pl

from retail_assets.invoices.review import FAILED
from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, compare

ALIKE = 0.9
"""So alike a description has to be: paper is not read letter by letter."""

_HEADERS = """
    select
        told.file_name as name,
        exists (
            from invoices as invoice
            where
                invoice.file_name = told.file_name
                and invoice.vendor = told.vendor
                and invoice.invoice_number = told.number
                and invoice.invoice_date = told.date
                and invoice.currency = told.currency
                and invoice.net = told.net
                and coalesce(invoice.tax, 0) = told.tax
                and invoice.total = told.total
                and invoice.order_number is not distinct from told.order_number
        ) as found
    from told
"""
_STATES = """
    select
        told.file_name || ' (' || told.expected_state || ')' as name,
        exists (
            from invoices as invoice
            where invoice.file_name = told.file_name and invoice.state = told.expected_state
        ) as found
    from told
"""
_ROWS = f"""
    select
        concat_ws(' row ', told.file_name, told.line) as name,
        exists (
            from invoice_lines as line
            inner join invoices as invoice on line.invoice_id = invoice.invoice_id
            where
                invoice.file_name = told.file_name
                and line.quantity = told.quantity
                and line.unit_price = told.unit_price
                and line.amount = told.amount
                and levenshtein(line.description, told.description)
                <= {1 - ALIKE:.1f} * greatest(length(line.description), length(told.description))
        ) as found
    from told
"""
_ORDERS = """
    select
        concat_ws(' row ', told.file_name, told.line) as name,
        exists (
            from invoice_match as matched
            inner join invoices as invoice on matched.invoice_id = invoice.invoice_id
            where
                invoice.file_name = told.file_name
                and matched.po_id = told.po_id
                and matched.product_id = told.product_id
                and (matched.verdict = 'price_above') = told.is_above_order
        ) as found
    from told
"""


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Documents whose header and end are right, rows that are right, and those of the right line of an order."""
    documents, rows = truth("invoices/documents"), truth("invoices/lines")
    readable = documents.filter(pl.col("expected_state") != FAILED)
    rows = rows.join(readable, on="file_name", how="semi")
    ordered = rows.join(readable.drop_nulls("order_number"), on="file_name", how="semi")
    found = (
        ("headers of invoices, right", _HEADERS, readable),
        ("rows of invoices, right", _ROWS, rows),
        ("rows of invoices, order and price judged right", _ORDERS, ordered),
        ("states of invoices, right", _STATES, documents),
    )
    return [compare(platform, "invoices", what, query, told=told) for what, query, told in found]
