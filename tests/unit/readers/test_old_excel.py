"""Workbooks of Excel 97: formulas that nobody has calculated."""

import struct
from pathlib import Path

import pytest

from retail_assets.feeds.readers.old_excel import cells_of_old_excel
from tests.unit.readers.conftest import Reader

BLANK, ZERO, TWO = b"\x03" + bytes(5) + b"\xff\xff", bytes(8), struct.pack("<d", 2.0)
FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def cell(row: int, column: int, value: object, flags: int = 0) -> bytes:
    """A text, a number, or a formula's result in bytes."""
    place = struct.pack("<3H", row, column, 0)
    if isinstance(value, bytes):
        tokens = b"\x1e\x02\x00"
        return record(6, place + value + struct.pack("<HIH", flags, 0, len(tokens)) + tokens)
    if isinstance(value, str):
        return record(0x204, place + struct.pack("<HB", len(value), 0) + value.encode("latin-1"))
    return record(0x203, place + struct.pack("<d", value))


def old_excel(
    sheets: dict[str, list[list]], *, flags: int = 0, uncalculated: bool = False, size: int = 4096
) -> bytes:
    """A workbook in a file system of one stream, which is small where `size` is below 4,096."""
    version = struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 0x600)
    parts = [
        record(0x809, version)
        + record(0x5E, b"\0\0") * uncalculated
        + b"".join(
            cell(row, column, value, flags)
            for row, line in enumerate(rows)
            for column, value in enumerate(line)
            if value is not None
        )
        + record(10)
        for rows in sheets.values()
    ]
    names = [name.encode("utf-16-le") for name in sheets]
    head = len(record(0x809, version)) + sum(len(name) + 12 for name in names) + len(record(10))
    places = [head + sum(map(len, parts[:number])) for number in range(len(parts))]
    globals_ = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 1997, 0, 0x600)) + b"".join(
        record(0x85, struct.pack("<IBBBB", place, 0, 0, len(name) // 2, 1) + name)
        for place, name in zip(places, names, strict=True)
    )
    book = (globals_ + record(10) + b"".join(parts)).ljust(size, b"\0")
    assert len(book) == size
    return _file_system(book)


def _file_system(book: bytes) -> bytes:
    is_small = len(book) < 4096
    sectors = -(-len(book) // 512)
    # The table, the directory, the small table, then the stream, or the stream of small ones.
    table = [TABLE, END, END, *range(4, 3 + sectors), END]
    small = [*range(1, -(-len(book) // 64)), END] if is_small else []

    def entry(name: str, kind: int, start: int, size: int, child: int) -> bytes:
        written = (name + "\0").encode("utf-16-le")
        links = struct.pack("<IIi", FREE, FREE, child)
        head = written.ljust(64, b"\0") + struct.pack("<HBB", len(written), kind, 1) + links
        return head.ljust(116, b"\0") + struct.pack("<IQ", start, size)

    root = entry("Root Entry", 5, 3 if is_small else END, sectors * 512 if is_small else 0, 1)
    directory = root + entry("Workbook", 2, 0 if is_small else 3, len(book), -1)
    directory += (bytes(116) + struct.pack("<IQ", 0, 0)) * 2
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 62, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, 2 if is_small else END, int(is_small), END, 0)

    def words(numbers: list[int], count: int = 128) -> bytes:
        return struct.pack(f"<{count}I", *(numbers + [FREE] * (count - len(numbers))))

    return (
        header + words([0], 109) + words(table) + directory + words(small) + book.ljust(sectors * 512, b"\0")
    )


SHEETS = {"One": [["id", "v"], ["a", 1.0], ["b", "B"]], "Größe": [["id", "v"], ["a", 3.0], ["b", "B"]]}


def with_formulas(*values: bytes) -> dict[str, list[list]]:
    formulas = [[f"f{number}", value] for number, value in enumerate(values)]
    return {name: [*rows, *formulas] for name, rows in SHEETS.items()}


@pytest.mark.parametrize("size", [2048, 4096, 8192])
@pytest.mark.parametrize("sheet", ["One", "Größe"])
@pytest.mark.parametrize(
    ("values", "told", "kinds"),
    [
        ((BLANK,), {}, "f"),
        ((BLANK, BLANK), {}, "ff"),
        ((TWO, BLANK), {}, "n "),
        ((ZERO,), {}, "n"),
        ((ZERO,), {"flags": 2}, "f"),
        ((ZERO, BLANK), {"uncalculated": True}, "ff"),
        ((ZERO, TWO), {"uncalculated": True}, "nn"),
    ],
)
def test_a_formula_is_told_where_none_has_a_value(
    read: Reader, tmp_path: Path, size: int, sheet: str, values: tuple[bytes, ...], told: dict, kinds: str
) -> None:
    (tmp_path / "b.xls").write_bytes(old_excel(with_formulas(*values), size=size, **told))

    found = read(tmp_path / "b.xls", "b.xls", sheet=sheet)

    assert [row[1] for row in found.rows][:2] == ["1" if sheet == "One" else "3", "B"]
    assert "".join(cells[1] for cells in found.frame["_cells"][2:]) == kinds
    assert all(row[1] == "=" for row, kind in zip(found.rows[2:], kinds, strict=True) if kind == "f")


@pytest.mark.parametrize("at", range(0, 2048, 7))
def test_damage_is_told_by_the_reader_of_the_values(tmp_path: Path, at: int) -> None:
    data = bytearray(old_excel(with_formulas(BLANK)))
    data[at : at + 5] = b"\xff\x07\x80\xfe\x01"
    (tmp_path / "b.xls").write_bytes(data)

    assert isinstance(cells_of_old_excel(tmp_path / "b.xls"), dict)


def test_a_workbook_without_formulas(read: Reader, tmp_path: Path) -> None:
    (tmp_path / "b.xls").write_bytes(old_excel(SHEETS))

    assert read(tmp_path / "b.xls", "b.xls", sheet="One").rows == [("a", "1"), ("b", "B")]
