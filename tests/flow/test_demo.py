"""`make demo` as a newcomer sees it: what is true of the sample is found, and nothing but that is said."""

import json
import re
from pathlib import Path

import pytest

from ml.documents.reading import tesseract
from retail_assets.config import Settings
from retail_assets.demo import DEMO_NIGHT
from retail_assets.flows import platform_of
from retail_assets.samples.stories import TRANSFER_UNITS
from retail_assets.samples.truth import truth_found
from retail_assets.warehouse.reading import read_mart
from tests.prepared import require_success, start


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    require_success("demo", folder, start("demo", folder, RETAIL_FIRST_NIGHT="2026-11-20"))
    return folder


def test_what_is_true_of_the_sample_is_found(demo: Path) -> None:
    found = truth_found(platform_of(Settings(data_dir=demo / "data")))
    missed = {(one.flow, one.what): one.true - one.found for one in found}
    # One photo of a worn piece is taken for another class; all else comes out as it was.
    assert missed.pop(("refunds", "photos of goods, class right")) <= 1
    scans = 0 if tesseract.available() else 2
    for what in ("headers of invoices, right", "states of invoices, right"):
        assert missed.pop(("invoices", what)) == scans
    for what in ("rows of invoices, right", "rows of invoices, order and price judged right"):
        assert missed.pop(("invoices", what)) == 0 or scans
    assert missed == {
        ("sales", "days of stores, units exact"): 0,
        ("inventory", "stock that is too much, dead or out"): 0,
        ("inventory", "too much or out, and acted on"): 0,
        ("demand", "empty shelves of the last day"): 0,
        ("refunds", "photos of swapped goods, found"): 0,
        ("returns", "return cases, status right"): 0,
        ("returns", "changes by merchants, refused"): 0,
        ("intake", "spoilt files that end where they should"): 0,
    }
    assert min(one.true for one in found) > 0


def test_it_says_what_it_does_and_libraries_say_nothing(demo: Path) -> None:
    said = (demo / "demo.log").read_text()
    assert not re.search(r"nanobind|leaked|Warning:|INFO|DEBUG|mlflow|Traceback", said)
    for line in (
        "Writing the sample retailer …",
        "Published release 1.",
        "In the morning people decide about invoices …",
        "Published release 2.",
        "Tables: ",
        "Next: ",
    ):
        assert line in said


def test_overstock_covers_the_gap_and_the_sold_out_product_is_ordered(demo: Path) -> None:
    platform = platform_of(Settings(data_dir=demo / "data"))
    stories = json.loads((demo / "data" / "sample.json").read_text())["stories"]
    much, lacking, out = (
        next(one for one in stories if one["name"] == name and one["sentence"].startswith(begins))
        for name, begins in (
            ("overstock", ""),
            ("stock-out with overdue order", "Sold out here"),
            ("stock-out with overdue order", "Sold out for"),
        )
    )
    place = ("product_id", "store_id")
    told = ("expected_stockout_on", "overdue_quantity", "on_order_quantity")
    orders = read_mart(platform, "reorder_proposals", *place, *told)
    levels = ("supplier_count", "in_transit_quantity", "stock_position", "order_up_to", "order_quantity")
    points = read_mart(platform, "reorder_points", *place, *levels)
    assert points["supplier_count"].max() == 2, "there is somebody to choose among"
    ends = ("origin_store_id", "destination_store_id")
    transfers = read_mart(platform, "transfer_proposals", "product_id", *ends, "quantity")
    [sent] = transfers.filter(product_id=much["product_id"]).iter_rows(named=True)
    assert (sent["origin_store_id"], sent["destination_store_id"]) == (much["store_id"], lacking["store_id"])
    # What is already on its way is counted, and nothing is bought on top.
    gap = points.filter(product_id=much["product_id"], store_id=lacking["store_id"]).row(0, named=True)
    assert gap["in_transit_quantity"] == TRANSFER_UNITS
    assert gap["stock_position"] + sent["quantity"] == gap["order_up_to"]
    assert gap["order_quantity"] == 0
    [order] = orders.filter(product_id=out["product_id"], store_id=out["store_id"]).iter_rows(named=True)
    assert order["expected_stockout_on"] == DEMO_NIGHT
    assert order["overdue_quantity"] == order["on_order_quantity"] > 0, (
        "its order is overdue: nobody waits for it"
    )
    new = next(one for one in stories if one["name"] == "new product")
    assert points.filter(product_id=new["product_id"]).is_empty()
