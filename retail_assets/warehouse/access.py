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
from retail_assets.warehouse.places import Place

_BY_FOLDER = {audience.folder: audience for audience in AUDIENCES}
_BY_FOLDER["parquet"] = _BY_FOLDER[""]
_NOBODY = Audience("nobody", "nobody", "", 0o700)
"""Who reads a folder of an audience that is no more."""


def set_access(release: Path, groups: Mapping[str, str]) -> None:
    """Give every folder of a release the mode of its audience, whatever the umask, and the group that may enter it.

    `groups` are by audience, or by one reader of it (`merchants/M1`), whose folders then have that group alone. The
    release itself is last: while it is written nobody may enter it. What has no group (any more) has the one that the
    system gives to new folders. Raises PublicationError where that cannot be.
    """
    by_place = {_place(given): group for given, group in groups.items()}
    ids = {group: _group_id(given, group) for given, group in groups.items()}
    default = _default_group(release.parent)
    for name, _, _ in os.walk(release, topdown=False):
        folder = Path(name)
        within = folder.relative_to(release).parts
        audience = _BY_FOLDER.get("".join(within[:1]), _NOBODY)
        group = by_place.get("/".join(within[:2])) or by_place.get(audience.folder)
        mode, gid = audience.mode, default if group is None else ids[group]
        if group is None and not mode & stat.S_IRWXO:
            mode &= stat.S_IRWXU  # the default group may be that of other readers, or of everybody
        if any(Path(place).parts[:-1] == within for place in by_place if place):
            # A reader with a group of his own has to come through, and sees no other's name.
            mode |= stat.S_IXGRP | stat.S_IXOTH
        status = folder.stat()
        try:
            if status.st_gid != gid:
                os.chown(folder, -1, gid)
            if stat.S_IMODE(status.st_mode) != mode:
                folder.chmod(mode)
        except PermissionError as error:
            raise PublicationError(
                f"Nothing was published: the platform's user may not give the folder of {audience} to the group "
                f"{group or gid} (RETAIL_AUDIENCE_GROUPS). Make it a member of that group."
            ) from error


def _default_group(folder: Path) -> int:
    """The group of what is made in a folder."""
    status = folder.stat()
    return status.st_gid if status.st_mode & stat.S_ISGID else os.getegid()


def _place(given: str) -> str:
    """The folder in a release that the setting means by an audience's name, or by that of one of its readers."""
    name, of_one, reader = given.partition("/")
    audience = next((audience for audience in AUDIENCES if audience.name == name), None)
    if audience is None:
        raise PublicationError(
            f"Nothing was published: RETAIL_AUDIENCE_GROUPS names the audience {name}, but there are "
            f"{', '.join(audience.name for audience in AUDIENCES)}. Correct the setting."
        )
    if of_one and audience.per is None:
        raise PublicationError(
            f"Nothing was published: RETAIL_AUDIENCE_GROUPS names {given}, but {name} have one folder for all. "
            f"Name {name} in the setting."
        )
    return Place(audience, reader if of_one else None).folder


def _group_id(given: str, group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise PublicationError(
            f"Nothing was published: there is no group {group}, which RETAIL_AUDIENCE_GROUPS names for "
            f"{given}. Create it, or correct the setting."
        ) from error
