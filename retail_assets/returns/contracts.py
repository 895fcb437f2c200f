"""Contracts of returns: the cases that customers open, what happens to them, and the merchants who answer."""

import dataframely as dy

from retail_assets.contract import Feed, currency, identifier, instant, money, one_of, row_rule, text
from retail_assets.returns.rules import EVENT_TYPES, EVIDENCE_KINDS, PRIORITIES, ROLES, STATUSES

MESSAGE_CHARACTERS = 100_000


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
    customer_message = text(
        "What the customer wrote. Not published.", nullable=True, max_length=MESSAGE_CHARACTERS
    )
    order_value = money("Value of the returned order, tax included.", nullable=True, min=0)
    currency = currency(nullable=True)
    channel = identifier("Channel of the order (store, web, phone, …).", nullable=True)
    delivery_date = dy.Date(nullable=True, description="Local day on which the order was delivered.")
    created_at = instant("When the case was opened.")
    status = one_of(
        STATUSES, "State of the case; events, where there are any, say it instead.", nullable=True
    )
    priority = one_of(
        PRIORITIES, "Priority; events, where there are any, say it instead. medium by default.", nullable=True
    )
    assigned_to = identifier("Who works on it, as an id. Not published.", nullable=True)

    value_has_currency = row_rule("order_value is null or currency is not null")


class ReturnEvents(dy.Schema):
    """Something that happened to a case. Whether it counts is judged by the rules of cases."""

    event_id = identifier("Event id.", primary_key=True)
    case_id = identifier("Return case.")
    at = instant("When it happened.")
    type = one_of(EVENT_TYPES, "What happened.")
    actor = identifier("Who did it, as an id. Not published.", nullable=True)
    actor_role = one_of(ROLES, "In which role, as the source states it.", nullable=True)
    payload = text(
        "What it brought: the new status, the new priority, who has it now, the kind of the document; else JSON.",
        nullable=True,
    )


class ReturnNotes(dy.Schema):
    """What somebody wrote about a case."""

    note_id = identifier("Note id.", primary_key=True)
    case_id = identifier("Return case.")
    at = instant("When it was written.")
    author = identifier("Who wrote it, as an id. Not published.", nullable=True)
    author_role = one_of(ROLES, "In which role, as the source states it.", nullable=True)
    internal = dy.Bool(description="Whether it is for operations only.")
    text = text("What it says. Not published to analysts.", max_length=MESSAGE_CHARACTERS)


class ReturnDocuments(dy.Schema):
    """A document that came with a case: a customer's evidence or a merchant's response."""

    document_id = identifier("Document id.", primary_key=True)
    case_id = identifier("Return case.")
    at = instant("When it came.")
    uploaded_by = identifier("Who brought it, as an id. Not published.", nullable=True)
    role = one_of(ROLES, "In which role, as the source states it.", nullable=True)
    kind = one_of(EVIDENCE_KINDS, "evidence of the customer, or response of the merchant.")
    file_hash = dy.String(
        regex="^[0-9a-f]{64}$", nullable=True, description="SHA-256 of its bytes, small letters."
    )
    size = dy.Int64(min=0, nullable=True, description="Size in bytes.")
    type = identifier("Media type, as its source calls it.", nullable=True)


class Merchants(dy.Schema):
    """Merchants whose goods the retailer sells for them."""

    merchant_id = identifier("Merchant id.", primary_key=True)
    display_name = text("Name that is shown.", max_length=500)
    region = identifier("Region of the merchant.", nullable=True)


FEEDS = (
    Feed("merchants", Merchants, "Merchants, latest wins.", descriptive=frozenset({"region"})),
    Feed(
        "return_cases",
        ReturnCases,
        "Return cases, latest wins.",
        "created_at",
        amount="order_value",
        personal=frozenset({"customer_id", "customer_message", "assigned_to"}),
        descriptive=frozenset({"item_category", "return_reason", "customer_message", "channel"}),
        parents={"customer_id": "customers", "store_id": "stores", "product_id": "products"},
    ),
    Feed(
        "return_events",
        ReturnEvents,
        "What happened to return cases.",
        "at",
        own_ids=frozenset({"event_id"}),
        personal=frozenset({"actor", "payload"}),
        descriptive=frozenset({"actor"}),
    ),
    Feed(
        "return_notes",
        ReturnNotes,
        "Notes about return cases.",
        "at",
        own_ids=frozenset({"note_id"}),
        personal=frozenset({"author", "text"}),
        descriptive=frozenset({"author"}),
    ),
    Feed(
        "return_documents",
        ReturnDocuments,
        "Documents of return cases.",
        "at",
        own_ids=frozenset({"document_id"}),
        personal=frozenset({"uploaded_by"}),
        descriptive=frozenset({"uploaded_by", "type"}),
    ),
)
