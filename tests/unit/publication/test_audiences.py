"""Who reads which mart, and the guard against personal columns."""

import pytest

from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.warehouse.audiences import Audience, audience_of, require_no_personal_columns
from retail_assets.warehouse.errors import PersonalData


def test_a_mart_is_for_analysts_unless_another_audience_is_named():
    assert audience_of("sales_daily") is Audience.ANALYSTS
    assert audience_of("return_cases") is Audience.OPERATIONS
    assert audience_of("merchant_return_cases") is Audience.MERCHANTS


@pytest.mark.parametrize(
    ("mart", "column"),
    [
        ("suppliers", "iban"),
        ("suppliers", "tax_id"),
        ("supplier_performance", "supplier_IBAN"),
        ("sales_lines", "customer_name"),
        ("sales_lines", "billing_customer_name"),
        ("customer_segments", "name"),
        ("customers", "contact_email"),
        ("sales_orders", "email"),
        ("input_files", "decision_reason"),
        ("decisions", "reason"),
    ],
)
def test_personal_columns_of_contracts_are_found(mart: str, column: str):
    with pytest.raises(PersonalData, match=rf"{mart}\.{column} .*audiences\.py"):
        require_no_personal_columns({mart: ["store_id", column]})


@pytest.mark.parametrize("feed", [feed for feed in FEEDS.values() if feed.personal])
def test_every_personal_column_is_found_in_a_mart_named_after_its_feed(feed):
    for column in feed.personal:
        with pytest.raises(PersonalData):
            require_no_personal_columns({f"{feed.name}_daily": [column]})


def test_harmless_columns_of_the_same_name_pass():
    require_no_personal_columns(
        {
            "products": ["product_id", "name"],
            "stores": ["store_id", "name"],
            "suppliers": ["supplier_id", "name", "country"],
            "sales_lines": ["customer_id", "product_name"],
            "order_history": ["actor", "reason"],
            "quarantined_files": ["name", "reason", "message"],
        }
    )


def test_a_mart_of_another_audience_may_have_personal_columns():
    require_no_personal_columns({"return_cases": ["customer_email"]})
