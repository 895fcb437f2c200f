"""How a note to a dropped document comes in: `photo.jpg.note.txt` beside `photo.jpg`, before or after it.

It becomes a row of the feed `return_notes`, for operations only, which names the document.
"""

from codecs import BOM_UTF8
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from retail_assets.errors import Unreadable
from retail_assets.intake.handlers import Handler, Identity, Inbox, OneByOne, Outcome
from retail_assets.intake.hashing import key_of, sha256_of
from retail_assets.intake.ledger_tables import Drop
from retail_assets.intake.row_counts import RowCounts
from retail_assets.lake import Lake, put_all_in_place, scratch_folder
from retail_assets.platform import Platform
from retail_assets.returns.contracts import ReturnNotes
from retail_assets.returns.evidence import FOLDER, UTF_16, identify_document, is_text
from retail_assets.schema import polars_schema
from retail_assets.warehouse.sources import row_columns

SUFFIX = ".note.txt"
NOTE, VERSION = "return-document-note", "1"
FEED = "return_notes"
MOST_CHARACTERS = 10_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def note_handler(platform: Platform) -> Handler:
    columns, zone = row_columns(platform.feeds[FEED]), platform.settings.zone

    def load(stored: Path, drop: Drop, identity: Identity) -> Outcome:
        document = drop.name.rpartition("/")[2].removesuffix(drop.name[-len(SUFFIX) :])
        note = {
            "note_id": identity.content_key,
            "case_id": identity.name_values["case_id"],
            "at": _written_at(drop, zone),
            "author_role": "ops",
            "internal": True,
            "text": f"{document}: {read_note(stored)}",
            "_record": 1,
            "_content_key": identity.content_key,
            "_source": NOTE,
        }
        row = pl.DataFrame({name: [note.get(name)] for name in columns}, schema=polars_schema(columns))
        if not ReturnNotes.is_valid(row.select(ReturnNotes.column_names())):
            raise _no_note("its folder or document has a longer name than a return case may have")
        return Outcome(
            rows={FEED: 1},
            counts=[RowCounts(FEED, records=1, admitted=1)],
            records=1,
            files=_put_in_place(platform.lake, row, identity.content_key),
        )

    return Handler(
        name="return_document_notes",
        description=f"Notes to documents of return cases: DOCUMENT{SUFFIX} beside the document.",
        inboxes=(Inbox(FOLDER, platform.lake.inbox / FOLDER, levels=2),),
        reader=OneByOne(load),
        identify=lambda drop: identify_note(drop, zone),
        takes=lambda folder, name: folder == FOLDER and name.lower().endswith(SUFFIX),
        starts=lambda _: [f"feeds/{FEED}"],
    )


def identify_note(drop: Drop, zone: ZoneInfo) -> Identity:
    """A note belongs to the case of its folder, and to the document that its name begins with. Raises Unreadable."""
    values = identify_document(drop).name_values
    key = key_of(drop.sha256, drop.name, NOTE, VERSION, _written_at(drop, zone).isoformat())
    return Identity(NOTE, VERSION, values, key)


def read_note(file: Path) -> str:
    """The text of a note. Raises Unreadable for what is none, or too long."""
    with file.open("rb") as handle:
        content = handle.read(4 * MOST_CHARACTERS + 1)
    if not is_text(content):
        raise _no_note("it holds none")
    text = _decoded(content).strip()
    if len(content) > 4 * MOST_CHARACTERS or len(text) > MOST_CHARACTERS:
        raise _no_note("it is longer; drop it without the ending, as a document of its own")
    return text


def _decoded(content: bytes) -> str:
    if content.startswith(UTF_16):
        return content.decode("utf-16", "replace").replace("\0", "")
    try:
        return content.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _written_at(drop: Drop, zone: ZoneInfo) -> datetime:
    """When its file was last written, as far as that can be: never after the day of the night that took it."""
    written = _EPOCH + timedelta(microseconds=drop.modified_ns // 1000)
    day_ends = datetime.combine(drop.partition, time.max, zone)
    return max(_EPOCH, min(written, drop.admitted_at, day_ends)).astimezone(UTC)


def _no_note(why: str) -> Unreadable:
    return Unreadable(
        "not_a_note",
        f"A text of at most {MOST_CHARACTERS:,} characters was expected in DOCUMENT{SUFFIX}, and {why}.",
    )


def _put_in_place(lake: Lake, row: pl.DataFrame, content_key: str) -> dict[str, str]:
    target = lake.rows(FEED, content_key)
    with scratch_folder(lake) as scratch:
        finished = scratch / target.name
        row.write_parquet(finished)
        found = {str(target.relative_to(lake.root)): sha256_of(finished)}
        put_all_in_place({target: finished})
    return found
