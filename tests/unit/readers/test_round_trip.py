"""Whatever table the standard library writes, in whatever dialect and encoding, is read back exactly."""

import csv
import io
import json
from pathlib import Path
from typing import Literal

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from retail_assets.feeds.readers.line_ends import foreign_line_end
from tests.unit.readers.conftest import Reader

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "windows-1252", "latin-1", "cp1250"]
# No control characters: a NUL or an unprintable one is damage, which other tests are about.
SPECIAL = st.sampled_from([*"\",;\t|'\n\r a1äß-.é‑", "\r\n", '""'])
TEXT = st.lists(SPECIAL | st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=8).map("".join)
PROPERTY = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 5))
    return draw(st.lists(st.lists(TEXT, min_size=width, max_size=width), min_size=1, max_size=12))


@PROPERTY
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|^"),
    quote=st.sampled_from("\"'"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(ENCODINGS),
)
def test_delimited(
    read: Reader,
    table: list[list[str]],
    delimiter: str,
    quote: str,
    quoting: Literal[0, 1],
    line_end: str,
    encoding: str,
) -> None:
    table = [[cell.encode(encoding, errors="ignore").decode(encoding) for cell in row] for row in table]
    if quoting == csv.QUOTE_MINIMAL and line_end == "\n":
        # The writer leaves a carriage return unquoted, which then cannot be told from a line end's.
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    assume(not any(_may_hold_records(row, delimiter) for row in table))
    names = [f"column {i}" for i, _ in enumerate(table[0])]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quotechar=quote, quoting=quoting, lineterminator=line_end)
    writer.writerows([names, *table])

    result = read(text.getvalue().encode(encoding), encoding=encoding, delimiter=delimiter, quote=quote)

    assert result.malformed == {}
    assert result.rows == [tuple(row) for row in table]


def _may_hold_records(row: list[str], delimiter: str) -> bool:
    """Whether a value is made of what remains of its record, and what begins another."""
    ends = [(at, cell.split("\n")) for at, cell in enumerate(row) if "\n" in cell]
    return any(
        lines[0].count(delimiter) == len(row) - 1 - at and lines[-1].count(delimiter) == at
        for at, lines in ends
        if len(row) > 1
    )


@PROPERTY
@given(table=tables(), line=st.integers(0, 11), extra=st.sampled_from([-1, 1, 2]))
def test_a_line_of_the_wrong_width(read: Reader, table: list[list[str]], line: int, extra: int) -> None:
    """One bad record among good ones of any content is the only one that is malformed."""
    table = [["x", "y", *(cell.replace("\n", " ").replace("\r", " ") for cell in row)] for row in table]
    line %= len(table)
    width = len(table[0])
    bad = ["z"] * (width + extra)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(
        [[f"c{i}" for i in range(width)], *table[:line], bad, *table[line:]]
    )

    result = read(text.getvalue().encode(), delimiter=",")

    assert result.malformed == {line + 1: ",".join(bad)}
    assert result.rows == [tuple(row) for row in table]


@PROPERTY
@given(
    table=tables(), as_lines=st.booleans(), ascii_only=st.booleans(), encoding=st.sampled_from(ENCODINGS[:3])
)
def test_json(read: Reader, table: list[list[str]], as_lines: bool, ascii_only: bool, encoding: str) -> None:
    records = [{f"c{i}": cell for i, cell in enumerate(row)} for row in table]
    texts = [json.dumps(record, ensure_ascii=ascii_only) for record in records]
    data = "\n".join(texts) if as_lines else f"[{', '.join(texts)}]"

    result = read(data.encode(encoding), "drop.ndjson" if as_lines else "drop.json")

    assert result.rows == [tuple(row) for row in table]


@PROPERTY
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_of_workbooks(read: Reader, tmp_path: Path, values: list[float]) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for value in values:
        book.worksheets[0].append([value, "x"])
    book.save(tmp_path / "numbers.xlsx")
    # The file, not the number: openpyxl writes 16 digits.
    written = [float(f"{value:.16g}") for value in values]

    result = read(tmp_path / "numbers.xlsx", "x.xlsx", header_row=0)

    assert [float(row[0]) for row in result.rows] == written


PIECES = st.sampled_from(
    ['"', '"', "\n", "\n", ",", ",", "a", '""', " ", "\r\n", "\r", "é", '"x"', '"y\nz"', ',"q,r"']
)


@PROPERTY
@given(lines=st.lists(PIECES, max_size=30).map("".join), wide=st.booleans())
def test_every_way_through_gives_the_same_records(read: Reader, lines: str, wide: bool) -> None:
    """A misplaced quote at the end makes the reader take the whole text line by line."""
    text = f"{'h1,h2,h3' if wide else 'h1,h2'}\n1,2\n{lines}\n".encode()
    misplaced = text + b'"1"x\n'
    assume(foreign_line_end(text, quote='"') == foreign_line_end(misplaced, quote='"'))

    plain = read(text, delimiter=",")
    careful = read(misplaced, delimiter=",")

    assert careful.malformed == plain.malformed | {plain.found.record_count + 1: '"1"x'}
    assert careful.rows == plain.rows
