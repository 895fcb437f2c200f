"""Days on which a whole store that is said to be open sold nothing at all.

A store that sells on nearly every day it is open does not sell nothing by chance. For a few days its file is late or
lost, or it was shut and nobody said so: as days of no demand they would lower the forecast, and then the orders, of
everything in the store. After many of them it has closed, and what it once sold is not wanted there any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

USUALLY = 0.9
"""Share of its open days on which a store sells something, from which on silence says that something is wrong."""
TRADES = 0.1
"""Share of a weekday's days with a sale below which the store is shut on it, or closed most of the time."""
CLOSED_FROM = 8
"""Open days in a row without a sale: a week of files may be late, more is a store that has closed."""
FEWEST_DAYS = 14
"""As in int_silent_days, by which forecasts are not judged."""


@dataclass(frozen=True)
class Silence:
    """What stores have not sold."""

    days: pl.DataFrame
    """`store_id`, `business_date`, `is_closed` of each silent day; where it is not closed, nothing is known of it."""
    closed: Sequence[str]
    """Stores whose silence reaches the origin and is so long that they have closed."""

    def sentences(self, since: date = date.min) -> list[str]:
        """What to look after: a sentence for each store, and kind of silence that goes on after a day."""
        found = (
            self.days.group_by("store_id", "is_closed")
            .agg(pl.len(), first=pl.col("business_date").min(), last=pl.col("business_date").max())
            .filter(pl.col("last") > since)
            .sort("store_id", "is_closed")
        )
        return [
            _sentence(store, count, first, last, is_closed=is_closed, goes_on=store in self.closed)
            for store, is_closed, count, first, last in found.iter_rows()
        ]


def silence_of(rows: pl.DataFrame) -> Silence:
    """Of rows of daily_demand before an origin: `store_id`, `business_date`, `quantity`, `is_open`."""
    weekday = pl.col("business_date").dt.weekday()
    days = (
        rows.group_by("store_id", "business_date")
        .agg(is_open=pl.col("is_open").any(), sold=(pl.col("quantity") > 0).any())
        .filter(pl.col("is_open") | pl.col("sold"))
        # Of a young store nobody knows yet on which weekdays it is shut.
        .filter(pl.col("sold").mean().over("store_id", weekday) >= TRADES)
        .sort("store_id", "business_date")
        .with_columns(run=pl.col("sold").rle_id().over("store_id"))
        .with_columns(length=pl.len().over("store_id", "run"))
    )
    counted, sales = pl.col("sold") | (pl.col("length") < CLOSED_FROM), pl.col("sold")
    # Of all days, or of those up to the last sale before: a week of a young store must not be what is usual there.
    before = pl.when("sold").then(counted.cum_sum()).forward_fill()
    is_busy = _is_busy(sales.sum(), counted.sum()) | _is_busy(sales.cum_sum(), before)
    silent = days.filter(is_busy.over("store_id") & ~pl.col("sold")).with_columns(
        is_closed=pl.col("length") >= CLOSED_FROM
    )
    newest = silent.filter("is_closed").group_by("store_id").agg(pl.col("business_date").max())
    after = days.filter("sold").group_by("store_id").agg(sold_on=pl.col("business_date").max())
    closed = newest.join(after, on="store_id").filter(pl.col("business_date") > pl.col("sold_on"))
    return Silence(
        silent.select("store_id", "business_date", "is_closed").sort("store_id", "business_date"),
        closed["store_id"].sort().to_list(),
    )


def _is_busy(sold: pl.Expr, days: pl.Expr) -> pl.Expr:
    """Whether so many days with a sale are nearly all of enough days; not where there are none."""
    return ((sold >= USUALLY * days) & (days >= FEWEST_DAYS)).fill_null(False)


def without_silence(rows: pl.DataFrame, silence: Silence) -> pl.DataFrame:
    """The rows with stores shut where they had closed, and out of stock on days of which nothing is known."""
    if silence.days.is_empty():
        return rows
    joined = rows.join(silence.days, on=("store_id", "business_date"), how="left", maintain_order="left")
    return joined.with_columns(
        is_open=pl.col("is_open") & ~pl.col("is_closed").fill_null(False),
        is_out_of_stock=pl.col("is_out_of_stock") | ~pl.col("is_closed").fill_null(True),
    ).drop("is_closed")


def _sentence(store: str, count: int, first: date, last: date, *, is_closed: bool, goes_on: bool) -> str:
    when = f"on {first}" if first == last else f"on {count:,} days from {first} to {last}"
    said = f"{store} sold nothing {when}, though it is not said to be shut"
    if not is_closed:
        return f"{said}: not learnt from. Has its file come?"
    if goes_on:
        return f"{said}: it has closed, and nothing is foretold there until it sells again. Say so in store_calendar."
    return f"{said}: it counts as shut then."
