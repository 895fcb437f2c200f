"""Publication: the marts of the working warehouse become the next release, and all readers see it at once.

Cost follows the change: nothing is written when nothing that readers see has changed, and Parquet parts that
did not change are hard-linked from the release before.
"""

import os
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from retail_assets.config import Settings
from retail_assets.lake import Lake, file_lock
from retail_assets.warehouse import release as releases
from retail_assets.warehouse.audiences import Audience, audience_of, require_no_personal_columns
from retail_assets.warehouse.building import require_whole
from retail_assets.warehouse.errors import PublicationError
from retail_assets.warehouse.marts import Mart, open_warehouse, survey
from retail_assets.warehouse.release import Manifest
from retail_assets.warehouse.room import Edition, part_file, write_database, write_part

LAYOUT = 1
"""Raise it when the same marts have to give other files."""


@dataclass(frozen=True)
class Publication:
    """What a publication did."""

    release: int | None
    """The new release; None when nothing had changed."""
    current: int
    """The release that readers see."""
    folder: Path
    as_of: date
    row_counts: dict[str, int]
    """Rows of every published mart."""
    parts_written: int
    parts_linked: int


def publish(*, settings: Settings, as_of: date, run_id: str, lock: bool = True) -> Publication:
    """Publish the marts as they stand in the working warehouse; a no-op when nothing has changed.

    The release stands at the newest `as_of` that was ever published. Takes the warehouse lock; a caller that
    holds it already says `lock=False`.
    """
    lake = Lake(settings.data_dir)
    with file_lock(lake.lock_file("warehouse")) if lock else nullcontext():
        require_whole(lake)
        try:
            releases.tidy(lake)
            publication = _publish(lake=lake, settings=settings, as_of=as_of, run_id=run_id)
            kept, min_age = settings.releases_kept, settings.release_min_age_seconds
            releases.prune(lake, kept=kept, min_age_seconds=min_age)
            return publication
        except (OSError, duckdb.Error) as error:
            raise PublicationError(
                f"Publication stopped: {_cause(error)} Readers see a whole release in any case. "
                "Then run `make nightly` again."
            ) from error


def _publish(*, lake: Lake, settings: Settings, as_of: date, run_id: str) -> Publication:
    previous = releases.current_manifest(lake)
    if previous:
        as_of = max(as_of, previous.as_of)
    if previous and (previous.layout, previous.engine) != (LAYOUT, duckdb.__version__):
        previous = None  # its digests and files cannot be compared with today's
    with open_warehouse(lake=lake, settings=settings) as connection:
        marts = {n: m for n, m in survey(connection).items() if audience_of(n) is Audience.ANALYSTS}
        require_no_personal_columns({n: [c.name for c in m.columns] for n, m in marts.items()})
        if (
            previous
            and (previous.as_of, previous.marts) == (as_of, marts)
            and releases.is_whole(lake, previous)
        ):
            return _outcome(lake, None, previous.release, as_of, marts, 0, 0)
        number = releases.next_number(lake)
        with releases.new_release(lake, number) as folder:
            edition = Edition(number, run_id, datetime.now(UTC), as_of)
            linked = _link_unchanged(lake=lake, previous=previous, marts=marts, folder=folder)
            changed = [(m, p) for m in marts.values() for p in m.parts if part_file(m.name, p) not in linked]
            for mart, part in changed:
                write_part(connection, mart=mart, part=part, folder=folder)
            write_database(connection, marts=marts.values(), edition=edition, folder=folder)
            _describe(folder, edition, marts)
    releases.swap(lake, number)
    return _outcome(lake, number, number, as_of, marts, len(changed), len(linked))


def _cause(error: OSError | duckdb.Error) -> str:
    """What happened, and what to do first."""
    text = " ".join(str(error).split())
    if "No space left" in text:
        return f"the disk is full ({text}). Make room."
    if "Could not set lock" in text:
        return f"another program has the working warehouse open ({text}). Close it."
    return f"{text}."


def _link_unchanged(
    *, lake: Lake, previous: Manifest | None, marts: dict[str, Mart], folder: Path
) -> set[str]:
    """Link what the previous release holds already; the names of the linked files."""
    if previous is None:
        return set()
    source = lake.releases / str(previous.release)
    linked = set()
    for mart in marts.values():
        old = previous.marts.get(mart.name)
        if old is None or not mart.same_shape(old):
            continue
        for part, content in mart.parts.items():
            name = part_file(mart.name, part)
            if old.parts.get(part) == content and releases.has_file(lake, previous, name):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                os.link(source / name, folder / name)
                linked.add(name)
    return linked


def _describe(folder: Path, edition: Edition, marts: dict[str, Mart]) -> None:
    files = {str(p.relative_to(folder)): p.stat().st_size for p in sorted(folder.rglob("*")) if p.is_file()}
    manifest = Manifest(
        layout=LAYOUT,
        engine=duckdb.__version__,
        release=edition.release,
        run_id=edition.run_id,
        built_at=edition.built_at,
        as_of=edition.as_of,
        marts=marts,
        files=files,
    )
    releases.write_manifest(folder, manifest)


def _outcome(
    lake: Lake,
    release: int | None,
    current: int,
    as_of: date,
    marts: dict[str, Mart],
    written: int,
    linked: int,
) -> Publication:
    row_counts = {name: mart.rows for name, mart in marts.items()}
    return Publication(release, current, lake.releases / str(current), as_of, row_counts, written, linked)
