"""CSV and its relatives: dialects, headers, and the records that do not fit."""

import pytest

from retail_assets.errors import Unreadable
from tests.unit.readers.conftest import Reader


def test_values_stay_as_they_are_written(read: Reader) -> None:
    result = read(b'id,name,price\n1,,"3"\n"", x ,0012.50\n')

    assert result.rows == [("1", "", "3"), ("", " x ", "0012.50")]
    assert (result.found.format, result.found.encoding, result.found.delimiter) == ("csv", "utf-8", ",")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(read: Reader, delimiter: str) -> None:
    lines = ["store;article, name;price", "S1;Apples, red;1,50", 'S2;"a;b";2,50']
    data = "\n".join(line.replace(";", delimiter) for line in lines)

    result = read(data.encode())

    assert result.found.delimiter == delimiter
    assert result.found.columns[0] == "store"


def test_decimal_commas_do_not_pass_for_delimiters(read: Reader) -> None:
    result = read(b"Beleg;Menge;Preis\n1;2,5;3,99\n2;1,0;4,99\n")

    assert result.rows == [("1", "2,5", "3,99"), ("2", "1,0", "4,99")]


@pytest.mark.parametrize("delimiter", ["^", "\x1f", "§"])
def test_any_delimiter_that_the_mapping_states(read: Reader, delimiter: str) -> None:
    data = f'a{delimiter}b\n1{delimiter}"x{delimiter}y"\n'

    assert read(data.encode(), delimiter=delimiter).rows == [("1", f"x{delimiter}y")]


def test_stated_quotes(read: Reader) -> None:
    assert read(b"a,b\n'1,5',2\"\n", quote="'").rows == [("1,5", '2"')]
    assert read(b'a,b\n"1,2"\n', quote="").rows == [('"1', '2"')]


def test_excel_states_its_delimiter_in_the_first_line(read: Reader) -> None:
    result = read(b"sep=|\na|b;c\n1|2;3\n")

    assert result.found.columns == ["a", "b;c"]


def test_quoted_line_breaks_stay_in_their_value(read: Reader) -> None:
    result = read(b'id,note\r\n1,"one\ntwo\r\nthree"\r\n2,x\r\n')

    assert result.rows == [("1", "one\ntwo\r\nthree"), ("2", "x")]


def test_old_mac_line_ends(read: Reader) -> None:
    assert read(b"a,b\r1,2\r3,4\r").rows == [("1", "2"), ("3", "4")]


def test_header_not_in_the_first_line(read: Reader) -> None:
    data = b"Stock count\n20.11.2026\n\nid;qty\n1;2\n"

    assert read(data, header_row=4).rows == [("1", "2")]


def test_blank_lines_before_the_header(read: Reader) -> None:
    assert read(b"\n  \n;;\nid;a;b\n1;2;3\n").found.columns == ["id", "a", "b"]


def test_header_beyond_the_end(read: Reader) -> None:
    with pytest.raises(Unreadable, match="line 7 holds the column names, but the file has 2 lines"):
        read(b"a,b\n1,2\n", header_row=7)


def test_no_header(read: Reader) -> None:
    assert read(b"1;2\n3;4\n", header_row=0).found.columns == ["column_1", "column_2"]
    assert read(b"1;2\n3;4\n", columns=("id", "qty")).rows == [("1", "2"), ("3", "4")]


def test_the_mappings_names_replace_a_header(read: Reader) -> None:
    result = read(b"x;y\n1;2\n", columns=("id", "qty"), header_row=1)

    assert (result.found.columns, result.rows) == (["id", "qty"], [("1", "2")])


def test_too_few_names_in_the_mapping(read: Reader) -> None:
    with pytest.raises(Unreadable, match=r"names 1 columns \(id\), but the file has 2"):
        read(b"1;2\n3;4\n", columns=("id",))


def test_names_are_trimmed_and_told_apart(read: Reader) -> None:
    header = b'\xef\xbb\xbf Id ,price,Price,,_record,"unit\n price"\n1,2,3,4,5,6\n'

    assert read(header).found.columns == ["Id", "price", "Price", "column_4", "_record_2", "unit price"]


def test_delimiter_at_the_end_of_every_line_but_the_header(read: Reader) -> None:
    result = read(b"id;qty\n1;2;\n3;4;\n")

    assert result.rows == [("1", "2", ""), ("3", "4", "")]


def test_short_and_long_lines_are_malformed_and_the_rest_is_read(read: Reader) -> None:
    result = read(b"a,b,c\n1,2,3\n1,2\n4,5,6\n1,2,3,4\n7,8,9\n")

    assert result.rows == [("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9")]
    assert result.malformed == {2: "1,2", 4: "1,2,3,4"}


def test_a_short_and_a_long_line_do_not_cancel_out(read: Reader) -> None:
    assert read(b'a,b\n1\n1,2,3\n"4",5\n').malformed == {1: "1", 2: "1,2,3"}


def test_blank_lines_are_records_of_empty_fields(read: Reader) -> None:
    result = read(b"a,b\n1,2\n\n   \n3,4\n\n")

    assert result.rows == [("1", "2"), ("", ""), ("", ""), ("3", "4"), ("", "")]


def test_stray_quotes_are_characters_like_others(read: Reader) -> None:
    result = read(b'name,size\npipe 5",3"\n"6"" pipe",x"y\n')

    assert result.rows == [('pipe 5"', '3"'), ('6" pipe', 'x"y')]


def test_text_after_a_closing_quote_is_malformed(read: Reader) -> None:
    result = read(b'a,b\n"1"x,2\n3,4\n')

    assert (result.rows, result.malformed) == ([("3", "4")], {1: '"1"x,2'})


@pytest.mark.parametrize(
    "rest", [b"3,4\n5,6\n", b'3,"4"\n5,6\n', b'3,4\n"5","6"\n', b'"3\n1",4\n5,6\n'], ids=range(4)
)
def test_an_unclosed_quote_costs_one_record(read: Reader, rest: bytes) -> None:
    result = read(b'a,b\n1,"2\n' + rest)

    assert result.malformed == {1: '1,"2'}
    assert [r[0].split("\n")[0] for r in result.rows] == ["3", "5"]


def test_an_unclosed_quote_in_a_long_file(read: Reader) -> None:
    lines = [f"{i},x" for i in range(1_500_000)]
    lines[100_000] = '100000,"x'
    lines[1_400_000] = "1400000"

    result = read(("a,b\n" + "\n".join(lines)).encode())

    assert result.malformed == {100_001: '100000,"x', 1_400_001: "1400000"}
    assert result.found.record_count == 1_500_000


def test_bytes_that_are_no_text_spoil_their_line_only(read: Reader) -> None:
    result = read("a,b\ngrün,1\nbl\udcfcu,2\nweiß,3\nn\0l,4\nöl,5\n".encode(errors="surrogateescape"))

    assert [row[0] for row in result.rows] == ["grün", "weiß", "öl"]
    assert list(result.malformed) == [2, 4]


def test_a_replacement_character_that_was_sent_is_kept(read: Reader) -> None:
    assert read("a,b\nM\ufffdbel,1\n".encode()).rows == [("M\ufffdbel", "1")]


def test_a_giant_field_is_malformed_and_cut(read: Reader) -> None:
    result = read(b"a,b\n1,2\n" + b"x" * 30_000_000 + b",4\n5,6\n")

    assert result.rows == [("1", "2"), ("5", "6")]
    assert len(result.malformed[2]) < 11_000


def test_one_column(read: Reader) -> None:
    assert read(b'id\n1\n\n"2"\n').rows == [("1",), ("",), ("2",)]


@pytest.mark.parametrize(
    ("values", "last", "told"),
    [
        ([120, 110, 130], "12", True),
        ([12, 9, 130], "1", True),
        ([12, 9, 130], "14", False),
        (["2.50", "13.00", "1.75"], "2.5", True),
        (["2,50", "13,00", "1,75"], "2", True),
        (["2,50", "13,00", "1,75"], "2,", True),
        (["2,50", "13,00", "1,75"], "2,25", False),
        (["S1", "S2", "S3"], "S", True),
        (["S1", "S2", "S3"], "", True),
        (["x", "", ""], "", False),
        (["", "", ""], "", False),
        (["Hamburg", "Kiel", "Ulm"], "Bonn", False),
        ([7, 8], "", False),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_last_value_that_may_be_cut_off(
    read: Reader, values: list, last: str, told: bool, end: str, encoding: str
) -> None:
    text = end.join(["id;qty", *(f"P{n};{value}" for n, value in enumerate(values)), f"P9;{last}"])

    assert bool(read(text.encode(encoding)).found.doubts) == told
    assert read(f"{text}{end}".encode(encoding)).found.doubts == ()


def test_header_only(read: Reader) -> None:
    result = read(b"id,qty")

    assert (result.found.columns, result.found.record_count) == (["id", "qty"], 0)


@pytest.mark.parametrize("data", [b"\n\n", b"  \n", b"\xef\xbb\xbf", b";;;\n"])
def test_nothing_but_blank_lines(read: Reader, data: bytes) -> None:
    with pytest.raises(Unreadable) as error:
        read(data)

    assert error.value.reason == "empty"


@pytest.mark.parametrize(
    "layout",
    [
        {"quote": "||"},
        {"quote": ",", "delimiter": ","},
        {"delimiter": "\n"},
        {"escape": '"'},
        {"escape": "~", "delimiter": "~|~"},
    ],
)
def test_impossible_dialects(read: Reader, layout: dict) -> None:
    with pytest.raises(Unreadable) as error:
        read(b"a,b\n1,2\n", **layout)

    assert error.value.reason == "wrong_layout"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [b"", b'4,"un"quoted\n', b'5,"never closed\n'])
def test_short_lines_are_filled_where_the_mapping_says_so(read: Reader, end: bytes, last: bytes) -> None:
    data = end.join([b"a,b,c", b"1,2,3", b"1", b"", b'2,"x,\ny"', b"1,2,3,4", b"7,8,9", b""]) + last

    result = read(data, fill_short_lines=True)

    assert result.rows[:5] == [
        ("1", "2", "3"),
        ("1", "", ""),
        ("", "", ""),
        ("2", "x,\ny", ""),
        ("7", "8", "9"),
    ]
    assert result.malformed[5] == "1,2,3,4"


def test_records_of_different_lengths_without_a_header(read: Reader) -> None:
    data, rows = b"K;1\nP;1;A;2\nK;2\n", [("K", "1", "", ""), ("P", "1", "A", "2"), ("K", "2", "", "")]

    assert read(data, header_row=0, fill_short_lines=True).rows == rows
    columns = ("Satz", "Nr", "Artikel", "Menge", "Rabatt")
    assert read(data, columns=columns, fill_short_lines=True).rows == [(*row, "") for row in rows]


def test_short_lines_are_filled_in_every_piece_of_a_long_file(read: Reader) -> None:
    lines = [f'{n},"{"x" * (n % 50)}\ny"' if n % 3 else f"{n},a,b" for n in range(200_000)]

    result = read("\n".join(["a,b,c", *lines]).encode(), fill_short_lines=True)

    assert result.found.record_count == len(lines)
    assert not result.malformed
    assert [row[0] for row in result.rows] == [str(n) for n in range(200_000)]


@pytest.mark.parametrize("field", ["2", '"2;3"', '"a\nb"'])
def test_a_column_may_be_called_like_a_pattern(read: Reader, field: str) -> None:
    result = read(f"nr;*;^n.*$\nA;1;{field}\nB;2;3\n".encode(), delimiter=";")
    assert result.found.columns == ["nr", "*", "^n.*$"]
    assert result.rows == [("A", "1", field.strip('"')), ("B", "2", "3")]
