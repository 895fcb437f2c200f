"""How real exports cut text into records and fields: line ends, blanks around quotes, escapes, long delimiters."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.dialect import Dialect
from tests.unit.readers.conftest import Reader

ROWS = [("o1", "1", "x"), ("o2", "2", "y"), ("o3", "3", "z")]


@pytest.mark.parametrize(
    "data",
    [
        b"id,qty,text\ro1,1,x\ro2,2,y\ro3,3,z\r\n",
        b"id,qty,text\ro1,1,x\r\no2,2,y\ro3,3,z\r",
        b"id,qty,text\no1,1,x\ro2,2,y\ro3,3,z\r",
        b"id,qty,text\r\no1,1,x\r\no2,2,y\r\no3,3,z\r\r\n",
        b"id,qty,text\ro1,1,x\ro2,2,y\n" + b"o3,3,z\n",
        b"id,qty,text\no1,1,x\no2,2,y\ro3,3,z\n",
        b"id;qty;text\ro1;1;x\ro2;2;y\ro3;3;z\n",
        b"id\tqty\ttext\ro1\t1\tx\ro2\t2\ty\ro3\t3\tz\n\n",
        "id,qty,text\u2028o1,1,x\u2028o2,2,y\u2028o3,3,z".encode(),
        "id,qty,text\x85o1,1,x\x85o2,2,y\x85o3,3,z\x85".encode(),
        b'id,qty,text\r"o1",1,"x"\r"o2",2,"y"\r"o3",3,"z"\n',
        "id,qty,text\ro1,1,x\ro2,2,y\ro3,3,z\r\n".encode("utf-16"),
    ],
)
def test_records_are_found_whatever_ends_them(read: Reader, data: bytes) -> None:
    result = read(data)

    assert [row for row in result.rows if any(row)] == ROWS
    assert not result.malformed


def test_a_single_column_ends_with_carriage_returns(read: Reader) -> None:
    assert read(b"id\rA\rB\rC\n").rows == [("A",), ("B",), ("C",)]


def test_line_feeds_within_quotes_of_a_file_with_carriage_returns(read: Reader) -> None:
    result = read(b'id,note\r1,"one\ntwo"\r2,"three\nfour"\r')

    assert result.rows == [("1", "one\ntwo"), ("2", "three\nfour")]


def test_a_carriage_return_within_a_value_ends_nothing(read: Reader) -> None:
    result = read(b"id,note\n1,one\rtwo\n2,three\n3,four\rfive\rsix\n")

    assert result.rows == [("1", "one\rtwo"), ("2", "three"), ("3", "four\rfive\rsix")]


def test_records_after_many_with_line_feeds(read: Reader) -> None:
    lines = "".join(f"{n},x\n" for n in range(2_000))

    result = read(f"id,note\n{lines}A,1\rB,2\rC,3\n".encode())

    assert result.rows[-3:] == [("A", "1"), ("B", "2"), ("C", "3")]
    assert result.found.record_count == 2_003


@pytest.mark.parametrize(
    "data",
    [
        b"id,sold_at,qty,note o1,2024-01-05,3,x o2,2024-01-06,4,y",
        b"id,qty,price\x0b1,2,3\x0b4,5,6\n",
        b"1001,2024-01-05,3,2.50\n",
    ],
)
def test_a_header_that_swallowed_its_records_is_refused(read: Reader, data: bytes) -> None:
    with pytest.raises(Unreadable) as error:
        read(data)

    assert error.value.reason == "header_alone"


def test_a_header_without_records_is_an_empty_table(read: Reader) -> None:
    assert read(b"id,qty,price 2024,note\r\n").rows == []
    assert read(b'id,"qty\n(pcs)",price\n').rows == []


def test_a_stray_quote_in_the_header_swallows_no_records(read: Reader) -> None:
    assert read(b'id,"qty,note\n1,2,x"\n3,4,y\n5,6,z\n').found.record_count == 3


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "||"])
@pytest.mark.parametrize("ahead", [" ", "  "])
@pytest.mark.parametrize("behind", ["", " "])
def test_blanks_around_quotes_belong_to_no_field(
    read: Reader, delimiter: str, ahead: str, behind: str
) -> None:
    rows = [("1", f"a{delimiter}b", "x"), ("2", 'say "hi"', ' " y'), ("3", "two\nlines", "z")]
    text = f'id{delimiter}{ahead}"name"{behind}{delimiter}{ahead}"note"{behind}\n'
    for row in rows:
        quoted = [f'"{value.replace(chr(34), chr(34) * 2)}"{behind}' for value in row]
        text += f"{delimiter}{ahead}".join(quoted) + "\n"

    result = read(text.encode())

    assert result.found.columns == ["id", "name", "note"]
    assert result.rows == rows


def test_quotes_that_quote_no_whole_field_stay(read: Reader) -> None:
    result = read(b'id, text,n\n1, 5" x 3", 2\n2, "a" b, 3\n3, "c", 4\n')

    assert result.rows == [("1", ' 5" x 3"', " 2"), ("2", ' "a" b', " 3"), ("3", "c", " 4")]


def test_a_stray_quote_leaves_quotes_behind_blanks_elsewhere(read: Reader) -> None:
    result = read(b'id, text\n1, "a, b"\n2, 5" pipe\n3, "c, d"\n4, "e"\n')

    assert result.rows == [("1", "a, b"), ("2", ' 5" pipe'), ("3", "c, d"), ("4", "e")]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r'"24\" wide"', '24" wide'),
        (r'"27\""', '27"'),
        (r'"a \"b\", c"', 'a "b", c'),
        (r'"\"x\""', '"x"'),
        (r'"C:\\temp\\"', "C:\\temp\\"),
        (r'"back\\slash, \"q\""', 'back\\slash, "q"'),
        (r"plain\, with comma", "plain, with comma"),
    ],
)
def test_a_backslash_escapes_quotes(read: Reader, written: str, meant: str) -> None:
    certain = r'9,"a \"b\", c"'

    found = read(f"id,text\n1,{written}\n2,x\n{certain}\n".encode())
    stated = read(f"id,text\n1,{written}\n2,x\n".encode(), escape="\\")

    assert found.rows == [("1", meant), ("2", "x"), ("9", 'a "b", c')]
    assert found.found.escape == "\\"
    assert stated.rows == [("1", meant), ("2", "x")]


@pytest.mark.parametrize("layout", [{}, {"escape": ""}])
def test_a_backslash_at_the_end_of_a_quoted_field_is_one(read: Reader, layout: dict) -> None:
    result = read(b'id,path\n1,"C:\\temp\\"\n2,"D:\\"\n3,"say ""x\\"""\n', **layout)

    assert result.rows == [("1", "C:\\temp\\"), ("2", "D:\\"), ("3", 'say "x\\"')]
    assert result.found.escape is None


def test_any_escape_that_the_mapping_states(read: Reader) -> None:
    assert read(b'a,b\n1,"x^"y"\n', escape="^").rows == [("1", 'x"y')]


def test_control_characters_do_not_pass_for_stand_ins(read: Reader) -> None:
    result = read(b"a||b\n1||x\x1fy\n2||z\n")

    assert result.rows == [("2", "z")]
    assert list(result.malformed) == [1]


@pytest.mark.parametrize("delimiter", ["||", ";;", "~|~", "|~|", "::", "^|^", "#|#", "\t\t", "<>", "|#|"])
def test_delimiters_of_several_characters_are_found(read: Reader, delimiter: str) -> None:
    lines = ["order id|store.no|price (EUR)", 'o1||"1,5"', "o2|S1|2,5", 'o3|"S2|S3"|3']
    data = "\n".join(line.replace("|", delimiter) for line in lines)

    result = read(data.encode(), name="drop.txt")

    assert result.found.delimiter == delimiter
    assert result.found.columns == ["order id", "store.no", "price (EUR)"]
    assert result.rows == [("o1", "", "1,5"), ("o2", "S1", "2,5"), ("o3", f"S2{delimiter}S3", "3")]


def test_nameless_columns_make_no_long_delimiter(read: Reader) -> None:
    result = read(b"a,,b\n1,x,2\n3,y,4\n")

    assert result.rows == [("1", "x", "2"), ("3", "y", "4")]


def test_short_lines_and_malformed_ones_with_a_long_delimiter(read: Reader) -> None:
    data = b"a~|~b~|~c\n1~|~2\n3~|~4~|~5\n6~|~7~|~8~|~9\n"

    assert read(data).malformed == {1: "1~|~2", 3: "6~|~7~|~8~|~9"}
    assert read(data, fill_short_lines=True).rows == [("1", "2", ""), ("3", "4", "5")]


_FIELD = st.text(st.sampled_from('ab ",;|\\\n'), max_size=6)


@given(
    rows=st.lists(st.tuples(_FIELD, _FIELD, _FIELD), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", "||", "~|~", "§"]),
    escape=st.sampled_from([None, "\\"]),
    blanks=st.integers(0, 2),
)
def test_what_is_written_is_read(rows: list, delimiter: str, escape: str | None, blanks: int) -> None:
    """Quoted text with blanks around its quotes, in any dialect: the reader of lines gives the fields back."""

    def quoted(field: str) -> str:
        field = field.replace(escape, escape * 2) if escape else field
        field = field.replace('"', f'{escape or chr(34)}"')
        return f'{" " * blanks}"{field}"{" " * blanks}'

    text = "".join(delimiter.join(map(quoted, row)) + "\n" for row in rows)
    dialect = Dialect(delimiter, '"', escape)
    readable, damaged = dialect.readable(text.encode())

    tight = dialect.tightened(readable).decode()
    fields = [[dialect.meant(f) for f in record] for record in dialect.reader(iter(tight.splitlines(True)))]

    assert not damaged
    assert [tuple(record) for record in fields] == rows


def test_a_large_file_is_read_alike_in_every_dialect(read: Reader) -> None:
    rng = random.Random(3)
    words = ["red", 'q"t', "a,b", "x\ny", "back\\slash", ""]
    rows = [(str(n), rng.choice(words), rng.choice(words)) for n in range(60_000)]
    escaped = {word: word.replace("\\", "\\\\").replace('"', '\\"') for word in words}
    text = "id||one||two\n" + "".join(f'{a}||"{escaped[b]}" || "{escaped[c]}"\n' for a, b, c in rows)

    result = read(text.encode())

    assert result.rows == rows
    assert (result.found.delimiter, result.found.escape) == ("||", "\\")
