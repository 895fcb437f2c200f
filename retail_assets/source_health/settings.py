"""The settings of source health: what of a source is out of the usual."""

from pydantic import Field

from retail_assets.config import FlowSettings


class SourceHealthSettings(FlowSettings):
    """Against how much history a source is judged, and how far off is far."""

    source_history_nights: int = Field(
        28, ge=1, description="Nights before this one that say what a source usually sends."
    )
    source_least_nights: int = Field(
        10, ge=2, description="Nights with files of a source before its counts and shares are judged."
    )
    source_least_files: int = Field(
        3, ge=1, description="Earlier files of a source before its columns and words are judged."
    )
    source_spread: float = Field(
        5.0, gt=0, description="So many usual deviations (of the median, by MAD) from the median are far."
    )
    source_rows_factor: float = Field(
        3.0,
        gt=1,
        description="Fewer rows than the usual divided by this, or more than that many times, are far.",
    )
    source_share_change: float = Field(
        0.1, gt=0, le=1, description="A share of nulls or rejects that moved by less is as usual."
    )
    source_words: int = Field(
        20,
        ge=1,
        le=50,
        description="A column with at most so many different words is coded: a new one is news.",
    )
