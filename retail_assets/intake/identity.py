"""Do ledger and lake belong together? Both carry the platform's id.

A ledger that is not the lake's (another database, one that was made anew) would publish marts without the drops that
it does not know, and nothing else would notice.
"""

import uuid

from sqlalchemy import Connection, insert, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.errors import ExplainedError
from retail_assets.intake.ledger_tables import DROPS, PLATFORM
from retail_assets.lake import Lake, file_lock, put_in_place, scratch_folder


class WrongLedger(ExplainedError):
    """Ledger and lake are not of one platform; the text says what to do."""


def platform_id(lake: Lake) -> str | None:
    """The id that a lake carries; None before its first run."""
    file = lake.identity_file
    return file.read_text(encoding="utf-8") if file.exists() else None


def require_same_platform(settings: Settings) -> None:
    """Raise WrongLedger unless ledger and lake are of one platform. Where both are new, they get their id."""
    lake = Lake(settings.data_dir)
    with platform_engine(settings) as engine:
        with reading(engine) as connection:
            if _in_ledger(connection) == platform_id(lake) is not None:
                return
        with file_lock(lake.lock_file("platform-id")), engine.begin() as connection:
            _join(connection, lake)


def _join(connection: Connection, lake: Lake) -> None:
    in_ledger, in_lake = _in_ledger(connection), platform_id(lake)
    if in_ledger and in_lake and in_ledger != in_lake:
        raise WrongLedger(
            f"The platform database belongs to the platform {in_ledger}, and {lake.identity_file.parent} to "
            f"{in_lake}. Set RETAIL_PLATFORM_URL and RETAIL_DATA_DIR to the same platform's."
        )
    knows, holds = _knows_stored_drops(connection), _holds_bytes(lake)
    if holds and not knows:
        raise WrongLedger(
            f"{lake.identity_file.parent} holds files that the platform database knows nothing of: it is new, or was "
            "emptied. Restore the database from its backup, or set RETAIL_PLATFORM_URL to the one that knows them."
        )
    if knows and not holds:
        raise WrongLedger(
            f"The platform database knows drops, but {lake.identity_file.parent} holds none of their files: it is "
            "new, or was emptied. Restore the folder from its backup, or set RETAIL_DATA_DIR to the one that has them."
        )
    known = in_ledger or in_lake or str(uuid.uuid4())
    if not in_ledger:
        connection.execute(insert(PLATFORM).values(platform_id=known))
    if not in_lake:
        with scratch_folder(lake) as scratch:
            (scratch / "id").write_text(known, encoding="utf-8")
            put_in_place(scratch / "id", lake.identity_file)


def _in_ledger(connection: Connection) -> str | None:
    return connection.scalar(select(PLATFORM.c.platform_id))


def _knows_stored_drops(connection: Connection) -> bool:
    query = select(DROPS.c.sequence).where(DROPS.c.sha256.is_not(None)).limit(1)
    return connection.scalar(query) is not None


def _holds_bytes(lake: Lake) -> bool:
    return next(lake.stored_files.glob("*/*"), None) is not None
