"""Values as texts: what the source wrote, without blanks and in the mapping's words, and what is no value at all.

What a cell is in the file itself, where its format says so, is one character: see `readers.columns`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from retail_assets.feeds.mapping.spelling import bare, trimmed
from retail_assets.feeds.mapping.values import Values
from retail_assets.feeds.mapping.words import ERROR_VALUES, NO_IDS
from retail_assets.feeds.readers.columns import FORMULA, LONG_NUMBER
from retail_assets.sql import literal

Steps = list[dict[str, str]]

WITH_POINT = "-?[0-9]{1,16}[.]0+"
"""A regular expression of ids that a program wrote as numbers: 17850.0."""
ERROR_VALUE = "error_value"
FORMULA_WITHOUT_VALUE = "formula_without_value"
DIGITS_LOST = "digits_lost"
_EXACT = 2**53
"""Whole numbers below it are exact as floats."""


@dataclass(frozen=True)
class Kind:
    """What a value is to become."""

    name: str
    sql_type: str
    fault: str
    """The rule that a value breaks which is there and cannot be read."""
    days_of: str = "UTC"
    """Of an instant: the zone whose day a date alone is."""

    @property
    def is_text(self) -> bool:
        """Whether it stays a text: words, or what names something."""
        return self.sql_type == "varchar"


TEXT = Kind("text", "varchar", ERROR_VALUE)
ID = Kind("id", "varchar", "not_an_id")


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


def source_text(raw: Raw, values: Values, steps: Steps, name: str) -> str:
    """The text to read a value from. Without word lists it is the column itself: casts ignore blanks."""
    if raw.family == "text" and not (values.replace or values.translate or values.null_words):
        return raw.sql
    steps += _staged(raw, values, f"{name}_text")
    return f"{name}_text"


def to_text(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    """A text, or null where an error stands instead."""
    steps = _staged(raw, values, f"{name}_words")
    text = f"{name}_words"
    error = _is_error(text)
    return [*steps, {name: _unless(raw.is_cell(FORMULA), f"case when {error} then null else {text} end")}]


def to_id(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    """A text that names something: what only a number's way through a program has left there is mended or null."""
    steps = _staged(raw, values, f"{name}_words")
    text = f"{name}_words"
    # Whatever else needs a look has something that a URL would escape.
    plain = f"strlen(url_encode({text})) = strlen({text}) and not suffix({text}, '.0') and not suffix({text}, '.00')"
    whole = f"split_part({text}, '.', 1)"
    exact = f"abs(try_cast({whole} as bigint)) < {_EXACT}"
    read = (
        f"case when {plain} then case when lower({text}) in ({_NO_IDS}) then null else {text} end "
        f"when regexp_full_match({text}, {literal(WITH_POINT)}) and {exact} then {whole} "
        f"when {_is_error(text)} or regexp_full_match({text}, {literal(_NEVER_IDS)}) then null "
        f"else {text} end"
    )
    return [*steps, {name: _unless(raw.is_cell(FORMULA, LONG_NUMBER), read)}]


def unread_step(raw: Raw, values: Values, *, name: str) -> dict[str, str]:
    """What a source states for the value in the column `name` that could not be read; null where it was, or nothing
    is stated."""
    return {f"{name}_unread": f"case when {name} is null then {stated_sql(raw, values)} end"}


def reasons(raw: Raw, kind: Kind, stated: str) -> tuple[tuple[str, str], ...]:
    """Rules more exact than the kind's own that a value may break which cannot be read, with the condition that says
    so. `stated` is the text of `stated_sql`."""
    lost = ((DIGITS_LOST, _lost(raw, stated)),) if kind == ID else ()
    if raw.family != "text":
        return lost
    formula = raw.is_cell(FORMULA)
    found = ((FORMULA_WITHOUT_VALUE, f"{stated} is not null and {formula}"),) if formula else ()
    return (*found, (ERROR_VALUE, _is_error(stated)), *lost)


def _is_error(text: str) -> str:
    """Whether a text is an error of a spreadsheet. One long constant is planned sooner than a list of a hundred."""
    return f"(starts_with({text}, '#') and contains({_ERRORS}, concat('\n', {text}, '\n')))"


def _lost(raw: Raw, text: str) -> str:
    written = f"regexp_full_match({text}, {literal(_LOST)})"
    long = raw.is_cell(LONG_NUMBER)
    return f"({long} or {written})" if long else written


_LOST = "-?[0-9]([.,][0-9]+)?[eE][+][0-9]+|-?[0-9]{16,}[.]0+"
_NEVER_IDS = rf"=.*|\[.*\]|\{{.*\}}|<(?i:na)>|{_LOST}|(?s:.*[\x00-\x1f\x7f].*)"
"""A formula, a list, an object, what pandas writes for nothing, a number that is no longer known exactly, a text with
a control character: the end of a line that is none, or bytes of another kind."""


def _unless(condition: str | None, sql: str) -> str:
    return f"case when {condition} then null else {sql} end" if condition else sql


def _staged(raw: Raw, values: Values, name: str) -> Steps:
    column = plain_text(raw)
    steps: Steps = []
    *early, last = _stages(raw, values) or [lambda text: text]
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
        stages.append(lambda text: f"case lower({text}) {words} else {text} end")
    if values.null_words:
        stages.append(
            lambda text: (
                f"case when lower({text}) in ({words_sql(values.null_words)}) then null else {text} end"
            )
        )
    return stages


def replaced(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        text = f"replace({text}, {literal(old)}, {literal(new)})"
    return text


def plain_text(raw: Raw) -> str:
    x = raw.sql
    match raw.family:
        case "text":
            return x
        case "float":
            whole = f"isfinite({x}) and abs({x}) < {_EXACT} and {x} = trunc({x})"
            short = f"case when {whole} then try_cast({x} as bigint)::varchar else {x}::varchar end"
            return f"case when isnan({x}) then null else {short} end"
        case "decimal":
            whole = f"try_cast(trunc({x}) as hugeint)::varchar"
            return f"case when {x} = trunc({x}) then {whole} else rtrim({x}::varchar, '0') end"
    return f"cast({x} as varchar)"


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


def words_sql(words: tuple[str, ...]) -> str:
    """Words in small letters, as the list of an `in`."""
    return ", ".join(_lower(word) for word in words)


_ERRORS = literal("".join(f"{word}\n" for word in ("", *ERROR_VALUES)))
_NO_IDS = ", ".join(literal(word) for word in NO_IDS)
