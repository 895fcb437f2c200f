"""The guard against e-mail addresses: for readers who may not see persons none is published, whatever column it is in.

Sources write them where ids are expected, into the wrong column, and into names of files.
"""

from collections.abc import Iterable

import duckdb

from retail_assets.names import CUT
from retail_assets.sql import identifier, literal

_AT = ("@", "%40", "%2540", "&#64;", *"\N{FULLWIDTH COMMERCIAL AT}\N{SMALL COMMERCIAL AT}")
"""As it is typed, as browsers write it into an address, a file's name or a page, and of Asian keyboards."""
_DOT = r"(?:[.\x{ff0e}\x{3002}\x{ff61}]|%2[Ee])"
"""The same, and the full stops of these keyboards."""
_ADDRESS = rf"[^\s@](?:{'|'.join(_AT)})[^\s@]*(?:{_DOT}\pL{{2,}}|{CUT})"
"""What is cut off where it is quoted may have lost its end."""


def know_pseudonyms(connection: duckdb.DuckDBPyConnection, key: str) -> None:
    """Let a connection make the pseudonyms that dbt makes (macros/privacy.sql): a text has the same in all marts."""
    connection.execute("set variable pseudonym_key = $1", [key])


def without_addresses(relation: str, texts: Iterable[str]) -> str:
    """A query for the rows of a relation; a text with an address in it is replaced by a pseudonym."""
    replaced = [f"{_without_address(identifier(text))} as {identifier(text)}" for text in texts]
    but = f" replace ({', '.join(replaced)})" if replaced else ""
    return f"select *{but} from {relation}"


def _without_address(text: str) -> str:
    # What is looked for as it is rules most texts out, several times as quickly as the pattern.
    may_have_one = " or ".join(f"contains({text}, {literal(at)})" for at in _AT)
    has_one = f"({may_have_one}) and regexp_matches({text}, {literal(_ADDRESS)})"
    pseudonym = f"'person-' || left(md5(getvariable('pseudonym_key') || {text}), 12)"
    return f"case when {has_one} then {pseudonym} else {text} end"
