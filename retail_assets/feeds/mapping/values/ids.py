"""Texts that name something: what only a number's way through a program has left there is mended, or null."""

from retail_assets.feeds.mapping.values.dialect import Values
from retail_assets.feeds.mapping.values.spelling import named
from retail_assets.feeds.mapping.values.texts import (
    Kind,
    Raw,
    Steps,
    all_digits,
    any_of,
    common_first,
    is_bare_text,
    is_error,
    is_lost,
    lost_number,
    staged,
    to_text,
    unless,
)
from retail_assets.feeds.mapping.values.words import NO_IDS
from retail_assets.feeds.readers.columns import DATED, FORMULA, LONG_NUMBER
from retail_assets.sql import literal

_CODE = "[A-Za-z0-9_~-]*[0-9]"
"""A regular expression of most ids: there is nothing to mend in them, and no program writes one for nothing."""
WITH_POINT = "(-?[0-9]{1,15})[.]0+"
"""A regular expression of ids that a program wrote as numbers: 17850.0."""
_EXPONENT_FROM = 7
"""Digits: programs write no exponent for shorter numbers, so 1.2E1 is something else."""
_NEVER_IDS = r"=.*|\[.*\]|\{.*\}|<(?i:na)>|(?s:.*[\x00-\x1f\x7f\x{2028}\x{2029}].*)"
"""A formula, a list, an object, what pandas writes for nothing, a text with a control character: the end of a line that
is none, or bytes of another kind."""
_NO_IDS = ", ".join(literal(word) for word in NO_IDS)


def to_id(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    """A text that names something. A date is none: it was a code before a spreadsheet took it for one."""
    if raw.is_dated:
        return [{name: "null::varchar"}]
    if raw.cell or not is_bare_text(raw, values):
        return _to_id(raw, values, name)
    code = f"case when regexp_full_match({raw.sql}, '{_CODE}') then {raw.sql} end"
    return common_first(raw, code, name, lambda rest, other: _to_id(rest, values, other))


def _to_id(raw: Raw, values: Values, name: str) -> Steps:
    steps = staged(raw, values, f"{name}_words", named)
    text = f"{name}_words"
    # Whatever else needs a look has something that a URL would escape.
    number = f"contains({text}, '.') and regexp_matches({text}, '[.]0+$|[0-9][eE]')"
    plain = f"strlen(url_encode({text})) = strlen({text}) and not ({number})"
    read = (
        f"case when {plain} then case when lower({text}) in ({_NO_IDS}) then null else {text} end "
        f"when {is_error(text)} or regexp_full_match({text}, {literal(_NEVER_IDS)}) then null "
        f"else {without_point(mended_exponent(text))} end"
    )
    lost = any_of(raw.is_cell(FORMULA, LONG_NUMBER, *DATED), lost_number(raw))
    return [*steps, {name: unless(lost, read)}]


def to_part(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    """A text of which an expression makes an id: as it stands, with every digit."""
    text = f"{name}_text"
    return [*to_text(raw, kind, values, text), {name: mended_exponent(text)}]


def mended_exponent(text: str) -> str:
    """The digits of a number with an exponent where it shows them all; null where it does not."""
    return f"case when {is_lost(text)} then {all_digits(text, at_least=_EXPONENT_FROM)} else {text} end"


def without_point(text: str) -> str:
    """17850 of 17850.0."""
    return rf"regexp_replace({text}, {literal(f'^{WITH_POINT}$')}, '\1')"
