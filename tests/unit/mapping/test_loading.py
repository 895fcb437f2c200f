"""From the bytes of a file to finished files in the lake, through the real reader."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from threading import Barrier

import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.errors import Unreadable
from retail_assets.feeds.loading import Loaded, content_key, load_content
from retail_assets.feeds.mapping.check import PassedMappings
from retail_assets.feeds.mapping.expressions import parse_expression
from retail_assets.feeds.mapping.load import load_sources
from retail_assets.lake import Lake
from tests.unit.mapping.conftest import FEEDS

TILL = """
    source: kasse
    match: {folder: sales, files: "kasse_*", name_values: "kasse_(?P<store>S[0-9])"}
    values: {decimal: ",", thousands: ".", dates: "%d.%m.%Y", time_zone: Europe/Berlin, negatives: trailing_minus}
    leave_out: [{name: total, when: Bon = 'Summe'}]
    targets:
      - feed: sales
        columns:
          order_id: Bon
          line_number: Pos
          store_id: {file_name: store}
          product_id: {sql: '"Artikel-Nr."'}
          sold_at: {date: Datum, time: Uhrzeit}
          quantity: Stückzahl
          unit_price: Preis
          currency: {constant: EUR}
"""
Load = Callable[..., Loaded]


@pytest.fixture
def lake(settings: Settings) -> Lake:
    lake = Lake(settings.data_dir)
    lake.sources.mkdir(parents=True)
    (lake.sources / "kasse.yaml").write_text(dedent(TILL), encoding="utf-8")
    return lake


@pytest.fixture
def load(lake: Lake, settings: Settings) -> Load:
    def run(path: Path, folder: str = "sales") -> Loaded:
        match = load_sources([lake.sources], tuple(FEEDS.values())).match(folder, path.name)
        key = content_key("0" * 64, match.name_values, match.mapping, business_zone="UTC")
        return load_content(
            stored=path,
            name=path.name,
            match=match,
            content_key=key,
            lake=lake,
            settings=settings,
        )

    return run


def rows(lake: Lake, feed: str = "sales") -> list[dict]:
    return pl.read_parquet(lake.rows_folder(feed) / "*.parquet").sort("_record").to_dicts()


def test_a_german_till(lake: Lake, load: Load, tmp_path: Path) -> None:
    text = (
        "Bon;Pos;Artikel-Nr.;Datum;Uhrzeit;Stückzahl;Preis\r\n"
        "7;1;0815;20.11.2026;14:05;2-;1.234,50\r\n"
        "7;2;0816;20.11.2026;14:05;zwei;1,00\r\n"
        "7;3;0817\r\n"
        "8;1;0818;20.11.2026;14:06;1;1,00\r\n"
        "Summe;;;;;;1.235,50\r\n"
        "\r\n"
    )
    path = tmp_path / "kasse_S3.csv"
    path.write_bytes(text.encode("windows-1252"))
    loaded = load(path)
    (counts,) = loaded.counts
    assert counts.adds_up
    assert counts.by_rule["rejected/malformed_record"] == counts.by_rule["rejected/not_a_number"] == 1
    assert counts.by_rule["left_out/total"] == 1
    row, _ = rows(lake)
    assert (row["store_id"], row["product_id"], row["quantity"]) == ("S3", "0815", Decimal(-2))
    assert row["unit_price"] == Decimal("1234.5")
    assert row["sold_at"] == datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
    rejects = pl.read_parquet(lake.root / "lake" / "rejects" / "*.parquet")
    assert set(rejects["rule"]) == {"malformed_record", "not_a_number"}
    assert not list(lake.scratch.iterdir())


def test_doing_it_twice_is_doing_it_once(lake: Lake, load: Load, tmp_path: Path) -> None:
    path = tmp_path / "stores.csv"
    path.write_text("store_id,name\nS1,North\n")
    assert load(path, "stores") == load(path, "stores")
    assert len(list(lake.rows_folder("stores").iterdir())) == 1


def test_a_spreadsheet_with_real_numbers_and_dates(lake: Lake, load: Load, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Bon", "Pos", "Artikel-Nr.", "Datum", "Uhrzeit", "Stückzahl", "Preis"])
    book.active.append([7, 1, "0815", date(2026, 11, 20), time(14, 5), 1.5, "1.234,50"])
    path = tmp_path / "kasse_S4.xlsx"
    book.save(path)
    load(path)
    (row,) = rows(lake)
    assert (row["order_id"], row["quantity"], row["unit_price"]) == ("7", Decimal("1.5"), Decimal("1234.5"))
    assert row["sold_at"] == datetime(2026, 11, 20, 13, 5, tzinfo=UTC)


def test_lists_in_parquet_unfold(lake: Lake, load: Load, tmp_path: Path) -> None:
    (lake.sources / "orders.yaml").write_text(
        dedent("""
        source: orders
        match: {folder: purchase_order_lines, files: "*.parquet"}
        targets:
          - feed: purchase_order_lines
            unfold: lines
            columns: {po_id: id, line_number: lines.pos, product_id: lines.sku, quantity: lines.qty, unit_cost: net}
        """)
    )
    lines = [[{"pos": 1, "sku": "A", "qty": 2.5}, {"pos": 2, "sku": "B", "qty": 1.0}], []]
    path = tmp_path / "orders.parquet"
    pl.DataFrame({"id": [1, 2], "net": [1.5, 2.5], "lines": lines}).write_parquet(path)
    loaded = load(path, "purchase_order_lines")
    assert loaded.counts[0].by_rule == {"left_out/no_lines": 1}
    found = rows(lake, "purchase_order_lines")
    assert [(r["po_id"], r["line_number"], r["quantity"], r["unit_cost"]) for r in found] == [
        ("1", 1, Decimal("2.5"), Decimal("1.5")),
        ("1", 2, Decimal(1), Decimal("1.5")),
    ]


def test_nothing_is_put_in_place_when_columns_are_missing(lake: Lake, load: Load, tmp_path: Path) -> None:
    path = tmp_path / "stores.csv"
    path.write_text("id,name\nS1,North\n")
    with pytest.raises(Unreadable) as caught:
        load(path, "stores")
    assert caught.value.reason == "missing_columns"
    assert not lake.rows_folder("stores").exists()


def test_what_passed_is_remembered_by_many_threads_at_once(tmp_path: Path) -> None:
    """As the sensors of a daemon do."""
    feeds, together = (FEEDS["stores"],), Barrier(8, timeout=20)

    def remember(number: int) -> None:
        for turn in range(20):
            passed = PassedMappings(tmp_path / "passed.json", feeds)
            passed.add(f"{number} {turn}".encode())
            together.wait()
            passed.keep()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(remember, range(8)))
    assert [path.name for path in tmp_path.iterdir()] == ["passed.json"]


def test_expressions_are_read_by_many_threads_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(parse_expression, [f"upper(a) || '{n}'" for n in range(400)]))
    assert [expression.names for expression in found] == [["a"]] * 400
