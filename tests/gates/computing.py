"""What Python works out: one table of what was dropped, one of a mart. Without Dagster."""

import json
from datetime import date

import polars as pl
from sqlalchemy import select

from retail_assets.database import platform_engine, reading
from retail_assets.intake.ledger_tables import CONTENT_METADATA, DROPS, LOADED
from retail_assets.platform import Platform
from retail_assets.warehouse.reading import read_mart
from tests.gates.flow import GATE_COUNTS, GATE_STAFFING, GateSettings
from tests.gates.handler import FOLDER


def write_counts(platform: Platform) -> None:
    query = (
        select(DROPS.c.sequence, CONTENT_METADATA.c.metadata)
        .join(CONTENT_METADATA, CONTENT_METADATA.c.content_key == DROPS.c.content_key)
        .where(DROPS.c.folder == FOLDER, DROPS.c.state == LOADED)
        .order_by(DROPS.c.sequence)
    )
    with platform_engine(platform.settings) as engine, reading(engine) as connection:
        rows = [{"sequence": n, **json.loads(text)} for n, text in connection.execute(query)]
    counts = GATE_COUNTS.empty()
    if rows:
        counts = pl.DataFrame(rows).with_columns(business_date=pl.col("day").str.to_date())
    GATE_COUNTS.write(platform.lake, "counts", counts)


def write_staffing(platform: Platform, *, as_of: date) -> None:
    visits = read_mart(platform, "gate_visits", "store_id", "business_date", "visitors")
    busiest = visits.filter(pl.col("business_date") < as_of).group_by("store_id").agg(pl.max("visitors"))
    per = platform.settings_of(GateSettings).gate_staff_per_visitors
    staffing = busiest.select("store_id", assistants=(pl.col("visitors") / per).ceil())
    GATE_STAFFING.write(platform.lake, "stores", staffing.sort("store_id"))
