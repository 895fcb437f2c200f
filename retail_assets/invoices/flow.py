"""Invoices: documents of suppliers become rows that finance can trust."""

from retail_assets.audiences import OPERATIONS
from retail_assets.invoices.review import FOR_SQL
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import TABLES
from retail_assets.platform import Flow, Mart

FLOW = Flow(
    name="invoices",
    description="What suppliers bill, read from their documents, checked and confirmed.",
    settings=InvoiceSettings,
    handlers={
        "invoice_mails": "retail_assets.invoices.mails:mail_handler",
        "invoices": "retail_assets.invoices.handler:document_handler",
    },
    decisions="retail_assets.invoices.decisions:decision_kinds",
    tables=TABLES,
    dbt_settings=(
        "invoice_price_tolerance",
        "invoice_price_tolerance_amount",
        "invoice_quantity_tolerance",
    ),
    dbt_constants=FOR_SQL,
    marts=(
        Mart("invoices"),
        Mart("invoice_lines"),
        Mart("invoice_match"),
        Mart("invoice_status_summary"),
        Mart("invoice_review", OPERATIONS),
    ),
    samples=("retail_assets.samples.flows.invoices:write",),
    truth="retail_assets.invoices.truth:truth_found",
    assets="retail_assets.invoices.assets:definitions",
)
