"""What all flows' assets have in common: keys, groups, owners, freshness, a run's night and its now, checks from
findings, tables and pictures, and how errors reach a person.
"""

import inspect
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, TypeVar

import dagster as dg
import polars as pl
from pydantic import BaseModel, create_model

from retail_assets.config import REPOSITORY
from retail_assets.dagster_kit.private import PARTITION_TAG
from retail_assets.dagster_kit.table_schema import table_schema
from retail_assets.error_classification import explained_full_disk
from retail_assets.errors import ExplainedError
from retail_assets.kit import previews
from retail_assets.kit.findings import Finding
from retail_assets.kit.lake_table import LakeTable
from retail_assets.partitions import first_night, moment_of
from retail_assets.platform import Flow, Platform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))
"""A night may be late by two hours before anybody is warned, and by half a day before it has failed."""

WEEKLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=15), warn_window=timedelta(days=8))
"""The same for what is made once a week: late by a day, failed after a second week without it."""

ONE_NIGHT_A_RUN = dg.BackfillPolicy.multi_run(1)
BACKFILL_TAG = "dagster/backfill"
DEFAULT_OWNER = "team:data"
FINDINGS_NAMED = 100
"""A check's result is an event in Dagster's database; what is beyond is counted."""

NIGHT_ONLY = {"retail/runs": "at_night"}
"""The tag of an asset that no drop starts."""

NOT_BY_MARTS = {"retail/runs": "not_by_marts"}
"""The tag of an asset that no drop starts which only changes marts that it reads."""

QUIET = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}
"""Run config of what sensors and schedules start: the terminal is told warnings and errors, the UI everything."""

_Body = TypeVar("_Body", bound=Callable[..., Any])

LEDGER = dg.AssetKey(["intake", "ledger"])
"""What came in and what became of it: drops, their counts, rejected rows, decisions."""

FOLDERS_TAG = "retail/folders"
"""Of a run that drops started: the inbox folders they lie in, with commas between."""


def feed_key(feed: str) -> dg.AssetKey:
    return dg.AssetKey(["feeds", feed])


def table_key(table: str) -> dg.AssetKey:
    """Of a table that a flow computes."""
    return dg.AssetKey(["lake", table])


def training_key(name: str) -> dg.AssetKey:
    """Of what a model's training makes."""
    return dg.AssetKey(["models", name])


def mart_key(mart: str) -> dg.AssetKey:
    return dg.AssetKey(["marts", mart])


def owners_of(platform: Platform, flow: str) -> list[str]:
    """Who answers for a flow's assets."""
    return platform.settings.owners.get(flow, [DEFAULT_OWNER])


def table_spec(
    platform: Platform,
    flow: Flow,
    table: LakeTable,
    *,
    deps: Sequence[dg.AssetKey | dg.AssetSpec],
    kinds: set[str],
    more: str = "",
) -> dg.AssetSpec:
    """The asset of a table that a flow computes; `more` follows its description. Marts that it reads are deps."""
    return dg.AssetSpec(
        table_key(table.name),
        deps=[*deps, *(mart_key(mart) for mart in table.reads)],
        group_name=flow.name,
        kinds=kinds,
        owners=owners_of(platform, flow.name),
        freshness_policy=FRESH,
        description=f"{table.description} {more}".strip(),
        metadata={
            "dagster/column_schema": table_schema(table.columns),
            "dagster/uri": f"lake/tables/{table.name}",
        },
        tags={"layer": "lake", "domain": flow.name} | _started(table),
    )


def _started(table: LakeTable) -> dict[str, str]:
    if table.only_at_night:
        return NIGHT_ONLY
    return {} if table.started_by_marts else NOT_BY_MARTS


def file_reference(path: Path) -> dict[str, Any]:
    """A file of the project, as a link from the UI."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        reference = dg.LocalFileCodeReference(file_path=str(path), line_number=1, label=_short(path))
        return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[reference])}


def _short(path: Path) -> str:
    return str(path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path)


def partitions_of(platform: Platform) -> dg.DailyPartitionsDefinition:
    """One partition a day, today's included: the 02:00 night of day D is partition D."""
    first, zone = first_night(platform.settings), platform.settings.time_zone
    return dg.DailyPartitionsDefinition(start_date=first.isoformat(), timezone=zone, end_offset=1)


# Checks


def check_result(
    name: str,
    finding: Finding,
    *,
    asset: dg.AssetKey | None = None,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=asset,
        passed=finding.passed,
        severity=severity,
        metadata=shown(finding.figures),
        description=None if finding.passed else previews.harmless(finding.advice),
    )


def shown(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures as metadata: numbers and plain texts as they are, frames and lists of rows as tables."""
    return {name: _shown(value) for name, value in figures.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, pl.DataFrame):
        return rows_table(value)
    if isinstance(value, str):
        return dg.MetadataValue.text(value)
    return value


def rows_table(rows: pl.DataFrame) -> dg.TableMetadataValue:
    """Rows as a table of the UI, whose cells are plain text."""
    columns = [dg.TableColumn(name, _ui_type(dtype)) for name, dtype in rows.schema.items()]
    return dg.MetadataValue.table(
        records=[dg.TableRecord(record) for record in previews.records(rows)],
        schema=dg.TableSchema(columns),
    )


def pictures(figures: "Mapping[str, Figure]") -> dict[str, dg.MarkdownMetadataValue]:
    """Figures as the UI shows them, by name."""
    return {
        name: dg.MetadataValue.md(previews.figure_markdown(figure, name.replace("_", " ")))
        for name, figure in figures.items()
    }


def _ui_type(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "int"
    return "float" if dtype.is_float() else "bool" if dtype == pl.Boolean() else "string"


# Runs


class Night:
    """The night that a run works on, and the one moment that it takes for now."""

    def __init__(
        self,
        context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext | dg.OpExecutionContext,
        platform: Platform,
    ) -> None:
        record = context.instance.get_run_record_by_id(context.run.run_id)
        # A run may have waited in the queue since it was asked for.
        started = datetime.fromtimestamp(record.start_time if record and record.start_time else time(), UTC)
        partition = context.run.tags.get(PARTITION_TAG)
        self.run_started: datetime = started
        self.as_of, self.now = moment_of(
            date.fromisoformat(partition) if partition else None, started, platform.settings.zone
        )


def is_backfill(context: dg.AssetExecutionContext) -> bool:
    """Whether a person asked for a night again, as part of a backfill."""
    return BACKFILL_TAG in context.run.tags


def materialise_backfilled(
    context: dg.AssetExecutionContext, key: dg.AssetKey, nights: Sequence[date]
) -> None:
    """Say of older nights that a run wrote anew beside its own that they are there."""
    for night in nights:
        context.log_event(dg.AssetMaterialization(key, partition=night.isoformat()))


def days(nights: Sequence[date]) -> str:
    """Nights as a figure of a materialisation."""
    return ", ".join(night.isoformat() for night in nights) or "none"


def told(platform: Platform) -> Callable[[_Body], _Body]:
    """Of the body of an asset or op: what a person has to mend, a full disk too, ends the run with its sentence and
    is not tried again.
    """

    def telling(body: _Body) -> _Body:
        def plain(*given: Any, **named: Any) -> Any:
            with _told(platform):
                return body(*given, **named)

        def in_steps(*given: Any, **named: Any) -> Any:
            with _told(platform):
                yield from body(*given, **named)

        return wraps(body)(in_steps if inspect.isgeneratorfunction(body) else plain)  # ty: ignore[invalid-explicit-return]

    return telling


@contextmanager
def _told(platform: Platform) -> Generator[None]:
    try:
        with explained_full_disk(platform.settings.data_dir):
            yield
    except ExplainedError as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def config_of(options: type[BaseModel], name: str) -> type[dg.Config]:
    """Options of plain code as a Dagster config, with their descriptions and defaults."""
    fields: dict[str, Any] = {field: (info.annotation, info) for field, info in options.model_fields.items()}
    return create_model(name, __base__=dg.Config, __doc__=options.__doc__, **fields)
