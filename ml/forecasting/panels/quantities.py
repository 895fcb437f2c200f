"""Demand of a panel from the rows of a table: what is repeated, missing, or came back, and what is made of it.

Two kinds of tables come in. One has a row for each series and day, zeros among them: what it lacks is not known, and
what it has twice is a mistake. The other tells sales alone: on a day that it lacks nothing was sold, and two rows that
are the same are two sales. Which of them it is, is decided for the table and not for a series: a series that sells on
most days would else lose its zeros, and be foretold half as much again as it sells.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from ml.forecasting.issues import EVERY_SERIES, NO_MODEL, Issue
from ml.forecasting.panels.columns import MOST_UNITS, OUT_OF_STOCK, REQUIRED
from ml.forecasting.panels.days import YEAR
from ml.forecasting.panels.panel import Returns
from ml.forecasting.panels.regressors import Frame

FEW_GAPS = 0.02
"""Share of the days: where fewer are missing, they may be mistakes, and taking them as unknown changes no mean."""
FEW_ZEROS = 0.05
"""Of the missing days: with fewer rows of zero, which returns may make, a table does not tell its zeros."""
USUAL_PARTS = 0.05
"""Share of the days with several quantities from which on rows are single sales."""
LOADED_TWICE = 0.9
"""Share of the rows that are repeated from which on the table itself is."""
MANY_SERIES = 20
STRAY_SHARE = 0.01
STRAY_DAYS = 7
"""Of so many series rows of this share, or of one, are wrong so many days after all others, if the panel never paused
as long."""
JOINED = 0.5
"""Share of the days with two rows of one quantity; single sales, even of one unit each, come so on a third at most."""
RETURN_DAYS = 28
"""What came back was sold within so many days before, or the row is a mistake."""


@dataclass(frozen=True)
class TableKind:
    """What a row, and what no row, means."""

    gaps_are_zeros: bool
    rows_are_sales: bool


def without_bad_rows(rows: pl.DataFrame, issues: list[Issue]) -> pl.DataFrame:
    # Arrays of texts lose a NUL at the end, and two names would be one.
    named = pl.col("series_id").is_not_null() & ~pl.col("series_id").str.contains("\0", literal=True)
    told = named & pl.col("date").is_not_null()
    good = told & (pl.col("quantity").abs() <= MOST_UNITS).fill_null(False) & pl.col("quantity").is_not_nan()
    bad = rows.filter(~good)
    for series, count in bad.group_by("series_id").len().iter_rows():
        said = f"{count} rows without a series, a date or a quantity of at most {MOST_UNITS:g} are left out"
        issues.append(Issue(series or EVERY_SERIES, NO_MODEL, "unreadable_rows", said))
    return rows.filter(good)


def unread_days(rows: pl.DataFrame, good: pl.DataFrame, frame: Frame) -> pl.DataFrame:
    """`series_id` and `date` of days from the first of a series on that have rows, none of which could be read:
    something happened, and nobody knows how much."""
    first = good.group_by("series_id").agg(first=pl.col("date").min())
    days = rows.select("series_id", "date").drop_nulls().unique()
    return (
        days.join(good, on=("series_id", "date"), how="anti")
        .join(first, on="series_id", how="inner")
        .filter(pl.col("date").is_between("first", frame.last))
        .select("series_id", "date")
    )


def without_stray_days(rows: pl.DataFrame, issues: list[Issue]) -> pl.DataFrame:
    """Rows without those long after nearly all others: a single wrong date would move the days ahead of everybody."""
    last = rows.group_by("series_id").agg(pl.col("date").max())["date"].sort(descending=True)
    if len(last) < MANY_SERIES:
        return rows
    reached = last[max(int(STRAY_SHARE * len(last)), 1)]
    pauses = rows.filter(pl.col("date") <= reached)["date"].unique().sort().diff().dt.total_days()
    end = reached + timedelta(days=max(STRAY_DAYS, *pauses.drop_nulls()))
    strays = rows.filter(pl.col("date") > end)
    for series, count in strays.group_by("series_id").len().iter_rows():
        said = f"{count} rows are left out: nearly no series has any after {reached}"
        issues.append(Issue(series, NO_MODEL, "stray_date", said))
    return rows.filter(pl.col("date") <= end)


def without_joined_rows(rows: pl.DataFrame, issues: list[Issue]) -> pl.DataFrame:
    """A table of which most days have exactly two rows, equal in their quantity and not in something else, was joined
    with one that has two rows for each of its own: each quantity counts once."""
    if not rows.select("series_id", "date").is_duplicated().any():
        return rows
    distinct = rows.unique(maintain_order=False)
    days = distinct.group_by("series_id", "date").agg(
        twice=(pl.len() == 2) & (pl.col("quantity").n_unique() == 1)
    )["twice"]
    if days.sum() <= JOINED * len(days):
        return rows
    said = f"{days.sum()} of {len(days)} days have two rows that differ in all but their quantity: it counts once"
    issues.append(Issue(EVERY_SERIES, NO_MODEL, "joined_rows", said))
    day = ("series_id", "date", "quantity")
    return distinct.group_by(day).agg(pl.col(column).max() for column in rows.columns if column not in day)


def tell_ends(rows: pl.DataFrame, frame: Frame, issues: list[Issue]) -> None:
    """Long stretches at the ends of the panel of which only few series have rows."""
    of = rows.group_by("series_id").agg(
        pl.col("date").min().alias("first"), pl.col("date").max().alias("last")
    )
    late = np.sort((frame.last - of["last"]).dt.total_days().to_numpy())
    early = np.sort((of["first"] - frame.first).dt.total_days().to_numpy())
    for issue, where, days, usual in (
        ("last_days", "last", late, STRAY_DAYS),
        ("first_days", "first", early, YEAR),
    ):
        few = -(-len(days) // 5)
        length = int(days[min(few, len(days) - 1)])
        if length > usual:
            count = int((days < length).sum())
            said = f"only {count} of {len(days)} series have rows in the {where} {length} days: look for wrong dates"
            issues.append(Issue(EVERY_SERIES, NO_MODEL, issue, said))


def kind_of(rows: pl.DataFrame, frame: Frame, unread: pl.DataFrame, issues: list[Issue]) -> TableKind:
    """What the table as a whole shows of itself; days that could not be read (`unread_days`) are not missing."""
    dates = pl.col("date").unique().sort()
    steps = dates.diff().dt.total_days()
    of = rows.group_by("series_id").agg(
        first=dates.first(), last=dates.last(), days=dates.len(), longest=steps.max().fill_null(1) - 1
    )
    # Without the longest gap of each series: one wrong date makes one, in its own series or after all others.
    gap = np.maximum(of["longest"].to_numpy(), (frame.last - of["last"]).dt.total_days().to_numpy())
    span = int(((frame.last - of["first"]).dt.total_days().to_numpy() + 1 - gap).sum())
    missing = span - int(of["days"].sum()) - len(unread)
    zero = pl.col("quantity") == 0
    if OUT_OF_STOCK in rows.columns:
        zero &= ~pl.col(OUT_OF_STOCK)
    zeros = len(rows.filter(zero))
    gaps_are_zeros = missing > FEW_GAPS * span and zeros < FEW_ZEROS * missing
    if gaps_are_zeros:
        said = (
            f"{missing} of {span} days have no row, and {zeros} rows have the quantity 0: "
            "the table tells sales alone, and days without a row count as 0"
        )
        issues.append(Issue(EVERY_SERIES, NO_MODEL, "gaps", said))
    return TableKind(gaps_are_zeros, _rows_are_sales(rows, gaps_are_zeros, issues))


def _rows_are_sales(rows: pl.DataFrame, sales_alone: bool, issues: list[Issue]) -> bool:
    if not rows.select("series_id", "date").is_duplicated().any():
        return False
    times = rows.group_by(rows.columns).len("times")["times"]
    days = rows.group_by("series_id", "date").agg(parts=pl.col("quantity").n_unique())["parts"]
    several = int((days > 1).sum())
    if int((times > 1).sum()) >= LOADED_TWICE * len(times):
        return False
    if not sales_alone and several <= USUAL_PARTS * len(days):
        return False
    said = (
        f"{several} of {len(days)} days have several quantities, and {len(rows) - len(times)} rows repeat another: "
        "rows are single sales, and all are added up"
    )
    issues.append(Issue(EVERY_SERIES, NO_MODEL, "duplicates", said))
    return True


def once_a_day(rows: pl.DataFrame, kind: TableKind, issues: list[Issue]) -> pl.DataFrame:
    """Sums of each day; of a table that does not tell single sales, rows that repeat another count once."""
    if not rows.select("series_id", "date").is_duplicated().any():
        return rows
    parts = rows
    if not kind.rows_are_sales:
        parts = rows.unique(maintain_order=False)
        _tell_repeated(rows, parts, issues)
    others = [column for column in rows.columns if column not in REQUIRED]
    return (
        parts.sort(rows.columns)
        .group_by("series_id", "date")
        .agg(pl.col("quantity").sum(), *[pl.col(column).max() for column in others])
    )


def _tell_repeated(rows: pl.DataFrame, distinct: pl.DataFrame, issues: list[Issue]) -> None:
    repeated = (
        rows.group_by("series_id")
        .len()
        .join(distinct.group_by("series_id").len("distinct"), on="series_id")
        .filter(pl.col("len") > pl.col("distinct"))
    )
    for series, count, left in repeated.iter_rows():
        said = f"{count - left} rows repeat another one and count once"
        issues.append(Issue(series, NO_MODEL, "duplicates", said))
    counts = distinct.group_by("series_id", "date").len().filter(pl.col("len") > 1)
    for series, count in counts.group_by("series_id").len().iter_rows():
        said = f"several quantities on {count} days are added up"
        issues.append(Issue(series, NO_MODEL, "duplicates", said))


def demand_of(
    rows: pl.DataFrame, frame: Frame, kind: TableKind, unread: pl.DataFrame, issues: list[Issue]
) -> tuple[np.ndarray, Returns]:
    """`[S, T]` units a day, NaN where they are not known, and what lowered them later."""
    place = frame.places(rows)
    net = np.full((len(frame.series), frame.days), np.nan)
    net[place] = rows["quantity"].to_numpy()
    demand, returns = _moved_back(net, frame, issues)
    _fill_gaps(demand, frame, kind, issues)
    demand[frame.places(unread)] = np.nan
    if OUT_OF_STOCK in rows.columns:
        out = rows[OUT_OF_STOCK].to_numpy()
        demand[place[0][out], place[1][out]] = np.nan
    return demand, returns


def _moved_back(net: np.ndarray, frame: Frame, issues: list[Issue]) -> tuple[np.ndarray, Returns]:
    """Returns beyond what their day sold are taken from the newest sales before it.

    Sold three on Monday and brought back on Tuesday is no demand. One that more days before cannot have sold is a
    mistake, and counts as nothing.
    """
    demand = np.where(net < 0, 0.0, net)
    moves: list[tuple[np.ndarray, ...]] = []
    believed = np.zeros(len(net), dtype=int)
    for day in np.flatnonzero((net < 0).any(axis=0)):
        rows = np.flatnonzero(net[:, day] < 0)
        back = -net[rows, day]
        before = np.nan_to_num(demand[rows, max(day - RETURN_DAYS, 0) : day])[:, ::-1]  # the newest first
        sold = np.cumsum(before, axis=1)
        enough = sold[:, -1:].sum(axis=1) >= back
        taken = np.clip(back[:, None] - (sold - before), 0.0, before) * enough[:, None]
        believed[rows] += enough
        where, ago = np.nonzero(taken)
        lowered = day - 1 - ago
        demand[rows[where], lowered] -= taken[where, ago]
        moves.append((rows[where], np.full(len(where), day), lowered, taken[where, ago]))
    _tell_returns(net, believed, frame, issues)
    if not moves:
        return demand, Returns.none()
    return demand, Returns(*(np.concatenate(of) for of in zip(*moves, strict=True)))


def _tell_returns(net: np.ndarray, believed: np.ndarray, frame: Frame, issues: list[Issue]) -> None:
    count = (net < 0).sum(axis=1)
    for row in np.flatnonzero(count):
        said = f"more came back than was sold on {count[row]} days"
        if believed[row]:
            said += f"; of {believed[row]} the rest lowers the demand of the days before"
        if count[row] > believed[row]:
            said += f"; {count[row] - believed[row]} count as 0: the {RETURN_DAYS} days before sold less"
        issues.append(Issue(frame.series[int(row)], NO_MODEL, "negative_demand", said))


def _fill_gaps(demand: np.ndarray, frame: Frame, kind: TableKind, issues: list[Issue]) -> None:
    """Days without a row, from the first row of a series to the last day of the panel, in place."""
    known = ~np.isnan(demand)
    inside = np.arange(demand.shape[1])[None, :] >= np.argmax(known, axis=1)[:, None]
    missing = inside & ~known
    if kind.gaps_are_zeros:
        demand[missing] = 0.0
        return
    count = missing.sum(axis=1)
    for row in np.flatnonzero(count):
        said = f"{count[row]} days have no row: they are not known, and nothing is learnt from them"
        issues.append(Issue(frame.series[int(row)], NO_MODEL, "gaps", said))
