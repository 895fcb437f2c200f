"""A night of replenishment: what comes of what is known is written."""

from dataclasses import dataclass
from datetime import date, timedelta

from ml.replenishment.demand import WEEK
from retail_assets.intake.ledger import newest_night
from retail_assets.inventory.knowing import FORECAST, day_of, known_on, newest_forecast
from retail_assets.inventory.past_errors import PastErrors, past_errors
from retail_assets.inventory.planning import Policy, days_left
from retail_assets.inventory.proposing import Proposed, propose
from retail_assets.inventory.settings import InventorySettings
from retail_assets.inventory.tables import (
    NEWEST,
    REORDER_POINTS,
    REORDER_PROPOSALS,
    TRANSFER_PROPOSALS,
)
from retail_assets.kit.findings import Finding
from retail_assets.lake import Lake
from retail_assets.platform import Platform

KEPT_DAYS = 90
"""Proposals of older nights are dropped; what was placed of them stays in placed_order_lines."""


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
    lake, night = platform.lake, as_of.isoformat()
    REORDER_POINTS.write(lake, NEWEST, proposed.points if proposed else REORDER_POINTS.empty())
    REORDER_PROPOSALS.write(lake, night, proposed.orders if proposed else REORDER_PROPOSALS.empty())
    TRANSFER_PROPOSALS.write(lake, night, proposed.transfers if proposed else TRANSFER_PROPOSALS.empty())
    _forget_other_nights(lake, as_of)
    return NightProposed(proposed, why, past)


def policy_of(platform: Platform) -> Policy:
    settings = platform.settings_of(InventorySettings)
    return Policy(
        rules=settings.rules,
        service_levels=settings.service_levels,
        landing_shares=settings.replenish_landing_shares,
        lead_days=settings.replenish_lead_days,
        overdue_days=settings.replenish_overdue_days,
        error_correlation=settings.replenish_error_correlation,
        rejected_change=settings.replenish_rejected_change,
    )


def a_forecast_to_order_by(done: NightProposed) -> Finding:
    """Whether the night had a forecast of the last days, and said something of all that is in it."""
    if done.proposed is None:
        return Finding(passed=False, advice=done.why)
    proposed = done.proposed
    suppliers = proposed.orders["supplier_id"]
    return Finding(
        passed=not (proposed.without_forecast or suppliers.null_count()),
        figures={
            "planned": proposed.points.height,
            "orders": proposed.orders.height,
            "transfers": proposed.transfers.height,
            "held_back": proposed.points["held_back_by"].count(),
            "overdue_deliveries": proposed.overdue,
            "past_origins": done.past.origins,
            **_told(done.past),
            "never_counted": proposed.never_counted,
            "without_forecast": proposed.without_forecast,
            "without_supplier": suppliers.null_count(),
        },
        advice=f"{proposed.without_forecast:,} products in stores have no whole forecast, and "
        f"{suppliers.null_count():,} proposals no supplier: give these products a main supplier or terms.",
    )


def _told(past: PastErrors) -> dict[str, float]:
    """What was measured of errors, as figures."""
    if past.errors is None:
        return {}
    widths = {f"error_width_{kind}": round(width, 2) for kind, width in past.errors.widths.items()}
    measured = {"error_correlation": past.errors.correlation, "error_growth": past.errors.growth}
    return {name: round(value, 3) for name, value in measured.items()} | widths


def _forget_other_nights(lake: Lake, as_of: date) -> None:
    """Drop what was proposed long ago, and on later nights: marts stand at this one, so those were taken back."""
    for table in (REORDER_PROPOSALS, TRANSFER_PROPOSALS):
        for path in table.parts(lake):
            day = day_of(path.stem)
            if day and not as_of - timedelta(days=KEPT_DAYS) < day <= as_of:
                path.unlink()
