"""`make demo`: the sample retailer through one night and the morning after it, in which people decide about invoices;
what came out, and how much of the truth was found.
"""

import argparse
import sys
import time
from datetime import date
from pathlib import Path

from rich.table import Table

from retail_assets.command_run import RunSummary, run_assets, run_job, show_summary
from retail_assets.config import REPOSITORY, Settings
from retail_assets.errors import ExplainedError
from retail_assets.flows import platform_of
from retail_assets.initialise import initialise
from retail_assets.kit.terminal import Terminal, end_quietly
from retail_assets.partitions import require_night
from retail_assets.platform import Platform
from retail_assets.samples.generator import write_morning, write_sample
from retail_assets.samples.truth import truth_found

DEMO_SEED = 7
DEMO_NIGHT = date(2026, 11, 20)
"""Fixed, so that a second demo has nothing new to drop and nothing new to publish."""
FROM_THE_PAST = {"demand_forecast": {"days_back": [28, 7]}}
"""So that there are forecasts of days that are over, and forecast_accuracy says how good they were."""

CHANGED_BY_DECISIONS = (
    "feeds/decisions",
    "intake/ledger",
    "lake/file_profiles",
    "intermediate/int_invoices",
    "marts/invoices",
    "marts/invoice_lines",
    "marts/invoice_match",
    "marts/invoice_review",
    "marts/invoice_status_summary",
    "marts/input_files",
    "marts/source_columns",
    "marts/source_health",
    "published/release",
)
"""What the sensor of the decisions' folder would run, without what no decision of the sample touches."""


def main() -> int:
    argparse.ArgumentParser(prog=".venv/bin/python -m retail_assets.demo", description=__doc__).parse_args()
    platform, terminal = platform_of(Settings()), Terminal()
    started = time.monotonic()
    try:
        initialise(platform, first_night=DEMO_NIGHT)
        require_night(platform.settings, DEMO_NIGHT, newest=DEMO_NIGHT)
        terminal.say("Writing the sample retailer …")
        sample = write_sample(platform, seed=DEMO_SEED, as_of=DEMO_NIGHT, size="small")
        if sample.warning:
            terminal.say(sample.warning, "yellow")
        terminal.say(f"Running the night of {DEMO_NIGHT} …")
        done = run_job(platform, "nightly", DEMO_NIGHT, terminal, config=FROM_THE_PAST)
        morning = _morning(platform, terminal) if done.success else None
    except ExplainedError as error:
        terminal.fail(str(error))
        return 1
    if done.success:
        terminal.show(_published(platform, seconds=time.monotonic() - started))
        terminal.show(_found(platform))
        terminal.say(
            "The sample has deliberate faults, of which the platform warns: docs/sample-retailer.md."
        )
    show_summary(terminal, done)
    if morning is not None:
        show_summary(terminal, morning)
    if done.success:
        _next_steps(terminal, platform)
    return 0 if all(run.success for run in (done, morning) if run is not None) else 1


def _morning(platform: Platform, terminal: Terminal) -> RunSummary | None:
    """What people decide when they have seen what the night made; None when they did before."""
    if not write_morning(platform):
        return None
    terminal.say("In the morning people decide about invoices …")
    done = run_assets(platform, CHANGED_BY_DECISIONS, DEMO_NIGHT, terminal)
    done.what = f"Morning of {DEMO_NIGHT}"
    return done


def _published(platform: Platform, *, seconds: float) -> Table:
    """What readers see now; a platform that ran later nights stands at these."""
    import duckdb

    release = platform.lake.published.resolve()
    with duckdb.connect(str(release / "retail.duckdb"), read_only=True) as con:
        marts = con.execute("select mart, rows, newest_business_date from _marts order by 1").fetchall()
        [(as_of,)] = con.execute("select as_of from _meta").fetchall()
    table = Table(title=f"Published as of {as_of}, after {seconds:.0f} s")
    table.add_column("mart")
    table.add_column("rows", justify="right")
    table.add_column("newest business date")
    for mart, rows, newest in marts:
        table.add_row(mart, f"{rows:,}", str(newest or ""))
    return table


def _found(platform: Platform) -> Table:
    found = Table(title="What is true of the sample, and how much of it the platform found")
    for column in ("flow", "what", "true", "found", "not found"):
        found.add_column(column, justify="right" if column in ("true", "found") else "left")
    for one in truth_found(platform):
        found.add_row(one.flow, one.what, f"{one.true:,}", f"{one.found:,}", ", ".join(one.missed))
    return found


def _next_steps(terminal: Terminal, platform: Platform) -> None:
    where = _short(platform.settings.data_dir / "published")
    terminal.say("")
    terminal.say(f"Tables:    {where}/retail.duckdb and {where}/parquet/")
    terminal.say("Next:      make dev            the Dagster UI on http://127.0.0.1:3000")
    terminal.say(
        'A query:   .venv/bin/python -c "import duckdb; print(duckdb.connect('
        f"'{where}/retail.duckdb', read_only=True).sql("
        "'select category, revenue, margin_percent from category_performance order by revenue desc'))\""
    )


def _short(path: Path) -> Path:
    return path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path


if __name__ == "__main__":
    end_quietly()
    sys.exit(main())
