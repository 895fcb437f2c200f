"""Contracts of returns: the cases that customers open."""

import dataframely as dy

from retail_assets.contract import Feed, currency, identifier, instant, money, row_rule, text


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


FEEDS = (
    Feed(
        "return_cases",
        ReturnCases,
        "Return cases, latest wins.",
        "created_at",
        personal=frozenset({"customer_id", "customer_message", "assigned_to"}),
        parents={"customer_id": "customers", "store_id": "stores", "product_id": "products"},
    ),
)
