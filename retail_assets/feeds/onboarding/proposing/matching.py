"""Which source column fits which contract column: by name, by type and by content. A helpful guess, not an oracle:
what is not certain says why."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import dataframely as dy

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.contract_sql import contract_kind
from retail_assets.feeds.mapping.values.conversion import BOOLEAN, DATE, ID, INSTANT, INTEGER, NUMBER, TEXT
from retail_assets.feeds.onboarding.proposing import evidence
from retail_assets.feeds.onboarding.proposing.names import CERTAIN, likeness, other_date
from retail_assets.feeds.onboarding.proposing.price_units import PRICES, price_unit
from retail_assets.feeds.onboarding.proposing.sampling import Column, Record
from retail_assets.feeds.onboarding.proposing.shapes import CURRENCIES
from retail_assets.feeds.onboarding.proposing.shown import is_value, shown_name
from retail_assets.feeds.onboarding.proposing.words import is_said_of, listed, says, words

_THRESHOLD = 0.55
_RIVAL, _RIVAL_ID = 0.1, 0.2
"""So close to the best, another column may be meant as well; a wrong id is wrong in every row."""
_LAST_COUNTS = "Of records that share one the last counts."
_OWN_KEY = "own_key"
"""What a list calls the id of what it lists."""
_LINE_DIGITS = 6
"""Higher numbers are not those of lines."""
_OTHER_DATE = 0.2
_SURELY_A_TIME = 0.75
"""Numbers are moments only where the name says so."""
_EMPTY = 0.2
_CONSTANT = 0.3
_GROSS, _UNIQUE = 0.03, 0.05
"""So little less, where a source has both: net prices are wanted, and a product stands on several lines."""
NET = ("unit_price", "discount", "unit_cost", "cost_price", "selling_price", "net_amount")
"""Contract columns of amounts without tax."""
NAMES = frozenset(["name", "description", "label", "display_name"])
"""Contract columns that hold words, not codes."""
_WHO = frozenset(["actor", "counted_by", "author", "uploaded_by", "assigned_to"])
"""Contract columns that hold persons as ids."""


@dataclass(frozen=True)
class Placed:
    """Where a contract column's value comes from, in a mapping's own words."""

    source: Column
    cell: dict[str, Any] = field(default_factory=dict)
    """Further keys of the cell: scale, epoch, …"""
    doubts: tuple[str, ...] = ()


def place(feed: Feed, columns: list[Column], lines: list[Record]) -> dict[str, Placed]:
    """The likeliest pairs first, each source column once."""
    left_over = evidence.matrix(columns) | {column.name for column in columns if is_value(column.name)}
    if any(name in PRICES for name in feed.columns) and (unit := price_unit(columns, lines)):
        left_over |= {unit.name}
    pairs = []
    for name, contract in feed.columns.items():
        for column in columns:
            score, placed = _fit(feed, name, contract, column)
            if score >= _THRESHOLD and column.name not in left_over:
                pairs.append((score, name, placed))
    found: dict[str, Placed] = {}
    scores: dict[str, float] = {}
    for score, name, placed in sorted(pairs, key=lambda pair: -pair[0]):
        taken = any(placed.source.name == other.source.name for other in found.values())
        if name not in found and not taken:
            found[name], scores[name] = placed, score
    for name, placed in found.items():
        if contract_kind(feed.columns[name]).name == INSTANT.name and evidence.are_days(placed.source):
            taken_names = {other.source.name for other in found.values()}
            found[name] = _with_its_time(placed, [c for c in columns if c.name not in taken_names])
    taken_names = {placed.source.name for placed in found.values()}
    for name, placed in found.items():
        is_product = name == "product_id"
        margin = _RIVAL_ID if is_product else _RIVAL
        rivals = [
            other.source.name
            for score, wanted, other in pairs
            if wanted == name
            and score > scores[name] - margin
            and other.source.name != placed.source.name
            and not _is_day_of(other.source, placed.source)
            and (is_product or other.source.name not in taken_names)
        ]
        if rivals:
            found[name] = replace(placed, doubts=(*placed.doubts, f"or is it {_listed(rivals)}?"))
    return {name: found[name] for name in feed.columns if name in found}


def _with_its_time(day: Placed, columns: list[Column]) -> Placed:
    """Of a day and the moment that the source states beside it (`orderDate`, `orderDateTime`) the moment."""
    return next((replace(day, source=other) for other in columns if _is_day_of(day.source, other)), day)


def _is_day_of(day: Column, moment: Column) -> bool:
    """Whether their names differ only in how they say date and time."""
    roots = [[w for w in words(column.name) if not is_said_of(w, "moments")] for column in (day, moment)]
    is_moment = moment.shape.kind == "datetime" and moment.filled >= day.filled
    return (
        is_moment and evidence.are_days(day) and not evidence.are_days(moment) and [] != roots[0] == roots[1]
    )


def _listed(names: list[str]) -> str:
    return " or ".join(map(shown_name, names[:3]))


def _fit(feed: Feed, name: str, contract: dy.Column, column: Column) -> tuple[float, Placed]:
    placed = _as_typed(name, contract, column)
    if placed is None or not column.values:
        return 0.0, Placed(column)
    score, doubts = likeness(column.name, feed=feed.name, column=name), list(placed.doubts)
    kind = contract_kind(contract)
    if kind.name in (INSTANT.name, DATE.name) and placed.cell and score < _SURELY_A_TIME:
        return 0.0, placed
    said = says(column.name, "contrary", of=name)
    if kind.name in (INSTANT.name, DATE.name) and (
        other := other_date(column.name, feed=feed.name, column=name)
    ):
        score, said = score - _OTHER_DATE, other
    if said:
        doubts.append(f"its name says `{said}`; the contract wants: {contract.description}")
    if kind.name == NUMBER.name and score >= CERTAIN and says(column.name, "beside_the_point"):
        score = 0.995  # of the line, where another may be of the order
    if feed.key == [name]:
        score = max(score, 0.96 * likeness(column.name, feed="", column=_OWN_KEY))
    if name in evidence.CONTENTS and evidence.share(column, evidence.CONTENTS[name]) > 0.95:
        score = max(score, 0.95 if name == "barcode" and len(column.values) > 2 else 0.7)
    if isinstance(contract, dy.Enum) and set(column.values) <= set(contract.categories):
        score = max(score, 0.9)
    if score < CERTAIN and not doubts:
        doubts.append("is it this column? The name fits in part only.")
    if not contract.nullable:
        score -= _EMPTY * (1 - column.filled)
    pattern = getattr(contract, "regex", None)
    if (
        pattern
        and "replace" not in placed.cell
        and evidence.share(column, lambda text: bool(re.search(pattern, text))) < 0.5
    ):
        score -= 0.5
    if feed.key == [name]:
        score += 0.1 if column.is_unique else -0.1
        if not column.is_unique:
            end = (
                "Records that share one and differ are rejected."
                if feed.parts or feed.subject
                else _LAST_COUNTS
            )
            doubts.append(f"it repeats: is it the key? {end}")
    if name in NET and says(column.name, "gross") and not says(column.name, "net"):
        score -= _GROSS
    if name == "product_id" and "line_number" in feed.key and evidence.is_counted(column):
        score -= _UNIQUE
    if kind.is_text:
        score, said = _judged_text(name, column, score)
        doubts += said
    return min(score, 1.0), replace(placed, doubts=tuple(doubts))


def _judged_text(name: str, column: Column, score: float) -> tuple[float, list[str]]:
    """Ids look like ids, and names like names."""
    if name.endswith("_id"):
        if evidence.is_fraction(column) or evidence.are_signs(column) or column.shape.signs:
            return 0.0, []
        if name == "product_id" and evidence.is_constant(column):
            return score - _CONSTANT, ["it is the same in every record."]
        if evidence.looks_like_texts(column):
            return score - (0.15 if name == "store_id" else 0.45), ["these look like names, not like ids."]
        if name != "store_id" and not evidence.looks_like_ids(column):
            return score - (0.15 if name == "product_id" else 0.3), ["are these ids?"]
    if name in _WHO and evidence.looks_like_texts(column):
        return score, ["these look like names, not like ids."]
    if name in NAMES and evidence.looks_like_codes(column):
        return score - 0.45, ["these look like codes, not like words."]
    return score, []


def _as_typed(name: str, contract: dy.Column, column: Column) -> Placed | None:
    """How the column would become what the contract wants; None when it cannot."""
    kind, shape = contract_kind(contract), column.shape
    match kind.name:
        case NUMBER.name if shape.kind in ("integer", "number"):
            return _as_number(contract, column)
        case INTEGER.name if shape.kind == "integer" or _are_short_digits(column):
            too_high = "line_number" in name and any(len(value) > _LINE_DIGITS for value in column.values)
            return None if too_high else Placed(column)
        case INSTANT.name | DATE.name:
            if shape.kind in ("date", "datetime"):
                return Placed(column)
            if moment := shape.as_time:
                return Placed(column, moment.settings, (moment.doubt,) if moment.doubt else ())
        case BOOLEAN.name if shape.kind == "boolean" or set(column.values) <= {"0", "1"}:
            return Placed(column)
        case TEXT.name | ID.name if name == "currency" and set(column.values) <= set(CURRENCIES):
            return Placed(column, {"replace": {sign: CURRENCIES[sign] for sign in sorted(column.values)}})
        case TEXT.name | ID.name if shape.kind not in ("date", "datetime", "time"):
            return Placed(column)
    return None


def _are_short_digits(column: Column) -> bool:
    return all(re.fullmatch(r"\d{1,9}", value) for value in column.values)


def _as_number(contract: dy.Column, column: Column) -> Placed | None:
    """Percent as a share, cents as the currency's unit; an amount is no rate, and a rate no amount."""
    if isinstance(contract, dy.Decimal) and contract.max == 1:
        certainty = evidence.rate_certainty(column)
        above_one = any((evidence.number(value) or 0) > 1 for value in column.values)
        scaled = {"scale": "0.01"} if above_one and "percent" not in column.shape.settings else {}
        doubts = () if certainty > 0.6 else ("a rate, or an amount?",)
        return Placed(column, scaled, doubts) if certainty else None
    if evidence.is_rate(column):
        return None
    return Placed(column, {"scale": "0.01"} if is_in_cents(column) else {})


def is_in_cents(column: Column) -> bool:
    """Whether its name says so."""
    return column.shape.kind == "integer" and bool(listed("hundredths") & set(words(column.name)))
