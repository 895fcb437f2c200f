"""How archives come in: a `.zip` or `.gz` in any inbox folder is a drop whose files become drops of their own.

What cannot become one (something encrypted, a link, a name that leads elsewhere) is rejected by name, like a row of a
table; hidden files and `.done` markers are left out. An archive above a limit goes to quarantine whole: half of one
would look like all of it. Unpacking happens in a child process.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, and_, or_, select

from retail_assets.config import Settings
from retail_assets.errors import Unreadable
from retail_assets.intake.containers import Contents, keep_rejects, unpacked
from retail_assets.intake.handlers import Container, Handler, Identity, Nesting, Unpacked
from retail_assets.intake.hashing import key_of
from retail_assets.intake.ledger import after, before, find_drop, last_loaded_like
from retail_assets.intake.ledger_tables import DROPS, DUPLICATE, LOADED, Drop
from retail_assets.lake import Lake
from retail_assets.sandbox.answers import found_in
from retail_assets.sandbox.limits import Limits
from retail_assets.sandbox.process import ChildDied, ChildProcess, ChildTimeout

SOURCE, VERSION = "archive", "1"
SUFFIXES = (".zip", ".gz", ".gzip")
MEMORY_BYTES = 2**30


@cache
def _child() -> ChildProcess:
    """The one child of this process that unpacks archives."""
    return ChildProcess("retail_assets.intake.archive_worker")


def archive_handler(settings: Settings) -> Handler:
    lake = Lake(settings.data_dir)

    def unpack(stored: Path, drop: Drop, nesting: Nesting, folder: Path) -> Unpacked:
        content = unpack_archive(
            stored,
            name=drop.name,
            modified_ns=drop.modified_ns,
            nesting=nesting,
            folder=folder,
            settings=settings,
        )
        keep_rejects(lake, _identify(drop).content_key, content.refused)
        return unpacked(content, drop, folder)

    return Handler(
        name="archives",
        description="Archives (.zip, .gz): what is in them comes in as if it had been dropped itself.",
        reader=Container(unpack),
        identify=_identify,
        everywhere=True,
        takes=lambda folder, name: is_archive(name),
        duplicate_of=_duplicate_of,
    )


def _identify(drop: Drop) -> Identity:
    """An archive's own name matters as far as its parts are called by it: by its folder, and in a .gz whole."""
    folder, _, name = drop.name.rpartition("/")
    gives = {"folder": folder} if folder else {}
    if not name.lower().endswith(".zip"):
        gives["name"] = name
    return Identity(SOURCE, VERSION, gives, key_of(SOURCE, VERSION, drop.sha256, gives))


def _duplicate_of(connection: Connection, drop: Drop, identity: Identity) -> int | None:
    """The archive of the same night that this one repeats: all that came in it counts, and nothing was loaded since.

    Otherwise it is unpacked, and each of its parts is judged by itself.
    """
    sequence = last_loaded_like(connection, drop, identity.content_key)
    earlier = find_drop(connection, sequence) if sequence else None
    if earlier is None or earlier.partition != drop.partition:
        return None
    does_not_count = and_(DROPS.c.position == earlier.position, DROPS.c.state.not_in((LOADED, DUPLICATE)))
    loaded_since = and_(
        DROPS.c.position != earlier.position,
        DROPS.c.state == LOADED,
        after(earlier.position, earlier.sequence),
        before(drop),
    )
    changed = connection.scalar(select(DROPS.c.sequence).where(or_(does_not_count, loaded_since)).limit(1))
    return None if changed else earlier.sequence


def is_archive(name: str) -> bool:
    """Whether a file calls itself one."""
    return name.lower().endswith(SUFFIXES)


def unpack_archive(
    stored: Path, *, name: str, modified_ns: int, nesting: Nesting, folder: Path, settings: Settings
) -> Contents:
    """Unpack bytes into a folder; `name` and `modified_ns` are those of the file they came in. Raises Unreadable."""
    if nesting.depth >= settings.archive_max_depth:
        raise Unreadable(
            "too_deep",
            f"This archive lies in {nesting.depth} others; {settings.archive_max_depth} levels are unpacked "
            "(RETAIL_ARCHIVE_MAX_DEPTH). Drop what is in it.",
        )
    limits = Limits(
        memory_bytes=MEMORY_BYTES, file_bytes=settings.archive_max_bytes, seconds=settings.archive_seconds
    )
    request = {
        "path": str(stored.absolute()),
        "name": name,
        "modified_ns": modified_ns,
        "out": str(folder.absolute()),
        "max_parts": settings.archive_max_parts,
        "max_bytes": settings.archive_max_bytes,
        "parts_before": nesting.parts,
        "bytes_before": nesting.size,
    }
    try:
        return _child().ask(request, limits, lambda answer: found_in(answer, Contents))
    except ChildTimeout:
        raise Unreadable(
            "timeout",
            f"Unpacking takes longer than {limits.seconds:,.0f} s (RETAIL_ARCHIVE_SECONDS); send it in parts.",
        ) from None
    except ChildDied as death:
        raise Unreadable(
            "reader_died", f"The process that unpacked it ended ({death}); pack it anew, or send it in parts."
        ) from None
