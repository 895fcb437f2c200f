"""Ten million sales lines: rows alone and whole admission against pandas, in the same run.

    python -m benchmarks.admission [--rows 10000000]

Each way is a process of its own. The pandas way is what one would write first: read_csv, the contract's checks
as column expressions, drop what fails, to_parquet. Peak memory is that of the largest process.
"""

import argparse
import shutil
import sys
from pathlib import Path

from benchmarks.measure import WORK, Measured, measure, sales_csv

GERMAN_TILL = """
source: benchmark_till
match:
  folder: sales
  files: "sales_german_*.csv"
file:
  delimiter: ";"
values:
  decimal: ","
  dates: ["%d.%m.%Y %H:%M:%S"]
  time_zone: Europe/Berlin
targets:
  - feed: sales
    columns:
      order_id: Bon
      line_number: Zeile
      store_id: Filiale
      product_id: Artikel
      sold_at: Zeit
      quantity: Menge
      unit_price: Preis
      currency: {constant: EUR}
      customer_id: Kunde
      discount: Rabatt
      tax_rate: {column: MwSt, percent: true}
"""


def pandas_way(path: Path, folder: Path) -> None:
    import pandas as pd

    frame = pd.read_csv(path, dtype={"order_id": str, "store_id": str, "product_id": str, "customer_id": str})
    frame["sold_at"] = pd.to_datetime(frame["sold_at"], utc=True, errors="coerce")
    for column in ("quantity", "unit_price", "discount", "tax_rate"):
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    required = [
        "order_id",
        "line_number",
        "store_id",
        "product_id",
        "sold_at",
        "quantity",
        "unit_price",
        "currency",
    ]
    good = frame[required].notna().all(axis=1) & (frame["unit_price"] >= 0)
    good &= frame["tax_rate"].isna() | frame["tax_rate"].between(0, 1)
    good &= frame["currency"].str.fullmatch("[A-Z]{3}")
    good &= ~frame.duplicated(["order_id", "line_number"], keep="last")
    frame[good].to_parquet(folder / "pandas.parquet")


def _platform(folder: Path):
    from retail_assets.config import Settings
    from retail_assets.flows import platform_of

    return platform_of(Settings(data_dir=folder, dagster_home=folder / "dagster", settle_seconds=0))


def rows_alone(path: Path, folder: Path) -> None:
    """Validation and Parquet alone: no copy, no hash, no ledger."""
    from retail_assets.feeds.handler import current_sources
    from retail_assets.feeds.loading import load_content

    platform = _platform(folder)
    loaded = load_content(
        stored=path,
        name=path.name,
        match=current_sources(platform).match("sales", path.name),
        content_key="0" * 32,
        lake=platform.lake,
        settings=platform.settings,
    )
    print(loaded.counts)


def whole_admission(path: Path, folder: Path) -> None:
    from datetime import date

    from retail_assets.database import migrate
    from retail_assets.intake.admission import admit

    platform = _platform(folder)
    migrate(platform.settings)
    handlers = platform.handlers()
    inbox = handlers.inboxes["sales"].path
    inbox.mkdir(parents=True)
    shutil.copy(path, inbox / path.name)
    (inbox / f"{path.name}.done").touch()
    night = date(2026, 11, 20)
    report = admit(settings=platform.settings, handlers=handlers, as_of=night, folders=["sales"])
    print("\n".join(report.summary()))


WAYS = {"pandas": pandas_way, "rows": rows_alone, "admission": whole_admission}


def _measured(way: str, path: Path) -> Measured:
    folder = WORK / "lake"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "benchmark_till.yaml").write_text(GERMAN_TILL)
    result = measure("-m", "benchmarks.admission", "--way", way, "--path", path, "--folder", folder)
    shutil.rmtree(folder, ignore_errors=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--without-pandas", action="store_true", help="for files that pandas cannot hold")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        WAYS[arguments.way](arguments.path, arguments.folder)
        return
    plain, german = sales_csv(arguments.rows), sales_csv(arguments.rows, dialect="german")
    print(f"{arguments.rows:,} lines, {plain.stat().st_size / 1e6:.0f} MB")
    figures = {} if arguments.without_pandas else {"pandas": _measured("pandas", plain)}
    figures |= {
        "rows alone": _measured("rows", plain),
        "rows alone, mapped dialect": _measured("rows", german),
        "whole admission": _measured("admission", plain),
    }
    for name, figure in figures.items():
        against = (
            f", {figures['pandas'].seconds / figure.seconds:.1f} x pandas" if "pandas" in figures else ""
        )
        print(f"{name:28} {figure.seconds:6.1f} s {figure.peak_mib:6.0f} MiB{against}")
    dialect = figures["rows alone, mapped dialect"].seconds / figures["rows alone"].seconds
    print(f"mapped dialect costs {dialect:.2f} times the plain one")


if __name__ == "__main__":
    sys.exit(main())
