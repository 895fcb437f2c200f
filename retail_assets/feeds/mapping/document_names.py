"""Which document or store-day a record is of, and which version of it."""

from retail_assets.feeds.mapping.cells import Value, value_of
from retail_assets.feeds.mapping.deduplicate import SEVERAL_ROWS
from retail_assets.feeds.mapping.faults import Fault
from retail_assets.feeds.mapping.references import expressions_of, identity_cells
from retail_assets.feeds.mapping.scope import Scope
from retail_assets.feeds.mapping.values.conversion import ID, INSTANT, LOCAL, Kind

MAX_DOCUMENT_BYTES = 1_000
"""Of a document's name: the warehouse keeps that of every document."""
VERSION_SCALE = 100
"""Numbers become versions in hundredths, so that seventeen digits of a time stamp still fit."""


def name_document(scope: Scope) -> None:
    """The document of every record, as the column `_document_id`."""
    if scope.target.document is None:
        return
    scope.evaluate_cells([scope.target.document])
    scope.query.end_phase()
    document = value_of(scope.target.document, ID, scope, name="_of_document")
    scope.query.end_phase()
    scope.query.add([{"_document_id": document.sql}])
    scope.query.end_phase()


def name_identity(scope: Scope) -> None:
    """The document of every record and its version, as the columns `_document_id` and `_document_version`."""
    scope.show(expressions_of(identity_cells(scope.target)))
    scope.query.end_phase()
    name_document(scope)
    if scope.target.version:
        scope.evaluate_cells([scope.target.version])
        scope.query.end_phase()
    version = version_of(scope)
    scope.query.end_phase()
    # A document without a version has one like any other.
    scope.query.add([{"_document_version": f"coalesce({version.sql if version else 'null'}, {-(2**63)})"}])
    scope.query.end_phase()


def document_of(scope: Scope) -> str:
    """The document or store-day of a record, as the target sees it: the same wherever the record is routed."""
    target = scope.target
    if target.replaces == "document":
        return f"case when strlen(_document_id) <= {MAX_DOCUMENT_BYTES} then _document_id end"
    if target.replaces != "day":
        return "null::varchar"
    time = target.block.feed.business_time or ""
    store = value_of(target.block.cells["store_id"], ID, scope, name="_day_store")
    day = value_of(target.block.cells[time], LOCAL, scope, name="_day_time")
    return f"left({store.sql}, {MAX_DOCUMENT_BYTES}) || '|' || strftime({day.sql}, '%Y-%m-%d')"


def version_of(scope: Scope) -> Value | None:
    if scope.target.version is None:
        return None
    number = value_of(
        scope.target.version, Kind("number", "decimal(28,6)", ""), scope, name="_version_number"
    )
    time = value_of(scope.target.version, INSTANT, scope, name="_version_time")
    sql = f"coalesce(try_cast(trunc({number.sql} * {VERSION_SCALE}) as bigint), epoch_us({time.sql}))"
    return Value(sql, time.blank, time.text, "not_a_version", time.failed)


def document_faults(scope: Scope) -> list[Fault]:
    if scope.target.replaces != "document" and not scope.target.derives_line_numbers:
        return []
    contradicted = (
        [Fault("_contradicted", SEVERAL_ROWS, "document", "_document_id")]
        if scope.table.has_line_numbers
        else []
    )
    too_long = f"strlen(_document_id) > {MAX_DOCUMENT_BYTES}"
    return [
        Fault(too_long, "too_long", "document", "_document_id"),
        Fault("_document_id is null", "no_document", "document"),
        *contradicted,
    ]
