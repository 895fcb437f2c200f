"""Who reads which mart, and in which form. The one place that decides; publication only follows it.

Analysts read every mart that no other audience is named for, so a mart with personal data or risk has to be
named here before it is built. The guard below catches what was forgotten.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from retail_assets.feeds.contracts.base import Feed
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.warehouse.errors import PersonalData


class Audience(StrEnum):
    ANALYSTS = "analysts"
    OPERATIONS = "operations"
    MERCHANTS = "merchants"


RESERVED: dict[str, Audience] = {
    "return_cases": Audience.OPERATIONS,
    "ops_queue": Audience.OPERATIONS,
    "escalation_scores": Audience.OPERATIONS,
    "return_audit_trail": Audience.OPERATIONS,
    "alerts": Audience.OPERATIONS,
    "alert_history": Audience.OPERATIONS,
    "insights": Audience.OPERATIONS,
    "platform_health": Audience.OPERATIONS,
    "merchant_return_cases": Audience.MERCHANTS,
}
"""Marts that analysts do not get."""


@dataclass(frozen=True)
class ByMonth:
    """A long mart: its Parquet is cut by the month of `date_column`, so that unchanged months are linked."""

    date_column: str
    in_database: bool = False
    """Whether retail.duckdb holds it as a table too. The longest are too long to copy every night."""


LONG_MARTS: dict[str, ByMonth] = {
    "sales_lines": ByMonth("business_date"),
    "sales_orders": ByMonth("business_date"),
    "order_history": ByMonth("business_date"),
    "sales_daily": ByMonth("business_date", in_database=True),
    "refund_items": ByMonth("business_date", in_database=True),
}


def audience_of(mart: str) -> Audience:
    return RESERVED.get(mart, Audience.ANALYSTS)


def in_database(mart: str) -> bool:
    """Whether the audience's DuckDB file holds the mart as a table; every mart is there as Parquet."""
    return mart not in LONG_MARTS or LONG_MARTS[mart].in_database


def require_no_personal_columns(
    columns: Mapping[str, Iterable[str]], feeds: Mapping[str, Feed] = FEEDS
) -> None:
    """Raise PersonalData when a column of an analysts' mart (name -> columns) carries a personal feed column.

    `email` or `supplier_iban` can only be personal. A name that some contract also uses for something
    harmless (`name`, `reason`) is personal where mart or column say whose it is: `customer_name`, or `name`
    in a mart of customers.
    """
    found = [
        f"{mart}.{column} ({origin})"
        for mart, names in columns.items()
        if audience_of(mart) is Audience.ANALYSTS
        for column in names
        if (origin := _personal_origin(mart.lower(), column.lower(), feeds))
    ]
    if found:
        raise PersonalData(
            f"Nothing was published: personal data would reach analysts in {', '.join(found)}. Take the "
            "column out of the mart, or name the mart's audience in retail_assets/warehouse/audiences.py."
        )


def _personal_origin(mart: str, column: str, feeds: Mapping[str, Feed]) -> str | None:
    """The personal column `feed.column` that a mart's column carries, judged by its name."""
    harmless = {name for feed in feeds.values() for name in feed.columns if name not in feed.personal}
    for feed in feeds.values():
        owner = feed.name.removesuffix("s")
        for personal in feed.personal:
            bare = column == personal and (personal not in harmless or mart.startswith(owner))
            tails = (f"{owner}_{personal}", f"{feed.name}_{personal}")
            qualified = column.endswith(tails if personal in harmless else (*tails, f"_{personal}"))
            if bare or qualified:
                return f"{feed.name}.{personal}"
    return None
