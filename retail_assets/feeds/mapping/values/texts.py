"""Values as texts: what the source wrote, without blanks and in the mapping's words, and what is no value at all.

What a cell is in the file itself, where its format says so, is one character: see `readers.columns`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from retail_assets.feeds.mapping.values.dialect import Values
from retail_assets.feeds.mapping.values.spelling import (
    bare,
    has_blanks,
    part_replaced,
    trimmed,
    with_single_blanks,
)
from retail_assets.feeds.mapping.values.words import ERROR_VALUES
from retail_assets.feeds.readers.columns import FORMULA, LONG_NUMBER
from retail_assets.sql import literal

Steps = list[dict[str, str]]

ERROR_VALUE = "error_value"
FORMULA_WITHOUT_VALUE = "formula_without_value"
DIGITS_LOST = "digits_lost"
_EXACT, _EXACT_SINGLE = 2**53, 2**24
"""Whole numbers below it are exact as floats, of double and of single precision."""
_LONG = 10**15
"""From here on a long number lacks digits before its point, and not only those of a binary fraction."""


@dataclass(frozen=True)
class Kind:
    """What a value is to become."""

    name: str
    sql_type: str
    fault: str
    """The rule that a value breaks which is there and cannot be read."""
    days_of: str = "UTC"
    """Of an instant: the zone whose day a date alone is. Of a date: whose day an instant is of."""

    @property
    def is_text(self) -> bool:
        """Whether it stays a text: words, or what names something."""
        return self.sql_type == "varchar"

    def with_days_of(self, zone: str) -> "Kind":
        """The kind as a retailer in a zone means it."""
        return replace(self, days_of=zone) if self.name in ("date", "instant") else self


TEXT = Kind("text", "varchar", ERROR_VALUE)
ID = Kind("id", "varchar", "not_an_id")
PART = Kind("part of an id", "varchar", ERROR_VALUE)
"""A text of which an expression makes an id."""


@dataclass(frozen=True)
class Raw:
    """A column as it comes: a name that is cheap to repeat, and its DuckDB type."""

    sql: str
    sql_type: str
    cell: str | None = None
    """What each of its cells is in the file, as SQL; None where the format tells no text from a number."""
    instant: str | None = None
    """Of a local time: the column of the instant that counts where the source states whose clock it is."""

    @property
    def family(self) -> str:
        return _family(self.sql_type)

    @property
    def is_dated(self) -> bool:
        """Whether all its values are dates or times."""
        return self.family in ("date", "local", "instant", "time")

    def is_cell(self, *kinds: str) -> str | None:
        """SQL that is true for cells of these kinds; None where there are none."""
        return f"{self.cell} in ({', '.join(map(literal, kinds))})" if self.cell else None


def text_sql(raw: Raw, values: Values) -> str:
    """The source's text without surrounding blanks, words replaced; null when it means nothing."""
    text = plain_text(raw)
    for stage in _stages(raw, values):
        text = stage(text)
    return text


def stated_sql(raw: Raw, values: Values) -> str:
    """The same for questions about what could not be read, as short as it can be: texts are not mended."""
    text = plain_text(raw)
    for stage in _stages(raw, values, bare):
        text = stage(text)
    # Of a formula that cells share, most have no text of their own.
    formula = raw.is_cell(FORMULA)
    return f"coalesce({text}, case when {formula} then '=' end)" if formula else text


def is_bare_text(raw: Raw, values: Values) -> bool:
    """Whether a column is text that the mapping rewrites nowhere: by no `replace`, `translate` or null word."""
    return raw.family == "text" and not (values.replace or values.translate or values.null_words)


def common_first(raw: Raw, common: str, name: str, careful: Callable[[Raw, str], Steps]) -> Steps:
    """Steps to the value of `common`, SQL that reads most values at once, and where it is null to that of `careful`."""
    read, rest, other = f"{name}_common", f"{name}_rest", f"{name}_careful"
    return [
        {read: common},
        {rest: f"case when {read} is null then {raw.sql} end"},
        *careful(replace(raw, sql=rest), other),
        {name: f"coalesce({read}, {other})"},
    ]


def source_text(raw: Raw, values: Values, steps: Steps, name: str) -> str:
    """The text to read a value from. Without word lists it is the column itself: casts ignore blanks."""
    if is_bare_text(raw, values):
        return raw.sql
    steps += staged(raw, values, f"{name}_text")
    return f"{name}_text"


def to_text(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    """A text, or null where an error stands instead."""
    steps = staged(raw, values, f"{name}_words")
    text = f"{name}_words"
    read = f"case when {is_error(text)} then null else {text} end"
    return [*steps, {name: unless(any_of(raw.is_cell(FORMULA), lost_number(raw)), read)}]


def unread_step(raw: Raw, values: Values, *, name: str) -> dict[str, str]:
    """What a source states for the value in the column `name` that could not be read; null where it was, or nothing
    is stated."""
    asked = f"{name} is null"
    if raw.family == "text" and not raw.cell:
        asked += f" and {raw.sql} <> ''"  # of many empty cells the cheap question is asked first
    return {f"{name}_unread": f"case when {asked} then {stated_sql(raw, values)} end"}


def reasons(raw: Raw, kind: Kind, stated: str) -> tuple[tuple[str, str], ...]:
    """Rules more exact than the kind's own that a value may break which cannot be read, with the condition that says
    so. `stated` is the text of `stated_sql`."""
    condition = _lost(raw, kind, stated)
    lost = ((DIGITS_LOST, condition),) if condition else ()
    if raw.family != "text":
        return lost
    formula = raw.is_cell(FORMULA)
    found = ((FORMULA_WITHOUT_VALUE, f"{stated} is not null and {formula}"),) if formula else ()
    return (*found, (ERROR_VALUE, is_error(stated)), *lost)


def is_error(text: str) -> str:
    """Whether a text is an error of a spreadsheet. One long constant is planned sooner than a list of a hundred."""
    return f"(({text})[1] = '#' and contains({_ERRORS}, concat('\n', {text}, '\n')))"


def lost_number(raw: Raw) -> str | None:
    """SQL that is true of numbers in the file itself whose digits are not all known, whatever they are to become; None
    where there are none."""
    if raw.family == "float":
        return f"(isfinite({raw.sql}) and abs({raw.sql}) >= {_exact_below(raw)})"
    long = raw.is_cell(LONG_NUMBER)
    return f"({long} and coalesce(abs(try_cast({raw.sql} as double)), {_LONG}) >= {_LONG})" if long else None


def _lost(raw: Raw, kind: Kind, text: str) -> str | None:
    if kind in (ID, PART):
        return any_of(raw.is_cell(LONG_NUMBER) if kind == ID else None, lost_number(raw), is_lost(text))
    if kind.name == "integer":
        return any_of(lost_number(raw), f"regexp_full_match({text}, {literal(_WITH_EXPONENT)})")
    return lost_number(raw) if kind == TEXT or kind.fault == DIGITS_LOST else None


_WITH_EXPONENT = r"\s*[+-]?[0-9.,]*[eE][+-]?[0-9]+\s*"
_LOST = "-?[0-9]+([.,][0-9]+)?[eE][+][0-9]+|-?[0-9]+[.,][0-9]+[eE]-?[0-9]+|-?[0-9]{16,}[.]0+"
"""Numbers that stand where an id is to be, as programs write those of which they do not show or know every digit.
Without a point and a plus they are ids: 1E5, 12E4."""


def is_lost(text: str) -> str:
    """Whether a text is written like a number of which not every digit is known."""
    return f"regexp_full_match({text}, {literal(_LOST)})"


def all_digits(text: str, *, at_least: int = 1) -> str:
    """SQL of the digits of a number with an exponent that shows them all (1.2345678E7), else null."""
    number = f"try_cast(replace({text}, ',', '.') as bigint)"
    shown = f"translate(split_part(lower(regexp_replace({text}, '[.]0+$', '')), 'e', 1), '.,+ ', '')"
    exact = f"{shown} = {number}::varchar and abs({number}) < {_EXACT} and strlen({shown}) >= {at_least}"
    return f"case when {exact} then {shown} end"


def any_of(*conditions: str | None) -> str | None:
    """SQL that is true where one of some conditions is; None where there are none."""
    there = [condition for condition in conditions if condition]
    return f"({' or '.join(there)})" if len(there) > 1 else next(iter(there), None)


def unless(condition: str | None, sql: str) -> str:
    return f"case when {condition} then null else {sql} end" if condition else sql


def staged(raw: Raw, values: Values, name: str, trim: Callable[[str], str] = trimmed) -> Steps:
    """Steps to a text without surrounding blanks, words replaced."""
    column = plain_text(raw)
    steps: Steps = []
    *early, last = _stages(raw, values, trim) or [lambda text: text]
    for number, stage in enumerate(early):
        steps.append({f"{name}_{number}": stage(column)})
        column = f"{name}_{number}"
    return [*steps, {name: last(column)}]


def _stages(raw: Raw, values: Values, trim: Callable[[str], str] = trimmed) -> list[Callable[[str], str]]:
    """What is done to a text, one after the other."""
    stages: list[Callable[[str], str]] = []
    if values.replace:
        stages.append(lambda text: replaced(text, values.replace))
    if raw.family in ("text", "other") or values.replace:
        stages.append(lambda text: f"nullif({trim(text)}, '')")
    if values.translate:
        words = " ".join(f"when {_lower(old)} then {literal(new)}" for old, new in values.translate)
        old_words = tuple(old for old, _ in values.translate)
        stages.append(lambda text: f"case {in_words(text, old_words)} {words} else {text} end")
    if values.null_words:
        stages.append(
            lambda text: (
                f"case when {in_words(text, values.null_words)} in ({words_sql(values.null_words)}) "
                f"then null else {text} end"
            )
        )
    return stages


def replaced(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    text = f"nfc_normalize({text})"
    for old, new in pairs:
        text = part_replaced(text, old, new)
    return text


def plain_text(raw: Raw) -> str:
    x = raw.sql
    match raw.family:
        case "text":
            return x
        case "float":
            whole = f"isfinite({x}) and abs({x}) < {_exact_below(raw)} and {x} = trunc({x})"
            short = f"case when {whole} then try_cast({x} as bigint)::varchar else {x}::varchar end"
            return f"case when isnan({x}) then null else {short} end"
        case "decimal":
            whole = f"try_cast(trunc({x}) as hugeint)::varchar"
            return f"case when {x} = trunc({x}) then {whole} else rtrim({x}::varchar, '0') end"
    return f"cast({x} as varchar)"


def is_single(raw: Raw) -> bool:
    """Whether it is a float of single precision."""
    return raw.sql_type.upper() == "FLOAT"


def _exact_below(raw: Raw) -> int:
    return _EXACT_SINGLE if is_single(raw) else _EXACT


def _family(sql_type: str) -> str:
    upper = sql_type.upper()
    if upper.startswith("DECIMAL"):
        return "decimal"
    if upper.startswith(("STRUCT", "MAP", "UNION")) or upper.endswith("]"):
        return "other"
    if upper.startswith("ENUM"):
        return "text"
    return _FAMILIES.get(upper, "other")


_FAMILIES = {
    "VARCHAR": "text",
    '"NULL"': "unknown",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "FLOAT": "float",
    "DOUBLE": "float",
    "TIMESTAMP WITH TIME ZONE": "instant",
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"), "local"),
    **dict.fromkeys(("TIME", "TIME_NS"), "time"),
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "integer"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "integer"),
}


def _lower(word: str) -> str:
    return f"lower({literal(word)})"


def in_words(text: str, words: tuple[str, ...]) -> str:
    """A text as it is compared with words of a mapping; no more is done to it than one of them needs."""
    if any(not word.isascii() for word in words):
        text = f"nfc_normalize({text})"
    return f"lower({with_single_blanks(text) if any(map(has_blanks, words)) else text})"


def words_sql(words: tuple[str, ...]) -> str:
    """Words in small letters, as the list of an `in`."""
    return ", ".join(_lower(word) for word in words)


_ERRORS = literal("".join(f"{word}\n" for word in ("", *ERROR_VALUES)))
