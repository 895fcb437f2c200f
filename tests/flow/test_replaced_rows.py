"""What a later file replaces, from the dropped files to the marts: nothing is replaced without a word."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from retail_assets.flows import platform_of
from retail_assets.warehouse.sources import land_empty_tables
from tests.conftest import settings_of
from tests.plain_platform import PlainPlatform
from tests.warehouse import AS_OF, Warehouse

MARTS = ("+input_files", "+replaced_rows", "+kept_documents", "+stg_sales")
COLUMNS = """
      order_id: nr
      line_number: %s
      store_id: {constant: %s}
      product_id: art
      sold_at: at
      quantity: qty
      unit_price: {constant: 10}
      currency: {constant: EUR}
"""
DERIVED, COUNTED = "{line_number: derived}", "pos"
MAPPINGS = {
    "parts": ("document: nr\n    replaces: row", DERIVED, ""),
    "whole": ("document: nr\n    replaces: document", DERIVED, ""),
    "tilla": ("replaces: row", COUNTED, ""),
    "tillb": ("replaces: row", COUNTED, ""),
    "turned": ("replaces: row", COUNTED, ""),
    "named": ("replaces: row", COUNTED, "own_ids: true"),
    "versioned": ("document: nr\n    replaces: document\n    version: v", COUNTED, ""),
    "days": ("replaces: day", COUNTED, ""),
    "pair": ("replaces: day", COUNTED, ""),
}
HEADER = "nr,pos,art,at,qty,v\n"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """All that is dropped here is dropped in one night, under the names of its sources."""
    folder = tmp_path_factory.mktemp("replaced")
    platform = platform_of(settings_of(folder))
    land_empty_tables(platform)
    platform.lake.sources.mkdir(parents=True)
    for name, (says, number, more) in MAPPINGS.items():
        text = (
            f'source: {name}\nmatch: {{folder: sales, files: "{name}_*"}}\n{more}\n'
            f"values: {{time_zone: Europe/Berlin}}\ntargets:\n  - feed: sales\n    {says}\n    columns:"
            + (COLUMNS % (number, name)).replace("\n", "\n  ")
        )
        (platform.lake.sources / f"{name}.yaml").write_text(text)
    real = PlainPlatform(platform.settings, platform.handlers())
    for name, rows in FILES.items():
        real.drop(f"{name}.csv", HEADER + "".join(f"{row}\n" for row in rows))
        real.admit(as_of=AS_OF)
    assert set(real.states()) == {"loaded"}, real.table("drops")["message"].to_list()
    warehouse = Warehouse(platform.settings.data_dir)
    warehouse.build(*MARTS)
    return warehouse


def day(day: int, *orders: str, bad: int = 0) -> list[str]:
    good = [f"{order},1,A,2026-11-{day} 10:00,1," for order in orders]
    return [*good, *(f"X{n},1,A,2026-11-{day} 11:00,x," for n in range(bad))]


FILES = {
    "parts_1": ["P1,,A,2026-11-18 10:00,1,", "P2,,A,2026-11-18 10:05,1,", "P2,,B,2026-11-18 10:05,2,"],
    "parts_2": ["P2,,C,2026-11-18 10:05,3,", "P3,,A,2026-11-18 10:10,1,", "P2,,A,2026-11-18 10:05,1,"],
    "whole_1": ["W1,,A,2026-11-18 10:00,1,", "W2,,A,2026-11-18 10:05,1,", "W2,,B,2026-11-18 10:05,2,"],
    "whole_2": ["W2,,C,2026-11-18 10:05,3,", "W3,,A,2026-11-18 10:10,1,"],
    "tilla_1": ["1,1,A,2026-11-18 10:00,1,", "2,1,A,2026-11-18 10:00,1,"],
    "tillb_1": ["1,1,B,2026-11-18 10:00,1,", "9,1,B,2026-11-18 10:00,1,"],
    # A refund under the key of its sale, a correction, a row that is taken back, another till's receipt.
    "turned_1": [*(f"T{n},1,A,2026-11-18 10:00,2," for n in (1, 2, 3)), "T4,1,A,2026-11-18 10:00,2,"],
    "turned_2": [
        *(f"T{n},1,A,2026-11-18 10:00,{q}," for n, q in ((1, -2), (2, 1), (3, 0))),
        "T4,1,B,2026-11-18 11:00,2,",
    ],
    "named_1": ["1,1,C,2026-11-18 10:00,1,"],
    "versioned_1": ["V1,1,A,2026-11-18 10:00,1,2", "V2,1,A,2026-11-18 10:00,1,2"],
    "versioned_2": ["V1,1,A,2026-11-18 10:00,5,1", "V2,1,A,2026-11-18 10:00,5,3"],
    # Somebody corrects an order of the versioned source by hand: without a version, and later.
    "tilla_2": ["V2,1,A,2026-11-18 10:00,7,"],
    "days_1": [*day(17, "a", "b", "c", "d"), *day(18, "e", "f", "g", "h"), *day(16, "i", "j")],
    # Of the 17th one unreadable line, of the 18th most lines are; the 16th comes again.
    "days_2": [*day(16, "i", "k"), *day(17, bad=1), *day(18, "e", "f", bad=3)],
    # Two tills of one store, each in a file of its own.
    "pair_1": day(18, "q1", "q2"),
    "pair_2": day(18, "r1", "r2", "r3"),
    "days_3": [*day(15, "l", bad=1), *day(16, "i", "k", "m")],
}


def current(night: Warehouse, store: str) -> list[tuple[Any, ...]]:
    lines = (
        "select order_id, product_id, quantity::int from staging.stg_sales where store_id = '{}' order by all"
    )
    return night.rows(lines.format(store))


def told(night: Warehouse, columns: str, name: str) -> tuple[Any, ...]:
    [row] = night.rows(f"select {columns} from marts.input_files where name = '{name}.csv'")
    return row


def test_an_order_over_two_files_keeps_both_parts(night: Warehouse) -> None:
    lines = [("P1", "A", 1), ("P2", "A", 1), ("P2", "B", 2), ("P2", "C", 3), ("P3", "A", 1)]
    assert current(night, "parts") == lines
    assert told(night, "rows_removed, rows_without_effect", "parts_2") == (0, 0)


def test_what_a_document_loses_is_counted_and_named(night: Warehouse) -> None:
    assert current(night, "whole") == [("W1", "A", 1), ("W2", "C", 3), ("W3", "A", 1)]
    assert told(night, "rows_removed, removed_where", "whole_2") == (1, "1 in sales")
    removed = "select key, name, by_name, document, document_rows from marts.replaced_rows where by_source = 'whole'"
    assert night.rows(removed) == [('["W2","2"]', "whole_1.csv", "whole_2.csv", "W2", 1)]


def test_two_tills_that_number_alike_are_told_and_can_be_told_apart(night: Warehouse) -> None:
    assert current(night, "tilla") == [("2", "A", 1), ("V2", "A", 7)]
    assert current(night, "tillb") == [("1", "B", 1), ("9", "B", 1)]
    assert current(night, "named") == [("named:1", "C", 1)]
    columns = "rows_replaced_of_other_sources, replaced_of_sources, rows_lost_to_other_sources"
    assert told(night, columns, "tillb_1") == (1, "1 of tilla in sales", 0)
    assert told(night, columns, "tilla_1") == (0, None, 1)


def test_a_key_that_names_something_else_later_is_told(night: Warehouse) -> None:
    assert current(night, "turned") == [("T1", "A", -2), ("T2", "A", 1), ("T3", "A", 0), ("T4", "B", 2)]
    assert told(night, "rows_of_reused_keys", "turned_2") == (2,)
    turned = "select key, name, by_name from marts.replaced_rows where effect = 'key_reused'"
    assert sorted(night.rows(turned)) == [
        (f'["{order}","1"]', "turned_1.csv", "turned_2.csv") for order in ("T1", "T4")
    ]


def test_a_later_file_of_another_source_wins_whatever_versions_say(night: Warehouse) -> None:
    assert current(night, "versioned") == [("V1", "A", 1)]
    assert told(night, "rows_without_effect, rows_lost_to_other_sources", "versioned_2") == (1, 1)
    assert told(night, "replaced_of_sources", "tilla_2") == ("1 of versioned in sales",)
    kept = "select key, by_name from marts.replaced_rows where effect = 'without_effect' and source = 'versioned'"
    assert night.rows(kept) == [('["V1","1"]', "versioned_1.csv")]


def test_a_day_that_brings_too_little_replaces_none(night: Warehouse) -> None:
    orders = [order for order, _, _ in current(night, "days")]
    assert orders == ["a", "b", "c", "d", "e", "f", "g", "h", "i", "k", "l", "m"]
    kept = "select name, kind, document, records, rejected, standing_name, standing_records from marts.kept_documents"
    assert sorted(night.rows(kept)) == [
        ("days_2.csv", "day", "days|2026-11-17", 0, 1, "days_1.csv", 4),
        ("days_2.csv", "day", "days|2026-11-18", 2, 3, "days_1.csv", 4),
    ]
    assert told(night, "rows_without_effect, rows_removed", "days_2") == (2, 1)


def test_a_day_that_another_till_erases_is_told_with_what_it_had(night: Warehouse) -> None:
    removed = "select key, document_rows_before, document_rows from marts.replaced_rows where source = 'pair'"
    assert sorted(night.rows(removed)) == [('["q1","1"]', 2, 3), ('["q2","1"]', 2, 3)]


def test_each_of_them_warns_with_its_rows(night: Warehouse) -> None:
    def warned(as_of: date) -> dict[str, int]:
        done = night.dbt("test", "--select", "replaced_rows", "kept_documents", as_of=as_of)
        return {r.node.name: r.failures for r in done.result if r.status == "warn"}

    assert warned(AS_OF) == {
        "none_replaced_by_other_sources": 2,
        "none_without_effect": 3,
        "no_key_reused": 2,
        "none_shrank_replaced_rows_": 2,
        "none_too_small": 2,
    }


def test_files_add_up_all_the_same(night: Warehouse) -> None:
    counts = "records = admitted + sent_elsewhere + left_out + duplicate + rejected"
    assert night.rows(f"select bool_and({counts}) from marts.input_files") == [(True,)]


def test_a_setting_lets_smaller_days_through(night: Warehouse, tmp_path: Path) -> None:
    """Under another share everything is decided anew, as by a build from nothing."""
    looser = Warehouse(night.settings.data_dir)
    looser.settings = looser.settings.model_copy(update={"day_at_least": 0.0})
    looser.platform = platform_of(looser.settings)
    looser.build(*MARTS)
    assert looser.rows("from marts.kept_documents") == []
    assert [order for order, _, _ in current(looser, "days")] == ["e", "f", "i", "k", "l", "m"]
    night.build(*MARTS)
