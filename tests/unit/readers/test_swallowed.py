"""Two stray quotes make one field of what stands between them: no record may vanish in it, and no description that
stands on several lines may be taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_assets.feeds.readers.swallowed import Swallowing
from tests.unit.readers.conftest import Reader

STOCK = ["store;sku;name;day;qty", "S1;P0;Tee;2026-05-02;1", "S1;P9;Tee;2026-05-02;7"]


@pytest.mark.parametrize(
    ("lines", "lost", "kept"),
    [
        (['S1;P1;"Zoll Rohr;2026-05-03;3', 'S1;P2;Rohr 5";2026-05-03;4'], 1, ["P2"]),
        (['S1;"P1;x;2026-05-03;3', 'S2;P2";y;2026-05-03;4'], 1, ['P2"']),
        (['"S1;P1;x;2026-05-03;3', 'S2";P2;y;2026-05-03;4'], 1, ["P2"]),
        (['S1;P1;x;2026-05-03;"3', 'S2;P2;y;2026-05-03;4"'], 1, ["P2"]),
        (
            [
                'S1;P1;"x;2026-05-03;3',
                "S1;P2;y;2026-05-03;4",
                "S1;P3;y;2026-05-03;4",
                'S1;P4;z";2026-05-03;4',
            ],
            1,
            ["P2", "P3", "P4"],
        ),
        (['S1;P1;"x;2026-05-03;3', "", 'S1;P2;y";2026-05-03;4'], 1, ["", "P2"]),
        (['S1;P1;"x;2026-05-03;3', "S1;P3", 'S1;P2;y";2026-05-03;4'], 2, ["P2"]),
        (['S1;P1;"x;;3', 'S1;P2;""24"" y";2026-05-03;4'], 2, []),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [";", "\t", "||"])
def test_two_stray_quotes_swallow_no_record(
    read: Reader, lines: list[str], lost: int, kept: list[str], end: str, delimiter: str
) -> None:
    text = end.join([*STOCK, *lines, "S1;P8;Tee;2026-05-02;2", ""]).replace(";", delimiter)

    result = read(text.encode())

    assert [row[1] for row in result.rows] == ["P0", "P9", *kept, "P8"]
    assert len(result.malformed) == lost
    assert result.malformed[3] == lines[0].replace(";", delimiter)


def test_neither_do_they_in_a_file_of_nothing_else(read: Reader) -> None:
    result = read(b'id;store;at;qty\nA1;"SC;2026-05-03;3\nA2;SC";2026-05-03;4\n')

    assert (result.rows, list(result.malformed)) == ([("A2", 'SC"', "2026-05-03", "4")], [1])


@pytest.mark.parametrize(
    "layout", [{"header_row": 0}, {"fill_short_lines": True}, {"quote": "'"}, {"quote": "’"}]
)
def test_neither_do_they_in_other_layouts(read: Reader, layout: dict) -> None:
    text = "\n".join([*STOCK, 'S1;P1;"x;2026-05-03;3', 'S1;P2;y";2026-05-03;4', ""])
    text = text.replace('"', layout.get("quote", '"'))

    result = read(text.encode(), **layout)

    assert [row[1] for row in result.rows][-1] == "P2"
    assert len(result.malformed) == 1


def test_neither_do_they_late_in_a_long_file(read: Reader) -> None:
    lines = [f'S1;P{n};"Tee\n{n}; red";2026-05-03;{n}' for n in range(300_000)]
    lines[250_000] = 'S1;A;"x;2026-05-03;3'
    lines[250_001] = 'S1;B;y";2026-05-03;4'

    result = read("\n".join([STOCK[0], *lines, ""]).encode())

    assert result.malformed == {250_001: 'S1;A;"x;2026-05-03;3'}
    assert result.found.record_count == len(lines)


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("id,note", [("1", "x"), ("2", "Dear all,\nhello, you"), ("3", "Hello\nDear, x")]),
        ("id,note", [("o1", "x"), ("o2", "Hello\nDear, x")]),
        ("sku,name,price", [("A1", "x", "2.50"), ("A2", "Shirt, blue\nCotton, 100%", "3.50")]),
        ("sku,name,price", [("A1", "x", "2.50"), ("A2", "Shirt,blue\nA3,red", "3.50")]),
        ("id,address,city", [("1", "x", "Kiel"), ("2", "Kai 5, Hof\n2, links", "Bad Orb")]),
        ("id;a;b;c", [("1", "x", "2", "3"), ("2", "x;2\ny;z;1", "2", "3")]),
        ("name,text", [("Tee", "a, b\nc, d"), ("Mug and cup", "e\nf, g")]),
        ("brand,address", [("Nike", "x"), ("Puma", "Main Street 5\nBerlin,Germany")]),
    ],
)
def test_descriptions_on_several_lines_stay(read: Reader, header: str, rows: list[tuple]) -> None:
    mark = ";" if ";" in header else ","
    lines = [mark.join(f'"{value}"' for value in row) for row in rows]

    result = read("\n".join([header, *lines, ""]).encode())

    assert (result.rows, result.malformed) == (rows, {})


def test_a_nested_table_of_other_values_stays(read: Reader) -> None:
    inner = "a;b;c;d;e\nf;g;h;i;j"

    assert read(f'{STOCK[0]}\nS1;P1;"{inner}";2026-05-02;1\n'.encode()).rows == [
        ("S1", "P1", inner, "2026-05-02", "1")
    ]


_TEXT = st.text(st.sampled_from("ab 1,\n"), max_size=12)


@given(rows=st.lists(st.tuples(st.integers(0, 99).map(str), _TEXT, st.integers(0, 99).map(str)), min_size=1))
def test_no_record_of_properly_quoted_fields_is_suspicious_unless_its_lines_are_records(rows: list) -> None:
    swallowing = Swallowing(3, ",", [("1", "x", "2")] * 3)

    for row in rows:
        lines = row[1].split("\n")
        whole = (
            len(lines) > 1 and f"{row[0]},{lines[0]}".count(",") == f"{lines[-1]},{row[2]}".count(",") == 2
        )
        assert whole or not swallowing.in_record(row)
