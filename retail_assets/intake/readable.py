"""May a stored drop be read at all, whatever is in it?"""

from retail_assets.errors import Unreadable
from retail_assets.intake.ledger_tables import Drop
from retail_assets.lake import Lake
from retail_assets.names import is_plain


def require_readable(lake: Lake, drop: Drop) -> None:
    """Raises Unreadable for a name that could mean something else, and for bytes that are gone."""
    if not is_plain(drop.name):
        raise Unreadable(
            "unsafe_name",
            f"The name {drop.name} holds control characters, backslashes or bytes that are not UTF-8. "
            "Rename the file and drop it again.",
        )
    stored = lake.stored_file(drop.sha256 or "")
    if not stored.exists() or stored.stat().st_size != drop.size:
        raise Unreadable(
            "bytes_missing",
            f"The stored bytes {drop.sha256} are gone or cut short. Restore them from a backup and "
            "release this drop, or drop the file again.",
        )
