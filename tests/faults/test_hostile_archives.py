"""Archives that were made, or damaged, to do harm: quarantined with a reason, or counted part by part.

All of them are dropped at once, between good files.
"""

import bz2
import gzip
import io
import random
import stat
import struct
import tarfile
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.intake import archives
from retail_assets.intake.reconcile import accounting
from retail_assets.intake.report import DropReport
from tests.archives import zipped
from tests.conftest import settings_of
from tests.plain_platform import FIRST, HEADER, PlainPlatform

GB = 2**30
LIMITS = {"archive_max_bytes": 2**20, "archive_max_parts": 20, "archive_max_depth": 2}
ROW = HEADER + "5,1,1\n"


def entry(name: str, content: str | bytes = ROW, **fields: int) -> bytes:
    """A zip with one entry, of whose fields its directory says what it is told."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name)
        archive.writestr(info, content)
        for field, value in fields.items():
            setattr(info, field, value)
    return buffer.getvalue()


def named(name: bytes, *, flag_bits: int = 0) -> bytes:
    """A zip with one entry, whose name is these bytes."""
    plain = b"n" * len(name)
    return entry(plain.decode(), flag_bits=flag_bits).replace(plain, name)


def of_kind(kind: int) -> bytes:
    """A zip with one entry that is no file."""
    return entry("special.csv", "/etc/passwd", external_attr=(kind | 0o777) << 16, create_system=3)


class Zeros:
    """A compressor that has compressed already: a piece of zeros, again and again."""

    def compress(self, _: bytes) -> bytes:
        piece = zlib.compressobj(9, zlib.DEFLATED, -15)
        return (piece.compress(bytes(2**24)) + piece.flush(zlib.Z_FULL_FLUSH)) * (8 * GB // 2**24)

    def flush(self) -> bytes:
        return zlib.compressobj(9, zlib.DEFLATED, -15).flush()


def bomb(claimed: int) -> bytes:
    """A zip of 8 GB of zeros, which says that there are so many of them."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros.csv", "w", force_zip64=True) as part,
    ):
        part._compressor = Zeros()  # ty: ignore[missing-attribute]
        part.write(b"0")
        part._file_size = claimed  # ty: ignore[missing-attribute]
    return buffer.getvalue()


def nested(depth: int) -> bytes:
    return zipped({"x.csv": ROW} if depth == 0 else {f"{depth}.zip": nested(depth - 1)})


def with_directory(times: int, content: bytes = b"") -> bytes:
    """A zip whose directory names its one entry again and again."""
    one = zipped({"x.csv": content})
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    directory = one[start:end] * times
    count = struct.pack("<H", min(times, 0xFFFF))
    size = struct.pack("<L", len(directory))
    return one[:start] + directory + one[end : end + 8] + count * 2 + size + one[end + 16 :]


def twice_the_same_name() -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.csv", HEADER + "61,1,1\n")
        archive.writestr("x.csv", HEADER + "62,1,1\n")
    return buffer.getvalue()


def between(hidden: bytes) -> bytes:
    """A zip with something between its file and its directory."""
    one = zipped({"x.csv": ROW})
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    place = struct.pack("<L", start + len(hidden))
    return one[:start] + hidden + one[start : end + 16] + place + one[end + 20 :]


class _Pipe(io.BytesIO):
    """Where an archive is written that cannot go back to say how long a file was."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation


def streamed() -> bytes:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", HEADER + "63,1,1\n")
        archive.comment = b"what people remark"
    return pipe.getvalue()


def tar_gz() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("../../x.csv")
        member.size = len(ROW)
        tar.addfile(member, io.BytesIO(ROW.encode()))
    return buffer.getvalue()


GOOD, GOOD_GZ = zipped({"x.csv": ROW * 20}), gzip.compress(ROW.encode())
CHECKSUM = struct.pack("<L", zlib.crc32((ROW * 20).encode()))

QUARANTINED: dict[str, tuple[bytes, set[str]]] = {
    "zeros.zip": (bomb(8 * GB), {"too_large"}),
    "zeros that claim to be few.zip": (bomb(1_000), {"broken_archive"}),
    "zeros.csv.gz": (gzip.compress(bytes(2**24)) * (8 * GB // 2**24), {"too_large"}),
    "many.zip": (zipped({f"{n}.csv": "" for n in range(21)}), {"too_many_files"}),
    "overlapping.zip": (with_directory(20, bytes(2**18)), {"unlisted_bytes"}),
    "cut off.zip": (GOOD[:-30], {"broken_archive"}),
    "cut off.csv.gz": (GOOD_GZ[:-6], {"broken_archive"}),
    "wrong checksum.zip": (GOOD.replace(CHECKSUM, bytes(4)), {"broken_archive"}),
    "wrong checksum.csv.gz": (GOOD_GZ[:-8] + bytes(8), {"broken_archive"}),
    "noise.zip": (b"PK\x03\x04" + random.Random(1).randbytes(5_000), {"broken_archive"}),
    "noise.gz": (b"\x1f\x8b\x08\0" + random.Random(2).randbytes(5_000), {"broken_archive"}),
    "not utf-8.zip": (named(b"caf\xe9.csv", flag_bits=0x800), {"broken_archive"}),
    "unknown method.zip": (entry("x.csv", compress_type=99), {"broken_archive"}),
    "joined.zip": (GOOD + zipped({"y.csv": ROW}), {"unlisted_bytes"}),
    "hidden between.zip": (between(GOOD), {"unlisted_bytes"}),
    "more behind.zip": (GOOD + b"more", {"unlisted_bytes"}),
    "unpacks itself.zip": (b"MZ" + bytes(500) + GOOD, {"not_an_archive"}),
    "a table.zip": (ROW.encode(), {"not_an_archive"}),
    "seven.zip": (b"7z\xbc\xaf\x27\x1c" + bytes(100), {"not_an_archive"}),
    "bzip.gz": (bz2.compress(ROW.encode()), {"not_an_archive"}),
    "nothing.zip": (b"", {"not_an_archive"}),
    "backup.tar.gz": (tar_gz(), {"not_an_archive"}),
    "empty.zip": (zipped({}), {"empty_archive"}),
    "folders.zip": (zipped({"folder/": "", "folder/inner/": ""}), {"empty_archive"}),
    "line\nbreak.zip": (GOOD, {"unsafe_name"}),
}
"""Name of an archive -> its bytes, and the reason for which it goes to quarantine."""


@dataclass(frozen=True)
class Taken:
    """An archive that is unpacked, and what becomes of its one entry."""

    content: bytes
    rule: str = "routed/part"
    name: str | None = None
    """Of the drop that it becomes."""
    reason: str | None = None


TAKEN = {
    "climbing.zip": Taken(entry("../../../../etc/hostile.csv"), "rejected/unsafe_name"),
    "climbing down first.zip": Taken(entry("a/../../hostile.csv"), "rejected/unsafe_name"),
    "absolute.zip": Taken(entry("/etc/hostile.csv"), "rejected/unsafe_name"),
    "backslashes.zip": Taken(entry("..\\..\\hostile.csv"), "rejected/unsafe_name"),
    "no name.zip": Taken(entry(""), "rejected/unsafe_name"),
    "dot.zip": Taken(entry("."), "rejected/unsafe_name"),
    "endless.zip": Taken(entry("n" * 60_000 + ".csv"), "rejected/unsafe_name"),
    "link.zip": Taken(of_kind(stat.S_IFLNK), "rejected/not_a_file"),
    "disk.zip": Taken(of_kind(stat.S_IFBLK), "rejected/not_a_file"),
    "terminal.zip": Taken(of_kind(stat.S_IFCHR), "rejected/not_a_file"),
    "pipe.zip": Taken(of_kind(stat.S_IFIFO), "rejected/not_a_file"),
    "secret.zip": Taken(entry("x.csv", flag_bits=0x1), "rejected/encrypted"),
    "mac.zip": Taken(zipped({"__MACOSX/._x.csv": "x"}), "left_out/system_file"),
    "hidden.zip": Taken(zipped({"folder/.htaccess": "x"}), "left_out/hidden"),
    "line break.zip": Taken(entry("line\nbreak.csv"), name="line\\nbreak.csv", reason="unsafe_name"),
    "turned round.zip": Taken(entry("\u202evsc.csv"), name="\\u202evsc.csv", reason="unsafe_name"),
    "nul.zip": Taken(named(b"hostile.csv\0.png"), name="hostile.csv"),
    "old names.zip": Taken(named(b"caf\x82.csv"), name="café.csv"),
    "long.zip": Taken(entry("n" * 296 + ".csv"), name="n" * 296 + ".csv"),
    "quotes.zip": Taken(entry("'; drop table drops; --.csv"), name="'; drop table drops; --.csv"),
    "deep.zip": Taken(entry("a/b/c/d.csv"), name="c/d.csv"),
    "year 1980.zip": Taken(entry("x.csv", "bug"), name="x.csv", reason="reader_failed"),
    "streamed.zip": Taken(streamed(), name="x.csv"),
    "a gz.zip": Taken(gzip.compress(b"broken"), name="a gz", reason="broken"),
    "a zip.gz": Taken(zipped({"x.csv": "broken"}), name="x.csv", reason="broken"),
}


@dataclass(frozen=True)
class Admitted:
    plain: PlainPlatform
    drops: dict[str, DropReport]
    """By the name of what was dropped; parts are not among them."""


@pytest.fixture(scope="module")
def admitted(tmp_path_factory: pytest.TempPathFactory) -> Admitted:
    plain = PlainPlatform(settings_of(tmp_path_factory.mktemp("platform")).model_copy(update=LIMITS))
    plain.drop("good before.csv", FIRST, modified=1_000)
    archives = {name: content for name, (content, _) in QUARANTINED.items()} | {
        name: taken.content for name, taken in TAKEN.items()
    }
    for number, (name, content) in enumerate(archives.items()):
        plain.drop(name, content, modified=2_000 + number)
    plain.drop("twice.zip", twice_the_same_name(), modified=3_000)
    plain.drop("good after.zip", zipped({"y.csv": HEADER + "7,1,1\n"}), modified=9_000)
    report = plain.admit()
    return Admitted(plain, {one.drop.name: one for one in report.drops if one.drop.parent is None})


def _parts(admitted: Admitted, name: str) -> list[dict]:
    sequence = admitted.drops[name].drop.sequence
    return admitted.plain.table("drops").filter(parent=sequence).to_dicts()


def test_the_good_files_beside_them_are_loaded(admitted: Admitted) -> None:
    assert admitted.drops["good before.csv"].drop.state == "loaded"
    assert [part["state"] for part in _parts(admitted, "good after.zip")] == ["loaded"]
    assert {"1", "7"} <= set(admitted.plain.rows()["order_id"])


@pytest.mark.parametrize("name", list(QUARANTINED))
def test_quarantined_with_a_reason(admitted: Admitted, name: str) -> None:
    drop = admitted.drops[name.replace("\n", "\\n")].drop
    assert drop.state == "quarantined"
    assert drop.reason in QUARANTINED[name][1], drop.message
    assert drop.message and drop.message.endswith(".")
    assert not _parts(admitted, drop.name), "half of it would look like all of it"


@pytest.mark.parametrize("name", list(TAKEN))
def test_unpacked_and_counted(admitted: Admitted, name: str) -> None:
    expected, report = TAKEN[name], admitted.drops[name]
    assert report.drop.state == "loaded", report.drop.message
    [counts] = report.outcome.counts
    assert counts.by_rule == ({expected.rule: 1} if expected.name is None else {"routed/part": 1})
    parts = [(part["name"], part["reason"]) for part in _parts(admitted, name)]
    assert parts in ([], [(expected.name, expected.reason)], [(expected.name, "same_content")])
    assert bool(parts) == (expected.name is not None)


def test_rejected_entries_are_named_where_rejected_rows_lie(admitted: Admitted) -> None:
    key = admitted.drops["absolute.zip"].drop.content_key or ""
    [row] = pl.read_parquet(admitted.plain.lake.rejects(key)).to_dicts()
    assert (row["feed"], row["record"], row["rule"], row["value"]) == (
        "parts",
        1,
        "unsafe_name",
        "/etc/hostile.csv",
    )


def test_two_entries_of_one_name_are_two_files(admitted: Admitted) -> None:
    assert [(part["name"], part["state"]) for part in _parts(admitted, "twice.zip")] == [
        ("x.csv", "loaded")
    ] * 2
    assert {"61", "62"} <= set(admitted.plain.rows()["order_id"])


def test_nothing_is_written_anywhere_else_and_nothing_is_left_behind(admitted: Admitted) -> None:
    plain = admitted.plain
    root = plain.settings.data_dir
    assert [path.name for path in root.parent.iterdir()] == [root.name]
    assert not [path for path in root.rglob("*") if "hostile" in path.name or path.is_symlink()]
    assert not Path("/etc/hostile.csv").exists()
    assert plain.inbox() == []
    assert not list(plain.lake.claims.iterdir()) and not list(plain.lake.scratch.iterdir())
    assert plain.discrepancies() == accounting(plain.settings) == []


# Archives in archives


def test_archives_are_unpacked_to_a_depth(settings: Settings) -> None:
    plain = PlainPlatform(settings.model_copy(update=LIMITS))
    plain.drop("4.zip", nested(3))
    plain.admit()
    found = plain.table("drops").select("name", "state", "reason").rows()
    assert found == [
        ("4.zip", "loaded", None),
        ("3.zip", "loaded", None),
        ("2.zip", "quarantined", "too_deep"),
    ]


def test_archives_in_an_archive_share_its_limits(settings: Settings) -> None:
    plain = PlainPlatform(settings.model_copy(update=LIMITS))
    large = {f"{n}.zip": zipped({f"{n}.csv": bytes([n]) * 2**18}) for n in range(6)}
    many = {f"{n}.zip": zipped({f"{m}.csv": ROW for m in range(10)}) for n in range(6)}
    plain.drop("much.zip", zipped(large), modified=1_000)
    plain.drop("many.zip", zipped(many), modified=2_000)
    plain.admit()
    drops = plain.table("drops")
    much, many_parts = (
        drops.filter(position=position, parent=position)["reason"].to_list() for position in (1, 2)
    )
    assert much == [None] * 3 + ["too_large"] * 3, "three quarters of a megabyte, and what was packed"
    assert many_parts == [None] + ["too_many_files"] * 5, "six archives and ten files; ten more are too many"


# Costs


def test_an_archive_that_takes_too_long_costs_only_itself(settings: Settings) -> None:
    plain = PlainPlatform(settings.model_copy(update={"archive_seconds": 1.0}))
    plain.drop("slow.zip", with_directory(1_500_000), modified=1_000)
    plain.admit()
    assert plain.reasons() == ["timeout"]
    again = PlainPlatform(settings)
    again.drop("good.zip", zipped({"x.csv": ROW}))
    again.admit()
    assert again.states() == ["quarantined", "loaded", "loaded"]


def test_an_archive_that_takes_too_much_memory_costs_only_itself(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MEMORY_BYTES", 2**27)
    plain = PlainPlatform(settings)
    # An entry of this kind is unpacked in one piece.
    plain.drop("hungry.zip", zipped({"x.csv": bytes(2**27)}, zipfile.ZIP_BZIP2), modified=1_000)
    plain.drop("good.zip", zipped({"x.csv": ROW}), modified=2_000)
    plain.admit()
    assert plain.reasons() == ["too_much_memory", None, None]
