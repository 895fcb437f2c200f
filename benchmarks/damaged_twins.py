"""Sound files of every format with their plainest readers, and what damages them: for `benchmarks.mutated_files`."""

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

Row = tuple[str, ...]
COLUMNS = (
    "order_id",
    "line_number",
    "store_id",
    "product_id",
    "sold_at",
    "quantity",
    "unit_price",
    "currency",
)
TEXTS = ("description",)
GERMAN = """
source: kasse
match: {folder: sales, files: "german*"}
values: {decimal: ",", thousands: ".", dates: ["%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"], time_zone: UTC}
targets: [{feed: sales, same_names: true, columns: {}}]
"""


def sound_rows(count: int = 24) -> list[dict[str, Any]]:
    """Sales lines with letters beyond ASCII, prices over a thousand, and instants of every part of a day."""
    names = ["Müsli", "Crème brûlée", "Tee, schwarz", "Öl 0,5 l", 'Rohr 3/4" verzinkt', "Käse; jung"]
    return [
        {
            "order_id": f"O{n // 3:04}",
            "line_number": n % 3 + 1,
            "store_id": f"S{n % 4:02}",
            "product_id": f"{n * 37 % 1000:06}",
            "sold_at": datetime(2026, 11, 1 + n % 20, n % 24, n * 7 % 60, n * 11 % 60, tzinfo=UTC),
            "quantity": Decimal(n % 7 + 1),
            "unit_price": Decimal(n * 7919 % 250_000 + 99) / 100,
            "currency": "EUR",
            "description": names[n % len(names)],
        }
        for n in range(count)
    ]


def _plain(row: dict[str, Any]) -> dict[str, str]:
    return {k: f"{v:%Y-%m-%dT%H:%M:%SZ}" if isinstance(v, datetime) else str(v) for k, v in row.items()}


def _german(row: dict[str, Any]) -> dict[str, str]:
    price = f"{row['unit_price']:,.2f}".translate(str.maketrans(",.", ".,"))
    return {**_plain(row), "sold_at": f"{row['sold_at']:%d.%m.%Y %H:%M:%S}", "unit_price": price}


# What the sound files are written with.


def _delimited(rows: Iterable[dict[str, str]], delimiter: str, encoding: str) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, [*COLUMNS, *TEXTS], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def _json_values(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **_plain(row),
        "line_number": row["line_number"],
        "quantity": int(row["quantity"]),
        "unit_price": float(row["unit_price"]),
    }


def _workbook(rows: list[dict[str, Any]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append([*COLUMNS, *TEXTS])
    for row in rows:
        sheet.append([row[name] for name in (*COLUMNS, *TEXTS)])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _parquet(rows: list[dict[str, Any]], compression: str) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer, compression=compression)
    return buffer.getvalue()


# The plainest reader of each format: records as the damaged bytes state them.


def _read_delimited(data: bytes, delimiter: str, encoding: str) -> list[dict[str, Any]]:
    """Records with a carriage return as the end of a line, and with one as a blank."""
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    found = []
    for way in (text, text.replace("\r\n", "\n").replace("\r", " ")):
        lines = [line for line in csv.reader(io.StringIO(way, newline=""), delimiter=delimiter) if line]
        found += [dict(zip(lines[0], line, strict=False)) for line in lines[1:] if len(line) == len(lines[0])]
    return found


def _read_lines(data: bytes, _: str | None = None) -> list[dict[str, Any]]:
    found = []
    for line in data.decode("utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        found += [record] if isinstance(record, dict) else []
    return found


def _read_json(data: bytes, _: str | None = None) -> list[dict[str, Any]]:
    return [record for record in json.loads(data.decode("utf-8")) if isinstance(record, dict)]


def _read_workbook(data: bytes, _: str | None = None) -> list[dict[str, Any]]:
    import openpyxl

    rows = list(
        openpyxl.load_workbook(io.BytesIO(data), data_only=True).worksheets[0].iter_rows(values_only=True)
    )
    return [dict(zip(map(str, rows[0]), row, strict=False)) for row in rows[1:]]


def _read_parquet(data: bytes, _: str | None = None) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(data)).to_pylist()


@dataclass(frozen=True)
class Shape:
    """A sound file, how it is read plainly, and how its numbers and times are written."""

    name: str
    data: bytes
    read: Callable[..., list[dict[str, Any]]]
    """The plainest reader, of bytes and perhaps an encoding that was guessed."""
    german: bool = False
    part: str | None = None
    """The part of the archive that is damaged, behind the archive's own checksums."""


def shapes() -> list[Shape]:
    rows = sound_rows()
    plain, german = [_plain(row) for row in rows], [_german(row) for row in rows]
    excel = [{**row, "sold_at": row["sold_at"].replace(tzinfo=None)} for row in rows]
    sheet = "xl/worksheets/sheet1.xml"

    def delimited(
        name: str, values: list[dict[str, str]], delimiter: str, encoding: str, **more: Any
    ) -> Shape:
        def read(data: bytes, guessed: str | None = None) -> list[dict[str, Any]]:
            return _read_delimited(data, delimiter, guessed or encoding)

        return Shape(name, _delimited(values, delimiter, encoding), read, **more)

    lines = "".join(json.dumps(_json_values(row), ensure_ascii=False) + "\n" for row in rows)
    document = json.dumps([_json_values(row) for row in rows], ensure_ascii=False, indent=1)
    return [
        delimited("plain.csv", plain, ",", "utf-8"),
        delimited("wide.csv", plain, ",", "utf-16"),
        delimited("plain.tsv", plain, "\t", "utf-8"),
        delimited("german.csv", german, ";", "cp1252", german=True),
        Shape("rows.json", document.encode(), _read_json),
        Shape("rows.ndjson", lines.encode(), _read_lines),
        Shape("rows.parquet", _parquet(rows, "none"), _read_parquet),
        Shape("packed.parquet", _parquet(rows, "zstd"), _read_parquet),
        Shape("rows.xlsx", _workbook(excel), _read_workbook),
        Shape("cells.xlsx", _workbook(excel), _read_workbook, part=sheet),
        Shape("german.xlsx", _workbook(german), _read_workbook, german=True, part=sheet),
    ]


ATOMS = [
    b'"',
    b"\n",
    b"\r",
    b"\r\n",
    b",",
    b";",
    b"\t",
    b"\0",
    b"\xff",
    b"[",
    b"}",
    b"\\",
    b" ",
    b".",
    b"0",
    b"e",
    b"-",
]
ATOMS += ["\ufeff".encode(), "\u200b".encode(), b"\xa0", b"1" * 30, b"'", b"#", b"</c>", b"<v>9</v>"]


def damaged(data: bytes, chance: random.Random) -> bytes:
    """One to three small damages: bytes changed, cut out, repeated or put in, a digit for a digit, the end lost."""
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        at, length = chance.randrange(len(data) + 1), chance.choice([1, 1, 1, 2, 4, 16, 64])
        match chance.randrange(7):
            case 0:
                data = data[:at] + chance.randbytes(length) + data[at + length :]
            case 1:
                data = data[:at] + data[at + length :]
            case 2:
                data = data[:at] + data[at : at + length] * chance.choice([2, 3]) + data[at + length :]
            case 3:
                data = data[:at] + chance.choice(ATOMS) + data[at:]
            case 4:
                other = chance.randrange(len(data) + 1)
                data = data[:at] + data[other : other + length] + data[at:]
            case 5:
                data = data[:at] + str(chance.randrange(10)).encode() + data[at + 1 :]
            case _:
                data = data[: max(at, 1)] if chance.random() < 0.2 else data.replace(b"\n", b"\r", length)
    return data


def twin_damaged(shape: Shape, chance: random.Random) -> bytes:
    if shape.part is None:
        return damaged(shape.data, chance)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(shape.data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, damaged(old.read(name), chance) if name == shape.part else old.read(name))
    return buffer.getvalue()


def canonical(row: dict[str, Any], german: bool) -> Row | None:
    """A record as it would be admitted; None where it states no such row."""
    try:
        return tuple(_canonical(name, row.get(name), german) for name in (*COLUMNS, *TEXTS))
    except (ValueError, InvalidOperation, ArithmeticError, TypeError):
        return None


def _canonical(name: str, value: Any, german: bool) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        return ""
    if name in ("line_number", "quantity", "unit_price"):
        text = value.strip() if isinstance(value, str) else str(value)
        if german and isinstance(value, str):
            text = text.replace(".", "").replace(",", ".")
        return str(Decimal(text).quantize(Decimal("0.0001")).normalize())
    if name == "sold_at":
        return _instant(value, german)
    return " ".join(str(value).split()) if name in TEXTS else str(value).strip()


_SHORT = re.compile(r"([-:T ])(\d)(?!\d)")
"""A month, day, hour, minute or second that has lost one of its two digits: still what the bytes say."""


def _instant(value: Any, german: bool) -> str:
    if isinstance(value, int | float):
        value = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=value)
    if isinstance(value, str):
        text = value.strip()
        for form in ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M") if german else ():
            try:
                value = datetime.strptime(text, form).replace(tzinfo=UTC)
                break
            except ValueError:
                continue
        else:
            value = datetime.fromisoformat(_SHORT.sub(lambda found: found[1] + found[2].zfill(2), text))
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    value = value if value.tzinfo else value.replace(tzinfo=UTC)
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
