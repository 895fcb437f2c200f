"""What of a source may be quoted in a mapping, which travels: nothing that could speak of a person."""

import re

import dataframely as dy

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.contract_sql import contract_kind
from retail_assets.feeds.mapping.ends import MASK
from retail_assets.feeds.onboarding.proposing.evidence import share
from retail_assets.feeds.onboarding.proposing.sampling import Column
from retail_assets.feeds.onboarding.proposing.shapes import shape_of
from retail_assets.feeds.onboarding.proposing.words import says
from retail_assets.names import printable

_EXAMPLES = 60
_MOST = 0.9
_CODES = frozenset(
    [
        "product_id",
        "store_id",
        "supplier_id",
        "order_id",
        "po_id",
        "movement_id",
        "transfer_id",
        "event_id",
        "promotion_id",
        "case_id",
        "supplier_sku",
        "barcode",
        "currency",
        "country",
        "unit",
        "counterpart_store_id",
    ]
)
"""Contract columns of text whose values are codes of things."""
_CODE = re.compile(r"#?(?=[A-Z0-9._/-]{0,14}\d)[A-Z0-9][A-Z0-9._/-]{0,19}|[A-Z]{1,4}")
_PERSONAL = re.compile(r".*@.*|[\d\s()/+-]*[\s()/+-][\d\s()/+-]{6,}|[+0]\d{8,}|[A-Z]{2}\d{2}[A-Z0-9]{11,}")
"""An e-mail address, a telephone number, an account."""


def examples(feed: Feed, name: str, column: Column) -> str:
    """A few values to recognise a column by, where they are known to be numbers, dates or codes of things."""
    if not column.values:
        return "always empty"
    contract = feed.columns[name]
    is_text = contract_kind(contract).is_text
    if (feed.personal and is_text) or name in feed.personal or says(column.name, "persons"):
        return MASK
    if is_text and name not in _CODES:
        return MASK
    fits = is_code if is_text else _is_value
    if share(column, fits) < _MOST:
        return MASK
    harmless = [value for value in column.values if fits(value)][:4]
    text = printable(" | ".join(harmless)) or MASK
    return text if len(text) <= _EXAMPLES else text[: _EXAMPLES - 1] + "…"


def is_code(value: str) -> bool:
    return bool(_CODE.fullmatch(value)) and not _PERSONAL.fullmatch(value)


def _is_value(value: str) -> bool:
    kind = shape_of({value: 1}).kind
    return kind != "text" and (kind not in ("integer", "number") or not _PERSONAL.fullmatch(value))


def is_value(name: str) -> bool:
    """Whether a value stands where a column's name should (JSON by e-mail, a file without a header)."""
    return bool(re.search(r"@|\d{5,}[ /-]?\d{2,}", name))


def shown_name(name: str) -> str:
    return MASK if is_value(name) else printable(name)


def allowed_words(contract: dy.Column) -> str:
    return ", ".join(getattr(contract, "categories", ()))
