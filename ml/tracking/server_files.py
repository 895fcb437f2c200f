"""Files that an MLflow server keeps. It says where they lie and how they are called; they come from the server itself
and go below the folder that they are fetched into, whatever it says.
"""

from pathlib import Path
from urllib.parse import quote, urlsplit

from pydantic import BaseModel

from ml.errors import quoted, without_passwords
from ml.tracking.registry import RegistryUnreachable
from ml.tracking.server_session import Conversation

SCHEME = "mlflow-artifacts"
SECONDS = 600
MAX_BYTES = 4 * 2**30
MAX_FILES = 1_000
"""Files and folders of one model, at most."""


class _File(BaseModel):
    path: str
    is_dir: bool = False


class _Listing(BaseModel):
    files: list[_File] = []


def fetch_folder(url: str, location: str, target: Path) -> None:
    """Copy a folder of the server's to a new one here; raises RegistryUnreachable and OSError."""
    conversation = Conversation(url, seconds=SECONDS, max_bytes=MAX_BYTES)
    target.mkdir()
    waiting, count = [(require_own_place(url, location), target)], 0
    while waiting:
        place, folder = waiting.pop()
        for found in conversation.ask(_Listing, "mlflow-artifacts/artifacts", path=place).files:
            count += 1
            if count > MAX_FILES:
                raise conversation.refused(f"it lists more than {MAX_FILES:,} files of one model")
            if not _is_plain(found.path):
                raise conversation.refused(f"it lists a file called {quoted(found.path)!r}")
            here = folder / found.path
            if found.is_dir:
                here.mkdir()
                waiting.append((f"{place}/{found.path}", here))
            else:
                with here.open("xb") as file:
                    conversation.save(f"mlflow-artifacts/artifacts/{quote(f'{place}/{found.path}')}", file)


def require_own_place(url: str, location: str) -> str:
    """The path of a location in the server's own place for files.

    Raises RegistryUnreachable for any other: a folder of this machine, a host to which the platform would sign in.
    """
    try:
        parts, own = urlsplit(location), urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        parts = None
    path = parts.path.strip("/") if parts else ""
    if (
        not parts
        or parts.scheme != SCHEME
        or parts.netloc not in ("", own)
        or not all(map(_is_plain, path.split("/")))
    ):
        raise RegistryUnreachable(
            f"The MLflow server at {without_passwords(url)} keeps files at {quoted(location)}, which is not its own "
            f"place for them: start it with --serve-artifacts, and a default artifact root of {SCHEME}:/."
        )
    return path


def _is_plain(name: str) -> bool:
    """Whether a name is that of something in a folder."""
    return name not in ("", ".", "..") and name.isprintable() and not {"/", "\\"} & set(name)
