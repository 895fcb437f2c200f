"""What nobody can be certain of from a file alone, said at the column that it is about."""

import re
from collections.abc import Iterable

import dataframely as dy

from retail_assets.feeds.mapping.contract_sql import contract_kind
from retail_assets.feeds.mapping.values.conversion import INTEGER, NUMBER
from retail_assets.feeds.onboarding.proposing.draft import Draft
from retail_assets.feeds.onboarding.proposing.evidence import is_discount, is_rate, number
from retail_assets.feeds.onboarding.proposing.matching import NET, is_in_cents
from retail_assets.feeds.onboarding.proposing.measures import units_doubt
from retail_assets.feeds.onboarding.proposing.price_units import PRICES, pack_in_name, per_unit, units_in_name
from retail_assets.feeds.onboarding.proposing.returns import returns_doubt
from retail_assets.feeds.onboarding.proposing.sampling import Column
from retail_assets.feeds.onboarding.proposing.shown import allowed_words, shown_name
from retail_assets.feeds.onboarding.proposing.words import says
from retail_assets.feeds.onboarding.proposing.yaml_text import flow
from retail_assets.feeds.onboarding.repeated_names import listed as listed_names
from retail_assets.sql import identifier

_SHARED = frozenset(["product_id", "store_id", "supplier_id", "customer_id", "merchant_id"])
"""Ids that sources have in common; those of documents each source makes up for itself."""
_SHORT = 6
_NO_CENTS = 100
"""Whole numbers from here on may be cents."""
_LINES = 1_000
STATES = "order_events"
_MEANT = {"sales": "sold", "purchase_order_lines": "ordered", "stock_movements": "received"}
"""What a positive quantity means, by feed."""


def doubts_about(draft: Draft, name: str) -> list[str]:
    """Why a column's guess may be wrong; empty where it is certain."""
    placed, contract = draft.placed[name], draft.feed.columns[name]
    source = placed.source
    return [
        *([source.shape.doubt] if source.shape.doubt and not contract_kind(contract).is_text else []),
        *placed.doubts,
        *_several(draft, source.name),
        *_empty(draft, name, contract),
        *_to_translate(draft, name, contract),
        *_tax(name, source.name),
        *(_in_cents(source) if name in NET and "scale" not in placed.cell else ()),
        *_of_several_units(draft, name),
        *units_doubt(draft, name),
        *_of_scales(draft, name),
        *_dated_ahead(draft, name),
        *_beginning_of_day(draft, name),
        *_whose_number(draft, name),
        *_numbered_by_others(draft, name),
        *_repeated(draft, name),
        *_signs(draft, name),
    ]


def document_doubt() -> str:
    """`replaces: document` and derived line numbers hold only if a document comes in one piece."""
    return "does a document always come whole? Lines of it that a later file lacks are removed."


def derived_doubt(draft: Draft) -> str:
    """Where a column counts within the document, that is the line's number."""
    used = {column.name for column in draft.used}
    for column in draft.columns:
        lines = (
            {(r.get(draft.document.name), r.get(column.name)) for r in draft.lines} if draft.document else ()
        )
        small = all(re.fullmatch(r"\d{1,6}", value) and int(value) <= _LINES for value in column.values)
        is_other = is_rate(column) or is_discount(column)
        if column.name in used or is_other or not column.values:
            continue
        if small and len(lines) == len(draft.lines):
            return f"CHECK: or is it {shown_name(column.name)}? "
    return ""


def amount_doubt(draft: Draft) -> str:
    """Of the amount that a price is computed from, where several are called so."""
    if not (amount := draft.amount):
        return ""
    cents = () if is_in_cents(amount) else _in_cents(amount)
    marks = [amount.shape.doubt] if amount.shape.doubt else []
    return "".join(f"{said} " for said in (*marks, *_several(draft, amount.name), *cents))


def _several(draft: Draft, source: str) -> Iterable[str]:
    if source in draft.repeated:
        yield f"several columns are called so: {listed_names(draft.repeated[source])}; is it the first?"


def _empty(draft: Draft, name: str, contract: dy.Column) -> Iterable[str]:
    """A value that a group's first record states for the others; what a line is about, none states for another."""
    if contract.nullable:
        return
    source = draft.placed[name].source.name
    empty = sum(not str(record.get(source) or "").strip() for record in draft.lines)
    if not empty:
        return
    said = f"it is empty in {empty:,} of {len(draft.lines):,} records"
    kind = contract_kind(contract)
    of_the_line = name == "product_id" and name not in draft.feed.key
    if of_the_line or kind.name in (NUMBER.name, INTEGER.name):
        yield f"{said}, which are rejected; are they lines (a tip, shipping, a total)?"
    else:
        yield f"{said}; does the value above it hold for them? Then {_fill_down(draft, source)}."


def _fill_down(draft: Draft, source: str) -> str:
    """The step; among the lines of one document only, where all of them name it."""
    head = draft.placed.get(draft.feed.key[0]) if len(draft.feed.key) > 1 else None
    always = head and head.source.name != source and head.source.filled == 1
    within = {"columns": source, "per": head.source.name} if head and always else source
    return f"`reshape: {{fill_down: {flow(within)}}}`"


def _of_several_units(draft: Draft, name: str) -> Iterable[str]:
    if name not in PRICES:
        return
    source = draft.placed[name].source.name
    if (unit := draft.price_unit) and name in draft.priced_per_unit:
        yield f"is it the price of as many units as {shown_name(unit.name)} says?"
    elif unit:
        yield (
            f"{shown_name(unit.name)} is 1 here; where it may be more, the price of one unit is `{{sql: "
            f"{per_unit(source, unit.name)}}}`, both declared in `parse` as numbers."
        )
    elif count := units_in_name(source):
        yield f"its name says `{count}`: is it the price of so many units?"
    elif pack := pack_in_name(source):
        yield f"its name says `{pack}`, and the contract wants the price of one unit."


def _beginning_of_day(draft: Draft, name: str) -> Iterable[str]:
    """What was sold on the day of a count would be taken off a stock that does not have it any more."""
    if name != draft.feed.business_time or draft.feed.name != "stock_counts":
        return
    if draft.is_day(name) and not draft.times:
        day = identifier(draft.placed[name].source.name)
        yield (
            "a day alone is its beginning, so the day's sales are taken off once more; counted in the evening? Then "
            f"`{{sql: {flow(f'{day} + to_hours(20)')}}}` with the hour (24: all of the day), the column declared in "
            "`parse` as a date."
        )


def _of_scales(draft: Draft, name: str) -> Iterable[str]:
    scales = [c.name for c in draft.columns if c not in draft.used and says(c.name, "scales")]
    if name in PRICES and scales and "quantity" not in draft.feed.columns:
        scale = shown_name(scales[0])
        end = (
            "those of one product are rejected"
            if draft.feed.parts
            else "of those of one product the last counts"
        )
        yield f"one row for each {scale}? Then {end}; take the first scale."


def _dated_ahead(draft: Draft, name: str) -> Iterable[str]:
    """Terms hold from the day that they are admitted, where no column says from which; said at the day or the price."""
    terms = [price for price in PRICES if price in draft.placed]
    if draft.feed.business_time or "quantity" in draft.feed.columns or not terms:
        return
    if name != ("valid_from" if "valid_from" in draft.placed else terms[0]):
        return
    used = {column.name for column in draft.used}
    days = [
        shown_name(c.name)
        for c in draft.columns
        if c.name not in used and c.shape.kind in ("date", "datetime") and not says(c.name, "recorded")
    ]
    if not days:
        return
    dates = " and ".join(days)
    if name == "valid_from":
        yield f"the feed has no place for {dates}: terms hold until the next ones begin; leave out those that ended."
    elif "valid_from" in draft.feed.columns:
        yield f"does it hold from {dates}? Then that is `valid_from`; without it terms hold from their admission."
    else:
        yield (
            f"does it hold from or until {dates}? The feed has no place for it: it holds from its admission; leave "
            "out what is dated ahead."
        )


def _whose_number(draft: Draft, name: str) -> Iterable[str]:
    if name == "product_id" and draft.feed.name == "supplier_products" and "supplier_sku" not in draft.placed:
        yield "is it your own number, or the supplier's?"


def _to_translate(draft: Draft, name: str, contract: dy.Column) -> Iterable[str]:
    values = set(draft.placed[name].source.values)
    if (allowed := getattr(contract, "categories", None)) and not values <= set(allowed):
        yield f"translate its values into {allowed_words(contract)}."
    elif name == "channel" and not says(draft.placed[name].source.name, "channels"):
        yield "is it the channel of the sale?"
    elif name == "status" and draft.feed.name == STATES:
        yield "translate its values into the states of orders (`placed`, `paid`, …)."


def _tax(name: str, source: str) -> Iterable[str]:
    if name not in NET:
        return
    if said := says(source, "gross"):
        yield f"the contract wants it net of tax, and its name says `{said}`."
    elif not says(source, "net"):
        yield "is it net of tax?"
    if name == "discount":
        yield "the amount of the whole line, and no percentage?"
    if name == "net_amount":
        yield "the amount of the whole line, after discount?"


def _in_cents(source: Column) -> Iterable[str]:
    numbers = [abs(n) for n in map(number, source.values) if n]
    if source.shape.kind == "integer" and numbers and min(numbers) >= _NO_CENTS:
        yield "all are whole numbers: are they cents? Then `scale: 0.01`."


def _numbered_by_others(draft: Draft, name: str) -> Iterable[str]:
    """Numbers that begin again each day or in each store, or that another source counts as well."""
    if name not in draft.feed.key or not name.endswith("_id") or name in _SHARED:
        return
    source = draft.placed[name].source
    for other, said in (("store_id", "in several stores"), (draft.feed.business_time, "on several days")):
        if other in draft.placed:
            beside = draft.placed[other].source.name
            told = [r for r in draft.lines if r.get(source.name) and r.get(beside)]
            pairs = {(r.get(source.name), _day(r.get(beside))) for r in told}
            if len(pairs) > 1.02 * len({document for document, _ in pairs}):
                yield f"the same number stands {said}; a key has to be the whole retailer's."
                return
    if all(value.isdigit() and len(value) <= _SHORT for value in source.values):
        yield "does another source, store or day number alike? A key has to be the whole retailer's."


def _day(value: object) -> str:
    return re.split(r"[ T]", str(value or ""))[0]


def _repeated(draft: Draft, name: str) -> Iterable[str]:
    """Said at the quantity, which is what goes wrong, else at the last part of the key."""
    key = draft.feed.key
    if len(key) == 1 or name != ("quantity" if "quantity" in draft.placed else key[-1]):
        return
    lots = [shown_name(c.name) for c in draft.columns if c not in draft.used and says(c.name, "lots")]
    among = f" by {lots[0]}" if lots else ""
    if repeated := draft.repeated_keys:
        summed = f"; if they are parts{among}, they have to be summed" if name == "quantity" else ""
        end = "and differ: they are rejected" if draft.differ_in_parts else "of which the last counts"
        yield f"{repeated:,} of {len(draft.lines):,} records repeat the key ({', '.join(key)}), {end}{summed}."
    elif lots and draft.feed.name.startswith("stock"):
        yield f"stated{among}? Then it has to be summed."


def _signs(draft: Draft, name: str) -> Iterable[str]:
    if name not in ("quantity", "net_amount") or "quantity" not in draft.placed:
        return
    source = draft.placed[name].source.name
    negative, told = _negatives(draft, source)
    if negative and negative > (0.5 if "kind" not in draft.feed.columns else 0.999) * told:
        meant = _MEANT.get(draft.feed.name, "there")
        yield (
            f"{negative:,} of {told:,} are negative: does the source write what is {meant} as -n? Then "
            f"`{{sql: {flow(f'-{identifier(source)}')}}}`, the column declared in `parse` as a number."
        )
    elif negative or name != "quantity":
        return
    elif "kind" in draft.feed.columns:
        yield "the contract wants it signed: positive comes in, negative goes out."
    elif draft.feed.name == "sales":
        yield from returns_doubt(draft)


def _negatives(draft: Draft, source: str) -> tuple[int, int]:
    """How many of the sampled numbers are below nought, and how many numbers there are."""
    numbers = [number(str(record.get(source) or "")) for record in draft.lines]
    told = [n for n in numbers if n]
    return sum(n < 0 for n in told), len(told)
