"""A night of replenishment: what comes of what is known is written."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from ml.replenishment.demand import WEEK
from retail_assets.intake.ledger import newest_night
from retail_assets.inventory.decisions import last_decisions
from retail_assets.inventory.knowing import day_of, known_on, newest_forecast
from retail_assets.inventory.past_errors import PastErrors, past_errors
from retail_assets.inventory.planning import ITEM, Policy, days_left
from retail_assets.inventory.proposing import TOLD_WITHIN, Proposed, propose
from retail_assets.inventory.settings import InventorySettings
from retail_assets.inventory.states import ORDER_KINDS, TRANSFER_KINDS
from retail_assets.inventory.tables import (
    NEWEST,
    REORDER_POINTS,
    REORDER_PROPOSALS,
    TRANSFER_PROPOSALS,
)
from retail_assets.kit.findings import Finding
from retail_assets.kit.foretold import FORECAST
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake
from retail_assets.platform import Platform

KEPT_DAYS = 90
"""Proposals of older nights are dropped; what was placed of them stays in placed_order_lines."""

NAMED = 5
"""Products in stores that a check names."""


@dataclass(frozen=True)
class NightProposed:
    """What a night did."""

    proposed: Proposed | None
    """None where there was no forecast to order by."""
    why: str = ""
    """Why there was none, as a sentence."""
    past: PastErrors = PastErrors(0)
    """What past forecasts told of errors."""


def propose_night(platform: Platform, *, as_of: date) -> NightProposed:
    """Propose orders and transfers, and put them in place as the part of the night.

    Without a forecast of the last days the night proposes nothing: what was proposed on an older one is out of date.
    Marts stand at the newest night that ran, so a night that is run again proposes for that one.
    """
    ran = newest_night(platform.settings)
    as_of = ran[0] if ran else as_of
    forecast = newest_forecast(platform, as_of)
    proposed, why, past = None, "", PastErrors(0)
    if forecast is None:
        limit = platform.settings_of(InventorySettings).replenish_forecast_days
        why = (
            f"There is no demand forecast of the last {limit} days, so nothing is proposed: see the asset "
            f"lake/{FORECAST}, then run the night again."
        )
    elif (left := days_left(forecast, as_of)) < WEEK:
        why = (
            f"The newest demand forecast has {left} days left, and it takes {WEEK} to order by: forecast from a newer "
            "origin, or further ahead."
        )
    else:
        past = past_errors(platform, as_of=as_of, horizon=forecast["date"].n_unique())
        known = known_on(platform, forecast, as_of)
        proposed = propose(known, policy_of(platform), as_of=as_of, errors=past.errors)
        proposed = replace(
            proposed,
            orders=_as_decided(platform, REORDER_PROPOSALS, proposed.orders, as_of, ORDER_KINDS),
            transfers=_as_decided(platform, TRANSFER_PROPOSALS, proposed.transfers, as_of, TRANSFER_KINDS),
        )
    lake, night = platform.lake, as_of.isoformat()
    REORDER_POINTS.write(lake, NEWEST, proposed.points if proposed else REORDER_POINTS.empty())
    REORDER_PROPOSALS.write(lake, night, proposed.orders if proposed else REORDER_PROPOSALS.empty())
    TRANSFER_PROPOSALS.write(lake, night, proposed.transfers if proposed else TRANSFER_PROPOSALS.empty())
    _forget_other_nights(lake, as_of)
    return NightProposed(proposed, why, past)


def _as_decided(
    platform: Platform, table: LakeTable, proposed: pl.DataFrame, as_of: date, kinds: Collection[str]
) -> pl.DataFrame:
    """What a night proposes: of what it proposed before, where it runs again, what was decided about stands as it was.

    Whoever approved 36 has approved no 50 that are proposed now under the same name.
    """
    name, order = ("proposal_id", ITEM) if table is REORDER_PROPOSALS else ("transfer_id", "transfer_id")
    decided = last_decisions(platform, kinds)
    before = table.read(platform.lake, as_of.isoformat())
    kept = before.join(decided, left_on=name, right_on="subject", how="semi")
    new = proposed.join(kept, on=name, how="anti", maintain_order="left")
    return pl.concat([new, kept]).sort(order) if kept.height else proposed


def policy_of(platform: Platform) -> Policy:
    settings = platform.settings_of(InventorySettings)
    return Policy(
        rules=settings.rules,
        service_levels=settings.service_levels,
        landing_shares=settings.replenish_landing_shares,
        lead_days=settings.replenish_lead_days,
        overdue_days=settings.replenish_overdue_days,
        unconfirmed_days=settings.replenish_unconfirmed_days,
        cost_currency=settings.replenish_cost_currency,
        error_correlation=settings.replenish_error_correlation,
        rejected_change=settings.replenish_rejected_change,
    )


def a_forecast_to_order_by(done: NightProposed) -> Finding:
    """Whether the night had a forecast of the last days, and said something of all that is in it."""
    if done.proposed is None:
        return Finding(passed=False, advice=done.why)
    proposed = done.proposed
    suppliers = proposed.orders["supplier_id"]
    missing, uncounted = proposed.without_forecast, proposed.never_counted
    return Finding(
        passed=not (missing.height or uncounted.height or suppliers.null_count()),
        figures={
            "planned": proposed.points.height,
            "orders": proposed.orders.height,
            "transfers": proposed.transfers.height,
            "held_back": proposed.points["held_back_by"].count(),
            "overdue_deliveries": proposed.overdue,
            "past_origins": done.past.origins,
            **_told(done.past),
            "never_counted": uncounted.height,
            "without_forecast": missing.height,
            "without_supplier": suppliers.null_count(),
            "without_lot": proposed.without_lot,
        },
        advice=_said(
            (
                missing.height,
                f"products in stores have no whole forecast and are not planned: order them by hand {_named(missing)}.",
            ),
            (
                uncounted.height,
                f"products in stores are foretold and were never counted, so nothing is ordered of them: count them "
                f"{_named(uncounted)}.",
            ),
            (
                suppliers.null_count(),
                "proposals have no supplier: give these products a main supplier or terms.",
            ),
        ),
    )


def _said(*counted: tuple[int, str]) -> str:
    """A sentence of each that there is."""
    return " ".join(f"{count:,} {what}" for count, what in counted if count)


def nothing_is_ordered_twice(done: NightProposed) -> Finding:
    """Whether purchasing knows of what was placed and stores booked what they were to send, and nothing is proposed of
    which as much is on order."""
    proposed = done.proposed
    if proposed is None:
        return Finding(passed=True)
    later = (
        pl.col("on_order_quantity")
        + pl.col("in_transit_quantity")
        - pl.col("overdue_quantity")
        - pl.col("due_quantity")
    )
    covered = pl.col("order_quantity") <= later
    twice = proposed.points.filter(pl.col("order_quantity") > 0, pl.col("held_back_by").is_null(), covered)
    unknown, not_booked, not_there = (
        proposed.unknown_to_purchasing,
        proposed.not_booked,
        proposed.not_there,
    )
    return Finding(
        passed=not (unknown or not_booked or not_there or twice.height),
        figures={
            "unknown_to_purchasing": unknown,
            "transfers_not_booked": not_booked,
            "transfers_not_there": not_there,
            "on_order_already": twice.height,
        },
        advice=_said(
            (
                unknown,
                f"lines were placed more than {TOLD_WITHIN} days ago and are unknown to purchasing, and soon count as "
                "on order no more: send them, or let its orders have the files' numbers or quantities.",
            ),
            (
                not_booked,
                f"transfers were approved more than {TOLD_WITHIN} days ago and no store has booked them: send and book "
                "those that are to_send, soon they count no more; what is forgotten is proposed again: reject it, and "
                "do not send it (mart placed_transfers).",
            ),
            (
                not_there,
                "approved transfers are for more than the store has, and count only as far as it has it: reject "
                "them, or let the store count (mart placed_transfers).",
            ),
            (
                twice.height,
                "proposals are for no more than what is on order already and comes later: hasten that, or reject them "
                f"{_named(twice)}.",
            ),
        ),
    )


def _named(items: pl.DataFrame) -> str:
    """The first of some products in stores, in brackets."""
    first = [f"{product} in {store}" for store, product in items.select(ITEM).head(NAMED).iter_rows()]
    return f"({', '.join(first) or 'none'}{', …' if items.height > NAMED else ''})"


def _told(past: PastErrors) -> dict[str, float]:
    """What was measured of errors, as figures."""
    if past.errors is None:
        return {}
    widths = {f"error_width_{kind}": round(width, 2) for kind, width in past.errors.widths.items()}
    measured = {"error_correlation": past.errors.correlation, "error_growth": past.errors.growth}
    if past.off_by is not None:
        measured["expected_off_by"] = past.off_by
    return {name: round(value, 3) for name, value in measured.items()} | widths


def _forget_other_nights(lake: Lake, as_of: date) -> None:
    """Drop what was proposed long ago, and on later nights: marts stand at this one, so those were taken back."""
    for table in (REORDER_PROPOSALS, TRANSFER_PROPOSALS):
        for path in table.parts(lake):
            day = day_of(path.stem)
            if day and not as_of - timedelta(days=KEPT_DAYS) < day <= as_of:
                path.unlink()
