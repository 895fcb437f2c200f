"""Contracts of master data: what changes slowly and is looked up by everything else."""

import dataframely as dy
import polars as pl

from retail_assets.contract import (
    Feed,
    currency,
    identifier,
    money,
    quantity,
    rate,
    row_rule,
    text,
)

_GTIN_SQL = """barcode is null or list_sum(list_transform(range(1, 15), lambda i:
    try_cast(lpad(barcode, 14, '0')[i] as integer) * case when i % 2 = 1 then 3 else 1 end)) % 10 = 0"""


def _gtin_check_digit() -> pl.Expr:
    digits = pl.col("barcode").str.zfill(14)
    weighted = [
        digits.str.slice(i, 1).cast(pl.Int32, strict=False) * (3 if i % 2 == 0 else 1) for i in range(14)
    ]
    return pl.sum_horizontal(weighted, ignore_nulls=False) % 10 == 0


class Products(dy.Schema):
    """One row per product."""

    product_id = identifier("Product id.", primary_key=True)
    name = text("Product name.")
    category = identifier("Product category.")
    subcategory = identifier("Finer category.", nullable=True)
    brand = identifier("Brand.", nullable=True)
    supplier_id = identifier("Main supplier.", nullable=True)
    barcode = dy.String(
        nullable=True,
        regex=r"^([0-9]{8}|[0-9]{12,14})$",
        description="GTIN-8, -12, -13 or -14 with its check digit.",
    )
    unit = identifier("Unit in which quantities count (piece, kg, …).", nullable=True)
    cost_price = money("Net purchase price per unit.", nullable=True, min=0)
    selling_price = money("Net list price per unit.", nullable=True, min=0)
    currency = currency(nullable=True)
    tax_rate = rate("Value added tax as a share (0.19 = 19%).", nullable=True)
    pack_size = quantity("Units per pack.", nullable=True, min_exclusive=0)
    is_active = dy.Bool(nullable=True, description="False when the product is delisted.")

    barcode_check_digit = row_rule(_GTIN_SQL, _gtin_check_digit, about="barcode")


class Stores(dy.Schema):
    """One row per store; a web shop is a store too."""

    store_id = identifier("Store id.", primary_key=True)
    name = text("Store name.")
    region = identifier("Region.", nullable=True)
    format = identifier("Kind of store (city, outlet, web, …).", nullable=True)
    opened_on = dy.Date(nullable=True, description="First day of business.")


class Suppliers(dy.Schema):
    """One row per supplier."""

    supplier_id = identifier("Supplier id.", primary_key=True)
    name = text("Supplier name.")
    tax_id = identifier("Tax id. Not published.", nullable=True)
    iban = identifier("Bank account. Not published.", nullable=True)
    country = dy.String(nullable=True, regex="^[A-Z]{2}$", description="Country, ISO 3166-1 alpha-2.")
    currency = currency(nullable=True)
    payment_terms_days = dy.Int32(nullable=True, min=0, max=730, description="Days until payment is due.")


class SupplierProducts(dy.Schema):
    """What a supplier charges for a product from a day on."""

    supplier_id = identifier("Supplier id.", primary_key=True)
    product_id = identifier("Product id.", primary_key=True)
    valid_from = dy.Date(nullable=True, description="First day of these terms; default: admission day.")
    unit_cost = money("Net cost per unit.", min=0)
    currency = currency()
    lead_time_days = dy.Int32(min=0, max=730, description="Days from order to delivery.")
    supplier_sku = identifier("The supplier's own article number.", nullable=True)
    min_order_quantity = quantity("Smallest quantity the supplier accepts.", nullable=True, min=0)
    pack_size = quantity("Units per pack; orders are multiples of it.", nullable=True, min_exclusive=0)


class Customers(dy.Schema):
    """One row per customer. Names and e-mail addresses never reach an analyst's mart."""

    customer_id = identifier("Customer id.", primary_key=True)
    name = text("Name. Personal.", nullable=True)
    email = text("E-mail address. Personal.", nullable=True, max_length=320)
    region = identifier("Region.", nullable=True)


class Promotions(dy.Schema):
    """A product on promotion in a store over some days."""

    promotion_id = identifier("Promotion id.", primary_key=True)
    product_id = identifier("Product id.", primary_key=True)
    store_id = identifier("Store id; `*` is every store.", primary_key=True)
    starts_on = dy.Date(description="First day.")
    ends_on = dy.Date(description="Last day, inclusive.")
    discount_rate = rate("Discount as a share of the price.", nullable=True)
    label = text("What customers read.", nullable=True)

    ends_after_start = row_rule("ends_on >= starts_on")


class StoreCalendar(dy.Schema):
    """Whether a store is open on a day; days that are not listed follow the weekday's habit."""

    store_id = identifier("Store id.", primary_key=True)
    date = dy.Date(primary_key=True, description="Calendar day.")
    is_open = dy.Bool(description="True when the store sells on that day.")
    note = text("Why (holiday, stocktaking, …).", nullable=True)


FEEDS = (
    Feed(
        "products",
        Products,
        "Products, latest wins.",
        descriptive=frozenset({"subcategory", "brand", "barcode"}),
        parents={"supplier_id": "suppliers"},
    ),
    Feed(
        "stores",
        Stores,
        "Stores, latest wins.",
        descriptive=frozenset({"region", "format", "opened_on"}),
    ),
    Feed(
        "suppliers",
        Suppliers,
        "Suppliers, latest wins.",
        personal=frozenset({"tax_id", "iban"}),
        descriptive=frozenset({"country"}),
    ),
    Feed(
        "supplier_products",
        SupplierProducts,
        "Supplier terms per product, valid from a day on.",
        parts=("unit_cost", "currency"),
        parents={"supplier_id": "suppliers", "product_id": "products"},
        defaults_to_admission_day=frozenset({"valid_from"}),
    ),
    Feed(
        "customers",
        Customers,
        "Customers, latest wins.",
        personal=frozenset({"name", "email"}),
        descriptive=frozenset({"name", "email", "region"}),
    ),
    Feed(
        "promotions",
        Promotions,
        "Promotions per product and store.",
        descriptive=frozenset({"label"}),
        parents={"product_id": "products"},
        own_ids=frozenset({"promotion_id"}),
    ),
    Feed(
        "store_calendar",
        StoreCalendar,
        "Opening days per store.",
        descriptive=frozenset({"note"}),
        parents={"store_id": "stores"},
    ),
)
