"""Contracts of returns: the cases that customers open, and what belongs to them."""

import dataframely as dy

from retail_assets.feeds.contracts.base import Feed, currency, identifier, instant, money, row_rule, text


class ReturnCases(dy.Schema):
    """One row per return case."""

    case_id = identifier("Return case id.", primary_key=True)
    order_reference = identifier("The order that is returned, as the customer names it.", nullable=True)
    customer_id = identifier("Customer. Not published.", nullable=True)
    merchant_id = identifier("Merchant whose goods are returned.", nullable=True)
    store_id = identifier("Store that the case belongs to.", nullable=True)
    product_id = identifier("Product that is returned.", nullable=True)
    item_category = identifier("What the case says the item is, in the retailer's own words.", nullable=True)
    return_reason = text("Why it is returned.", nullable=True)
    customer_message = text("What the customer wrote. Not published.", nullable=True, max_length=100_000)
    order_value = money("Value of the returned order, tax included.", nullable=True, min=0)
    currency = currency(nullable=True)
    channel = identifier("Channel of the order (store, web, phone, …).", nullable=True)
    delivery_date = dy.Date(nullable=True, description="Local day on which the order was delivered.")
    created_at = instant("When the case was opened.")
    status = identifier("State of the case, as its source calls it.", nullable=True)
    priority = identifier("Priority, as its source calls it.", nullable=True)
    assigned_to = identifier("Who works on it, as an id. Not published.", nullable=True)

    value_has_currency = row_rule("order_value is null or currency is not null")


class RefundManifests(dy.Schema):
    """One row per photo that a list dropped beside it names; for sources that cannot name a folder per case."""

    file_name = identifier("Name of the photo's file, as it is dropped, without a folder.", primary_key=True)
    listed_on = dy.Date(
        nullable=True, description="Night whose photos the row speaks of; default: the day of admission."
    )
    case_id = identifier("Return case that the photo belongs to.")


FEEDS = [
    Feed(
        "return_cases",
        ReturnCases,
        "Return cases, latest wins.",
        "created_at",
        personal=frozenset({"customer_id", "customer_message", "assigned_to"}),
        parents={"customer_id": "customers", "store_id": "stores", "product_id": "products"},
    ),
    Feed(
        "refund_manifests",
        RefundManifests,
        "Which return case a refund photo belongs to. File names repeat: a row speaks of the photos of its night.",
        defaults_to_admission_day=frozenset({"listed_on"}),
        says_more_each_day=True,
        folder="refunds",
    ),
]
