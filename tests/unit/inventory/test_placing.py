"""What was approved goes to purchasing once: as lines, and as files that nothing changes any more."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import polars as pl

from retail_assets.inventory.placing import COLUMNS, all_parts, place_orders, place_transfers
from retail_assets.inventory.tables import PLACED_ORDER_LINES, PLACED_TRANSFERS, PURCHASE_ORDER_FILES
from retail_assets.lake import Lake
from tests.unit.inventory.conftest import NIGHT, Buyers


def files(lake: Lake) -> dict[str, list[dict[str, str]]]:
    """The rows of each file."""
    written = all_parts(PURCHASE_ORDER_FILES, lake).select("file_name", "content").rows()
    return {name: list(csv.DictReader(io.StringIO(content))) for name, content in written}


def contents(lake: Lake) -> dict[Path, bytes]:
    tables = (PLACED_ORDER_LINES, PURCHASE_ORDER_FILES)
    return {path: path.read_bytes() for table in tables for path in table.parts(lake)}


def test_a_file_for_each_supplier_with_an_order_for_each_store(buyers: Buyers) -> None:
    stores = (
        {"store_id": s, "product_id": p} for s, p in (("S1", "P1"), ("S1", "P2"), ("S2", "P1"), ("S2", "P3"))
    )
    one, two, three, rejected = buyers.propose(*stores)
    [other] = buyers.propose(
        {"supplier_id": "V2", "unit_cost": None, "currency": None}, night=NIGHT - timedelta(days=1)
    )
    buyers.decide("approve_order", other)
    buyers.propose(
        *(
            {"store_id": s, "product_id": p}
            for s, p in (("S1", "P1"), ("S1", "P2"), ("S2", "P1"), ("S2", "P3"))
        )
    )
    for proposal in (one, three, rejected):
        buyers.decide("approve_order", proposal)
    buyers.decide("cut_order", two, '{"quantity": 12}')
    buyers.decide("reject_order", rejected)
    placed = place_orders(buyers.platform, night=NIGHT)
    assert placed.select("order_number", "line_number", "product_id", "quantity", "decision").rows() == [
        ("V1-20261120-1-1", 1, "P1", 36, "approved"),
        ("V1-20261120-1-1", 2, "P2", 12, "cut"),
        ("V1-20261120-1-2", 1, "P1", 36, "approved"),
        ("V2-20261120-1-1", 1, "P1", 36, "approved"),
    ]
    written = files(buyers.lake)
    assert {name: len(rows) for name, rows in written.items()} == {"V1-20261120-1": 3, "V2-20261120-1": 1}
    assert written["V1-20261120-1"][1] == {
        "order_number": "V1-20261120-1-1",
        "line_number": "2",
        "supplier_id": "V1",
        "store_id": "S1",
        "product_id": "P2",
        "quantity": "12.000",
        "unit_cost": "2.500000",
        "currency": "EUR",
        "ordered_on": "2026-11-20",
        "proposal_id": two,
    }
    assert written["V2-20261120-1"][0]["unit_cost"] == ""


def test_nothing_is_placed_twice_and_no_file_changes(buyers: Buyers) -> None:
    one, two = buyers.propose({}, {"product_id": "P2"})
    assert place_orders(buyers.platform, night=NIGHT).is_empty()
    buyers.decide("approve_order", one)
    assert place_orders(buyers.platform, night=NIGHT).height == 1
    first = contents(buyers.lake)
    assert place_orders(buyers.platform, night=NIGHT).is_empty()
    assert contents(buyers.lake) == first
    buyers.decide("approve_order", two)
    assert place_orders(buyers.platform, night=NIGHT)["file_name"].to_list() == ["V1-20261120-2"]
    assert {path: content for path, content in contents(buyers.lake).items() if path in first} == first
    # The next night's numbers say the next night's day.
    [later] = buyers.propose({}, night=NIGHT + timedelta(days=1))
    buyers.decide("approve_order", later)
    placed = place_orders(buyers.platform, night=NIGHT + timedelta(days=1))
    assert placed["file_name"].to_list() == ["V1-20261121-1"]


def test_a_run_that_was_killed_before_the_files_is_finished(buyers: Buyers) -> None:
    [proposal] = buyers.propose({})
    buyers.decide("approve_order", proposal)
    place_orders(buyers.platform, night=NIGHT)
    whole = contents(buyers.lake)
    for path in PURCHASE_ORDER_FILES.parts(buyers.lake):
        path.unlink()
    assert place_orders(buyers.platform, night=NIGHT).is_empty()
    assert contents(buyers.lake) == whole


def test_ids_with_signs_of_csv_stay_what_they_are(buyers: Buyers) -> None:
    hostile = 'P,"1"\n=2'
    [proposal] = buyers.propose({"product_id": hostile, "supplier_id": "../V;1"})
    buyers.decide("approve_order", proposal)
    place_orders(buyers.platform, night=NIGHT)
    [rows] = files(buyers.lake).values()
    assert rows[0]["product_id"] == hostile
    assert tuple(rows[0]) == COLUMNS


def test_orders_are_in_one_currency(buyers: Buyers) -> None:
    for proposal in buyers.propose({}, {"product_id": "P2", "currency": "PLN"}, {"product_id": "P3"}):
        buyers.decide("approve_order", proposal)
    placed = place_orders(buyers.platform, night=NIGHT)
    orders = (
        placed.group_by("order_number")
        .agg(pl.col("currency").n_unique(), lines=pl.len())
        .sort("order_number")
    )
    assert orders.rows() == [("V1-20261120-1-1", 1, 2), ("V1-20261120-1-2", 1, 1)]


def test_an_approved_transfer_is_kept_once(buyers: Buyers) -> None:
    """Whatever is decided afterwards; one that was rejected in time is not kept."""
    refused = buyers.propose_transfer(NIGHT - timedelta(days=1))
    buyers.decide("approve_transfer", refused)
    buyers.decide("reject_transfer", refused)
    transfer = buyers.propose_transfer()
    assert place_transfers(buyers.platform, night=NIGHT).is_empty()
    buyers.decide("approve_transfer", transfer)
    assert place_transfers(buyers.platform, night=NIGHT - timedelta(days=1)).is_empty(), "of a later night"
    kept = place_transfers(buyers.platform, night=NIGHT + timedelta(days=1))
    assert kept.select("transfer_id", "planned_on", "placed_on", "quantity").rows() == [
        (transfer, NIGHT, NIGHT + timedelta(days=1), 12)
    ]
    buyers.decide("reject_transfer", transfer)
    assert place_transfers(buyers.platform, night=NIGHT + timedelta(days=2)).is_empty()
    assert all_parts(PLACED_TRANSFERS, buyers.lake).equals(kept)
