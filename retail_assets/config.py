"""The one settings object. Nothing else in the project reads the environment.

Every path hangs off `data_dir`, so that two platforms stand side by side on one machine when their
`RETAIL_DATA_DIR` and `DAGSTER_HOME` differ. A setting `x` comes from the variable `RETAIL_X`.
"""

from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = REPOSITORY / "dbt_project"


class Settings(BaseSettings):
    """What a deployment may set; the defaults run the platform on one machine from a checkout."""

    model_config = SettingsConfigDict(
        env_prefix="RETAIL_", frozen=True, extra="ignore", populate_by_name=True
    )

    data_dir: Path = Field(REPOSITORY / "data", description="The folder under which everything lies.")
    dagster_home: Path = Field(
        REPOSITORY / ".dagster", validation_alias="DAGSTER_HOME", description="Dagster's own folder."
    )
    time_zone: str = Field("Europe/Berlin", description="The retailer's zone: of business dates and nights.")
    platform_url: str | None = Field(None, description="SQLAlchemy URL of the platform database.")
    mlflow_url: str | None = Field(None, description="SQLAlchemy URL of the MLflow tracking database.")

    settle_seconds: float = Field(
        2.0, ge=0, description="Pause between the two looks at a file without a .done marker (no sensor)."
    )
    max_file_bytes: int = Field(20 * 2**30, description="Files above this size are quarantined.")
    max_unpacked_bytes: int = Field(2 * 2**30, description="Limit of what a zipped workbook may unpack to.")
    max_columns: int = Field(2_000, description="A table with more columns is quarantined.")
    reader_memory_bytes: int = Field(6 * 2**30, description="Address-space limit of the reading process.")
    reader_seconds: float = Field(1_800, description="Time limit for reading one file.")
    photo_max_bytes: int = Field(64 * 2**20, description="Photos above this size are quarantined.")
    photo_max_pixels: int = Field(120_000_000, description="Photos with more pixels are quarantined.")
    photo_memory_bytes: int = Field(3 * 2**30, description="Address-space limit of a decoding process.")
    photo_seconds: float = Field(30, description="Time limit for decoding one photo.")
    photo_processes: int = Field(2, ge=1, description="Processes that decode photos in admission.")
    duckdb_memory: str = Field("2GB", description="DuckDB's memory limit in admission and in the warehouse.")
    duckdb_threads: int = Field(2, ge=1)

    releases_kept: int = Field(3, ge=3, description="Releases that always stay.")
    release_min_age_seconds: float = Field(3600, ge=0, description="Younger releases stay in any case.")

    window_days: int = Field(90, description="Window of product performance and of the ABC classes.")
    xyz_weeks: int = Field(13, description="Complete weeks of demand behind the XYZ classes.")
    abc_cuts: tuple[float, float] = Field((0.80, 0.95), description="Cumulated revenue shares of A and A+B.")
    xyz_cuts: tuple[float, float] = Field((0.5, 1.0), description="Coefficients of variation of X and Y.")
    demand_days: int = Field(28, description="Days of sales behind the daily rate of days of cover.")
    low_stock_days: float = Field(7, description="Cover below this many days is low stock.")
    overstock_days: float = Field(90, description="Cover above this many days is overstock.")
    dead_stock_days: int = Field(60, description="Stock without a sale for this many days is dead stock.")

    item_categories: Path | None = Field(
        None,
        description="YAML file: item category of return cases -> class of the photo. Adds to the packaged one.",
    )
    review_share: float = Field(
        0.25, ge=0, le=1, description="A night's share of photos to review above which a check warns."
    )

    refund_training_dir: Path | None = Field(
        None, description="Labelled photos to learn from; by default data/training/refunds."
    )
    refund_frozen_dir: Path | None = Field(
        None, description="Labelled photos that only judge; by default data/training/refunds-frozen."
    )
    gate_min_real_examples: int = Field(
        20, ge=1, description="Real photos of each class in the frozen set that a promotion takes."
    )
    gate_min_gain: float = Field(
        0.002, ge=0, description="By how much a candidate has to beat the champion's accuracy."
    )

    roles: dict[str, list[str]] = Field(
        {"admin": ["administrator"]}, description="Actor id -> roles, as JSON. Never taken from a file."
    )

    @field_validator("data_dir", "dagster_home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value if value.is_absolute() else REPOSITORY / value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def refund_training_folder(self) -> Path:
        return self.refund_training_dir or self.data_dir / "training" / "refunds"

    @property
    def refund_frozen_folder(self) -> Path:
        return self.refund_frozen_dir or self.data_dir / "training" / "refunds-frozen"

    @property
    def platform_database_url(self) -> str:
        return self.platform_url or f"sqlite:///{self.data_dir / 'platform.db'}"

    @property
    def mlflow_database_url(self) -> str:
        return self.mlflow_url or f"sqlite:///{self.data_dir / 'mlflow' / 'mlflow.db'}"
