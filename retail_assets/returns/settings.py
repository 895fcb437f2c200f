"""The settings of returns."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from retail_assets.config import FlowSettings
from retail_assets.errors import ExplainedError
from retail_assets.returns.calendar import Calendar, read_calendar
from retail_assets.returns.rules import WAITING_STATUSES


class UnknownStatus(ExplainedError):
    """A status in which clocks cannot stand still."""


def _statuses(given: object) -> tuple[str, ...]:
    named = given.split(",") if isinstance(given, str) else list(given)  # ty: ignore[invalid-argument-type]
    found = tuple(sorted({one.strip() for one in named} - {""}))
    if unknown := set(found) - set(WAITING_STATUSES):
        raise UnknownStatus(
            f"RETAIL_SLA_PAUSED_IN names {', '.join(sorted(unknown))}. Clocks can stand still in "
            f"{' and '.join(WAITING_STATUSES)}: name one of them or both, with a comma between."
        )
    return found


class ReturnSettings(FlowSettings):
    """How the queue of operations is cut, what counts towards promised times, how the risk is learned and judged."""

    return_queue_page_rows: int = Field(15, ge=1, description="Cases on a page of the queue.")
    return_queue_closed_days: int = Field(
        30, ge=0, description="Closed cases stay in the queue so many days."
    )
    sla_calendar: Annotated[Calendar | None, NoDecode, BeforeValidator(read_calendar)] = Field(
        None, description="YAML file with business hours and holidays: promised hours are hours of these."
    )
    sla_paused_in: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_statuses)] = Field(
        (), description="Waiting statuses in which promised times stand still, with commas between."
    )
    return_label_days: float = Field(
        14, gt=0, description="Days from its opening in which a case may escalate, or miss its due time."
    )
    return_holdout_days: int = Field(
        28, ge=1, description="The newest days of cases with a known outcome, which judge a model."
    )
    return_review_share: float = Field(
        0.1, gt=0, le=1, description="The part of cases that operations can look at."
    )
    return_drift_days: int = Field(
        28, ge=1, description="The newest days of cases that are compared with those of the training."
    )
