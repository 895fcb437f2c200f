"""Line numbers of sources that have none.

Where a document that comes again comes whole (`replaces: document`), its lines are counted. Where a file may hold a
part of it, a count would begin anew in each: there a line's number is made of what the line says, however it is spelt,
so that it has the same one in whatever file it stands, and what came twice counts once.

A document that stands in one file twice, equal line by line, is one document: its copies are numbered alike, and end as
repeats. A record that holds a whole document, and says something else than another one, contradicts it.
"""

from retail_assets.feeds.mapping.document_names import name_identity
from retail_assets.feeds.mapping.keys.replacing import DOCUMENT
from retail_assets.feeds.mapping.references import known_by
from retail_assets.feeds.mapping.scope import Scope, expression_types
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.mapping.values.conversion import TEXT
from retail_assets.feeds.mapping.values.spelling import trimmed

_DIGITS = 13
"""Hexadecimal ones of a number made of a line: below 2^53, which every program that reads numbers keeps exact."""


def line_numbers(scope: Scope) -> str:
    """A query for the line number of every record, as `_record` and `_line_number`, and whether its document is
    `_contradicted` by another record that has all of it.

    Versions of a document are numbered each for itself: only one of them stays.
    """
    name_identity(scope)
    numbered = scope.target.replaces == DOCUMENT
    known = "" if numbered else _content(scope)
    query = scope.query.sql
    whole = f"md5_number(cast([{', '.join(map(scope.text_of, scope.table.columns))}] as varchar))"
    run = "_of_record" if scope.table.is_unfolded else "_record - place"
    placed = (
        "select *, _document_id as document, _document_version as version, "
        f"row_number() over (partition by _document_id, _document_version order by _record) as place from ({query})"
    )
    taken = ["_record", "document", "version", f"{run} as run"]
    taken += [] if numbered else [f"{known} as known"]
    within, by = "document, version", "row_number() over (partition by {} order by _record)"
    if scope.target.repeats == "drop":
        taken.append(f"min(_record) over (partition by document, version, {whole}) as first")
        by = "dense_rank() over (partition by {} order by first)"
    lines = f"select {', '.join(taken)} from ({placed})"
    contradicted = "false"
    if scope.target.repeats is None:
        lines, within = (
            _with_copies(lines, f"select _record, {whole} as whole from ({query})"),
            f"{within}, copy",
        )
        contradicted = "differs" if numbered and scope.table.is_unfolded else "false"
    number = by.format(within) if numbered else _of_content(by.format(f"{within}, md5(known)"))
    return f"select _record, {number} as _line_number, {contradicted} as _contradicted from ({lines})"


def _content(scope: Scope) -> str:
    """What a line says, as one text: 10,5 and 10.50 are one price, what cannot be read is as it stands."""
    types, texts = expression_types(scope.mapping), []
    for number, name in enumerate(known_by(scope.mapping, scope.target)):
        kind, values = types.get(normalised(name), (TEXT, scope.mapping.values))
        value = scope.convert(scope.raw(name), kind, values, name=f"_k{number}")
        texts.append(f"coalesce(cast({value} as varchar), {trimmed(scope.text_of(name))})")
    scope.query.end_phase()
    return f"cast(to_json([{', '.join(texts)}]) as varchar)"


def _of_content(ordinal: str) -> str:
    """A number of what a line says, and which of several equal ones it is. It stays what it is, so no hash of DuckDB's,
    which the next version may compute otherwise."""
    return f"cast('0x' || left(md5(known || ' ' || {ordinal}), {_DIGITS}) as bigint)"


def _with_copies(lines: str, wholes: str) -> str:
    """The lines of documents that stand in the file several times, all alike, with the copy that each belongs to. Where
    a document stands is a run of records, or the record that its lines were unfolded from. Few documents have several,
    and only of those `wholes` is asked: what each record says as a whole. `differs`: not all its copies are alike."""
    return (
        f"with lines as materialized ({lines}), "
        "several as (select document, version from lines group by all having min(run) < max(run)), "
        "concerned as materialized (select lines.* from lines semi join several "
        "on lines.document = several.document and lines.version = several.version), "
        f"said as ({wholes} where _record in (select _record from concerned)), "
        "runs as (select document, version, run, list(whole order by _record) as said "
        "from concerned join said using (_record) group by all), "
        "told as (select document, version, count(distinct said) > 1 as differs from runs group by all) "
        "select lines.*, case when not told.differs then run end as copy, coalesce(told.differs, false) as differs "
        "from lines left join told on lines.document = told.document and lines.version = told.version"
    )
