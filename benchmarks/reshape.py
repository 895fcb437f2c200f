"""Ten million lines reshaped: stock by lot summed, a matrix of shops unpivoted, beside pandas in the same run.

    python -m benchmarks.reshape [--rows 10000000]

Each way is a process of its own, from the CSV file to Parquet. Ours reads, reshapes, checks the contract and accounts
for every record; pandas does what one would write first: read_csv, groupby or melt, to_parquet. Peak memory is that of
the largest process.
"""

import argparse
import shutil
import sys
from pathlib import Path

from benchmarks.admission import _platform
from benchmarks.measure import WORK, Measured, measure

SHOPS = 4
LOTS = 4
TARGET = """
targets:
  - feed: stock_counts
    columns: {store_id: store, product_id: sku, counted_at: day, quantity: qty}
"""
MAPPINGS = {
    "lots": "reshape: {sum: {per: [store, sku, day], columns: qty}}",
    "matrix": "reshape: {unpivot: {columns: 'Shop *', name: store, value: qty}}",
    "lots_sql": """reshape:
  sql: >-
    select list(record) as records, store, sku, day, sum(qty) as qty from records group by all
parse: {qty: number}""",
}


def lots_csv(rows: int) -> Path:
    """Lines of stock by lot, the lots of one product far apart."""
    return _csv(
        f"lots_{rows}",
        f"""select 'S' || lpad((i % {max(rows // LOTS, 1)} % 50)::varchar, 3, '0') as store,
            'P' || lpad((i % {max(rows // LOTS, 1)} // 50)::varchar, 7, '0') as sku, 'L' || i as lot,
            (i * 7919) % 100 as qty, '2026-11-20' as day from range({rows}) t(i)""",
    )


def matrix_csv(rows: int) -> Path:
    """As many lines as give `rows` cells, a fourth of which is blank on top."""
    cells = ", ".join(f'(i * {shop + 3}) % 100 as "Shop {shop}"' for shop in range(SHOPS))
    return _csv(
        f"matrix_{rows}",
        f"""select 'P' || lpad(i::varchar, 8, '0') as sku, '2026-11-20' as day, {cells}
            from range({max(rows // SHOPS, 1)}) t(i)""",
    )


def _csv(name: str, query: str) -> Path:
    import duckdb

    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / f"{name}.csv"
    if not path.exists():
        duckdb.execute(f"copy ({query}) to '{path}' (header)")
    return path


def pandas_way(kind: str, path: Path, folder: Path) -> None:
    import pandas as pd

    frame = pd.read_csv(path, dtype={"store": str, "sku": str, "lot": str})
    if kind == "matrix":
        shops = [column for column in frame.columns if column.startswith("Shop ")]
        frame = frame.melt(["sku", "day"], shops, "store", "qty").dropna(subset="qty")
    else:
        frame = frame.groupby(["store", "sku", "day"], as_index=False)["qty"].sum()
    frame["counted_at"] = pd.to_datetime(frame.pop("day"), utc=True)
    frame.to_parquet(folder / "pandas.parquet")
    print(len(frame), frame["qty"].sum())


def our_way(kind: str, path: Path, folder: Path) -> None:
    from retail_assets.feeds.handler import current_sources
    from retail_assets.feeds.loading import load_content
    from retail_assets.feeds.mapping.load import chosen_match

    platform = _platform(folder)
    [mapping] = [m for m in current_sources(platform).mappings if m.name == f"benchmark_{kind}"]
    loaded = load_content(
        stored=path,
        name=path.name,
        match=chosen_match(mapping, path.name),
        content_key="0" * 32,
        lake=platform.lake,
        settings=platform.settings,
    )
    print(loaded.counts)


WAYS = {"pandas": pandas_way, "reshape": our_way}


def _measured(way: str, kind: str, path: Path) -> Measured:
    folder = WORK / "lake"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "sources").mkdir(parents=True)
    match = f"match: {{folder: stock_counts, files: {kind}}}"
    mapping = f"source: benchmark_{kind}\n{match}\n{MAPPINGS[kind]}\n{TARGET}"
    (folder / "sources" / f"{kind}.yaml").write_text(mapping)
    result = measure(
        "-m", "benchmarks.reshape", "--way", way, "--kind", kind, "--path", path, "--folder", folder
    )
    shutil.rmtree(folder, ignore_errors=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--kind", choices=MAPPINGS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        WAYS[arguments.way](arguments.kind, arguments.path, arguments.folder)
        return
    lots, matrix = lots_csv(arguments.rows), matrix_csv(arguments.rows)
    print(f"{arguments.rows:,} lines: {lots.name} and {matrix.name}")
    for kind, path in (("lots", lots), ("lots_sql", lots), ("matrix", matrix)):
        theirs, ours = _measured("pandas", kind, path), _measured("reshape", kind, path)
        for name, figure in (("pandas", theirs), ("reshape", ours)):
            ratio = theirs.seconds / figure.seconds
            print(
                f"{kind:9} {name:8} {figure.seconds:6.1f} s ({figure.cpu_seconds:.1f} s of processors) "
                f"{figure.peak_mib:6.0f} MiB, {ratio:.1f} x pandas",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())
