"""Shapes of files that no list of columns can say: told as comments, with the step that makes rows of them."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from retail_assets.feeds.onboarding.proposing import evidence
from retail_assets.feeds.onboarding.proposing.draft import Draft
from retail_assets.feeds.onboarding.proposing.names import is_known
from retail_assets.feeds.onboarding.proposing.price_units import PRICES
from retail_assets.feeds.onboarding.proposing.sampling import Column, Record
from retail_assets.feeds.onboarding.proposing.shown import shown_name
from retail_assets.feeds.onboarding.proposing.words import says
from retail_assets.feeds.onboarding.proposing.yaml_text import flow

_GUIDE = "docs/bring-a-source.md"
_SHOWN = 4
_FEW_NAMES = 60
_MOST_GROUPS = 0.5


def hints(draft: Draft) -> Iterator[str]:
    """Comments for whoever completes the mapping."""
    if draft.opened.upper:
        yield from _two_rows(draft)
    elif cells := _cells(draft):
        yield from _matrix(draft, cells)
    if breaks := _price_breaks(draft):
        yield (
            f"# CHECK: {_first(breaks)} look like a column for each quantity from which a price holds; the feed "
            f"takes one price for each product:\n# name its column, most likely {shown_name(breaks[0])}.\n"
        )
    if pair := _names_and_values(draft):
        yield from _pairs(*pair)
    if draft.keyed:
        yield (
            f"# CHECK: the members of {shown_name(draft.keyed)} are keyed by id, so that it cannot be unfolded; "
            f'what can be done says {_GUIDE}, "JSON keyed by id".\n'
        )


def _price_breaks(draft: Draft) -> list[str]:
    """The columns of numbers that differ in a number only, where a price of products has no column."""
    if "quantity" in draft.feed.columns or any(name in draft.placed for name in PRICES):
        return []
    numbered = evidence.matrix(draft.columns) if any(name in draft.feed.columns for name in PRICES) else ()
    return [column.name for column in draft.columns if column.name in numbered]


def _two_rows(draft: Draft) -> Iterator[str]:
    repeated = _first(list(draft.repeated))
    yield (
        f"# CHECK: {repeated} stand several times, and above them {_first(list(draft.opened.upper))}: a header of two "
        f'rows. Name the columns yourself ({_GUIDE}, "A header of two rows").\n'
    )


def _cells(draft: Draft) -> list[Column]:
    """The columns of numbers that nobody knows, where neither quantities nor their stores or days have a column."""
    if "quantity" not in draft.feed.columns or "quantity" in draft.placed:
        return []
    numbered = evidence.matrix(draft.columns)
    if "store_id" in draft.placed and (not numbered or draft.feed.business_time in draft.placed):
        return []
    used = {column.name for column in draft.used}
    found = [
        c
        for c in draft.columns
        if c.shape.kind in ("integer", "number")
        and c.name not in used
        and (c.name in numbered or not is_known(c.name))
    ]
    return found if len(found) > 1 else []


def _matrix(draft: Draft, cells: list[Column]) -> Iterator[str]:
    what, column = ("day", draft.feed.business_time) if "store_id" in draft.placed else ("shop", "store_id")
    names = {cell.name for cell in cells}
    rest = [shown_name(c.name) for c in draft.columns if c.name not in names]
    yield (
        f"# CHECK: {_first([c.name for c in cells])} look like a column for each {what}. Then each of their cells "
        f"becomes a row, with\n# `{column}: {what}` and `quantity: qty` "
        f'({_GUIDE}, "A column for each shop"):\n'
        f"# reshape:\n#   unpivot: {flow({'except': rest, 'name': what, 'value': 'qty'})}\n"
    )


def _names_and_values(draft: Draft) -> tuple[list[Column], Column, list[str]] | None:
    """The columns of names, that of their values, and what the records of a group have in common."""
    heads = [
        n for n in (*draft.feed.key, "product_id") if n in draft.placed and n != draft.feed.business_time
    ]
    per = list(dict.fromkeys(draft.placed[name].source.name for name in heads))
    named = [
        c
        for c in draft.columns
        if c.name not in per
        and c.shape.kind == "text"
        and says(c.name, "pair_names")
        and 1 < len(c.values) <= _FEW_NAMES
    ]
    values = [
        c for c in draft.columns if says(c.name, "pair_values") and c not in named and c.name not in per
    ]
    if not (per and named and values):
        return None
    groups: dict[tuple, list[Record]] = defaultdict(list)
    for record in draft.lines:
        if all(record.get(name) for name in per):
            groups[tuple(record.get(name) for name in per)].append(record)
    named = [c for c in named if _differ_within(groups.values(), c.name)]
    return (named, max(values, key=lambda c: c.filled), per) if named else None


def _differ_within(groups: Collection[list[Record]], name: str) -> bool:
    """Whether the records of most groups have not the same in a column."""
    return sum(len({r.get(name) for r in group}) > 1 for group in groups) > _MOST_GROUPS * len(groups) > 0


def _pairs(named: list[Column], value: Column, per: list[str]) -> Iterator[str]:
    step = {
        "per": [shown_name(name) for name in per],
        "name": [shown_name(c.name) for c in named],
        "value": shown_name(value.name),
    }
    yield (
        f"# CHECK: {_first([c.name for c in named])} name what {shown_name(value.name)} is: several records make one "
        f"line. Then they become columns of one row\n"
        f'# ({_GUIDE}, "Names and values"); `per` has to hold all that tells lines apart:\n'
        f"# reshape:\n#   pivot: {flow(step)}\n"
    )


def _first(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"{', '.join(map(shown_name, names[:_SHOWN]))}{more}"
