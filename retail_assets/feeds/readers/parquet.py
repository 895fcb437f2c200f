"""Parquet to records: native types stay, nested values become JSON text."""

from pathlib import Path

import duckdb

from retail_assets.error_classification import beyond_limits, machine_trouble
from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import (
    CELLS,
    DAY_CELL,
    MALFORMED,
    PLACE,
    RECORD,
    TEXT_CELL,
    column_names,
    too_many_columns,
)
from retail_assets.feeds.readers.engine import reader_duckdb
from retail_assets.feeds.readers.records import RECORDS_FILE, ReaderLimits, RecordSet
from retail_assets.sql import identifier, literal, parquet

_MAGIC = b"PAR1"
_VALUE_BYTES = 8
"""What a number or a time takes at least, however often it repeats."""
_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")


def read_parquet(path: Path, *, out: Path, limits: ReaderLimits) -> RecordSet:
    """Copy a Parquet file's rows, numbered in file order."""
    _check_frame(path)
    # A name without pattern characters, which DuckDB would expand.
    source, target = out / "source.parquet", out / RECORDS_FILE
    source.unlink(missing_ok=True)  # of a reading that died
    source.symlink_to(path.resolve())
    try:
        with reader_duckdb(limits, read=source, write=target, scratch=out) as connection:
            connection.execute(f"create view source as select * from {parquet(source)}")
            found = connection.execute("select column_name, column_type from (describe source)").fetchall()
            if len(found) > limits.columns:
                raise too_many_columns(f"{len(found):,}", limits.columns)
            columns = column_names(_names(connection, source), limit=limits.columns)
            values = "".join(
                f", {_value(name, kind)} as {identifier(column)}"
                for (name, kind), column in zip(found, columns, strict=True)
            )
            _check_unpacked(connection, source, found, limits)
            cells = _days(connection, found)
            connection.execute(f"""
                copy (
                    select row_number() over () as {RECORD}, null::varchar as {PLACE},
                        null::varchar as {MALFORMED}{cells}{values}
                    from source
                ) to {literal(str(target))} (format parquet, compression lz4_raw, use_tmp_file false)
            """)
            (count,) = connection.execute(
                f"select num_rows from parquet_file_metadata({literal(str(target))})"
            ).fetchone() or (0,)
    except duckdb.Error as error:
        if machine_trouble(error) or beyond_limits(error):
            raise
        raise Unreadable(
            "damaged_parquet",
            f"A Parquet file was expected, but it cannot be read ({_sentence(error)}); write it again.",
        ) from error
    finally:
        source.unlink()
    return RecordSet(path=target, columns=columns, format="parquet", record_count=count)


def _names(connection: duckdb.DuckDBPyConnection, source: Path) -> list[str]:
    """The columns as the file calls them: DuckDB calls two otherwise that differ in capitals only."""
    tree = iter(
        connection.execute(
            f"select name, coalesce(num_children, 0) from parquet_schema({literal(str(source))})"
        ).fetchall()
    )

    def pass_over(count: int) -> None:
        for _ in range(count):
            pass_over(next(tree)[1])

    names = []
    for _ in range(next(tree)[1]):
        name, children = next(tree)
        names.append(name)
        pass_over(children)
    return names


def _days(connection: duckdb.DuckDBPyConnection, found: list[tuple[str, str]]) -> str:
    """Columns of times without a single time of day are dates: pandas knows no other. What is to be selected to say so,
    if there are any."""
    stamps = [i for i, (_, kind) in enumerate(found) if kind in ("TIMESTAMP", *_OTHER_STAMPS)]
    if not stamps:
        return ""
    names = [identifier(found[i][0]) for i in stamps]
    midnight = [f"coalesce(bool_and({c} = date_trunc('day', {c})), false)" for c in names]
    row = connection.execute(f"select {', '.join(midnight)} from source").fetchone() or ()
    days = {i for i, is_day in zip(stamps, row, strict=True) if is_day}
    said = "".join(DAY_CELL if i in days else TEXT_CELL for i in range(len(found)))
    return f", {literal(said)} as {CELLS}" if days else ""


_OTHER_STAMPS = ("TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S")


def _check_frame(path: Path) -> None:
    with path.open("rb") as handle:
        begins = handle.read(4)
        handle.seek(max(path.stat().st_size - 4, 0))
        ends = handle.read(4)
    if begins != _MAGIC:
        raise Unreadable(
            "not_parquet", f"A Parquet file was expected, but it begins with {begins!r} instead of PAR1."
        )
    if ends != _MAGIC or path.stat().st_size < 12:
        raise Unreadable(
            "damaged_parquet",
            "A Parquet file was expected, and it begins like one, but its end is missing: it was cut off on "
            "the way; send it again.",
        )


def _check_unpacked(
    connection: duckdb.DuckDBPyConnection, source: Path, found: list[tuple[str, str]], limits: ReaderLimits
) -> None:
    """First by what the file says of itself, which costs nothing, then by what its texts amount to: a dictionary
    says a long text once, and rows repeat it in a few bits."""
    row = connection.execute(
        f"select sum(greatest(total_uncompressed_size, num_values * {_VALUE_BYTES})) "
        f"from parquet_metadata({literal(str(source))})"
    ).fetchone()
    _hold_to(limits, int(row[0] or 0) if row else 0)
    texts = [f"coalesce(sum(strlen({_value(name, kind)})), 0)" for name, kind in found if _is_text(kind)]
    if texts:
        row = connection.execute(f"select {' + '.join(texts)} from source").fetchone()
        _hold_to(limits, int(row[0]) if row else 0)


def _hold_to(limits: ReaderLimits, unpacked: int) -> None:
    if unpacked > limits.unpacked_bytes:
        raise Unreadable(
            "unpacks_too_large",
            f"A Parquet file that unpacks to at most {limits.unpacked_bytes:,} bytes was expected, but this one "
            f"has {unpacked:,}; send it in parts, or raise RETAIL_MAX_UNPACKED_BYTES.",
        )


def _is_text(kind: str) -> bool:
    return kind in ("VARCHAR", "BLOB") or _is_nested(kind)


def _is_nested(kind: str) -> bool:
    return kind.startswith(_NESTED) or kind.endswith("]")


def _value(name: str, kind: str) -> str:
    column = identifier(name)
    if _is_nested(kind):
        return f"to_json({column})::varchar"
    if kind == "BLOB":
        return f"coalesce(try(decode({column})), hex({column}))"
    if kind in ("INTERVAL", "BIT", "HUGEINT", "UHUGEINT") or kind.startswith("GEOMETRY"):
        return f"{column}::varchar"
    return column


def _sentence(error: duckdb.Error) -> str:
    return " ".join(str(error).split())[:300]
