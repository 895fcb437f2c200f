"""The settings of refunds: what a photo may cost, categories, and what is trained on."""

from pathlib import Path

from pydantic import AliasChoices, Field

from retail_assets.config import FlowSettings


def _variable(name: str) -> AliasChoices:
    """The flow's name stands in front of its variables; once it did not, and what was set then still counts."""
    return AliasChoices(f"RETAIL_REFUND_{name}", f"RETAIL_{name}")


class RefundSettings(FlowSettings):
    """Limits of photos, and the folders of labelled ones."""

    photo_max_bytes: int = Field(
        64 * 2**20,
        validation_alias=_variable("PHOTO_MAX_BYTES"),
        description="Photos above this size are quarantined.",
    )
    photo_max_pixels: int = Field(
        120_000_000,
        validation_alias=_variable("PHOTO_MAX_PIXELS"),
        description="Photos with more pixels are quarantined.",
    )
    photo_memory_bytes: int = Field(
        3 * 2**30,
        validation_alias=_variable("PHOTO_MEMORY_BYTES"),
        description="Address-space limit of a decoding process.",
    )
    photo_seconds: float = Field(
        30, validation_alias=_variable("PHOTO_SECONDS"), description="Time limit for decoding one photo."
    )
    photo_processes: int = Field(
        2,
        validation_alias=_variable("PHOTO_PROCESSES"),
        ge=1,
        description="Processes that decode photos in admission.",
    )
    item_categories: Path | None = Field(
        None,
        validation_alias=_variable("ITEM_CATEGORIES"),
        description="YAML file: item category of return cases -> class of the photo. Adds to the packaged one.",
    )
    review_share: float = Field(
        0.25,
        validation_alias=_variable("REVIEW_SHARE"),
        ge=0,
        le=1,
        description="A night's share of photos to review above which a check warns.",
    )
    refund_training_dir: Path | None = Field(
        None, description="Labelled photos to learn from; by default data/training/refunds."
    )
    refund_holdout_dir: Path | None = Field(
        None,
        validation_alias=AliasChoices("RETAIL_REFUND_HOLDOUT_DIR", "RETAIL_REFUND_FROZEN_DIR"),
        description="Labelled photos that only judge; by default data/training/refunds-holdout.",
    )

    def training_folder(self, data_dir: Path) -> Path:
        return self.refund_training_dir or data_dir / "training" / "refunds"

    def holdout_folder(self, data_dir: Path) -> Path:
        if self.refund_holdout_dir is not None:
            return self.refund_holdout_dir
        folder, earlier = (data_dir / "training" / f"refunds-{name}" for name in ("holdout", "frozen"))
        return earlier if earlier.is_dir() and not folder.exists() else folder
