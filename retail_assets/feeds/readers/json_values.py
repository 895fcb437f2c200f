"""Values of JSON as texts, and which of them are numbers in the file itself, as SQL of DuckDB."""

from retail_assets.feeds.readers.columns import LONG_NUMBER, NUMBER_CELL, TEXT_CELL

_WHOLE = "'BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT'"
_TOO_LONG = "-?[0-9]([.][0-9]+)?e[+]?[0-9]+|-?[0-9]{16,}[.]0|-?[0-9]+[.][0-9]{15,}"
"""Numbers that DuckDB writes as it does when it knows them as floats only."""


def number_text(text: str, kind: str) -> str:
    """A value's text by its JSON type: a number has no superfluous decimals (17850.0 is 17850), and NaN is nothing."""
    point = f"rtrim(rtrim({text}, '0'), '.')"
    short = f"case when contains({text}, '.') and not contains({text}, 'e') then {point} else {text} end"
    read = f"case when lower({text}) = 'nan' then null when {text} = '-0.0' then '0' else {short} end"
    return f"case when {kind} = 'DOUBLE' then {read} else {text} end"


def cell(text: str, kind: str) -> str:
    """What the cell is, as one character."""
    long = f"regexp_full_match({text}, '{_TOO_LONG}')"
    return (
        f"case when {kind} in ({_WHOLE}) then '{NUMBER_CELL}' "
        f"when {kind} = 'DOUBLE' then case when {long} then '{LONG_NUMBER}' else '{NUMBER_CELL}' end "
        f"else '{TEXT_CELL}' end"
    )
