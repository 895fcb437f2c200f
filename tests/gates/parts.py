"""The parts of the flow, each where its declaration says."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
from sqlalchemy import Connection, select

from retail_assets.dagster_kit.wiring import LEDGER, Night, mart_key, table_spec
from retail_assets.database import platform_engine, reading
from retail_assets.decisions.files import drops_named
from retail_assets.decisions.kinds import ADMINISTRATOR, Kind, Subject
from retail_assets.errors import Unreadable
from retail_assets.intake.handlers import Batch, Handler, Identity, Inbox, Outcome
from retail_assets.intake.ledger_tables import CONTENT_METADATA, DROPS, LOADED, Drop
from retail_assets.platform import Platform
from retail_assets.samples.drops import Drops
from retail_assets.samples.sample import Sample
from retail_assets.samples.truth import Truth, TruthFound, ask_published
from tests.gates.flow import FLOW, GATE_COUNTS, GATE_STAFFING, GateSettings

FOLDER, SOURCE = "gates", "gate"

# A kind of drop


def handler(platform: Platform) -> Handler:
    """Reports of gates: `store;merchant;day;visitors`, in a folder per store or loose."""
    return Handler(
        name="gates",
        description="Reports of door gates.",
        inboxes=(Inbox(FOLDER, platform.lake.inbox / "doors" / FOLDER, nested=True),),
        reader=Batch(_load),
        identify=_identify,
        starts=lambda _: [f"lake/{GATE_COUNTS.name}"],
    )


def _identify(drop: Drop) -> Identity:
    return Identity(SOURCE, "1", {}, hashlib.sha256(f"gate 1 {drop.sha256}".encode()).hexdigest()[:32])


def _load(paths: Sequence[Path]) -> Iterator[Outcome | Unreadable]:
    for path in paths:
        words = path.read_text(errors="replace").strip().split(";")
        if len(words) != 4 or not words[3].isdigit():
            yield Unreadable("not_a_gate_report", "A gate report has store, merchant, day and visitors.")
        else:
            store, merchant, day, visitors = words
            yield Outcome(
                metadata={"store_id": store, "merchant_id": merchant, "day": day, "visitors": int(visitors)}
            )


# Computed tables: one from what was dropped, one from a mart


def definitions(platform: Platform) -> dg.Definitions:
    @dg.multi_asset(
        name=GATE_COUNTS.name,
        specs=[table_spec(platform, FLOW, GATE_COUNTS, deps=[LEDGER], kinds={"parquet"})],
    )
    def gate_counts() -> None:
        GATE_COUNTS.write(platform.lake, "counts", _counts(platform))

    @dg.multi_asset(
        name=GATE_STAFFING.name,
        specs=[table_spec(platform, FLOW, GATE_STAFFING, deps=[mart_key("gate_visits")], kinds={"parquet"})],
    )
    def gate_staffing(context: dg.AssetExecutionContext) -> None:
        context.log.info(f"Staffing as of {Night(context, platform).as_of}.")
        per = platform.settings_of(GateSettings).gate_staff_per_visitors
        with duckdb.connect(str(platform.lake.warehouse), read_only=True) as warehouse:
            busiest = "select store_id, max(visitors) as visitors from marts.gate_visits group by store_id"
            visits = warehouse.sql(busiest).pl()
        staffing = visits.select("store_id", assistants=(pl.col("visitors") / per).ceil().cast(pl.Int64))
        GATE_STAFFING.write(platform.lake, "stores", staffing.sort("store_id"))

    return dg.Definitions(assets=[gate_counts, gate_staffing])


def _counts(platform: Platform) -> pl.DataFrame:
    query = (
        select(DROPS.c.sequence, CONTENT_METADATA.c.metadata)
        .join(CONTENT_METADATA, CONTENT_METADATA.c.content_key == DROPS.c.content_key)
        .where(DROPS.c.folder == FOLDER, DROPS.c.state == LOADED)
        .order_by(DROPS.c.sequence)
    )
    with platform_engine(platform.settings) as engine, reading(engine) as connection:
        rows = [{"sequence": n, **json.loads(text)} for n, text in connection.execute(query)]
    reports = pl.DataFrame(rows, schema_overrides={"day": pl.String}) if rows else GATE_COUNTS.empty()
    return reports.with_columns(business_date=pl.col("day").str.to_date()) if rows else reports


# A kind of decision


def decision_kinds(_: Platform) -> list[Kind]:
    def states(connection: Connection, subjects: pl.Series) -> pl.DataFrame:
        found, refused = drops_named(connection, subjects)
        counted = [(subject, "counted") for subject, drop in found.items() if drop.folder == FOLDER]
        schema = {"subject": pl.String, "state": pl.String}
        return pl.concat([pl.DataFrame(counted, schema=schema, orient="row"), refused], how="diagonal")

    return [
        Kind(
            name="judge_gate",
            about=Subject("gate report", states),
            description="Say that a gate was broken, so that its report does not count.",
            roles=frozenset({ADMINISTRATOR}),
            transitions={verdict: {"counted": "counted"} for verdict in ("broken", "fine")},
            effect="Gate report {label} is {verdict}.",
        )
    ]


# A sample, and what is true of it


def write_sample(sample: Sample, drops: Drops) -> None:
    """Two stores of two merchants, two days; one report that cannot be read."""
    end = sample.plan.as_of - timedelta(days=1)
    rows = [
        (store, merchant, end - timedelta(days=ago), visitors)
        for store, merchant, counts in (("S1", "M1", (120, 80)), ("S2", "M2", (30, 260)))
        for ago, visitors in enumerate(counts)
    ]
    at = sample.file_time(sample.periods[-1], 1, 50)
    for store, merchant, day, visitors in rows:
        content = f"{store};{merchant};{day};{visitors}\n".encode()
        drops.add("doors/gates", f"{store}/{day}.gate", content, at=at)
    drops.add("doors/gates", "noise.gate", b"%%%", at=at)
    schema = {"store_id": pl.String, "merchant_id": pl.String, "business_date": pl.Date, "visitors": pl.Int64}
    drops.keep_truth("gates/reports", pl.DataFrame(rows, schema=schema, orient="row"))


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Days of stores whose visitors are exact in gate_visits."""
    told = truth("gates/reports")
    query = """
        select count(*) from told inner join gate_visits as found
        using (store_id, business_date, visitors)
    """
    exact = ask_published(platform, query, told=told).item()
    return [TruthFound("gates", "days of stores, visitors exact", told.height, exact)]
