"""Files that were made, or damaged, to break a reader: each becomes records or an Unreadable with a reason and
a sentence; nothing else ever comes out, and the next file is read as if nothing had happened.
"""

import io
import json
import os
import random
import re
import signal
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from retail_assets.config import REPOSITORY, Settings
from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, read_records

LIMITS = replace(ReaderLimits.of(Settings()), seconds=60)
FUZZ_ROUNDS = int(os.environ.get("RETAIL_TEST_FUZZ_ROUNDS", "60"))
"""Mutations of each format; raise it to look for longer."""

Attempt = Callable[..., RecordSet]


@pytest.fixture
def attempt(tmp_path: Path) -> Attempt:
    def attempt_bytes(data: bytes, name: str, *, limits: ReaderLimits = LIMITS, **layout) -> RecordSet:
        (tmp_path / "content").write_bytes(data)
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        found = read_records(
            tmp_path / "content", name=name, layout=FileLayout(**layout), out=out, limits=limits
        )
        records = pl.read_parquet(found.path, columns=["_record", "_malformed"])
        assert records["_record"].to_list() == list(range(1, found.record_count + 1))
        return found

    return attempt_bytes


def refused(attempt: Attempt, data: bytes, name: str, **options) -> str:
    """The reason, of a refusal whose sentence says what was expected."""
    with pytest.raises(Unreadable) as error:
        attempt(data, name, **options)
    assert "expected" in error.value.message
    return error.value.reason


def excel_bytes(cells: dict[str, object]) -> bytes:
    book = openpyxl.Workbook()
    for place, value in cells.items():
        book.worksheets[0][place] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_part(workbook: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part rewritten."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return buffer.getvalue()


def parquet_bytes(rows: int = 50) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(
        {
            "id": range(rows),
            "name": [f"n{i}" for i in range(rows)],
            "tags": [["a", str(i)] for i in range(rows)],
        }
    ).write_parquet(buffer)
    return buffer.getvalue()


TEXT_NAMES = ["drop.csv", "drop.tsv", "drop.json", "drop.ndjson"]


@pytest.mark.parametrize("name", [*TEXT_NAMES, "drop.parquet", "drop.xlsx"])
def test_an_empty_file(attempt: Attempt, name: str) -> None:
    assert refused(attempt, b"", name) == "empty"


@pytest.mark.parametrize("name", TEXT_NAMES)
def test_nuls_instead_of_text(attempt: Attempt, name: str) -> None:
    assert refused(attempt, b"\0" * 100_000, name) == "nul_filled"


@pytest.mark.parametrize("name", TEXT_NAMES)
def test_binary_garbage(attempt: Attempt, name: str) -> None:
    assert refused(attempt, random.Random(1).randbytes(100_000), name) == "not_text"


def test_a_file_over_the_limit(attempt: Attempt) -> None:
    assert (
        refused(attempt, b"a,b\n1,2\n" * 100, "drop.csv", limits=replace(LIMITS, file_bytes=100))
        == "too_large"
    )


def test_a_folder_and_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(Unreadable, match="folder, a pipe or a device"):
            read_records(path, name="drop.csv", layout=FileLayout(), out=tmp_path, limits=LIMITS)


@pytest.mark.parametrize("names", [b"c," * 1_000_000, b"column," * 3_000_000, b"x" * 20_000_000])
def test_a_million_columns(attempt: Attempt, names: bytes) -> None:
    assert refused(attempt, names + b"c\n" + b"1\n" * 10, "drop.csv") == "too_many_columns"


def test_new_names_in_every_json_record(attempt: Attempt) -> None:
    lines = "\n".join(json.dumps({f"k{i}": 1}) for i in range(5_000))

    assert refused(attempt, lines.encode(), "drop.ndjson") == "too_many_columns"


def test_a_wide_parquet_file(attempt: Attempt) -> None:
    buffer = io.BytesIO()
    pl.DataFrame({f"c{i}": [1] for i in range(2_001)}).write_parquet(buffer)

    assert refused(attempt, buffer.getvalue(), "drop.parquet") == "too_many_columns"


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"\x1f\x8b\x08\0garbage", "compressed"),
        (b"7z\xbc\xaf\x27\x1cgarbage", "compressed"),
        (b"%PDF-1.7\n", "not_a_table"),
        (b"\x89PNG\r\n\x1a\n", "not_a_table"),
        (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "not_a_table"),
    ],
)
@pytest.mark.parametrize("name", ["drop.csv", "drop.xlsx", "drop.json"])
def test_other_kinds_of_files(attempt: Attempt, start: bytes, reason: str, name: str) -> None:
    assert refused(attempt, start, name) == reason


def test_a_name_that_contradicts_the_content(attempt: Attempt) -> None:
    workbook = excel_bytes({"A1": "id", "A2": 1})

    assert attempt(workbook, "drop.csv").format == "excel"
    assert attempt(parquet_bytes(), "drop.json").format == "parquet"
    assert attempt(b'[{"a":1}]', "drop.csv").format == "json"
    assert refused(attempt, b"a;b\n1;2\n", "drop.xlsx") == "wrong_format"
    assert refused(attempt, b"a;b\n1;2\n", "drop.parquet") == "wrong_format"
    assert refused(attempt, workbook, "drop.csv", format="csv") == "wrong_format"
    assert attempt(b"a;b\n1;2\n", "drop.xls", format="csv").record_count == 1
    assert attempt(b"a;b\n1;2\n", "drop.2026-11-20").format == "csv"


def test_a_zip_that_is_no_workbook(attempt: Attempt) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("sales.csv", "a,b\n1,2\n")

    assert refused(attempt, buffer.getvalue(), "drop.csv") == "not_excel"


def test_a_workbook_cut_off(attempt: Attempt) -> None:
    data = excel_bytes({"A1": "id", "A2": 1})

    assert refused(attempt, data[: len(data) // 2], "drop.xlsx") == "damaged_workbook"


def test_a_workbook_that_unpacks_to_gigabytes(attempt: Attempt) -> None:
    limits = replace(LIMITS, unpacked_bytes=2**20)
    bomb = with_part(
        excel_bytes({"A1": "id", "A2": 1}), "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * (2 * 2**20)
    )

    assert refused(attempt, bomb, "drop.xlsx", limits=limits) == "unpacks_too_large"


def test_a_workbook_that_lies_about_what_it_unpacks_to(attempt: Attempt) -> None:
    size = 64 * 2**20
    bomb = with_part(
        excel_bytes({"A1": "id", "A2": 1}), "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * size
    )
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        true = struct.pack("<L", archive.getinfo("xl/worksheets/sheet1.xml").file_size)
    lying = bomb.replace(true, struct.pack("<L", 1_000))

    assert (
        refused(attempt, lying, "drop.xlsx", limits=replace(LIMITS, unpacked_bytes=2**20))
        == "damaged_workbook"
    )


def test_two_cells_in_opposite_corners(attempt: Attempt) -> None:
    assert refused(attempt, excel_bytes({"A1": 1, "XFD1048576": 2}), "drop.xlsx") == "too_many_columns"
    assert refused(attempt, excel_bytes({"A1": 1, "BXX1048576": 2}), "drop.xlsx") == "sparse_sheet"


def test_a_parser_that_is_talked_into_asking_for_too_much(attempt: Attempt) -> None:
    """Cells that the look beforehand does not recognise reach the parser, which then aborts its process."""
    sheet = excel_bytes({"A1": 1, "XFD1048576": 2})
    hidden = with_part(
        sheet, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'r="XFD1048576"', b'r = "XFD1048576"')
    )

    assert refused(attempt, hidden, "drop.xlsx") in ("reader_died", "too_much_memory", "damaged_workbook")
    assert attempt(b"a,b\n1,2\n", "drop.csv").record_count == 1


def test_an_encrypted_workbook(attempt: Attempt) -> None:
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1_000
    encrypted = start + "EncryptedPackage".encode("utf-16-le") + b"\0" * 5_000

    assert refused(attempt, encrypted, "drop.xlsx") == "encrypted"
    assert refused(attempt, start, "drop.xls") == "damaged_workbook"


def test_entities_in_a_workbook(attempt: Attempt, tmp_path: Path) -> None:
    """No file is read and nothing is expanded on behalf of a workbook."""
    (tmp_path / "secret").write_text("top secret")
    dtd = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret"><!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>'
    data = with_part(
        excel_bytes({"A1": "id", "A2": "x"}),
        "xl/worksheets/sheet1.xml",
        lambda xml: dtd.encode() + re.sub(rb"<v>[^<]*</v>", b"<v>&e;&b;</v>", xml),
    )
    try:
        found = attempt(data, "drop.xlsx")
    except Unreadable:
        return
    assert b"top secret" not in found.path.read_bytes()


def test_a_parquet_file_cut_in_the_middle(attempt: Attempt) -> None:
    data = parquet_bytes()

    assert refused(attempt, data[:200] + data[300:], "drop.parquet") == "damaged_parquet"
    assert refused(attempt, b"PAR1" + b"\xff" * 100 + b"PAR1", "drop.parquet") == "damaged_parquet"


@pytest.mark.parametrize(
    "values",
    [
        pl.Series(["x" * 100_000]).new_from_index(0, 200),
        pl.Series([["x" * 100_000] * 10]).new_from_index(0, 20),
        pl.Series([b"x" * 100_000]).new_from_index(0, 200),
        pl.Series([7]).new_from_index(0, 2_000_000),
    ],
    ids=["text", "lists", "bytes", "numbers"],
)
def test_a_small_parquet_file_that_unpacks_to_a_lot(attempt: Attempt, values: pl.Series) -> None:
    buffer = io.BytesIO()
    values.to_frame("id").write_parquet(buffer, compression="zstd")
    limits = replace(LIMITS, unpacked_bytes=10 * 2**20)

    assert len(buffer.getvalue()) < 2**20
    assert refused(attempt, buffer.getvalue(), "drop.parquet", limits=limits) == "unpacks_too_large"
    assert attempt(parquet_bytes(), "drop.parquet", limits=limits)


def test_reading_longer_than_allowed(attempt: Attempt) -> None:
    lines = b"a,b\n" + b'"1"x,2\n' * 300_000

    assert refused(attempt, lines, "drop.csv", limits=replace(LIMITS, seconds=0.05)) == "timeout"
    assert attempt(lines, "drop.csv").record_count == 300_000


def test_too_little_memory(attempt: Attempt) -> None:
    limits = replace(LIMITS, memory_bytes=700 * 2**20)
    document = json.dumps({"id": 1, "text": "x" * 300_000_000}).encode()

    assert refused(attempt, document, "drop.json", limits=limits) in (
        "too_large",
        "too_much_memory",
        "reader_died",
    )
    assert attempt(b"a,b\n1,2\n", "drop.csv").record_count == 1


@pytest.mark.parametrize("name", ["drop.csv", "drop.ndjson", "drop.parquet", "drop.xlsx"])
def test_a_full_disk_is_not_the_files_fault(tmp_path: Path, name: str) -> None:
    """What cannot be written must not send a sound file to quarantine."""
    (tmp_path / "content").write_bytes(SAMPLES[name])
    (tmp_path / "records.parquet").symlink_to("/dev/full")

    with pytest.raises(OSError, match="No space left"):
        read_records(tmp_path / "content", name=name, layout=FileLayout(), out=tmp_path, limits=LIMITS)


def test_the_reader_is_killed(attempt: Attempt) -> None:
    """One file suffers; the next one finds a new process."""
    attempt(b"a,b\n1,2\n", "drop.csv")
    for child in _children(os.getpid()):
        os.kill(child, signal.SIGKILL)
    time.sleep(0.1)

    assert attempt(b"a,b\n1,2\n", "drop.csv").record_count == 1


def test_the_reader_ends_with_its_parent(tmp_path: Path) -> None:
    """A SIGKILL leaves nobody behind to clean up."""
    (tmp_path / "slow.csv").write_bytes(b"a,b\n" + b'"1"x,2\n' * 3_000_000)
    program = f"""
from pathlib import Path
from retail_assets.config import Settings
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.records import ReaderLimits, read_records
folder = Path({str(tmp_path)!r})
read_records(folder / "slow.csv", name="slow.csv", layout=FileLayout(), out=folder, limits=ReaderLimits.of(Settings()))
"""
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY)
    deadline = time.monotonic() + 30
    while not (children := _children(parent.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    while any(_alive(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert children
    assert not any(_alive(child) for child in children)


def _children(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in found.read_text().split()] if found.exists() else []


def _alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


SAMPLES = {
    "drop.csv": 'id;name;price\n1;Müsli;2,50\n2;"a;b";3\n3;"x ""y""\nz";4\n\n5;Tee;1\n'.encode(),
    "latin.csv": "id,name\n1,Müsli\n2,Öl\n".encode("cp1252"),
    "wide.csv": "id,name\n1,Müsli\n2,Öl\n".encode("utf-16"),
    "drop.tsv": b"id\tname\n1\tx\n2\ty\n",
    "drop.json": b'{"meta": {"n": 1}, "orders": [{"id": "A\\u00e9", "lines": [{"q": 1.5}]}, {"id": null}]}',
    "drop.ndjson": b'{"a": 1, "b": [1, {"c": "x"}]}\n{"a": "y", "d": true}\n{"a": -1.5e3}\n',
    "drop.parquet": parquet_bytes(),
    "drop.xlsx": excel_bytes({"A1": "id", "B1": "n", "A2": 1, "B2": "n/a", "A3": 2.5, "B4": True}),
}
ATOMS = [
    b'"',
    b"\n",
    b"\r",
    b",",
    b";",
    b"\0",
    b"\xff",
    b"[",
    b"{",
    b"}",
    b"\\",
    b"PAR1",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
]
ATOMS += [
    b"9" * 400,
    b'"' * 101,
    b"[" * 300,
    struct.pack("<L", 2**31 - 1),
    struct.pack("<L", 2**32 - 1),
    b"\x1f\x8b",
]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One to four small damages: flips, cuts, repetitions, and the atoms that formats are made of."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        length = chance.choice([1, 1, 2, 4, 16, 64])
        kind = chance.randrange(6)
        if kind == 0:
            data = data[:at] + chance.randbytes(length) + data[at + length :]
        elif kind == 1:
            data = data[:at] + data[at + length :]
        elif kind == 2:
            data = data[:at] + data[at : at + length] * chance.choice([2, 10, 100]) + data[at + length :]
        elif kind == 3:
            data = data[:at] + chance.choice(ATOMS) + data[at:]
        elif kind == 4:
            other = chance.randrange(len(data) + 1)
            data = data[:at] + data[other : other + 64] + data[at:]
        else:
            data = data[: max(at, 1)] if chance.random() < 0.3 else data
    return data


@pytest.mark.parametrize("name", list(SAMPLES))
def test_mutations_become_records_or_unreadable(attempt: Attempt, name: str) -> None:
    chance = random.Random(name)
    for number in range(FUZZ_ROUNDS):
        data = mutated(SAMPLES[name], chance)
        try:
            attempt(data, name)
        except Unreadable as error:
            assert "expected" in error.message, (number, error)


def test_mutations_inside_a_workbook(attempt: Attempt) -> None:
    """Damage that the archive's checksums would otherwise catch."""
    chance = random.Random(5)
    parts = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"]
    for number in range(FUZZ_ROUNDS):
        data = with_part(SAMPLES["drop.xlsx"], chance.choice(parts), lambda xml: mutated(xml, chance))
        try:
            attempt(data, "drop.xlsx")
        except Unreadable as error:
            assert "expected" in error.message, (number, error)
