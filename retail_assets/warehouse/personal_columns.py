"""The guard against personal data: a column of a mart that carries a personal column of some feed.

It judges names, so it catches what somebody forgot; what a mart should hold is decided where it is written.
"""

from collections.abc import Iterable, Mapping

from retail_assets.contract import Feed
from retail_assets.warehouse.errors import PersonalData


def require_no_personal_columns(columns: Mapping[str, Iterable[str]], feeds: Mapping[str, Feed]) -> None:
    """Raise PersonalData when a column of a mart (name -> columns) carries a personal feed column.

    For marts of audiences that may not see persons. `email` or `supplier_iban` can only be personal. A name that some
    contract also uses for something harmless (`name`, `reason`) is personal where mart or column say whose it is:
    `customer_name`, or `name` in a mart of customers.
    """
    found = [
        f"{mart}.{column} ({origin})"
        for mart, names in columns.items()
        for column in names
        if (origin := _personal_origin(mart.lower(), column.lower(), feeds))
    ]
    if found:
        raise PersonalData(
            f"Nothing was published: personal data would reach readers who may not see it in {', '.join(found)}. Take "
            "the column out of the mart, or name another audience for it in its flow (flow.py)."
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
