"""Are the bytes of the lake those that were written? Hashes them again, all or a part; changes nothing."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.intake.hashing import damage
from retail_assets.intake.ledger import pieces
from retail_assets.intake.ledger_tables import DROPS, FILE_HASHES, LOADED
from retail_assets.intake.reconcile import Discrepancy
from retail_assets.lake import DISK_THREADS, Lake

WEEKS_FOR_ALL = 13
"""A weekly run hashes one of so many parts: within a quarter everything."""


@dataclass(frozen=True)
class Verified:
    """What a look at the bytes found."""

    files: int
    findings: list[Discrepancy]


def verify_bytes(settings: Settings, *, week_of: date | None = None) -> Verified:
    """Hash the stored bytes of every drop, and what they became; of a week only its part."""
    lake = Lake(settings.data_dir)
    with platform_engine(settings) as engine, reading(engine) as connection:
        hashes = connection.scalars(select(DROPS.c.sha256).where(DROPS.c.sha256.is_not(None)).distinct())
        written = {lake.stored_file(sha256): sha256 for sha256 in hashes}
        for path, sha256 in connection.execute(select(FILE_HASHES)):
            written[lake.root / path] = sha256
        if week_of is not None:
            part = week_of.toordinal() // 7 % WEEKS_FOR_ALL
            written = {
                path: sha256
                for path, sha256 in written.items()
                if int(sha256[:8], 16) % WEEKS_FOR_ALL == part
            }
        wrong = damaged(written)
        return Verified(len(written), [_finding(connection, lake, *one, written) for one in wrong.items()])


def damaged(written: dict[Path, str]) -> dict[Path, str]:
    """Of files with the hashes that they should have: what is wrong with those that have others."""
    with ThreadPoolExecutor(DISK_THREADS) as pool:
        found = pool.map(damage, written, written.values())
        return {path: wrong for path, wrong in zip(written, found, strict=True) if wrong}


def damaged_files(connection: Connection, lake: Lake, paths: Iterable[str]) -> list[Discrepancy]:
    """Of what contents became, by paths in the data folder: those that are not what was written. Files from before
    hashes were kept are not looked at."""
    known = {
        lake.root / path: sha256
        for some in pieces(sorted(paths))
        for path, sha256 in connection.execute(select(FILE_HASHES).where(FILE_HASHES.c.path.in_(some)))
    }
    return [_finding(connection, lake, *one, known) for one in damaged(known).items()]


def _finding(
    connection: Connection, lake: Lake, path: Path, wrong: str, written: dict[Path, str]
) -> Discrepancy:
    place = str(path.relative_to(lake.root))
    if path.is_relative_to(lake.stored_files):
        drop = connection.scalar(select(DROPS.c.sequence).where(DROPS.c.sha256 == written[path]).limit(1))
        message = (
            f"The bytes of drop {drop} {wrong}. Restore {path} from a backup, or drop the same file again."
        )
        return Discrepancy("bytes_changed", place, message)
    loaded = (DROPS.c.content_key == path.stem, DROPS.c.state == LOADED)
    drop = connection.scalar(select(DROPS.c.sequence).where(*loaded).limit(1))
    again = f"decide reload_file about drop {drop}" if drop else "release its drop, which nothing reads now"
    message = f"Its bytes {wrong}. Restore {path} from a backup, or {again}: that makes it again."
    return Discrepancy("file_changed", place, message)
