"""Return cases as models read them, from the marts: what scoring tells the risk of and what training learns from."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ml.escalation.cases import normalised
from ml.escalation.events import normalised_events
from ml.escalation.labels import with_labels
from retail_assets.platform import Platform
from retail_assets.returns.rules import FINAL_STATUSES
from retail_assets.returns.settings import ReturnSettings
from retail_assets.warehouse.reading import read_mart, read_staged

TOLD_FROM = ("case_id", "scored_moment", "inputs_digest")
"""What names the state of a case that a risk is told from."""

_CASES = (
    "case_id", "created_at", "merchant_id", "store_id", "product_id", "item_category", "return_reason", "customer_id",
    "channel", "customer_message", "order_value", "delivery_date",
    "photo_disagrees",
)  # fmt: skip
_HISTORY = (
    "origin", "entry_id", "case_id", "step", "happened_at", "type", "actor_role", "value", "broken_rule", "status",
    "priority", "assigned_to",
)  # fmt: skip


@dataclass(frozen=True)
class KnownCases:
    """All cases and what counts of their history, as far as it is known at an instant."""

    cases: pl.DataFrame
    """Normalised; `escalated` where the outcome is known."""
    events: pl.DataFrame
    as_of: datetime
    label_days: float

    @property
    def unlabelled(self) -> pl.DataFrame:
        """The cases without their outcomes."""
        return self.cases.with_columns(escalated=pl.lit(None, pl.Boolean))

    def labelled_as_of(self, at: datetime) -> pl.DataFrame:
        """The cases with the outcomes that were known at an earlier instant."""
        return with_labels(self.unlabelled, self.events, as_of=at, window_days=self.label_days)


def states_of_cases(platform: Platform) -> pl.DataFrame:
    """TOLD_FROM of every case."""
    return _in_utc(read_mart(platform, "return_cases", *TOLD_FROM))


def known_cases(platform: Platform, *, as_of: datetime) -> KnownCases:
    """All cases as the marts have them. Priority and assignee are those that a case began with: events say the rest,
    so that nothing which came later stands in a case. Of one that was closed by its own row nobody knows when, so that
    nothing which happened tells whether that was in time."""
    history = _in_utc(read_mart(platform, "return_case_history", *_HISTORY))
    first = history.filter(pl.col("step") == 0)
    beginnings = first.select("case_id", "priority", "assigned_to")
    closed = first.filter(pl.col("status").is_in(FINAL_STATUSES))
    cases = _in_utc(read_mart(platform, "return_cases", *_CASES)).join(
        beginnings, on="case_id", how="left", maintain_order="left"
    )
    events = _events(history.join(closed, on="case_id", how="anti"))
    label_days = platform.settings_of(ReturnSettings).return_label_days
    labelled = with_labels(normalised(cases), events, as_of=as_of, window_days=label_days)
    return KnownCases(labelled, events, as_of, label_days)


def merchant_regions(platform: Platform) -> pl.DataFrame:
    """`merchant_id` and `region` of each merchant."""
    return read_staged(platform, "merchants", "merchant_id", "region")


def _in_utc(mart: pl.DataFrame) -> pl.DataFrame:
    """Marts come in the retailer's zone."""
    return mart.with_columns(pl.selectors.datetime(time_zone="*").dt.convert_time_zone("UTC"))


def _events(history: pl.DataFrame) -> pl.DataFrame:
    """What counts of the history of cases, as the model reads it."""
    counted = history.filter(pl.col("entry_id").is_not_null(), pl.col("broken_rule").is_null())
    return normalised_events(
        counted.select(
            pl.concat_str("origin", "entry_id", separator=" ").alias("event_id"),
            "case_id",
            pl.col("happened_at").alias("at"),
            "type",
            "actor_role",
            pl.struct(pl.col("value").alias("to"), pl.col("value").alias("kind")).alias("payload"),
        )
    )
