"""`make demo`: the sample retailer through one night, and a short table of what came out."""

import sys
import time
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from retail_assets.config import REPOSITORY, Settings
from retail_assets.lake import Lake
from retail_assets.nightly import run_nightly
from retail_assets.samples.generator import write_sample

DEMO_SEED = 7
DEMO_NIGHT = date(2026, 11, 20)
"""Fixed, so that a second demo has nothing new to drop and nothing new to publish."""


def main() -> int:
    settings = Settings()
    console = Console()
    started = time.monotonic()
    write_sample(settings=settings, seed=DEMO_SEED, as_of=DEMO_NIGHT, size="small")
    if not run_nightly(settings, DEMO_NIGHT):
        console.print(
            "[red]The nightly job failed; the lines above say where. `make dev` shows the run.[/red]"
        )
        return 1
    _report(console, settings, seconds=time.monotonic() - started)
    return 0


def _report(console: Console, settings: Settings, *, seconds: float) -> None:
    release = Lake(settings.data_dir).published.resolve()
    with duckdb.connect(str(release / "retail.duckdb"), read_only=True) as con:
        marts = con.execute(
            "select mart, rows, newest_business_date from _meta where mart is not null order by 1"
        ).fetchall()
        intake = con.execute("select state, count(*) from input_files group by 1 order by 1").fetchall()
        rejected = con.execute("select count(*) from rejected_rows").fetchone()
        photos = _photos(con)
    table = Table(title=f"Published as of {DEMO_NIGHT} in {seconds:.0f} s")
    table.add_column("mart")
    table.add_column("rows", justify="right")
    table.add_column("newest business date")
    for mart, rows, newest in marts:
        table.add_row(mart, f"{rows:,}", str(newest or ""))
    console.print(table)
    console.print(
        "Files: "
        + ", ".join(f"{count} {state}" for state, count in intake)
        + f"; rows rejected: {rejected[0] if rejected else 0}"
    )
    console.print(photos)
    where = _short(settings.data_dir / "published")
    console.print(f"\nTables:    {where}/retail.duckdb and {where}/parquet/")
    console.print("Next:      make dev            the Dagster UI on http://127.0.0.1:3000")
    console.print(
        'A query:   .venv/bin/python -c "import duckdb; print(duckdb.connect('
        f"'{where}/retail.duckdb', read_only=True).sql("
        "'select category, revenue, margin_percent from category_performance order by revenue desc'))\"",
        soft_wrap=True,
    )


def _photos(con: duckdb.DuckDBPyConnection) -> str:
    """What the photos of refunds became, in a few lines."""
    classes = con.execute(
        "select item_class, count(*) from refund_items where item_class is not null group by 1 order by 2 desc, 1"
    ).fetchall()
    review = con.execute("select count(*) from refund_items where needs_review").fetchone()
    other = con.execute(
        "select case_id, declared_class, item_class from refund_items where is_mismatch order by confidence desc"
    ).fetchall()
    example = "".join(f" ({case}: {shown}, not {declared})" for case, declared, shown in other[:1])
    return (
        f"Photos: {sum(count for _, count in classes)} of refunds; {review[0] if review else 0} to review; "
        f"{len(other)} not what their case says{example}\n"
        + ", ".join(f"{count} {name}" for name, count in classes)
    )


def _short(path: Path) -> Path:
    return path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path


if __name__ == "__main__":
    sys.exit(main())
