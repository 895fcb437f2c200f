"""Cases -> features, as they were known at each case's moment of scoring. The one function for training and scoring.

Whatever comes after the moment (cases, events, outcomes) changes nothing. No feature reads an outcome; statistics of
outcomes by category are made in target_statistics.py.
"""

import numpy as np
import polars as pl

from ml.escalation.cases import CATEGORIES, INSTANT
from ml.escalation.contract import Contract
from ml.escalation.events import activity
from ml.escalation.timeline import DAY, HOUR, Clock, Timeline, in_window

WINDOW = 60 * DAY
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""Sunday is none of them."""
RECENCY_OF = ("merchant_id", "store_id", "product_id", "assigned_to", "customer_id")
PAIRS = {
    "merchant_and_assignee": ("merchant_id", "assigned_to"),
    "reason_and_product": ("return_reason", "product_id"),
}
"""Two categories that tell more together than each alone."""
LOOKED_AT = 10_000
"""Characters of a message that are looked at; its length counts in full."""
MESSAGE_LENGTHS = (40, 120, 240)
ORDER_VALUES = (50, 150, 400)
LONGEST_RETURN = 3650
"""Days after delivery; more is a mistake in a date."""


def case_features(
    cases: pl.DataFrame,
    *,
    contract: Contract,
    known: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """`case_id`, `moment` and the contract's features of each case, in the order of the cases.

    `cases` are normalised; `known` holds other cases known so far, which count as earlier ones just as the cases
    themselves do; `events` are those of `read_events`. A category is its name, null where it is missing; a number
    that is not known is null.
    """
    now = activity(cases, events)
    frame = pl.concat(
        [cases.drop("priority", "assigned_to"), now.drop("case_id")], how="horizontal"
    ).with_columns(_calendar() + _order() + _message())
    frame = with_pairs(frame.with_columns(_of_earlier_cases(frame, known)))
    return frame.select("case_id", "moment", *contract.names)


def _calendar() -> list[pl.Expr]:
    moment = pl.col("moment")
    turn = (moment.dt.hour() + moment.dt.minute() / 60) * (2 * np.pi / 24)
    days = [(moment.dt.weekday() == n).alias(name) for n, name in enumerate(WEEKDAYS, start=1)]
    opened = (moment - pl.col("created_at")).dt.total_seconds() / 3600
    return [turn.sin().alias("hour_sin"), turn.cos().alias("hour_cos"), *days, opened.alias("hours_open")]


def _order() -> list[pl.Expr]:
    value, priority = pl.col("order_value"), pl.col("priority")
    waited = (pl.col("created_at").dt.date() - pl.col("delivery_date")).dt.total_days()
    days = pl.when(waited.is_between(-LONGEST_RETURN, LONGEST_RETURN)).then(waited.clip(0))
    return [
        days.alias("days_since_delivery"),
        days.is_null().alias("delivery_missing"),
        _band(value, ORDER_VALUES).alias("value_band"),
        value.is_null().alias("value_missing"),
        *(
            (priority == name).fill_null(False).alias(f"priority_{name}")
            for name in ("low", "high", "urgent")
        ),
    ]


def _message() -> list[pl.Expr]:
    text = pl.col("customer_message").fill_null("")
    length, looked_at = text.str.len_chars(), text.str.slice(0, LOOKED_AT)
    capitals = looked_at.str.count_matches(r"\p{Lu}") / looked_at.str.len_chars().clip(1)
    return [
        length.alias("message_length"),
        (length == 0).alias("message_missing"),
        _band(length, MESSAGE_LENGTHS).alias("message_bucket"),
        looked_at.str.count_matches(r"[!?]").alias("message_marks"),
        capitals.alias("message_capitals"),
    ]


def with_pairs(cases: pl.DataFrame) -> pl.DataFrame:
    """The cases, and PAIRS of their categories as categories."""
    return cases.with_columns(
        pl.concat_str(pl.col(*names).fill_null(""), separator="|").alias(pair)
        for pair, names in PAIRS.items()
    )


def _band(value: pl.Expr, bounds: tuple[int, ...]) -> pl.Expr:
    """1 below the first bound, 2 below the second, …"""
    return 1 + sum(((value >= bound).cast(pl.Int8) for bound in bounds), pl.lit(0, pl.Int8))


def _of_earlier_cases(frame: pl.DataFrame, known: pl.DataFrame | None) -> list[pl.Series]:
    """Counts of earlier cases and the time since the last, by category, and how many came of late."""
    everything = with_known(frame, known)
    moments, own, rows = instants(frame["moment"]), instants(frame["created_at"]), np.arange(len(frame))
    clock = Clock(instants(everything["created_at"]))
    now, then = clock.rank(moments), clock.rank(moments - WINDOW)
    opened = np.cumsum(np.append(0, np.bincount(clock.ranks, minlength=clock.step)))
    found = []
    for name, window in (("cases_1h", HOUR), ("cases_1d", DAY)):
        counted = opened[now] - opened[clock.rank(moments - window)]
        found.append(pl.Series(name, counted - in_window(own, moments, window)))
    for column in CATEGORIES:
        keys = codes(everything[column])
        timeline, asked = Timeline(keys, clock), keys[rows]
        first, end = timeline.first(asked), timeline.end(asked, now)
        missing = frame[column].is_null()
        counted = end - timeline.end(asked, then) - in_window(own, moments, WINDOW)
        values = {f"{column}_cases_60d": counted}
        if column in RECENCY_OF:
            waited = timeline.since_last(first, end, moments, rows)
            values[f"{column}_hours_since_last"] = np.fmin(waited, WINDOW) / HOUR
            found.append(missing.alias(f"{column}_missing"))
        if column == "customer_id":
            values["prior_returns"] = end - first - (own < moments)
        found += [pl.Series(name, one).set(missing, None) for name, one in values.items()]
    return found


def with_known(frame: pl.DataFrame, known: pl.DataFrame | None) -> pl.DataFrame:
    """`case_id`, `created_at` and categories of the frame's cases and, below them, of other known ones."""
    columns = ["case_id", "created_at", *CATEGORIES]
    if known is None:
        return frame.select(columns)
    others = known.select(columns).join(frame.select("case_id"), on="case_id", how="anti")
    return pl.concat([frame.select(columns), others])


def codes(values: pl.Series) -> np.ndarray:
    """int64: the same number for the same value; a missing one is a value of its own."""
    return values.cast(pl.Categorical).to_physical().cast(pl.Int64).fill_null(-1).to_numpy() + 1


def instants(values: pl.Series) -> np.ndarray:
    """int64 microseconds since 1970."""
    return values.cast(INSTANT).to_physical().to_numpy()
