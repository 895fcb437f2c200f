"""What is kept of a file beside its rows lies before the whole warehouse: one value may be megabytes, and there it
would cost everybody the night.
"""

import json
from collections.abc import Callable

import pytest

from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.document_names import MAX_DOCUMENT_BYTES
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.readers.columns import RAW_CHARACTERS
from retail_assets.names import CUT, SHOWN_CHARACTERS
from retail_assets.platform import Platform
from tests.plain_platform import PlainPlatform
from tests.unit.mapping.conftest import MapRows

LONG = "ä" * 1_000_000
RECEIPTS = """
    source: till
    match: {folder: sales, files: "*.csv"}
    targets:
      - feed: sales
        document: Bon
        replaces: document
        columns:
          order_id: Nr
          line_number: {line_number: derived}
          store_id: {constant: S1}
          product_id: Artikel
          sold_at: {constant: '2026-11-20'}
          quantity: {constant: 1}
          unit_price: {constant: 1}
          currency: {constant: EUR}
"""


def test_a_rejected_record_is_quoted_as_far_as_a_person_would_look(map_rows: MapRows) -> None:
    [rejected] = map_rows("stores", [{"store_id": "S1", "name": LONG, "more": LONG}], place=LONG).rejects
    assert (rejected["rule"], rejected["column"]) == ("too_long", "name")
    quotes = [rejected[quoted] for quoted in ("place", "value", "raw")]
    assert [(len(quote), quote[-1]) for quote in quotes] == [(RAW_CHARACTERS, CUT)] * 3


def test_so_is_what_reshape_sets_aside(map_rows: MapRows) -> None:
    summed = RECEIPTS.replace(
        "targets:", "reshape: [sum: {per: [Nr, Bon, Artikel], columns: Menge}]\n    targets:"
    )
    rows = [
        {"Nr": "1", "Bon": "1", "Artikel": "A", "Menge": LONG},
        {"Nr": "2", "Bon": "2", "Artikel": "A", "Menge": "1"},
    ]
    [rejected] = map_rows(summed, rows).rejects
    quotes = [rejected[quoted] for quoted in ("value", "raw")]
    assert [(len(quote), quote[-1]) for quote in quotes] == [(RAW_CHARACTERS, CUT)] * 2


@pytest.mark.parametrize(
    ("old", "new"),
    [("source: till", f"source: {'t' * 101}"), ("rules: []", f"rules: [{{name: {'r' * 101}, when: true}}]")],
)
def test_sources_and_rules_have_names(
    mapping_file: Callable[[str], SourceMapping], old: str, new: str
) -> None:
    with pytest.raises(MappingError, match="is up to 100 "):
        mapping_file((RECEIPTS + "        rules: []\n").replace(old, new))


def test_a_document_has_a_name_and_no_text(map_rows: MapRows) -> None:
    longest = "x" * MAX_DOCUMENT_BYTES
    rows = [{"Nr": nr, "Bon": bon, "Artikel": "A"} for nr, bon in (("1", longest), ("2", LONG), ("3", ""))]
    result = map_rows(RECEIPTS, rows)
    assert result.column("order_id") == ["1"]
    assert result.ends == [(2, "rejected", "too_long"), (3, "rejected", "no_document")]
    assert [document["_document"] for document in result.documents] == [longest]


def test_a_stores_day_has_one_too(map_rows: MapRows) -> None:
    by_day = RECEIPTS.replace("replaces: document", "replaces: day\n        version: {constant: 1}")
    by_day = by_day.replace("{line_number: derived}", "{constant: 1}").replace("{constant: S1}", "Bon")
    by_day = by_day.replace("targets:", "values: {time_zone: Europe/Berlin}\n    targets:")
    result = map_rows(by_day, [{"Nr": "1", "Bon": LONG, "Artikel": "A"}])
    assert result.ends == [(1, "rejected", "too_long")]
    assert [len(document["_document"]) for document in result.documents] == [MAX_DOCUMENT_BYTES + 11]


def test_names_that_nothing_takes_are_told_shortened(platform: Platform) -> None:
    real = PlainPlatform(platform.settings, platform.handlers())
    names = [f"{number}{'k' * 100_000}" for number in range(20)]
    row = {"store_id": "S1", "name": "One", **dict.fromkeys(names, 1)}
    real.drop("wide.json", json.dumps([row]), folder="stores")
    report = real.admit()
    told = [f"{name[:SHOWN_CHARACTERS]}{CUT}" for name in names]
    assert json.loads(real.table("drops")["unknown_columns"][0]) == told
    assert len(report.summary()[0]) < 5_000
