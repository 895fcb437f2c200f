"""The settings of sales: the windows and cuts of its marts."""

from pydantic import Field

from retail_assets.config import FlowSettings


class SalesSettings(FlowSettings):
    """Windows and classes of product and category performance."""

    window_days: int = Field(90, description="Window of product performance and of the ABC classes.")
    xyz_weeks: int = Field(13, description="Complete weeks of demand behind the XYZ classes.")
    abc_cuts: tuple[float, float] = Field((0.80, 0.95), description="Cumulated revenue shares of A and A+B.")
    xyz_cuts: tuple[float, float] = Field((0.5, 1.0), description="Coefficients of variation of X and Y.")
