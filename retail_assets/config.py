"""The platform's settings; a flow's own stand with the flow. Nothing else in the project reads the environment.

Every path hangs off `data_dir`, so that two platforms stand side by side on one machine when their
`RETAIL_DATA_DIR` and `DAGSTER_HOME` differ. A setting `x` comes from the variable `RETAIL_X`.
"""

from datetime import date
from functools import cached_property
from glob import has_magic
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ml.errors import ExplainedError

REPOSITORY = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = REPOSITORY / "dbt_project"


class UnusablePath(ExplainedError):
    """A folder whose name some engine would not take for a name."""


class FlowSettings(BaseSettings):
    """The settings of a flow."""

    model_config = SettingsConfigDict(
        env_prefix="RETAIL_", frozen=True, extra="ignore", populate_by_name=True
    )

    @classmethod
    def variables(cls) -> set[str]:
        """The environment variables from which they come."""
        found = set()
        for name, info in cls.model_fields.items():
            alias = info.validation_alias
            aliases = alias.choices if isinstance(alias, AliasChoices) else [alias] if alias else []
            found |= {str(one).upper() for one in aliases} or {f"RETAIL_{name}".upper()}
        return found


class Settings(FlowSettings):
    """What a deployment may set of the platform; the defaults run it on one machine from a checkout."""

    data_dir: Path = Field(REPOSITORY / "data", description="The folder under which everything lies.")
    dagster_home: Path = Field(
        REPOSITORY / ".dagster", validation_alias="DAGSTER_HOME", description="Dagster's own folder."
    )
    dbt_project_dir: Path = Field(DBT_PROJECT_DIR, description="The dbt project that builds the warehouse.")
    time_zone: str = Field("Europe/Berlin", description="The retailer's zone: of business dates and nights.")
    platform_url: str | None = Field(None, repr=False, description="SQLAlchemy URL of the platform database.")
    mlflow_url: str | None = Field(
        None,
        repr=False,
        description="The model registry: SQLAlchemy URL of MLflow's database, or an MLflow server's address.",
    )

    settle_seconds: float = Field(
        2.0, ge=0, description="Pause between the two looks at a file without a .done marker (no sensor)."
    )
    max_file_bytes: int = Field(20 * 2**30, description="Files above this size are quarantined.")
    max_unpacked_bytes: int = Field(
        4 * 2**30, description="Limit of what a workbook or the values of a Parquet file may unpack to."
    )
    max_columns: int = Field(2_000, description="A table with more columns is quarantined.")
    reader_memory_bytes: int = Field(
        6 * 2**30, description="Address-space limit of the processes that read and map."
    )
    reader_seconds: float = Field(1_800, description="Time limit for reading one file, and for mapping it.")
    rejected_at_most: float = Field(
        0.5,
        ge=0,
        le=1,
        description="A file of which more of the records are rejected is quarantined; a mapping may say another share.",
    )
    day_at_least: float = Field(
        0.5,
        ge=0,
        le=1,
        description="A store's day is replaced by a file that brings at least this share of its records; a mapping may "
        "say another share.",
    )
    archive_max_parts: int = Field(10_000, description="An archive with more files is quarantined.")
    archive_max_bytes: int = Field(8 * 2**30, description="Limit of what an archive may unpack to.")
    archive_max_depth: int = Field(2, description="Archives in archives, up to so many.")
    archive_seconds: float = Field(1_800, description="Time limit for unpacking one archive.")
    duckdb_memory: str = Field("2GB", description="DuckDB's memory limit in admission and in the warehouse.")
    duckdb_threads: int = Field(2, ge=1, description="DuckDB's threads in admission and in the warehouse.")

    releases_kept: int = Field(3, ge=3, description="Releases that always stay.")
    release_min_age_seconds: float = Field(3600, ge=0, description="Younger releases stay in any case.")
    mart_may_shrink: float = Field(
        0.5, ge=0, le=1, description="Share of its rows that a mart may lose from one release to the next."
    )

    first_night: date | None = Field(
        None, description="The oldest night that can be run; by default the day on which set-up ran."
    )
    audience_groups: dict[str, str] = Field(
        {}, description="Audience, or merchants/ID -> group of the system that may read its folder, as JSON."
    )
    owners: dict[str, list[str]] = Field(
        {}, description="Flow -> owners of its assets, as JSON; by default team:data."
    )
    roles: dict[str, list[str]] = Field(
        {"admin": ["administrator"]}, description="Actor id -> roles, as JSON. Never taken from a file."
    )

    web_hosts: list[str] = Field(
        [], description="Names under which browsers reach the UI, besides this machine's own, as JSON."
    )
    login_header: str | None = Field(
        None,
        description="The header in which a login in front of the UI names the person, as X-Forwarded-User.",
    )
    local_actor: str = Field(
        "admin",
        description="Who decides in the UI where no login stands before it: whoever reaches its port.",
    )

    @field_validator("data_dir", "dagster_home", "dbt_project_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        if "?" in str(value):
            raise UnusablePath(
                f"{value}: DuckDB and SQLite take what follows a question mark for options; name another folder."
            )
        # Links on the way to the platform's folders are the operator's; below them none is followed.
        return (REPOSITORY / value).resolve()

    @field_validator("dagster_home")
    @classmethod
    def _no_pattern(cls, value: Path) -> Path:
        if has_magic(str(value)):
            raise UnusablePath(
                f"{value}: Dagster takes * and [ for a pattern where it looks for its dagster.yaml, finds none and "
                "runs without it, reporting to its makers; name another folder (DAGSTER_HOME)."
            )
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def command_logs(self) -> Path:
        """Where commands log. In `logs` of this folder Dagster's servers take whatever lies there, and send it to its
        makers, telemetry or not.
        """
        return self.dagster_home / "command_logs"

    @property
    def platform_database_url(self) -> str:
        return self.platform_url or _sqlite(self.data_dir / "platform.db")

    @property
    def registry_url(self) -> str:
        return self.mlflow_url or _sqlite(self.data_dir / "mlflow" / "mlflow.db")


def _sqlite(file: Path) -> str:
    return f"sqlite:///{quote(str(file))}"
