"""Which mapping reads a file, and what names a content."""

import time
from pathlib import Path

import pytest

from retail_assets.errors import Unreadable
from retail_assets.feeds.loading import content_key
from retail_assets.feeds.mapping.load import identity_mapping, load_sources
from tests.unit.mapping.conftest import FEEDS, MapRows

ALL = tuple(FEEDS.values())

STORES = """
source: {name}
match: {{folder: stores, files: {files}{values}}}
targets:
  - feed: stores
    columns: {{store_id: Nr, name: Name}}
"""


def write(
    folder: Path, name: str, *, files: str = "'*.csv'", values: str = "", file: str | None = None
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / (file or f"{name}.yaml")).write_text(STORES.format(name=name, files=files, values=values))


def test_folder_and_pattern_decide(tmp_path: Path) -> None:
    write(tmp_path, "filialen", files="['Filial*.csv', 'laden_?.txt']")
    sources = load_sources([tmp_path], ALL)
    assert sources.match("stores", "filialen_2026.CSV").mapping.name == "filialen"
    assert sources.match("stores", "Laden_7.txt").mapping.name == "filialen"
    assert sources.match("stores", "laden_77.txt").mapping.name == "contract"
    assert sources.match("products", "Filialen.csv").mapping.name == "contract"


def test_the_pattern_that_says_most_wins(tmp_path: Path) -> None:
    write(tmp_path, "all", files="'*.csv'")
    write(tmp_path, "special", files="'special_*.csv'")
    sources = load_sources([tmp_path], ALL)
    assert sources.match("stores", "special_1.csv").mapping.name == "special"
    assert sources.match("stores", "x.csv").mapping.name == "all"


def test_only_patterns_that_fit_count(tmp_path: Path) -> None:
    write(tmp_path, "many", files="['a_very_long_name_*.csv', '*.csv']")
    write(tmp_path, "till", files="'till_*.csv'")
    assert load_sources([tmp_path], ALL).match("stores", "till_1.csv").mapping.name == "till"


@pytest.mark.parametrize("padded", ["*" * 200, "*****.*", "?" * 9 + "*", "[a-z]*", "[]a-z*?]*", "[!]0-9]*"])
def test_no_pattern_wins_by_its_length(tmp_path: Path, padded: str) -> None:
    write(tmp_path, "till", files="'ti*'")
    write(tmp_path, "greedy", files=f"'{padded}'")
    sources = load_sources([tmp_path], ALL)
    assert sources.match("stores", "till_1.csv").mapping.name == "till"
    assert sources.why_held("stores", "till_1.csv") is None
    assert sources.match("stores", "shop_10.csv").mapping.name == "greedy"


def test_patterns_that_say_as_much_clash_where_both_read_the_file(tmp_path: Path) -> None:
    write(tmp_path, "one", files="'till_?*'", values=", name_values: '_(?<store>S[0-9]+)'")
    write(tmp_path, "two", files="'*_*.csv'")
    sources = load_sources([tmp_path], ALL)
    assert "one.yaml and two.yaml" in str(sources.clash("stores", "till_S1.csv"))
    assert not [n for n in ("till_S1.txt", "shop_S1.csv", "till_x.csv") if sources.clash("stores", n)]


def test_parts_of_the_name(tmp_path: Path) -> None:
    write(tmp_path, "named", values=", name_values: '_(?<store>S[0-9]+)(?P<day>-[0-9]+)?'")
    sources = load_sources([tmp_path], ALL)
    assert sources.match("stores", "x_S12-3.csv").name_values == {"store": "S12", "day": "-3"}
    assert sources.match("stores", "x_S12.csv").name_values == {"store": "S12", "day": ""}
    assert sources.match("stores", "x.csv").mapping.name == "contract"


def test_no_pattern_takes_long_and_groups_keep_their_meaning(tmp_path: Path) -> None:
    write(tmp_path, "slow", values=", name_values: '(?P<all>(a+)+)(b)?(?P<S>c)?(?P<s>d)?[.]csv$'")
    sources = load_sources([tmp_path], ALL)
    started = time.monotonic()
    assert sources.match("stores", "a" * 200 + "!.csv").mapping.name == "contract"
    assert time.monotonic() - started < 5
    assert sources.match("stores", "\udcff.csv").mapping.name == "contract"
    assert sources.match("stores", "xaad.csv").name_values == {"all": "aa", "S": "", "s": "d"}
    assert sources.match("stores", "O'aac.csv").name_values == {"all": "aa", "S": "c", "s": ""}


def test_the_retailers_mapping_wins_over_the_packaged_one(tmp_path: Path) -> None:
    write(tmp_path, "online_retail")
    (mapping,) = [m for m in load_sources([tmp_path], ALL).mappings if m.name == "online_retail"]
    assert mapping.folder == "stores"


def test_a_name_stands_once_in_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "shop", file="a.yaml")
    write(tmp_path, "shop", file="b.yaml")
    sources = load_sources([tmp_path], ALL)
    assert [broken.message for broken in sources.broken] == [
        "b.yaml: a.yaml describes the source `shop` already"
    ]


def test_feeds_that_a_folder_may_fill(tmp_path: Path) -> None:
    sources = load_sources([tmp_path], ALL)
    assert sources.reachable("sales") == {"sales", "stock_movements"}
    assert sources.reachable("stores") == {"stores"}


def test_every_feed_reads_its_own_names() -> None:
    for feed in FEEDS.values():
        assert identity_mapping(feed).targets[0].block.feed == feed


def test_contract_names_in_any_case(map_rows: MapRows) -> None:
    result = map_rows("stores", [{"STORE_ID": "S1", " Name ": "North", "Colour": "red"}])
    assert [(r["store_id"], r["name"]) for r in result.rows("stores")] == [("S1", "North")]
    assert result.mapped.unknown_columns == ["Colour"]


def test_missing_columns_name_what_was_expected_and_found(map_rows: MapRows) -> None:
    with pytest.raises(Unreadable) as caught:
        map_rows("stores", [{"storeid": "S1", "Name": "North"}])
    assert caught.value.reason == "missing_columns"
    assert "Expected column `store_id` (is it `storeid`?); found `storeid`, `Name`." in caught.value.message
    with pytest.raises(Unreadable, match="several fit: NAME, Name; write it exactly"):
        map_rows("stores", [{"store_id": "S1", "NAME": "x", "Name": "North"}])


def test_missing_names_of_expressions_and_headers_say_what_may_be_meant(map_rows: MapRows) -> None:
    mapping = """
        source: shop
        match: {folder: stores, files: "*.csv"}
        leave_out: [{name: total, when: Nr = "Totale"}]
        targets:
          - feed: stores
            columns: {store_id: {sql: Nr || line_number}, name: Name}
    """
    with pytest.raises(Unreadable) as caught:
        map_rows(mapping, [{"Nr": "1", "Name": "Hafen"}])
    assert (
        "`line_number` (it is at hand where `columns` says `{line_number: derived}`)" in caught.value.message
    )
    assert "`Totale` (if it is a text, write 'Totale' in the expression)" in caught.value.message
    assert "header_row" not in caught.value.message
    with pytest.raises(Unreadable, match="If the names stand in another row, or in none") as caught:
        map_rows(mapping, [{"Report of the day": "1"}])


def test_optional_columns_may_be_missing(map_rows: MapRows) -> None:
    assert map_rows("stores", [{"store_id": "S1", "name": "North"}]).column("region", "stores") == [None]


def test_the_same_names_again() -> None:
    mapping, other = identity_mapping(FEEDS["stores"]), identity_mapping(FEEDS["products"])

    def key(sha256: str = "0" * 64, store: str = "S1", mapping=mapping, zone: str = "UTC") -> str:
        return content_key(sha256, {"store": store}, mapping, business_zone=zone)

    assert len(key()) == 32 and key() == key()
    assert len({key(), key("1" * 64), key(store="S2"), key(mapping=other), key(zone="Europe/Berlin")}) == 5


def test_the_sheets_name_is_at_hand(map_rows: MapRows) -> None:
    mapping = """
        source: book
        match: {folder: stores, files: "*.xlsx"}
        targets:
          - feed: stores
            columns: {store_id: sheet_name, name: {sql: "sheet_name || ' ' || Name"}}
    """
    result = map_rows(mapping, [{"Name": "North"}], file_format="excel", place="S7")
    assert [(r["store_id"], r["name"]) for r in result.rows("stores")] == [("S7", "S7 North")]


def test_parts_of_the_name_in_cells_and_expressions(map_rows: MapRows) -> None:
    mapping = """
        source: named
        match: {folder: store_calendar, files: "*.csv", name_values: "(?P<store>S.)_(?P<day>[0-9]+)"}
        targets:
          - feed: store_calendar
            columns:
              store_id: {file_name: store}
              date: {file_name: day, dates: "%Y%m%d"}
              is_open: {sql: "offen = 'j' and file_name.store = 'S1'"}
    """
    rows = [{"offen": "j"}]
    result = map_rows(mapping, rows, name_values={"store": "S1", "day": "20261224"})
    assert [(r["store_id"], str(r["date"]), r["is_open"]) for r in result.rows("store_calendar")] == [
        ("S1", "2026-12-24", True)
    ]


def test_same_names_takes_what_is_not_listed(map_rows: MapRows) -> None:
    mapping = """
        source: nearly
        match: {folder: stores, files: "*.csv"}
        targets:
          - {feed: stores, same_names: true, columns: {name: Titel}}
    """
    result = map_rows(mapping, [{"store_id": "S1", "Titel": "North", "region": "N"}])
    assert [(r["store_id"], r["name"], r["region"]) for r in result.rows("stores")] == [("S1", "North", "N")]
