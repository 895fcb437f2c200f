"""Line numbers of sources that have none.

Where a document that comes again comes whole (`replaces: document`), its lines are counted. Where a file may hold a
part of it, a count would begin anew in each: there a line's number is made of what the line says, so that it has the
same one in whatever file it stands, and what came twice counts once.

A document that stands in one file twice, equal line by line, is one document: its copies are numbered alike, and end as
repeats.
"""

from retail_assets.feeds.mapping.identity import name_identity
from retail_assets.feeds.mapping.references import known_by
from retail_assets.feeds.mapping.replacing import DOCUMENT
from retail_assets.feeds.mapping.scope import Scope
from retail_assets.feeds.mapping.spelling import trimmed

_DIGITS = 13
"""Hexadecimal ones of a number made of a line: below 2^53, which every program that reads numbers keeps exact."""


def line_numbers(scope: Scope) -> str:
    """A query for the line number of every record, as `_record` and `_line_number`.

    Versions of a document are numbered each for itself: only one of them stays.
    """
    name_identity(scope)
    query = scope.query.sql
    whole = f"hash({', '.join(scope.text_of(name) for name in scope.table.columns) or 'null'})"
    run = "_of_record" if scope.table.is_unfolded else "_record - place"
    numbered = scope.target.replaces == DOCUMENT
    placed = (
        "select *, _document_id as document, _document_version as version, "
        f"row_number() over (partition by _document_id, _document_version order by _record) as place from ({query})"
    )
    taken = ["_record", "document", "version", f"{run} as run"]
    taken += [] if numbered else [f"{_content(scope)} as known"]
    within, by = "document, version", "row_number() over (partition by {} order by _record)"
    if scope.target.repeats == "drop":
        taken.append(f"min(_record) over (partition by document, version, {whole}) as first")
        by = "dense_rank() over (partition by {} order by first)"
    lines = f"select {', '.join(taken)} from ({placed})"
    if scope.target.repeats is None:
        lines, within = (
            _with_copies(lines, f"select _record, {whole} as whole from ({query})"),
            f"{within}, copy",
        )
    if numbered:
        return f"select _record, {by.format(within)} as _line_number from ({lines})"
    return (
        f"select _record, {_of_content(by.format(f'{within}, hash(known)'))} as _line_number from ({lines})"
    )


def _content(scope: Scope) -> str:
    """What a line says, as one text."""
    texts = ", ".join(trimmed(scope.text_of(name)) for name in known_by(scope.mapping, scope.target))
    return f"cast(to_json([{texts}]) as varchar)"


def _of_content(ordinal: str) -> str:
    """A number of what a line says, and which of several equal ones it is. It stays what it is, so no hash of DuckDB's,
    which the next version may compute otherwise."""
    return f"cast('0x' || left(md5(known || ' ' || {ordinal}), {_DIGITS}) as bigint)"


def _with_copies(lines: str, wholes: str) -> str:
    """The lines of documents that stand in the file several times, all alike, with the copy that each belongs to. Where
    a document stands is a run of records, or the record that its lines were unfolded from. Few documents have several,
    and only of those `wholes` is asked: what each record says as a whole."""
    return (
        f"with lines as materialized ({lines}), "
        "several as (select document, version from lines group by all having min(run) < max(run)), "
        "concerned as materialized (select lines.* from lines semi join several "
        "on lines.document = several.document and lines.version = several.version), "
        f"said as ({wholes} where _record in (select _record from concerned)), "
        "runs as (select document, version, run, list(whole order by _record) as said "
        "from concerned join said using (_record) group by all), "
        "copied as (select document, version from runs group by all having count(distinct said) = 1) "
        "select lines.*, case when copied.document is not null then run end as copy from lines left join copied "
        "on lines.document = copied.document and lines.version = copied.version"
    )
