"""Who reads which mart, the guard against personal columns, and where in a release each reader finds his marts."""

from pathlib import Path

import pytest

from retail_assets.audiences import ANALYSTS, AUDIENCES, MERCHANTS, OPERATIONS
from retail_assets.contract import Feed
from retail_assets.flows import FLOWS
from retail_assets.platform import Mart
from retail_assets.warehouse.errors import PersonalData
from retail_assets.warehouse.personal_columns import require_no_personal_columns
from retail_assets.warehouse.places import Place, folder_name, places_of
from retail_assets.warehouse.survey import Column, Part, SurveyedMart

FEEDS = {feed.name: feed for flow in FLOWS for feed in flow.feeds}
HOSTILE_IDS = [
    *(
        "",
        ".",
        "..",
        "../x",
        "/etc",
        "a/b",
        "a\\b",
        "a\x00b",
        "x" * 300,
        "-rf",
        ".hidden",
        "Zoë",
        "a\nb",
        "a..b",
    ),
    folder_name("../x"),
]


def test_a_mart_is_for_analysts_unless_its_flow_names_another_audience():
    assert Mart("sales_daily").audience == ANALYSTS
    assert Mart("alerts", OPERATIONS).audience == OPERATIONS


def test_only_operations_see_persons_and_only_analysts_files_are_for_everybody():
    assert [audience.name for audience in AUDIENCES if audience.sees_persons] == ["operations"]
    assert [audience.name for audience in AUDIENCES if audience.mode & 0o007] == ["analysts"]


@pytest.mark.parametrize(
    ("mart", "column"),
    [
        ("suppliers", "iban"),
        ("suppliers", "tax_id"),
        ("supplier_performance", "supplier_IBAN"),
        ("sales_lines", "customer_name"),
        ("sales_lines", "billing_customer_name"),
        ("customer_segments", "name"),
        ("customers", "contact_email"),
        ("sales_orders", "email"),
        ("input_files", "decision_reason"),
        ("decisions", "reason"),
    ],
)
def test_personal_columns_of_contracts_are_found(mart: str, column: str):
    with pytest.raises(PersonalData, match=rf"{mart}\.{column} .*flow\.py"):
        require_no_personal_columns({mart: ["store_id", column]}, FEEDS)


@pytest.mark.parametrize(
    "feed", [feed for feed in FEEDS.values() if feed.personal], ids=lambda feed: feed.name
)
def test_every_personal_column_is_found_in_a_mart_named_after_its_feed(feed: Feed):
    for column in feed.personal:
        with pytest.raises(PersonalData):
            require_no_personal_columns({f"{feed.name}_daily": [column]}, FEEDS)


def test_harmless_columns_of_the_same_name_pass():
    columns = {
        "products": ["product_id", "name"],
        "stores": ["store_id", "name"],
        "suppliers": ["supplier_id", "name", "country"],
        "sales_lines": ["customer_id", "product_name"],
        "order_history": ["actor", "reason"],
        "quarantined_files": ["name", "reason", "message"],
    }
    require_no_personal_columns(columns, FEEDS)


@pytest.mark.parametrize("reader", ["M1", "ada-07", "shop.de", "4711", "x" * 64])
def test_a_plain_id_is_the_name_of_its_folder(reader: str):
    assert folder_name(reader) == reader


def test_hostile_ids_get_folders_of_their_own_that_stay_inside():
    names = [folder_name(reader) for reader in HOSTILE_IDS]
    assert len(set(names)) == len(HOSTILE_IDS)
    inside = Path("/release/merchants")
    assert {(inside / name).resolve().parent for name in names} == {inside}
    assert all(name.isascii() and len(name) < 64 and not name.startswith((".", "-")) for name in names)


def surveyed(mart: Mart, *parts: str) -> SurveyedMart:
    columns = (Column("merchant_id", "VARCHAR", None), Column("day", "DATE", None))
    return SurveyedMart(mart.name, mart, None, columns, mart.name, {part: Part(1, "1") for part in parts})


def test_an_audience_has_one_place_and_each_of_its_readers_where_it_is_cut_by_them():
    found = places_of(
        [
            surveyed(Mart("sales", by_month="day", in_database=False), "2026-10", "2026-11"),
            surveyed(Mart("alerts", OPERATIONS), ""),
            surveyed(Mart("cases", MERCHANTS), "M1", "M2"),
            surveyed(Mart("fees", MERCHANTS), "M2"),
        ]
    )
    assert [place.folder for place in found] == ["", "merchants/M1", "merchants/M2", "operations"]
    assert [place.database for place in found] == [
        "retail.duckdb",
        "merchants/M1/merchant.duckdb",
        "merchants/M2/merchant.duckdb",
        "operations/operations.duckdb",
    ]


def test_a_reader_of_several_finds_his_rows_alone_in_one_file_a_mart():
    cases = surveyed(Mart("cases", MERCHANTS, by_month="day"), "M1", "M2")
    place = Place(MERCHANTS, "M2")
    assert list(place.parts(cases)) == ["M2"]
    assert place.part_file(cases, "M2") == "merchants/M2/parquet/cases/part.parquet"


def test_months_are_folders_only_where_the_mart_is_no_table():
    place = Place(ANALYSTS)
    long = surveyed(Mart("lines", by_month="day", in_database=False), "2026-11")
    daily = surveyed(Mart("daily", by_month="day"), "2026-11")
    assert place.part_file(long, "2026-11") == "parquet/lines/month=2026-11/part.parquet"
    assert place.part_file(daily, "2026-11") == "parquet/daily/part-2026-11.parquet"
    assert (
        Place(OPERATIONS).part_file(surveyed(Mart("a", OPERATIONS), ""), "")
        == "operations/parquet/a/part.parquet"
    )
