"""What the warehouse knows of suppliers, products and orders, for invoices to be matched with."""

from datetime import date, timedelta

from retail_assets.invoices.matching import ORDER_DAYS, Books
from retail_assets.platform import Platform
from retail_assets.sql import literal
from retail_assets.warehouse.reading import read_mart, read_staged


def read_books(platform: Platform, as_of: date) -> Books:
    """Suppliers with their accounts, which no mart shows; products and their codes; the lines of orders that are not
    too old."""
    first = as_of - timedelta(days=ORDER_DAYS)
    return Books(
        suppliers=read_staged(platform, "suppliers", "supplier_id", "name", "tax_id", "iban"),
        products=read_mart(platform, "products", "product_id", "name", "barcode", where="not is_inferred"),
        articles=read_mart(
            platform, "supplier_products", "supplier_id", "product_id", "supplier_sku",
            where="supplier_sku is not null",
        ).unique(maintain_order=True),
        lines=read_mart(
            platform, "purchase_orders", "po_id", "line_number", "supplier_id", "product_id", "ordered_quantity",
            "unit_cost", "ordered_on", "status",
            where=f"ordered_on >= cast({literal(first.isoformat())} as date)",
        ).sort("po_id", "line_number"),
    )  # fmt: skip
