"""May a stored drop be read at all, whatever is in it?"""

from retail_assets.errors import Unreadable
from retail_assets.intake.hashing import damage
from retail_assets.intake.ledger_tables import Drop
from retail_assets.lake import Lake
from retail_assets.names import is_plain


def require_plain_name(drop: Drop) -> None:
    """Raises Unreadable for a name that could mean something else."""
    if not is_plain(drop.name):
        raise Unreadable(
            "unsafe_name",
            f"The name {drop.name} holds control characters, backslashes or bytes that are not UTF-8. "
            "Rename the file and drop it again.",
        )


def damaged_bytes(lake: Lake, drop: Drop) -> str | None:
    """What to do about stored bytes that are not those of the drop any more; None when they are.

    That is no verdict on the file: it waits as `stored` for bytes that are its own.
    """
    stored = lake.stored_file(drop.sha256 or "")
    wrong = damage(stored, drop.sha256 or "")
    if wrong is None:
        return None
    return (
        f"The stored bytes of drop {drop.sequence} ({drop.folder}/{drop.name}) {wrong}. Restore {stored} from a "
        "backup, or drop the same file again: the next run reads it then."
    )
