"""Who may enter which folder of a release: modes and groups, as audiences and settings say today.

A setting that changes holds for the releases that are kept as for the next one, so every publication goes over all.
"""

import grp
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from retail_assets.audiences import AUDIENCES, Audience
from retail_assets.warehouse.errors import PublicationError

_BY_FOLDER = {audience.folder: audience for audience in AUDIENCES}
_BY_FOLDER["parquet"] = _BY_FOLDER[""]
_NOBODY = Audience("nobody", "", "", 0o700)
"""Who reads a folder of an audience that is no more."""


def set_access(release: Path, groups: Mapping[str, str]) -> None:
    """Give every folder of a release the mode of its audience, whatever the umask, and the group that may enter it.

    The release itself is last: while it is written nobody may enter it. An audience that has no group (any more) has
    the one that the system gives to new folders. Raises PublicationError where that cannot be.
    """
    ids = {name: _group_id(name, group) for name, group in groups.items()}
    default = _default_group(release.parent)
    for name, _, _ in os.walk(release, topdown=False):
        folder = Path(name)
        audience = _BY_FOLDER.get("".join(folder.relative_to(release).parts[:1]), _NOBODY)
        status, gid = folder.stat(), ids.get(audience.name, default)
        try:
            if status.st_gid != gid:
                os.chown(folder, -1, gid)
            if stat.S_IMODE(status.st_mode) != audience.mode:
                folder.chmod(audience.mode)
        except PermissionError as error:
            raise PublicationError(
                f"Nothing was published: the platform's user may not give the folder of {audience} to the group "
                f"{groups.get(audience.name, gid)} (RETAIL_AUDIENCE_GROUPS). Make it a member of that group."
            ) from error


def _default_group(folder: Path) -> int:
    """The group of what is made in a folder."""
    status = folder.stat()
    return status.st_gid if status.st_mode & stat.S_ISGID else os.getegid()


def _group_id(audience: str, group: str) -> int:
    known = [audience.name for audience in AUDIENCES]
    if audience not in known:
        raise PublicationError(
            f"Nothing was published: RETAIL_AUDIENCE_GROUPS names the audience {audience}, but there are "
            f"{', '.join(known)}. Correct the setting."
        )
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise PublicationError(
            f"Nothing was published: there is no group {group}, which RETAIL_AUDIENCE_GROUPS names for "
            f"{audience}. Create it, or correct the setting."
        ) from error
