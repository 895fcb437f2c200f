"""What expressions in mappings may call, and how much longer a call may make a text.

A list of what is possible, so that what a later DuckDB brings is not: each of these gives the same for the same
arguments, and no more than a few times what it was given. Those that make texts longer, or search them, say by
constants how far they may go.
"""

from typing import Any

MAX_PADDED = 200
"""Characters to which a text may be filled up."""
MAX_PATTERN = 200
"""Characters of a regular expression: the time of a search grows with them."""
MAX_GROWTH = 1_000
"""How many times longer one expression may make a text."""

_NUMBERS = """
    tinyint smallint int integer bigint hugeint long int1 int2 int4 int8
    decimal dec numeric double float real float4 float8
"""
NUMBERS = frozenset(_NUMBERS.split())
TEXTS = frozenset(["text", "string", "varchar", "char", "bpchar", "character"])
_TYPES = """
    bool boolean
    date time timestamp datetime timestamptz interval
"""
TYPES = (
    frozenset(_TYPES.split())
    | NUMBERS
    | TEXTS
    | {
        "time without time zone",
        "timestamp with time zone",
        "timestamp without time zone",
    }
)
"""What `cast` may make."""

_FIXED = """
    + - * / // % ^ ** @ || ~~ !~~ ~~* !~~* ~~~ ^@ ->>
    like_escape not_like_escape ilike_escape not_ilike_escape
    if nullif greatest least
    abs ceil ceiling floor round round_even trunc sign mod pow power sqrt isnan isinf isfinite
    lower lcase upper ucase trim ltrim rtrim left right substr substring split_part concat concat_ws
    length len strlen position instr strpos contains starts_with prefix ends_with suffix
    translate reverse strip_accents nfc_normalize ascii chr unicode ord md5 sha256 json_extract_string
    date_add date_sub date_diff datediff date_part datepart date_trunc datetrunc last_day
    year month day hour minute second quarter week weekday yearweek isodow isoyear
    dayname monthname dayofmonth dayofweek dayofyear epoch epoch_ms epoch_us
    strftime strptime try_strptime make_date make_time make_timestamp to_timestamp timezone
    to_years to_quarters to_months to_weeks to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds
"""
_SEARCHING = ("regexp_matches", "regexp_full_match", "regexp_extract", "regexp_replace")
PADDING = ("lpad", "rpad")
"""They never cut a text here: see the worker."""
_MAKING_TEXTS = """
    lower lcase upper ucase trim ltrim rtrim left right substr substring split_part concat concat_ws reverse replace
    translate strip_accents nfc_normalize regexp_extract regexp_replace json_extract_string
"""
MAKING_TEXTS = frozenset(_MAKING_TEXTS.split()) | {*PADDING}
JOINING = frozenset(("||", "concat", "concat_ws"))
"""What writes texts one behind the other."""
KEEPING = frozenset(["lower", "lcase", "upper", "ucase", "trim", "ltrim", "rtrim", *PADDING])
"""What leaves a text what it is, but for its letters and its ends."""
FUNCTIONS = frozenset(_FIXED.split()) | {*_SEARCHING, *PADDING, "replace"}
"""Functions and operators that expressions may use."""


def growth(name: str, arguments: list[dict[str, Any]]) -> float:
    """How many times longer a call may make its text; raises ValueError saying what is wrong with its arguments.

    `arguments` are nodes of DuckDB's syntax tree.
    """
    constants = [_constant(argument) for argument in arguments]
    if name in PADDING:
        _hold_padding(name, constants)
    if name in _SEARCHING and (len(constants) < 2 or len(_text(name, constants[1])) > MAX_PATTERN):
        raise ValueError(f"the pattern of {name}() has at most {MAX_PATTERN} characters")
    if name == "regexp_replace" and len(constants) > 2:
        return 1 + len(_text(name, constants[2]))  # a pattern may fit between any two characters
    if name == "replace" and len(constants) > 2:
        return _longer(constants[1] or "", _text(name, constants[2]))
    if name == "concat_ws" and constants and constants[0] is None:
        return max(1, len(constants) - 2)  # what stands between is written so many times
    return 1


def growth_of_pairs(pairs: tuple[tuple[str, str], ...]) -> float:
    """How many times longer replacing one text after the other may make a text."""
    grown: list[tuple[str, float]] = []
    for old, new in pairs:
        # What an earlier one put there is replaced again only where they have a character in common.
        before = max((times for text, times in grown if set(text) & set(old)), default=1.0)
        grown.append((new, before * _longer(old, new)))
    return max((times for _, times in grown), default=1.0)


def _longer(old: str, new: str) -> float:
    return max(1, len(new) / max(1, len(old)))


def _hold_padding(name: str, constants: list[str | None]) -> None:
    length = constants[1] if len(constants) > 1 else None
    if length is None or not length.isdigit() or not int(length) <= MAX_PADDED:
        raise ValueError(f"the length that {name}() fills up to is a number up to {MAX_PADDED}")


def _text(name: str, constant: str | None) -> str:
    if constant is None:
        raise ValueError(
            f"what {name}() looks for and what it puts there are texts in single quotes, no columns"
        )
    return constant


def _constant(node: dict[str, Any]) -> str | None:
    return node["literal"].get("text", "") if node.get("class") == "CONSTANT" else None
