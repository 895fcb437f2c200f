"""The settings of returns."""

from pydantic import Field

from retail_assets.config import FlowSettings


class ReturnSettings(FlowSettings):
    """How the queue of operations is cut."""

    return_queue_page_rows: int = Field(15, ge=1, description="Cases on a page of the queue.")
    return_queue_closed_days: int = Field(
        30, ge=0, description="Closed cases stay in the queue so many days."
    )
