"""Records whose JSON is broken, or is not what the paths of a mapping lead into."""

from collections.abc import Collection, Iterable

from retail_assets.feeds.mapping.values.conversion import Raw, stated_sql
from retail_assets.feeds.mapping.values.dialect import Values
from retail_assets.sql import literal

Field = tuple[str, str]
"""The JSON value that a nested field lies in, and where in it, as a JSON pointer."""


Text = tuple[str, str, str]
"""A column that is to hold JSON, its type, and SQL that is null where it does not."""


def without_broken_paths(
    relation: str, texts: Iterable[Text], fields: Iterable[Field], null_words: tuple[str, ...]
) -> str:
    """Malformed where a path leads into something else than an object: a list that nobody unfolds, a bare value, a text
    that is no JSON. The field would be null there, though its value may well be in it. `texts` are the columns that are
    to hold JSON."""
    broken = [not_json(*text, null_words) for text in texts]
    nothing = ("[]", *null_words)  # PHP writes an object without members as a list
    for value, pointer in dict.fromkeys(above for field in fields for above in _above(*field)):
        inner = f"json_extract({value}, {literal(pointer)})" if pointer else value
        # Not asked of JSON's own functions: each of them would parse large objects once more.
        bare = f"(case when not starts_with({inner}::varchar, '{{') then {inner}->>'$' end)"
        broken.append(stated_sql(Raw(bare, "VARCHAR"), Values(null_words=nothing)))
    return malformed(relation, broken)


def _above(value: str, pointer: str) -> list[Field]:
    """What has to be an object for a field to lie where it does."""
    keys = pointer.split("/")
    return [(value, "/".join(keys[:length])) for length in range(1, len(keys))]


def malformed(relation: str, broken: Collection[str]) -> str:
    """The relation with records malformed for which any of some SQL has a text to show."""
    if not broken:
        return relation
    return f"select * replace (coalesce(_malformed, {', '.join(broken)}) as _malformed) from ({relation})"


def not_json(source: str, sql_type: str, parsed: str, null_words: tuple[str, ...]) -> str:
    """What a column states that is to be JSON and is none; else null."""
    text = f"(case when {parsed} is null then {source} end)"
    return stated_sql(Raw(text, sql_type), Values(null_words=null_words))
