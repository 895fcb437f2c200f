"""A path into what is no object: the field is not null there, its record is rejected."""

import io
import json
from typing import Any

import polars as pl
import pytest

from retail_assets.errors import Unreadable
from tests.unit.mapping.conftest import MapFile
from tests.unit.mapping.exports import SALE

SHOP = """
    source: shop
    match: {folder: sales, files: "*"}
    VALUES
    targets:
      - feed: sales
        TARGET
        columns:
          COLUMNS
          line_number: line_number
          store_id: store_id
          product_id: product_id
          sold_at: sold_at
          quantity: quantity
          unit_price: unit_price
          currency: currency
"""
DIRECT = "order_id: id\n          discount: d.amount"


def shop(target: str = "", values: str = "", columns: str = DIRECT) -> str:
    return SHOP.replace("VALUES", values).replace("TARGET", target).replace("COLUMNS", columns)


def with_d(*values: Any) -> list[dict[str, Any]]:
    return [SALE | {"id": f"o{n}", "d": d} for n, d in enumerate(values, start=1)]


def ends(result: Any) -> dict[int, str]:
    return {number: rule for number, _, rule in result.ends}


BROKEN = ([{"amount": 2}], 2, "2", "{amount: 1}", "{'amount': 1}", [1], True)
"""None of them is an object with an amount."""
NOTHING = ({"amount": None}, {}, None, "", [], {"other": 1})


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("columns", [DIRECT, "order_id: {sql: \"id || '-' || coalesce(d.amount, '')\"}"])
def test_json(map_file: MapFile, columns: str, lines: bool) -> None:
    rows = with_d({"amount": 1}, *BROKEN, *NOTHING)
    content = ("\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)).encode()
    result = map_file(shop(columns=columns), content, "a.ndjson" if lines else "a.json")
    assert ends(result) == dict.fromkeys(range(2, 2 + len(BROKEN)), "malformed_record")
    assert result.rejects[0]["raw"] == '[{"amount":2}]', "it shows what stands there"


def test_all_of_them_lists(map_file: MapFile) -> None:
    result = map_file(shop(), json.dumps(with_d([{"amount": 1}], [{"amount": 2}])).encode(), "a.json")
    assert ends(result) == {1: "malformed_record", 2: "malformed_record"}


@pytest.mark.parametrize(
    "target",
    [
        "leave_out: [{name: x, when: d.amount is null}]",
        "version: d.amount\n        document: id\n        replaces: document",
    ],
)
def test_rules_and_versions(map_file: MapFile, target: str) -> None:
    content = json.dumps(with_d({"amount": 1}, [{"amount": 2}])).encode()
    result = map_file(shop(target, columns="order_id: id"), content, "a.json")
    assert ends(result) == {2: "malformed_record"}


def test_rules_for_all_targets(map_file: MapFile) -> None:
    content = json.dumps(with_d({"amount": 1}, {"amount": None}, [{"amount": 2}])).encode()
    top = "leave_out: [{name: x, when: d.amount is null}]"
    assert ends(map_file(shop(values=top, columns="order_id: id"), content, "a.json")) == {
        2: "x",
        3: "malformed_record",
    }


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ('{"amount": 1}', None),
        ("", None),
        ("  ", None),
        ("null", None),
        ("k.A.", None),
        ("{amount: 1}", "malformed_record"),
        ("{'amount': 1}", "malformed_record"),
        ('[{"amount": 1}]', "malformed_record"),
        ("2", "malformed_record"),
        ("4,50 EUR", "malformed_record"),
    ],
)
def test_csv(map_file: MapFile, text: str, end: str | None) -> None:
    csv = pl.DataFrame(
        [{k: str(v) for k, v in row.items()} for row in with_d('{"amount": 1}', text)]
    ).write_csv()
    result = map_file(shop(values="values: {null_words: k.A.}"), csv.encode())
    assert ends(result).get(2) == end


def test_parquet(map_file: MapFile) -> None:
    for values in ([[{"amount": 1}]], [7]):
        out = io.BytesIO()
        pl.DataFrame(with_d(*values)).write_parquet(out)
        assert ends(map_file(shop(), out.getvalue(), "a.parquet")) == {1: "malformed_record"}
    out = io.BytesIO()
    pl.DataFrame(with_d({"amount": 1}, {"amount": None}, None)).write_parquet(out)
    result = map_file(shop(), out.getvalue(), "a.parquet")
    assert (ends(result), [x and int(x) for x in result.column("discount")]) == ({}, [1, None, None])


def test_unfolded(map_file: MapFile) -> None:
    columns = "order_id: id\n          discount: lines.disc.amt\n          description: lines.text"
    mapping = shop("unfold: parcels.lines", columns=columns).replace("lines.", "parcels.lines.")
    mapping = mapping.replace("line_number: line_number", "line_number: parcels.lines.n").replace(
        "unfold: parcels.parcels", "unfold: parcels"
    )
    lines = [
        {"n": 1, "disc": {"amt": 1}},
        {"n": 2, "disc": [{"amt": 1}]},
        {"n": 3, "disc": 5},
        {"n": 4, "disc": None},
        {"n": 5},
        6,
    ]
    parcels = [{"lines": lines}, 7, {"lines": []}, None, []]
    row = {**SALE, "id": "o1", "parcels": parcels}
    result = map_file(mapping, json.dumps([row]).encode(), "a.json")
    assert [(number, rule) for number, _, rule in result.ends] == [
        (2, "malformed_record"),
        (3, "malformed_record"),
        (6, "malformed_record"),
        (7, "malformed_record"),
        (8, "no_lines"),
        (9, "no_lines"),
        (10, "no_lines"),
    ]


def test_fields_of_the_record_beside_its_lines(map_file: MapFile) -> None:
    columns = "order_id: id\n          discount: d.amount\n          description: lines.text"
    row = SALE | {"id": "o1", "d": [{"amount": 2}], "lines": [{"text": "a"}, {"text": "b"}]}
    result = map_file(shop("unfold: lines", columns=columns), json.dumps([row]).encode(), "a.json")
    assert ends(result) == {1: "malformed_record", 2: "malformed_record"}


FILLED = (
    "leave_out: [{name: x, when: WHEN is null}]\n    reshape: {fill_down: {columns: store_id, per: order_id}}"
)


@pytest.mark.parametrize(
    ("when", "name"), [("d.amount", "a.json"), ("d.amount", "a.csv"), ("stattus", "a.csv")]
)
def test_before_reshape_there_are_columns_only(map_file: MapFile, when: str, name: str) -> None:
    rows = with_d({"amount": 1})
    csv = pl.DataFrame([{key: str(value) for key, value in row.items()} for row in rows]).write_csv()
    content = json.dumps(rows) if name == "a.json" else csv
    with pytest.raises(Unreadable, match=f"expected `{when}`"):
        map_file(shop(values=FILLED.replace("WHEN", when)), content.encode(), name)
