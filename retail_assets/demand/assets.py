"""Daily demand becomes forecasts. Wiring only."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
from pydantic import BaseModel, Field

from retail_assets.dagster_kit.wiring import (
    ONE_NIGHT_A_RUN,
    Night,
    check_result,
    config_of,
    partitions_of,
    pictures,
    rows_table,
    table_spec,
    told,
)
from retail_assets.demand.flow import FLOW
from retail_assets.demand.tables import (
    DEMAND_CALIBRATIONS,
    DEMAND_FORECAST,
    DEMAND_FORECAST_TOTALS,
    DEMAND_ISSUES,
)
from retail_assets.names import printable
from retail_assets.platform import Platform

CHECK, HEARD, KNOWN = "a_version_calibrated", "every_store_is_heard", "every_product_is_known"
WARN = dg.AssetCheckSeverity.WARN


class ForecastOptions(BaseModel):
    """What else a night foretells."""

    days_back: list[int] = Field(
        [],
        description="Foretell from so many days before the night too, so that there is something to judge at once.",
    )
    weigh_anew: bool = Field(
        False,
        description="Weigh nights that were forecast before by what is known now, and not by what they took then.",
    )


def definitions(platform: Platform) -> dg.Definitions:
    forecasts = table_spec(platform, FLOW, DEMAND_FORECAST, deps=[], kinds={"lightgbm", "parquet"})
    totals = table_spec(platform, FLOW, DEMAND_FORECAST_TOTALS, deps=[], kinds={"polars", "parquet"})
    issues = table_spec(platform, FLOW, DEMAND_ISSUES, deps=[], kinds={"polars", "parquet"})
    calibrations = table_spec(platform, FLOW, DEMAND_CALIBRATIONS, deps=[], kinds={"polars", "parquet"})
    options = config_of(ForecastOptions, "demand_forecast_options")

    @dg.multi_asset(
        name=DEMAND_FORECAST.name,
        specs=[forecasts, totals, issues, calibrations],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
        can_subset=True,  # whichever is asked for, all are written: they are of one forecast
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=forecasts.key,
                description="The night's forecast was weighed by what a version of the model learnt.",
            ),
            dg.AssetCheckSpec(
                HEARD,
                asset=issues.key,
                description="Every store that was open on a day of the last weeks sold something on it.",
            ),
            dg.AssetCheckSpec(
                KNOWN,
                asset=issues.key,
                description="Of everything that is sold it is known what it is, so that it is foretold.",
            ),
        ],
    )
    @told(platform)
    def demand_forecast(context: dg.AssetExecutionContext, config: options) -> Iterator[Any]:  # ty: ignore[invalid-type-form]
        from retail_assets.demand.forecasting import (
            a_version_calibrated,
            every_product_is_known,
            every_store_is_heard,
            forecast_night,
            thin,
        )
        from retail_assets.demand.previews import figures

        night = Night(context, platform)
        for back in sorted(config.days_back, reverse=True):
            origin = night.as_of - timedelta(days=back)
            forecast_night(platform, origin=origin, tell=context.log.info, anew=config.weigh_anew)
        found = forecast_night(platform, origin=night.as_of, tell=context.log.info, anew=config.weigh_anew)
        finding = a_version_calibrated(found)
        if not finding.passed:
            context.log.warning(printable(finding.advice))
        if forecasts.key in context.selected_asset_keys:
            yield dg.MaterializeResult(
                asset_key=forecasts.key,
                metadata={
                    "series": 0 if found.demand is None else found.demand.pairs.height,
                    "models": ", ".join(found.rows["model"].unique().sort()),
                    "calibration": found.learnt.version if found.learnt else "none",
                    "thinned": len(thin(platform.lake, night=night.as_of)),
                    **pictures(figures(platform, found)),
                },
                check_results=[check_result(CHECK, finding, asset=forecasts.key, severity=WARN)],
            )
        if totals.key in context.selected_asset_keys:
            counted = found.totals.filter(days_ahead=1).group_by("level").len().sort("level")
            yield dg.MaterializeResult(asset_key=totals.key, metadata={"sums": rows_table(counted)})
        if issues.key in context.selected_asset_keys:
            counted = found.issues.group_by("model", "issue").len().sort("model", "issue", nulls_last=False)
            findings = {HEARD: every_store_is_heard(found), KNOWN: every_product_is_known(found)}
            yield dg.MaterializeResult(
                asset_key=issues.key,
                metadata={"issues": found.issues.height, "by_kind": rows_table(counted)},
                check_results=[
                    check_result(name, finding, asset=issues.key, severity=WARN)
                    for name, finding in findings.items()
                ],
            )
        if calibrations.key in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=calibrations.key)

    return dg.Definitions(assets=[demand_forecast])
