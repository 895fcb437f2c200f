"""The models that come with the code, as versions of the registry."""

from datetime import datetime

from ml.tracking.champion import set_champion
from ml.tracking.reading import champion, versions
from ml.tracking.registering import Registration, folder_digest, register
from ml.tracking.registry import Registry, Tag, Version

SET_UP = "set_up"
"""Who moved the alias, where nobody decided."""


def register_packaged(registry: Registry, candidate: Registration, *, at: datetime) -> Version:
    """Make sure that a packaged model is registered, once, and that there is a champion.

    A newer package becomes champion where an older one was; what was trained or decided here stays. Killed at
    any point, the next call finishes it.
    """
    digest = folder_digest(candidate.folder)
    known = (v for v in versions(registry, candidate.model) if v.tags.get(Tag.DIGEST) == digest)
    version = next(known, None) or register(registry, candidate)
    holder = champion(registry, candidate.model)
    if holder is None or (holder.tags.get(Tag.PROMOTED_BY) == SET_UP and holder.number < version.number):
        return set_champion(registry, candidate.model, version.number, by=SET_UP, at=at)
    return version
