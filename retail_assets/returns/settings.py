"""The settings of returns."""

from pydantic import Field

from retail_assets.config import FlowSettings


class ReturnSettings(FlowSettings):
    """How the queue of operations is cut, and how its risk is learned and judged."""

    return_queue_page_rows: int = Field(15, ge=1, description="Cases on a page of the queue.")
    return_queue_closed_days: int = Field(
        30, ge=0, description="Closed cases stay in the queue so many days."
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
