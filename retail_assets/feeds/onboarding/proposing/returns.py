"""Columns that tell returns from sales, beside quantities that carry no sign."""

import re
from collections.abc import Iterable, Sequence

from retail_assets.feeds.onboarding.proposing.draft import Draft
from retail_assets.feeds.onboarding.proposing.sampling import Column
from retail_assets.feeds.onboarding.proposing.shown import shown_name
from retail_assets.feeds.onboarding.proposing.words import is_said_of, listed, says, words
from retail_assets.names import printable

FEW_WORDS = 20
_FEW_KINDS = 8
_SHOWN = 4
_CODE = re.compile(r"[A-Z0-9]{1,3}|[a-z+-]")


def returns_doubt(draft: Draft) -> Iterable[str]:
    """Where a kind, a flag or the order given back says what the sign of a quantity does not."""
    required = {placed.source.name for name, placed in draft.placed.items() if name in draft.feed.required}
    free = [column for column in draft.columns if column.name not in required]
    telling = [column for column in free if _speaks_of_returns(column)] or [c for c in free if _is_kind(c)]
    if telling:
        column = telling[0]
        yield f"returns have to be negative; does {shown_name(column.name)} ({shown_words(column)}) tell them?"
    elif credited := draft.placed.get("credited_order_id"):
        yield f"returns have to be negative; are they the lines with {shown_name(credited.source.name)}?"


def _speaks_of_returns(column: Column) -> bool:
    few = len(column.values) <= FEW_WORDS and column.shape.kind in ("text", "boolean")
    return few and any(value.strip().lower() in listed("returns") for value in column.values)


def _is_kind(column: Column) -> bool:
    """A flag that says in its name that it is about returns; a kind of records, if there are several."""
    if not 0 < len(column.values) <= _FEW_KINDS or column.shape.kind not in ("text", "boolean", "integer"):
        return False
    if says(column.name, "return_flags"):
        return True
    return len(column.values) > 1 and is_named_kind(column) and not says(column.name, "other_kinds")


def is_named_kind(column: Column) -> bool:
    """Whether its name promises a kind of records: `Line Type`, `Belegart`."""
    in_a_word = (re.search("(typ|art|type)$", word) for word in words(column.name))
    return bool(says(column.name, "kinds")) or any(in_a_word)


def shown_words(
    column: Column,
    *,
    first: Sequence[str] = (),
    most: int = _SHOWN,
    lists: Sequence[str] = ("states_known", "not_counted"),
) -> str:
    """Those that are known, and codes; others could be anything."""
    known = listed("returns") | listed("sales") | listed("true") | listed("false")
    shown = [
        value
        for value in dict.fromkeys([*first, *column.values])
        if value.strip().lower() in known or _CODE.fullmatch(value) or is_said_of(value, *lists)
    ]
    more = ["…"] if len(shown) < len(column.values) or len(shown) > most else []
    return ", ".join([*map(printable, shown[:most]), *more])
