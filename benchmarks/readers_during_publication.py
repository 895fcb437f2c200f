"""Publication after a change of 10,000 lines, with readers in a loop, against copying everything.

    python -m benchmarks.readers_during_publication [--lines 10000000] [--publications 10]

Readers are processes of their own, one on the published DuckDB file and one on the Parquet; a read that fails
or that finds two releases mixed ends the benchmark with an error. The obvious way, measured in the same run,
copies every mart to a new DuckDB file and to Parquet.
"""

import argparse
import multiprocessing
import shutil
import statistics
import sys
import time
from datetime import date, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb

from benchmarks.measure import WORK
from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.platform import Flow, Mart, Platform
from retail_assets.warehouse.publication import publish

FIRST_DAY = date(2024, 11, 20)
DAYS = 730
AS_OF = FIRST_DAY + timedelta(days=DAYS)
CHANGED_LINES = 10_000
HISTORY = Flow(
    name="sales",
    description="Long marts.",
    marts=(
        Mart("sales_lines", by_month="business_date", in_database=False),
        Mart("sales_orders", by_month="business_date", in_database=False),
        Mart("sales_daily", by_month="business_date"),
    ),
)


def write_history(lake: Lake, lines: int) -> None:
    """Long marts as dbt would leave them: `lines` sales lines over two years, and what follows from them."""
    lake.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(lake.warehouse), config={"threads": 2, "memory_limit": "2GB"}) as connection:
        connection.execute(
            f"""
            create schema marts;
            create table marts.sales_lines as
                select 'O' || lpad((i // 3)::varchar, 10, '0') as order_id, i % 3 + 1 as line_number,
                    'S' || hash(i // 3) % 50 as store_id, 'P' || hash(i) % 2000 as product_id,
                    date '{FIRST_DAY}' + (i * {DAYS} // {lines})::int as business_date,
                    timestamptz '{FIRST_DAY} 08:00+00' + to_seconds(i * {DAYS * 86400} // {lines}) as sold_at,
                    (1 + hash(i, 1) % 4)::decimal(18, 3) as quantity,
                    (hash(i, 2) % 9000 / 100)::decimal(18, 6) as unit_price, 'EUR' as currency,
                    'C' || hash(i // 3, 3) % 50000 as customer_id,
                    (hash(i, 4) % 30000 / 100)::decimal(18, 2) as revenue,
                    (hash(i, 5) % 20000 / 100)::decimal(18, 2) as cost, 'store' as channel, 0 as generation
                from range({lines}) as r(i);
            create table marts.sales_daily as
                select store_id, product_id, business_date, currency, sum(quantity) as quantity,
                    sum(revenue)::decimal(18, 2) as revenue, sum(cost)::decimal(18, 2) as cost,
                    count(*) as lines, max(generation) as generation
                from marts.sales_lines group by all;
            create table marts.sales_orders as
                select order_id, store_id, business_date, 'delivered' as status,
                    sum(revenue)::decimal(18, 2) as revenue
                from marts.sales_lines group by all;
            """
        )


def change(lake: Lake, generation: int) -> None:
    """What the next drop does: lines of the newest day change, and the days' sums with them."""
    with duckdb.connect(str(lake.warehouse), config={"threads": 2}) as connection:
        connection.execute(
            f"""
            update marts.sales_lines set generation = {generation}, revenue = revenue + 1
            where business_date = date '{AS_OF - timedelta(days=1)}' and rowid in (
                select rowid from marts.sales_lines
                order by business_date desc, rowid desc limit {CHANGED_LINES}
            );
            update marts.sales_daily set generation = {generation}
            where business_date = date '{AS_OF - timedelta(days=1)}';
            """
        )


def copy_everything(lake: Lake, folder: Path) -> float:
    """The obvious way: every mart as a table of a new file and as one Parquet file."""
    folder.mkdir()
    started = time.perf_counter()
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as connection:
        connection.execute(f"attach '{lake.warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{folder / 'retail.duckdb'}' as copy")
        for mart in ("sales_lines", "sales_daily", "sales_orders"):
            connection.execute(f"create table copy.{mart} as from warehouse.marts.{mart}")
            connection.execute(f"copy copy.{mart} to '{folder / mart}.parquet' (compression zstd)")
    seconds = time.perf_counter() - started
    shutil.rmtree(folder)
    return seconds


def look_at_tables(release: Path) -> tuple[int, int]:
    """Release and generation that the DuckDB file holds."""
    with duckdb.connect(str(release / "retail.duckdb"), read_only=True) as connection:
        sql = "select (select release from _meta), max(generation), count(*) from sales_daily"
        return connection.execute(sql).fetchall()[0][:2]


def look_at_parquet(release: Path) -> tuple[int, int]:
    with duckdb.connect() as connection:
        meta = f"'{release}/parquet/_meta/part.parquet'"
        lines = f"'{release}/parquet/sales_lines/*/*.parquet'"
        sql = f"select (select release from {meta}), max(generation) from {lines}"
        return connection.execute(sql).fetchall()[0]


def read(look, published: Path, stop: Event, outcomes) -> None:
    """Read in a loop; report that it began, then each read's seconds or the first thing that was wrong."""
    seconds = []
    outcomes.put("began")
    try:
        while not stop.is_set():
            started = time.perf_counter()
            release = published.resolve()
            number, generation = look(release)
            if (str(number), generation + 1) != (release.name, number):
                raise RuntimeError(f"release {release.name} holds {number}, generation {generation}")
            seconds.append(time.perf_counter() - started)
            time.sleep(0.2)
    except Exception as error:
        outcomes.put(repr(error))
    else:
        outcomes.put(seconds)


def measure_history(lines: int, publications: int) -> float:
    """Print the figures of a history of `lines`; the median seconds of a publication without readers."""
    folder = WORK / "publication"
    shutil.rmtree(folder, ignore_errors=True)
    platform = Platform(Settings(data_dir=folder, release_min_age_seconds=0), [HISTORY])
    lake = platform.lake
    write_history(lake, lines)

    def timed() -> float:
        started = time.perf_counter()
        publish(platform=platform, as_of=AS_OF, run_id="benchmark")
        return time.perf_counter() - started

    first, unchanged = timed(), timed()
    generation, seconds = 0, []
    for generation in range(1, 4):
        change(lake, generation)
        seconds.append(timed())
    alone = statistics.median(seconds)
    everything = copy_everything(lake, folder / "everything")

    context = multiprocessing.get_context("spawn")
    stop, outcomes = context.Event(), context.Queue()
    arguments = (lake.published, stop, outcomes)
    readers = [
        context.Process(target=read, args=(look, *arguments)) for look in (look_at_tables, look_at_parquet)
    ]
    for reader in readers:
        reader.start()
    for _ in readers:
        outcomes.get()
    with_readers = []
    for next_generation in range(generation + 1, generation + 1 + publications):
        change(lake, next_generation)
        with_readers.append(timed())
    stop.set()
    reads = [outcomes.get() for _ in readers]
    for reader in readers:
        reader.join()
    shutil.rmtree(folder)
    if wrong := [outcome for outcome in reads if isinstance(outcome, str)]:
        raise SystemExit(f"a reader failed: {wrong}")

    print(f"{lines:,} lines")
    print(f"  first release                    {first:6.2f} s")
    print(f"  nothing changed                  {unchanged:6.2f} s")
    print(f"  {CHANGED_LINES:,} lines changed             {alone:6.2f} s")
    print(f"  copying everything               {everything:6.2f} s, {everything / alone:.1f} times as long")
    print(
        f"  {publications} publications under readers  {statistics.median(with_readers):6.2f} s each (median)"
    )
    print(
        f"  reads meanwhile, none failed     {sum(map(len, reads)):6d}, slowest {max(map(max, reads)):.2f} s"
    )
    return alone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--publications", type=int, default=10)
    arguments = parser.parse_args()
    long = measure_history(arguments.lines, arguments.publications)
    short = measure_history(arguments.lines // 10, arguments.publications)
    print(f"a history ten times longer costs {long / short:.1f} times the seconds")


if __name__ == "__main__":
    sys.exit(main())
