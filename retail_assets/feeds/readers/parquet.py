"""Parquet to records: native types stay, nested values become JSON text."""

from pathlib import Path

import duckdb

from retail_assets.error_classification import machine_trouble, out_of_memory
from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import MALFORMED, PLACE, RECORD, column_names, too_many_columns
from retail_assets.feeds.readers.engine import reader_duckdb
from retail_assets.feeds.readers.records import RECORDS_FILE, ReaderLimits, RecordSet
from retail_assets.sql import identifier, literal, parquet

_MAGIC = b"PAR1"
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
            columns = column_names([name for name, _ in found], limit=limits.columns)
            values = "".join(
                f", {_value(name, kind)} as {identifier(column)}"
                for (name, kind), column in zip(found, columns, strict=True)
            )
            connection.execute(f"""
                copy (
                    select row_number() over () as {RECORD}, null::varchar as {PLACE},
                        null::varchar as {MALFORMED}{values}
                    from source
                ) to {literal(str(target))} (format parquet, compression lz4_raw, use_tmp_file false)
            """)
            (count,) = connection.execute(
                f"select num_rows from parquet_file_metadata({literal(str(target))})"
            ).fetchone() or (0,)
    except duckdb.Error as error:
        if machine_trouble(error) or out_of_memory(error):
            raise
        raise Unreadable(
            "damaged_parquet",
            f"A Parquet file was expected, but it cannot be read ({_sentence(error)}); write it again.",
        ) from error
    finally:
        source.unlink()
    return RecordSet(path=target, columns=columns, format="parquet", record_count=count)


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


def _value(name: str, kind: str) -> str:
    column = identifier(name)
    if kind.startswith(_NESTED) or kind.endswith("]"):
        return f"to_json({column})::varchar"
    if kind == "BLOB":
        return f"coalesce(try(decode({column})), hex({column}))"
    if kind in ("INTERVAL", "BIT", "HUGEINT", "UHUGEINT") or kind.startswith("GEOMETRY"):
        return f"{column}::varchar"
    return column


def _sentence(error: duckdb.Error) -> str:
    return " ".join(str(error).split())[:300]
