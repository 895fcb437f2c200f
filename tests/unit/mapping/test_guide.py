"""The guide's examples are mappings that load, and its tables know every key."""

import re
from pathlib import Path

import duckdb
import pytest

from retail_assets.feeds.mapping.functions import FUNCTIONS
from retail_assets.feeds.mapping.keys.dialect import COLUMN_VALUE_KEYS
from retail_assets.feeds.mapping.keys.nodes import parse_yaml
from retail_assets.feeds.mapping.keys.reading import plain
from retail_assets.feeds.mapping.keys.replacing import REPLACING_KEYS
from retail_assets.feeds.mapping.load import PACKAGED_SOURCES, load_mapping
from retail_assets.sales.contracts import PURCHASE_STATUSES, SALES_STATUSES
from tests.unit.mapping.conftest import FEEDS

GUIDE = Path(__file__).parents[3] / "docs" / "bring-a-source.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
HEAD = "source: example\nmatch: {folder: sales, files: '*'}\n"
COLUMNS = {
    "order_id": "A",
    "line_number": "B",
    "store_id": "C",
    "product_id": "D",
    "sold_at": "E",
    "quantity": "Menge",
    "unit_price": "Preis",
    "currency": "G",
}


def whole(example: str) -> str:
    """An excerpt of the guide as a whole mapping."""
    if example.startswith("source:"):
        return example
    if re.search(r"^targets:", example, flags=re.MULTILINE):
        return HEAD + example
    if example.startswith("      "):
        listed = re.findall(r"^ {6}(\w+):", example, flags=re.MULTILINE)
        others = "".join(
            f"      {name}: {column}\n" for name, column in COLUMNS.items() if name not in listed
        )
        menge = "parse: {Menge: number, Preis: number, Betrag: number, MwSt: number, Rabattsatz: number, Datum: date}\n"
        head = HEAD.replace("files: '*'", "files: '*', name_values: '(?P<store>.)'") + menge
        return head + "targets:\n  - feed: sales\n    columns:\n" + others + example
    columns = "".join(f"      {name}: {column}\n" for name, column in COLUMNS.items())
    return HEAD + example + "targets:\n  - feed: sales\n    columns:\n" + columns


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_loads(tmp_path: Path, example: str) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(whole(example), encoding="utf-8")
    load_mapping(path, tuple(FEEDS.values()))


def test_the_worked_example_is_the_packaged_mapping() -> None:
    packaged = parse_yaml("packaged", (PACKAGED_SOURCES / "online_retail.yaml").read_bytes())
    assert plain(parse_yaml("guide", EXAMPLES[0].encode())) == plain(packaged)


def test_every_function_is_listed_and_pure() -> None:
    listed = set(re.findall("`([a-z0-9_]+)`", GUIDE.read_text().partition("### Functions")[2]))
    named = {name for name in FUNCTIONS if name[0].isalpha() and not name.endswith("_escape")}
    assert named <= listed

    query = "select function_name, coalesce(stability, 'CONSISTENT') = 'CONSISTENT' from duckdb_functions()"
    found = duckdb.execute(query).fetchall()
    assert not FUNCTIONS & {name for name, pure in found if not pure}
    assert named <= {"coalesce", "try", *(name for name, _ in found)}


def test_every_key_is_explained() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    keys = [
        *COLUMN_VALUE_KEYS,
        "name_values",
        "header_row",
        "records",
        "unfold",
        "document",
        "replaces",
        "version",
        *REPLACING_KEYS,
        "own_ids",
    ]
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_the_guide_names_every_status() -> None:
    for status in {*SALES_STATUSES, *PURCHASE_STATUSES}:
        assert f"`{status}`" in GUIDE.read_text(encoding="utf-8")
