"""What stands in a file and may not count: orders that are cancelled or only offered, lines that are part of others."""

from collections.abc import Iterator

from retail_assets.feeds.onboarding.proposing.draft import Draft
from retail_assets.feeds.onboarding.proposing.returns import FEW_WORDS, is_named_kind, shown_words
from retail_assets.feeds.onboarding.proposing.sampling import Column
from retail_assets.feeds.onboarding.proposing.shown import is_value, shown_name
from retail_assets.feeds.onboarding.proposing.words import is_said_of, listed, says, words
from retail_assets.feeds.onboarding.proposing.yaml_text import expression
from retail_assets.sql import identifier, literal

ORDERS = ("sales", "purchase_orders", "purchase_order_lines")
"""Feeds of orders and their lines."""
_SHOWN = 8


def may_not_count(draft: Draft) -> str | None:
    """Comments at the target: what to ask, and the rules that leave out what does not count."""
    if draft.feed.name not in ORDERS:
        return None
    found = [*_states(draft), *_parts(draft)]
    if not found:
        return None
    rules = [line for _, name, when in found for line in _rule(name, when)]
    return "\n".join([*(f"    # CHECK: {asked}" for asked, _, _ in found), "    # leave_out:", *rules])


def _rule(name: str, when: str) -> Iterator[str]:
    yield f"    #   - name: {name}"
    yield f"    #     when: {expression(when, 4)}".replace("\n", "\n    #   ")


def _free(draft: Draft) -> list[Column]:
    """Columns of a few words or codes that the mapping does not read."""
    used = {column.name for column in draft.used}
    return [
        column
        for column in draft.columns
        if column.name not in used
        and not is_value(column.name)
        and 0 < len(column.values) <= FEW_WORDS
        and column.shape.kind in ("text", "integer", "boolean")
    ]


def _states(draft: Draft) -> Iterator[tuple[str, str, str]]:
    """The columns in which some state does not count; if there is none, the first column of states."""
    free = [column for column in _free(draft) if not says(column.name, "other_states")]
    states = [column for column in free if _is_state(column)]
    kinds = [column for column in free if column not in states and is_named_kind(column)]
    telling = [c for c in states if _not_counted(c)] + [c for c in kinds if _not_counted(c, of_kinds=True)]
    for column in _one_of_each(telling or states[:1]):
        words_out = _not_counted(column, of_kinds=column in kinds)
        shown = shown_words(column, first=words_out, most=_SHOWN)
        empty = (
            " It is empty in some records: fill it down first."
            if draft.document and column.filled < 1
            else ""
        )
        listed_out = ", ".join(map(literal, words_out)) or "'…'"
        yield (
            f"does {shown_name(column.name)} ({shown}) name orders that do not count?{empty}",
            "not_counted",
            f"{identifier(column.name)} in ({listed_out})",
        )


def _one_of_each(columns: list[Column]) -> list[Column]:
    """Of the code and the name of one state (`state.code`, `state.name`) the first says all."""
    found: dict[str, Column] = {}
    for column in columns:
        parent = column.name.rpartition(".")[0]
        found.setdefault(parent if says(parent, "states") else column.name, column)
    return list(found.values())


def _is_state(column: Column) -> bool:
    """`state` may be that of an address, so that its words have to be known; `status` is none."""
    if not says(column.name, "states"):
        return False
    is_status = any(word.endswith(("status", "statut")) for word in words(column.name))
    return is_status or any(is_said_of(value, "states_known", "not_counted") for value in column.values)


def _not_counted(column: Column, *, of_kinds: bool = False) -> list[str]:
    """Its words of orders that are none; among kinds of records those that mean a return are lines of their own."""
    returns = listed("returns") if of_kinds else frozenset()
    out = {word for known in listed("not_counted") for word in words(known)}
    return [
        value
        for value in column.values
        if is_said_of(value, "states_known", "not_counted")
        and out & set(words(value))
        and value.strip().lower() not in returns
    ]


def _parts(draft: Draft) -> Iterator[tuple[str, str, str]]:
    if "quantity" not in draft.feed.columns:
        return
    used = {column.name for column in draft.used}
    parents = [
        c
        for c in draft.columns
        if c.name not in used
        and c.values
        and c.filled < 1
        and not is_value(c.name)
        and says(c.name, "parents")
        and not says(c.name, "other_parents")
    ]
    if not parents:
        return
    kinds = [c for c in _free(draft) if is_named_kind(c) and len(c.values) > 1]
    told = [f"{shown_name(c.name)}: {shown_words(c, most=_SHOWN)}" for c in kinds[:1]]
    beside = "; ".join([shown_name(parents[0].name), *told])
    yield (
        f"lines that belong to another line ({beside}): which of the two carries price and "
        "quantity? Leave out the other.",
        "part_of_another",
        f"{identifier(parents[0].name)} is not null",
    )
