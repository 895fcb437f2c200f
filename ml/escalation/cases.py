"""Reads return cases as they come, and makes them fit: known columns, known types, nothing unbelievable.

A case is a row of the feed return_cases. Three columns may stand beside: `escalated` is a given label,
`photo_disagrees` says that the class of a refund photo is not that of the declared item, and `region` is the
merchant's: no feature, but fairness is measured by it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

import polars as pl

from ml.errors import ExplainedError, quoted

CATEGORIES = (
    "merchant_id",
    "store_id",
    "product_id",
    "item_category",
    "return_reason",
    "assigned_to",
    "customer_id",
    "priority",
    "channel",
)
INSTANT = pl.Datetime("us", "UTC")
Kind = pl.DataType | type[pl.DataType]
COLUMNS: Mapping[str, Kind] = {
    "case_id": pl.String,
    "created_at": INSTANT,
    **dict.fromkeys(CATEGORIES, pl.String),
    "customer_message": pl.String,
    "order_value": pl.Float64,
    "delivery_date": pl.Date,
    "photo_disagrees": pl.Boolean,
    "region": pl.String,
    "escalated": pl.Boolean,
}
"""The columns of cases as they are worked with; all but the first two may be missing in a file."""
REQUIRED = ("case_id", "created_at")
ISO_8601 = (
    r"^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<minutes>\d\d:\d\d)(?<seconds>:\d\d(?:\.\d{1,9})?)?\s*"
    r"(?<zone>Z|[+-]\d\d:?\d\d)?)?$"
)
LARGEST_VALUE = 1e12
"""No order is worth more in any currency."""


Report = Callable[[str], None]
"""Is told, in sentences, how work goes on, or what a table holds that does not count."""


def silent(said: str) -> None:
    """The report of whoever does not ask."""


class UnusableTable(ExplainedError, ValueError):
    """A file that does not hold what it should; the message says what is wrong."""


def read_cases(path: Path, report: Report = silent, *, as_of: datetime | None = None) -> pl.DataFrame:
    """The cases of a Parquet file, as `normalised` gives them. Raises UnusableTable."""
    return normalised(read_table(path), str(path), report, as_of=as_of)


def read_table(path: Path) -> pl.DataFrame:
    """A Parquet file as it is. Raises UnusableTable."""
    if not path.is_file():
        raise UnusableTable(f"There is no file {quoted(path)}.")
    try:
        return pl.read_parquet(path, hive_partitioning=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnusableTable(f"{quoted(path)} is no Parquet file that can be read: {quoted(error)}") from error


def normalised(
    table: pl.DataFrame, name: str = "the cases", report: Report = silent, *, as_of: datetime | None = None
) -> pl.DataFrame:
    """Cases in the columns COLUMNS, one row per case, in the order they came.

    Of rows with the same case_id the last counts; rows without case_id or created_at are left out, and those later
    than `as_of`. Times without a zone are UTC. A value that cannot be (negative, not finite) is unknown. `report` is
    told how many rows and values that are. Raises UnusableTable.
    """
    require(table, REQUIRED, name)
    cases, value = selected(table, COLUMNS, name, report), pl.col("order_value")
    # A value that is missing is NaN to pandas.
    whole = whole_rows(cases, REQUIRED, name, report).with_columns(value.fill_nan(None))
    if whole.is_empty() and len(cases):
        raise UnusableTable(f"No row of {quoted(name)} has a case_id and an instant in created_at.")
    if as_of is not None:
        whole = _until(as_of, whole, name, report)
    believed = whole.with_columns(
        pl.col("priority").str.to_lowercase().str.strip_chars(),
        pl.when(value.is_between(0, LARGEST_VALUE)).then(value),
    )
    _tell_of_unreadable(whole, believed, ["order_value"], name, report)
    latest = believed.unique("case_id", keep="last", maintain_order=True)
    if len(latest) < len(believed):
        report(
            f"{len(believed) - len(latest):,} rows of {quoted(name)} repeat a case_id; the last of each counts."
        )
    return latest


def _until(as_of: datetime, rows: pl.DataFrame, name: str, report: Report) -> pl.DataFrame:
    read = rows.filter(pl.col("created_at") <= as_of)
    if len(read) < len(rows):
        report(
            f"{len(rows) - len(read):,} of {len(rows):,} cases of {quoted(name)} are later than "
            f"{as_of:%Y-%m-%d %H:%M} UTC and not read."
        )
    return read


def require(table: pl.DataFrame, columns: tuple[str, ...], name: str) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise UnusableTable(f"{quoted(name)} has no column {' and no column '.join(missing)}.")


def selected(
    table: pl.DataFrame, columns: Mapping[str, Kind], name: str, report: Report = silent
) -> pl.DataFrame:
    """These columns of a table in these types; null where there is none. Raises UnusableTable."""
    converted = [
        (_converted(table, column, kind, name) if column in table.columns else pl.lit(None, kind)).alias(
            column
        )
        for column, kind in columns.items()
    ]
    try:
        found = table.select(converted)
    except pl.exceptions.ComputeError as error:  # bytes that are no text
        raise UnusableTable(f"{quoted(name)} holds what cannot be read: {quoted(error)}") from error
    _tell_of_unreadable(table, found, [column for column in columns if column in table.columns], name, report)
    return found


def whole_rows(
    table: pl.DataFrame, columns: tuple[str, ...], name: str, report: Report = silent
) -> pl.DataFrame:
    """The rows that have a value in each of these columns."""
    whole = table.drop_nulls(columns)
    if len(whole) < len(table):
        report(
            f"{len(table) - len(whole):,} of {len(table):,} rows of {quoted(name)} have no {' or no '.join(columns)} "
            "and are left out."
        )
    return whole


def _tell_of_unreadable(
    before: pl.DataFrame, after: pl.DataFrame, columns: Iterable[str], name: str, report: Report
) -> None:
    for column in columns:
        lost = after[column].null_count() - before[column].null_count()
        if lost:
            report(
                f"{lost:,} values of {column} in {quoted(name)} cannot be believed; they count as unknown."
            )


def _converted(table: pl.DataFrame, column: str, kind: pl.DataType | type[pl.DataType], name: str) -> pl.Expr:
    """A column of a table as another type. Raises UnusableTable where it holds something else altogether."""
    given, value = table.schema[column], pl.col(column)
    if given == pl.Null or given == kind:
        return value.cast(kind)
    if kind == INSTANT:
        return _instant(value, given, column, name)
    if kind == pl.Date:
        return value.str.slice(0, 10).str.to_date(strict=False) if given == pl.String else value.cast(pl.Date)
    if kind == pl.Boolean:
        return _yes_or_no(table, column, name)
    if given.is_nested():
        raise UnusableTable(f"The column {column} of {quoted(name)} holds {given}, and no plain values.")
    return value.cast(kind, strict=False)


def _instant(value: pl.Expr, given: pl.DataType, column: str, name: str) -> pl.Expr:
    if given == pl.String:
        return _instant_of_text(value)
    if given == pl.Date:
        return value.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if not isinstance(given, pl.Datetime):
        raise UnusableTable(f"The column {column} of {quoted(name)} holds {given}, and no instants.")
    if given.time_zone is None:
        return value.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return value.dt.convert_time_zone("UTC").cast(INSTANT)


def _instant_of_text(text: pl.Expr) -> pl.Expr:
    """ISO 8601 in any of its usual forms, also mixed: with T or a space, seconds, fractions, a zone, or without."""
    parts = text.str.strip_chars().str.extract_groups(ISO_8601).struct
    zone = parts.field("zone").fill_null("Z").str.replace("Z", "+00:00", literal=True)
    clock = parts.field("minutes").fill_null("00:00") + parts.field("seconds").fill_null(":00")
    whole = parts.field("day") + "T" + clock + zone
    return whole.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)


def _yes_or_no(table: pl.DataFrame, column: str, name: str) -> pl.Expr:
    value = pl.col(column).fill_nan(None) if table.schema[column].is_float() else pl.col(column)
    words = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}
    said = value.cast(pl.String).str.to_lowercase()
    strange = table.select(said.filter(~said.is_in(list(words))).unique()).to_series()
    if len(strange):
        raise UnusableTable(
            f"The column {column} of {quoted(name)} holds {quoted(strange[0])!r}; it takes true, false, 1, 0 or "
            "nothing."
        )
    return said.replace_strict(words, return_dtype=pl.Boolean)
