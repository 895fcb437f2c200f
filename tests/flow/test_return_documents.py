"""Documents dropped into the folders of return cases."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from retail_assets.platform import Platform
from retail_assets.returns.evidence import media_type
from tests.lake_builder import LakeBuilder
from tests.plain_platform import NIGHT, PlainPlatform
from tests.warehouse import AS_OF, Warehouse

PDF, JPEG = b"%PDF-1.7\n...", b"\xff\xd8\xff\xe0..."


def test_each_belongs_to_the_case_of_its_folder(platform: Platform) -> None:
    plain = PlainPlatform(platform.settings, platform.handlers())
    inbox = platform.lake.inbox / "returns"
    files = {
        "R-1/evidence/a.jpg": JPEG,
        "R-1/response/answer.pdf": PDF,
        "R-2/evidence/a.jpg": JPEG,  # the same photo, of another case
        "R-1/evidence/letter.txt": b"Es war schon kaputt.",
        "R-1/evidence/tool.exe": b"MZ\0\0\0",
        "R-1/evidence/empty.txt": b"",
        "R-1/loose.pdf": PDF,
        "R-1/photos/a.jpg": JPEG,
        "loose.pdf": PDF,
    }
    for name, content in files.items():
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_bytes(content)
        (inbox / f"{name}.done").touch()
    plain.admit()

    drops = plain.table("drops").select("name", "name_values", "reason").rows()
    found = {name: (values, reason) for name, values, reason in drops}
    assert found["R-1/response/answer.pdf"] == ('{"case_id": "R-1", "kind": "response"}', None)
    assert found["R-2/evidence/a.jpg"][1] is None
    assert found["R-1/evidence/letter.txt"][1] is None
    assert {name for name, (_, reason) in found.items() if reason == "no_case_folder"} == {
        "R-1/loose.pdf", "R-1/photos/a.jpg", "loose.pdf",
    }  # fmt: skip
    assert {name for name, (_, reason) in found.items() if reason == "not_a_document"} == {
        "R-1/evidence/tool.exe", "R-1/evidence/empty.txt",
    }  # fmt: skip
    assert plain.discrepancies() == []


def test_a_note_beside_a_document_is_an_internal_note_of_its_case(platform: Platform) -> None:
    plain = PlainPlatform(platform.settings, platform.handlers())
    hostile = 'x\x1b[2J <img src=1> "; drop table' + "\u202e"
    notes = {
        "R-1/evidence/a.jpg.note.txt": "Seems older than he says. ÄÖ".encode(),
        "R-1/response/answer.pdf.NOTE.txt": "ÄÖ".encode("utf-16"),
        "R-2/evidence/b.jpg.note.txt": "Größe".encode("cp1252"),
        "R-2/evidence/c.jpg.note.txt": hostile.replace("\x1b", "").encode(),
        "R-2/evidence/long.note.txt": b"x" * 10_001,
        "R-2/evidence/photo.note.txt": JPEG + b"\0",
        "R-2/evidence/empty.note.txt": b" ",
        f"{'R' * 240}/evidence/a.note.txt": b"text",
        "loose.note.txt": b"text",
    }
    for name, content in notes.items():
        plain.drop(name, content, folder="returns", modified=1_795_000_000)
    plain.drop("R-1/evidence/a.jpg", JPEG, folder="returns")
    plain.admit()
    drops = dict(plain.table("drops").select("name", "reason").rows())
    assert {name: reason for name, reason in drops.items() if reason} == {
        "R-2/evidence/long.note.txt": "not_a_note",
        "R-2/evidence/photo.note.txt": "not_a_note",
        "R-2/evidence/empty.note.txt": "not_a_note",
        f"{'R' * 240}/evidence/a.note.txt": "not_a_note",
        "loose.note.txt": "no_case_folder",
    }
    rows = pl.read_parquet(platform.lake.rows_folder("return_notes") / "*.parquet")
    found = rows.select("case_id", "text", "internal", "author_role", "at").sort("case_id", "text").rows()
    written = datetime.fromtimestamp(1_795_000_000, UTC)
    assert written.date() < NIGHT
    assert found == [
        ("R-1", "a.jpg: Seems older than he says. ÄÖ", True, "ops", written),
        ("R-1", "answer.pdf: ÄÖ", True, "ops", written),
        ("R-2", "b.jpg: Größe", True, "ops", written),
        ("R-2", f"c.jpg: {hostile.replace(chr(27), '')}", True, "ops", written),
    ]
    assert plain.discrepancies() == []
    plain.drop(
        "R-1/evidence/a.jpg.note.txt",
        notes["R-1/evidence/a.jpg.note.txt"],
        folder="returns",
        modified=1_795_000_000,
    )
    plain.admit()
    assert plain.states()[-1] == "duplicate"


def test_a_note_is_never_from_after_the_night_that_took_it(platform: Platform) -> None:
    plain = PlainPlatform(platform.settings, platform.handlers())
    plain.drop("R-1/evidence/a.jpg.note.txt", "text", folder="returns", modified=9_000_000_000)
    plain.admit()
    rows = pl.read_parquet(platform.lake.rows_folder("return_notes") / "*.parquet")
    assert rows["at"].dt.convert_time_zone("Europe/Berlin").dt.date().to_list() == [NIGHT]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        ("Größe".encode()[:3], "text/plain"),  # cut in a letter
        (b"caf\xe9 au lait", "text/plain"),
        ("Größe".encode("utf-16"), "text/plain"),
        (b"\x01\x02 text", None),
        (b"  \n", None),
    ],
)
def test_its_first_bytes_say_what_it_is(head: bytes, expected: str | None) -> None:
    assert media_type(head) == expected


def test_it_stands_in_the_history_until_it_is_withdrawn(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    lake = LakeBuilder(warehouse.settings.data_dir)

    def history() -> list[tuple]:
        lake.write_ledger()
        warehouse.build("stg_return_cases", "stg_return_events", "+return_cases", as_of=AS_OF)
        history = "marts.return_case_history where origin = 'drop'"
        return sorted(warehouse.rows(f"select case_id, type, value, broken_rule from {history}"))

    lake.load("return_cases", [{"case_id": "R-1", "created_at": "2026-11-01 10:00:00+00"}])
    values = '{"case_id": "R-1", "kind": "evidence"}'
    first = lake.drop({}, folder="returns", source="return-document", name_values=values)
    assert history() == [("R-1", "document_added", "evidence", None)]
    other = '{"case_id": "R-9", "kind": "response"}'
    lake.drop({}, folder="returns", source="return-document", name_values=other)
    assert history() == [
        ("R-1", "document_added", "evidence", None), ("R-9", "document_added", "response", "unknown_case"),
    ]  # fmt: skip
    lake.withdraw(first)
    assert history() == [("R-9", "document_added", "response", "unknown_case")]
    assert warehouse.rows("select case_id, documents from marts.return_cases") == [("R-1", 0)]


def test_a_source_may_tell_of_it_by_its_row_an_event_or_both(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    lake = LakeBuilder(warehouse.settings.data_dir)
    hours = (f"2026-11-01 {hour}:00:00+00" for hour in range(11, 20))
    lake.load(
        "return_cases", [{"case_id": "R-1", "created_at": "2026-11-01 10:00:00+00", "merchant_id": "M-1"}]
    )
    lake.load(
        "return_events",
        [
            {"event_id": "E-1", "case_id": "R-1", "at": next(hours), "type": "document_added",
             "actor": "u-1", "actor_role": "ops", "payload": "evidence"},
        ],
    )  # fmt: skip
    lake.load(
        "return_documents",
        [
            {
                "document_id": name,
                "case_id": case,
                "at": next(hours),
                "kind": kind,
                "role": role,
                "uploaded_by": by,
            }
            for name, case, kind, role, by in (
                ("D-1", "R-1", "evidence", "ops", "u-1"),  # of which the event tells
                ("D-2", "R-1", "evidence", "ops", "u-1"),
                ("D-3", "R-1", "response", "merchant", "M-1"),
                ("D-4", "R-1", "response", "merchant", "M-2"),
                ("D-5", "R-9", "response", "ops", "u-1"),
            )
        ],
    )
    lake.write_ledger()
    warehouse.build("stg_return_cases", "stg_return_events", "+return_cases", as_of=AS_OF)
    found = warehouse.rows(
        "select entry_id, origin, broken_rule from marts.return_case_history where type = 'document_added'"
    )
    assert sorted(found) == [
        ("D-2", "document", None), ("D-3", "document", None), ("D-4", "document", "not_their_own"),
        ("D-5", "document", "unknown_case"), ("E-1", "event", None),
    ]  # fmt: skip
    assert warehouse.rows("select case_id, documents from marts.return_cases") == [("R-1", 3)]
