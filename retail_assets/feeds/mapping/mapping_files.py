"""The files in which mappings lie, whatever else lies there."""

import stat
from pathlib import Path
from typing import NoReturn

from retail_assets.error_classification import is_the_machines
from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.keys.nodes import MAX_BYTES
from retail_assets.names import printable


class Closed(MappingError):
    """Somebody may have written a mapping there, and the platform may not read it: any file may be its own."""


def mapping_files(folder: Path) -> list[Path]:
    """The mapping files of a folder; none where there is no folder. Raises MappingError."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in (".yaml", ".yml"))
    except FileNotFoundError:
        return []
    except OSError as error:
        _tell(folder, error)


def content_of(path: Path) -> bytes:
    """The bytes of a mapping file, of one that is too long a few too many. Raises MappingError."""
    name = printable(path.name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise MappingError(f"{name}: a file was expected, and this is a folder, a pipe or a device")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        _tell(path, error)


def _tell(path: Path, error: OSError) -> NoReturn:
    if is_the_machines(error):
        raise error
    kind = Closed if isinstance(error, PermissionError) else MappingError
    raise kind(f"{printable(path.name)}: it cannot be read ({error.strerror})") from error
