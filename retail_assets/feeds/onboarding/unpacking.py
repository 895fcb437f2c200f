"""What is in the archives among the files to try, unpacked as admission would into a folder of the caller's."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from retail_assets.config import Settings
from retail_assets.errors import Unreadable
from retail_assets.intake.archives import is_archive, unpack_archive
from retail_assets.intake.handlers import Nesting


@dataclass(frozen=True)
class Found:
    """A file to try, or what became of it before it could be read."""

    path: Path
    """Where its bytes lie."""
    shown: Path
    """What people call it: in an archive the archive's own path, then the name in it."""
    refusal: Unreadable | None = None


def unpacked(path: Path, *, folder: Path, settings: Settings) -> Iterator[Found]:
    """A file, or the files in it where it is an archive, whatever archives those lie in."""
    yield from _unpacked(Found(path, path), folder, settings, _SoFar(), depth=0)


def first_table(path: Path, *, folder: Path, settings: Settings) -> Found:
    """A file, or the first one in it where it is an archive, under its own name. Raises Unreadable."""
    if not is_archive(path.name):
        return Found(path, path)
    parts = sorted(unpacked(path, folder=folder, settings=settings), key=lambda part: part.shown)
    if not parts:
        raise Unreadable("empty", "A table was expected, but the archive holds no files; send it again.")
    first = next((part for part in parts if part.refusal is None), parts[0])
    if first.refusal:
        raise first.refusal
    named = folder / "first" / first.shown.name
    named.parent.mkdir()
    first.path.rename(named)
    return Found(named, first.shown)


@dataclass
class _SoFar:
    """What came in the outermost archive so far: limits are for all of it together."""

    parts: int = 0
    size: int = 0


def _unpacked(
    found: Found, folder: Path, settings: Settings, so_far: _SoFar, *, depth: int
) -> Iterator[Found]:
    if not is_archive(found.shown.name):
        yield found
        return
    inner = Path(mkdtemp(dir=folder))
    try:
        content = unpack_archive(
            found.path,
            name=found.shown.name,
            modified_ns=found.path.stat().st_mtime_ns,
            nesting=Nesting(depth, so_far.parts, so_far.size),
            folder=inner,
            settings=settings,
        )
    except Unreadable as refusal:
        yield Found(found.path, found.shown, refusal)
        return
    parts = [Found(inner / str(n), found.shown / name) for n, (name, _) in enumerate(content.parts)]
    so_far.parts += len(parts)
    so_far.size += sum(part.path.stat().st_size for part in parts)
    for part in parts:
        yield from _unpacked(part, folder, settings, so_far, depth=depth + 1)
    for _, rule, name in content.refused:
        refusal = Unreadable(
            rule, "This file is rejected, the others in the archive are taken. Pack it anew."
        )
        yield Found(found.path, found.shown / name.lstrip("/"), refusal)
