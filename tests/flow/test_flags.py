"""Flags from the dropped file to what is published: counted in the ledger, listed in a mart, gone with their file."""

from pathlib import Path

import duckdb
import pytest

from retail_assets.feeds.came_in import feed_findings
from retail_assets.feeds.contract_check import contract_violations
from retail_assets.flows import platform_of
from retail_assets.intake.reconcile import accounting
from tests.lake_builder import LakeBuilder
from tests.plain_platform import NIGHT, PlainPlatform
from tests.warehouse import Builds

PRODUCTS = (
    "product_id,name,category,brand,barcode\nA,a,c,x,036000291452\nB,b,c,y,36000291452\nC,c,c,{long},X00-1\n"
)
CUSTOMERS = f"customer_id,name,email\nC1,Ann,{'a' * 330}@x.de\n"
SALES = (
    "order_id,line_number,store_id,product_id,sold_at,quantity,unit_price,currency,kind\n"
    "1,1,S1,A,2026-11-19T10:00:00Z,1,900,EUR,sale\n1,2,S1,B,2026-11-19T10:00:00Z,1,5,EUR,sale\n"
    "2,1,S1,B,2026-11-19T10:00:00Z,1,901,EUR,test\n"
)
TILL = """
source: till
match: {folder: sales, files: "till*"}
targets:
  - feed: sales
    same_names: true
    rules:
      - {name: dear, when: unit_price > 500, flag: true}
      - {name: training, when: kind = 'test', reject: true}
    columns:
      {order_id: order_id, line_number: line_number, store_id: store_id, product_id: product_id, sold_at: sold_at,
       quantity: quantity, unit_price: unit_price, currency: currency}
"""


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    return Builds(LakeBuilder(tmp_path / "data"), "input_files", "flagged_rows", "stg_products")


@pytest.fixture
def plain(builds: Builds) -> PlainPlatform:
    platform = builds.platform
    platform.lake.sources.mkdir(parents=True, exist_ok=True)
    (platform.lake.sources / "till.yaml").write_text(TILL)
    return PlainPlatform(platform.settings, platform.handlers())


def query(builds: Builds, sql: str) -> list[tuple]:
    with duckdb.connect(str(builds.platform.lake.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_flags_are_counted_listed_masked_and_go_with_their_file(plain: PlainPlatform, builds: Builds) -> None:
    plain.drop("products.csv", PRODUCTS.format(long="z" * 201), folder="products", modified=1_000)
    plain.drop("customers.csv", CUSTOMERS, folder="customers", modified=2_000)
    plain.drop("till_1.csv", SALES, modified=3_000)
    report = plain.admit()
    assert "3 rows in products, 2 flagged" in "\n".join(report.summary())
    assert accounting(plain.settings) == []
    assert builds.build().problem is None
    flagged = "select sequence, feed, record, rule, column_name, value from marts.flagged_rows order by all"
    assert query(builds, flagged) == [
        (1, "products", 2, "pattern", "barcode", "36000291452"),
        (1, "products", 3, "pattern", "barcode", "X00-1"),
        (1, "products", 3, "too_long", "brand", "***"),
        (2, "customers", 1, "too_long", "email", "***"),
        (3, "sales", 1, "dear", None, None),
    ]
    files = "select records, admitted, rejected, flagged_rows from marts.input_files order by sequence"
    assert query(builds, files) == [(3, 3, 0, 2), (1, 1, 0, 1), (3, 2, 1, 1)]
    barcodes = "select barcode, brand from staging.stg_products order by product_id"
    assert query(builds, barcodes) == [("036000291452", "x"), (None, "y"), (None, None)]

    assert plain.decide("withdraw_file", 1).accepted
    plain.admit()
    assert builds.build().problem is None
    assert {feed for _, feed, *_ in query(builds, flagged)} == {"customers", "sales"}


@pytest.mark.parametrize("number", [1, 25], ids=["alone", "among many small ones"])
def test_small_files_keep_their_flags(plain: PlainPlatform, builds: Builds, number: int) -> None:
    for one in range(number):
        plain.drop(f"good {one}.csv", f"product_id,name,category,barcode\ng{one},n,c,\n", folder="products")
    plain.drop("odd.csv", "product_id,name,category,barcode\nA,a,c,123\n", folder="products")
    plain.admit()
    assert plain.rows("products").height == number + 1
    [finding] = feed_findings(
        builds.platform, plain.handlers, [builds.platform.feeds["products"]], NIGHT
    ).values()
    assert (finding.passed, finding.figures["flagged_rows"]) == (True, 1)
    counts = plain.table("row_counts")
    assert (counts["flagged"].sum(), counts["rejected"].sum()) == (1, 0)
    files = {path.name for path in (plain.lake.root / "lake" / "flags").glob("*.parquet")}
    assert len(files - {"empty.parquet"}) == 1


def test_every_flagged_row_keeps_its_contract(plain: PlainPlatform) -> None:
    """The asset check judges rows without the values that were left out."""
    plain.drop("products.csv", PRODUCTS.format(long="z" * 201), folder="products")
    plain.admit()
    [key] = plain.table("loads")["content_key"]
    feed = platform_of(plain.settings).feeds["products"]
    assert contract_violations(feed=feed, contents=[key], settings=plain.settings) == {}
