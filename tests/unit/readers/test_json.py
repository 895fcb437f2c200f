"""JSON documents and lines of JSON."""

import json

import pytest

from retail_assets.errors import Unreadable
from tests.unit.readers.conftest import Reader

ERP = {
    "meta": {"source": "erp", "pages": [1, 2], "errors": [], "next": None, "status": None},
    "data": {"orders": [{"id": "A1", "lines": [{"qty": 2}]}, {"id": "A2", "lines": []}]},
}


def test_list_of_records(read: Reader) -> None:
    data = b'[{"a": 1.50, "b": null}, {"b": "x", "c": [1, {"d": 2}]},\n {"a": 12345678901234567890123, "e": true}]'
    result = read(data, "drop.json")

    assert result.found.columns == ["a", "b", "c", "e"]
    assert result.rows == [
        ("1.5", None, None, None),
        (None, "x", '[1,{"d":2}]', None),
        ("12345678901234567890123", None, None, "true"),
    ]


def test_records_at_a_path(read: Reader) -> None:
    result = read(json.dumps(ERP).encode(), "drop.json", records="data.orders")

    assert result.rows == [("A1", '[{"qty":2}]'), ("A2", "[]")]
    assert result.frame["_place"].to_list() == ["data.orders"] * 2


def test_the_first_list_of_objects_is_found(read: Reader) -> None:
    assert read(json.dumps(ERP).encode(), "drop.json").found.columns == ["id", "lines"]


PAGES = {"page1": [{"id": 1}], "meta": {"page2": [{"id": 2}, {"id": 3}]}, "tags": ["a"], "none": []}


def test_of_several_lists_the_mapping_has_to_say_which(read: Reader) -> None:
    data = json.dumps(PAGES).encode()
    with pytest.raises(Unreadable, match=r"beside page1 there is meta.page2 \(2 records\)") as error:
        read(data, "drop.json")
    assert error.value.reason == "several_lists"
    second = read(data, "drop.json", records="meta.page2")
    assert (second.rows, second.found.left_out) == ([("2",), ("3",)], ("page1 (1 records)",))
    assert read(data, "drop.json", records="$").found.left_out == ()


LINES = [{"sku": "A", "qty": 1}]


@pytest.mark.parametrize(
    "document",
    [
        {"sales": [], "cancelled": LINES},
        {"cancelled": LINES, "sales": []},
        {"sales": None, "cancelled": LINES},
        {"cancelled": LINES, "sales": None},
        {"result": {"sales": [], "cancelled": LINES}},
        {"sales": {"items": []}, "cancelled": {"items": LINES}},
        {"data": None, "cancelled": LINES},
        {"sales": [], "head": {"day": "2026-05-03"}, "cancelled": LINES},
    ],
)
def test_an_empty_list_may_be_the_one_that_is_meant(read: Reader, document: dict) -> None:
    data = json.dumps(document).encode()

    with pytest.raises(
        Unreadable, match=r"beside \S*cancelled\S* there is \S* \(empty\).*records: "
    ) as error:
        read(data, "drop.json")

    assert error.value.reason == "several_lists"


def test_the_one_that_the_mapping_names_is_empty(read: Reader) -> None:
    result = read(json.dumps({"sales": [], "cancelled": LINES}).encode(), "drop.json", records="sales")

    assert (result.rows, result.found.left_out) == ([], ("cancelled (1 records)",))


@pytest.mark.parametrize(
    "head",
    [{"errors": []}, {"next": None}, {"status": None}, {"address": None, "status": None}, {"tags": ["a"]}],
)
def test_what_is_no_list_of_records_is_no_doubt(read: Reader, head: dict) -> None:
    assert read(json.dumps(head | {"sales": LINES}).encode(), "drop.json").rows == [("A", "1")]


@pytest.mark.parametrize(
    ("document", "records", "said"),
    [
        (
            {"pages": [{"items": LINES}]},
            "pages.items",
            "pages is a list.*records: pages}`, and write `unfold: items`",
        ),
        (
            {"a": {"b": [{"c": {"d": LINES}}]}},
            "a.b.c.d",
            "a.b is a list.*records: a.b}`, and write `unfold: c.d`",
        ),
        ([{"items": LINES}], "items", "itself is a list.*leave `records` out, and write `unfold: items`"),
        ({"orders": {"O1": {"parts": [{"items": LINES}]}}}, "orders.*.parts.items", "unfold: items"),
    ],
)
def test_a_path_through_a_list_is_unfolded(read: Reader, document: object, records: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(json.dumps(document).encode(), "drop.json", records=records)


def test_of_very_many_lists_some_are_named(read: Reader) -> None:
    data = json.dumps(
        {"orders": [{"id": 1}], **{f"list{number}": [{"id": 2}] for number in range(3_000)}}
    ).encode()
    left_out = read(data, "drop.json", records="orders").found.left_out
    assert left_out == (*(f"list{number} (1 records)" for number in range(50)), "2,950 lists more")


def test_the_document_itself(read: Reader) -> None:
    assert read(json.dumps(ERP, indent=2).encode(), "drop.json", records="$").found.columns == [
        "meta",
        "data",
    ]
    assert read(b'{"id": 1, "tags": ["a"]}', "drop.json").rows == [("1", '["a"]')]


def test_a_path_that_does_not_exist(read: Reader) -> None:
    with pytest.raises(Unreadable, match=r"records lie at data\.sales"):
        read(json.dumps(ERP).encode(), "drop.json", records="data.sales")


def test_lines(read: Reader) -> None:
    result = read(b'{"a": 1}\r\n\r\n{"a": "\xc3\xa9"}\n', "drop.ndjson")

    assert (result.found.format, result.rows) == ("ndjson", [("1",), ("é",)])


def test_lines_that_call_themselves_a_document(read: Reader) -> None:
    assert read(b'{"a": 1}\n{"a": 2}\n', "drop.json").found.format == "ndjson"


def test_a_bad_line_spoils_only_itself(read: Reader) -> None:
    lines = [
        b'{"a":1}',
        b'{"a":2',
        b'{"a":"\xff\xc3\xa9"}',
        b"[3]",
        b'{"a":4,"a":5}',
        b'{"a":"\\ud800"}',
        b'{"a":6}',
    ]
    lines.append('{"a":"é"}'.encode())
    result = read(b"\n".join(lines), "drop.ndjson")

    assert result.rows == [("1",), ("6",), ("é",)]
    assert list(result.malformed) == [2, 3, 4, 5, 6]
    assert result.malformed[2] == '{"a":2'


def test_a_record_nested_too_deep_is_malformed(read: Reader) -> None:
    deep = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    many = b'{"a":[' + b"{},[]," * 1_000 + b"1]}"
    result = read(b'{"a":1}\n' + deep + b"\n" + many + b"\n", "drop.ndjson")

    assert list(result.malformed) == [2]
    assert len(result.rows) == 2


def test_names_that_paths_could_misread(read: Reader) -> None:
    record = {"": 1, "a.b": 2, "a/b": 3, "a~b": 4, 'q"': 5, "$": 6, "0": 7, " x ": 8, "X": 9, "_record": 10}
    result = read(json.dumps([record]).encode(), "drop.json")

    assert result.rows == [tuple(str(i) for i in range(1, 11))]
    assert result.found.columns[7:] == ["x", "X", "_record_2"]


def test_a_document_longer_than_a_block(read: Reader) -> None:
    records = [{"id": i, "text": "ä" * 20} for i in range(200_000)]
    result = read(json.dumps({"items": records}, ensure_ascii=False).encode(), "drop.json")

    assert result.found.record_count == 200_000
    assert result.rows[-1] == ("199999", "ä" * 20)


def test_utf16(read: Reader) -> None:
    assert read('[{"a":"ü"}]'.encode("utf-16"), "drop.json").rows == [("ü",)]


@pytest.mark.parametrize(
    "data",
    [
        b'[{"a":1},{"a":2',
        b'[{"a":1}]]',
        b'[{"a":1} {"a":2}]',
        b'{"a":1',
        b"{a:1}",
        b"[1,",
        b"7",
        b'{"a":[{}]',
    ],
)
def test_a_document_that_is_not_whole(read: Reader, data: bytes) -> None:
    with pytest.raises(Unreadable) as error:
        read(data, "drop.json")

    assert error.value.reason == "broken_json"


def test_the_line_where_a_document_breaks(read: Reader) -> None:
    with pytest.raises(Unreadable, match="in line 3 "):
        read(b'[{"a":1},\n{"a":2},\n{"a":}\n]', "drop.json")


def test_an_empty_list_has_no_records(read: Reader) -> None:
    assert read(b"[]", "drop.json").found.record_count == 0


@pytest.mark.parametrize("data", [b"[" * 200_000, b'{"a":' * 200_000, b'[{"a":' * 200_000])
def test_a_document_nested_too_deep(read: Reader, data: bytes) -> None:
    with pytest.raises(Unreadable) as error:
        read(data, "drop.json")

    assert error.value.reason == "too_deep"


def test_bytes_that_are_no_text_spoil_their_record_only(read: Reader) -> None:
    result = read('[{"a":"é"},{"a":"ü'.encode() + b'\xff"},{"a":1}]', "drop.json")

    assert (result.rows, list(result.malformed)) == ([("é",), ("1",)], [2])
