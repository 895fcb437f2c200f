"""Quantities that are not in pieces: a column beside them names their units, or says how many pieces one holds."""

from collections.abc import Callable, Iterator

from retail_assets.feeds.onboarding.proposing import evidence
from retail_assets.feeds.onboarding.proposing.draft import Draft
from retail_assets.feeds.onboarding.proposing.names import CERTAIN, likeness
from retail_assets.feeds.onboarding.proposing.price_units import PRICES, per_unit
from retail_assets.feeds.onboarding.proposing.returns import FEW_WORDS, shown_words
from retail_assets.feeds.onboarding.proposing.sampling import Column
from retail_assets.feeds.onboarding.proposing.shown import is_value, shown_name
from retail_assets.feeds.onboarding.proposing.words import is_said_of, says, words
from retail_assets.feeds.onboarding.proposing.yaml_text import flow
from retail_assets.sql import identifier

_MOST = 8
_LIKE = 0.8
_DECLARED = "both declared in `parse` as numbers"
_UNITS = ("pieces", "measures", "packs", "pack_codes")


def units_doubt(draft: Draft, name: str) -> Iterator[str]:
    """A carton that counts as one piece, and the price of one."""
    if name not in ("quantity", *PRICES) or "unit" in draft.feed.columns:
        return
    free = [c for c in draft.columns if c not in draft.used and not is_value(c.name)]
    unit, held = _first(free, _names_units), _first(free, _says_how_many)
    source = draft.placed[name].source.name
    if unit is None and (held is None or (name == "quantity" and says(source, "pieces"))):
        return
    said = [f"in {shown_name(unit.name)} stands {_shown(unit)}"] if unit else []
    said += [f"{shown_name(held.name)} says how many are in one"] if held else []
    beside = " and ".join(said)
    if name == "quantity":
        pieces = f"{identifier(source)} * {identifier(held.name)}" if held else ""
        then = (
            f"if it counts packs, `{{sql: {flow(pieces)}}}`, {_DECLARED}"
            if held
            else "no column says how many"
        )
        yield f"does it count pieces, as the contract wants? Beside it, {beside}; {then}."
    elif held:
        of_one = flow(per_unit(source, held.name))
        yield f"the price of one piece? Beside it, {beside}; of a pack's price, `{{sql: {of_one}}}`, {_DECLARED}."
    else:
        yield f"the price of one piece? Beside it, {beside}."


def _first(columns: list[Column], fits: Callable[[Column], bool]) -> Column | None:
    return next((column for column in columns if fits(column)), None)


def _names_units(column: Column) -> bool:
    """Whether it holds names of units, and some are not those in which a product is sold anyway."""
    if not 0 < len(column.values) <= FEW_WORDS or column.shape.kind != "text":
        return False
    like = max(likeness(column.name, feed="", column=known) for known in ("unit", "pack_size"))
    return like >= _LIKE and not all(is_said_of(value, "pieces", "measures") for value in column.values)


def _says_how_many(column: Column) -> bool:
    """Whether it holds how many pieces are in one, which is not always one."""
    like = max(
        likeness(column.name, feed="", column="units_in_one"),
        likeness(column.name, feed="", column="pack_size") if says(column.name, "packs") else 0,
    )
    numbers = [evidence.number(value) for value in column.values]
    are_counts = all(n is not None and n > 0 for n in numbers) and column.shape.kind in ("integer", "number")
    return (
        like >= CERTAIN - 0.1
        and are_counts
        and any(n != 1 for n in numbers)
        and "price" not in words(column.name)
    )


def _shown(column: Column) -> str:
    """Words that are no pieces first: they are what is asked about."""
    odd = [v for v in column.values if is_said_of(v, *_UNITS) and not is_said_of(v, "pieces")]
    return shown_words(column, first=odd, most=_MOST, lists=_UNITS)
