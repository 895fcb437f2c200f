"""Publication: the marts of the working warehouse become the next release, and all readers see it at once.

Cost follows the change: nothing is written when nothing that readers see has changed, and Parquet parts that
did not change are hard-linked from the release before.
"""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from retail_assets.audiences import Audience
from retail_assets.intake.identity import require_same_platform
from retail_assets.kit.findings import Finding
from retail_assets.platform import Platform
from retail_assets.warehouse import release as releases
from retail_assets.warehouse.access import set_access
from retail_assets.warehouse.audience_files import write_database, write_part
from retail_assets.warehouse.build_mark import require_whole
from retail_assets.warehouse.changes import built_state
from retail_assets.warehouse.decisions import ACCEPT_FEWER_ROWS, accepted
from retail_assets.warehouse.errors import NothingToKeep, PublicationError
from retail_assets.warehouse.fewer_rows import require_rows
from retail_assets.warehouse.lock import warehouse_lock
from retail_assets.warehouse.personal_columns import require_no_personal_columns
from retail_assets.warehouse.places import Place, places_of
from retail_assets.warehouse.reading import open_warehouse
from retail_assets.warehouse.release import ReleaseManifest
from retail_assets.warehouse.release_tables import Edition
from retail_assets.warehouse.row_files import lead_to_row_files, write_row_files
from retail_assets.warehouse.survey import SurveyedMart, survey

LAYOUT = 3
"""Raise it when the same marts have to give other files."""


@dataclass(frozen=True)
class Publication:
    """What a publication did."""

    release: int | None
    """The new release; None when nothing had changed."""
    as_of: date
    """The night at which the current release stands."""
    marts: dict[str, SurveyedMart]
    parts_written: int = 0
    parts_linked: int = 0
    """Parquet parts that the new release shares with the one before."""

    def tables(self) -> list[dict[str, Any]]:
        """Every published mart with its readers, rows, those that no reader is shown, and newest business date."""
        return [
            {
                "mart": name,
                "audience": mart.audience.name,
                "rows": mart.rows,
                "rows_without_reader": mart.without_reader,
                "newest_business_date": mart.newest_business_date,
            }
            for name, mart in self.marts.items()
        ]

    def readers_finding(self) -> Finding:
        """Readers who do not find their folder by their id, because it is no harmless name of one."""
        found = [place for place in places_of(self.marts.values()) if place.is_renamed]
        rows = [(place.audience.name, repr(place.reader), place.folder) for place in found]
        readers = pl.DataFrame(rows, schema=["audience", "id", "folder"], orient="row")
        return Finding(
            passed=not found,
            figures={"renamed": len(found), **({"readers": readers} if found else {})},
            advice=f"{len(found):,} id{'s' if len(found) > 1 else ''} of readers cannot name a folder, so theirs have "
            "other names. See `readers`: mend the ids at their source, or tell these readers which folder is theirs.",
        )


def publish(*, platform: Platform, as_of: date, run_id: str, audience: Audience | None = None) -> Publication:
    """Publish the marts as they stand in the working warehouse; a no-op when nothing has changed.

    For one `audience` that has a folder, its marts alone: the places of all others stay, file by file, as they are.
    The release stands at the newest `as_of` that was ever published, unless nights were taken back since. Takes the
    warehouse lock. Raises PublicationError.
    """
    lake, settings = platform.lake, platform.settings
    require_same_platform(settings)
    with warehouse_lock(lake):
        try:
            releases.tidy(lake)
            for folder in releases.published_folders(lake):
                set_access(folder, settings.audience_groups)
            require_whole(lake)
            publication = _publish(platform, as_of=as_of, run_id=run_id, audience=audience)
            kept, min_age = settings.releases_kept, settings.release_min_age_seconds
            releases.prune(lake, kept=kept, min_age_seconds=min_age)
            return publication
        except (OSError, duckdb.Error) as error:
            raise PublicationError(
                f"Publication stopped: {_cause(error)} Readers see a whole release in any case. "
                "Then run `make nightly` again."
            ) from error


def _publish(platform: Platform, *, as_of: date, run_id: str, audience: Audience | None) -> Publication:
    lake = platform.lake
    previous = last = releases.current_manifest(lake)
    retraction = built_state(lake).retraction()
    goes_back = last is not None and retraction > last.retraction
    if last and not goes_back:
        as_of = max(as_of, last.as_of)
    if previous and (previous.layout, previous.engine) != (LAYOUT, duckdb.__version__):
        previous = None  # its digests and files cannot be compared with today's
    is_whole = previous is not None and releases.is_whole(lake, previous)
    if audience and (previous is None or not is_whole or goes_back or as_of != previous.as_of):
        raise NothingToKeep(
            f"Nothing was published for {audience} alone, because there is no whole release of the night of {as_of} in "
            "which all others could keep their places: run `make nightly`."
        )
    with open_warehouse(platform) as connection:
        marts = fresh = survey(connection, platform, audience)
        if audience and previous:
            kept = {name: mart for name, mart in previous.marts.items() if mart.audience != audience}
            marts = dict(sorted((kept | fresh).items()))
        guarded = {n: [c.name for c in m.columns] for n, m in marts.items() if not m.audience.sees_persons}
        require_no_personal_columns(guarded, platform.feeds)
        may_lose = accepted(platform.settings, ACCEPT_FEWER_ROWS)
        if last and not goes_back:
            known = {mart for mart, entry in may_lose.items() if entry > last.accepted}
            require_rows(platform, last.marts, marts, accepted=known)
        if previous and is_whole and (previous.as_of, previous.marts) == (as_of, marts):
            return Publication(None, as_of, marts)
        number = releases.next_number(lake)
        with releases.new_release(lake, number) as folder:
            built_at = datetime.now(UTC)
            edition = Edition(number, run_id, built_at, as_of, _changed_at(last, marts, built_at))
            if audience and previous:
                _link_others(platform, previous, audience, folder)
            counts = _write(connection, platform, fresh, edition, previous, folder)
            # A decision about a mart of others waits for the release that shows it.
            newest = last.accepted if audience and last else max(may_lose.values(), default=0)
            _describe(folder, edition, marts, retraction=retraction, accepted=newest)
            set_access(folder, platform.settings.audience_groups)
            # Readers see these at once, so nothing that could stop the release comes after them.
            _write_row_files(connection, platform, fresh)
            for mart in marts.values():
                if mart.mart.row_files:
                    lead_to_row_files(lake, mart, mart.mart.row_files, folder)
    releases.swap(lake, number)
    return Publication(number, as_of, marts, *counts)


def _write(
    connection: duckdb.DuckDBPyConnection,
    platform: Platform,
    marts: dict[str, SurveyedMart],
    edition: Edition,
    previous: ReleaseManifest | None,
    folder: Path,
) -> tuple[int, int]:
    """Write every place that these marts have; the numbers of parts that were written and linked."""
    written = linked = 0
    for place in places_of(marts.values()):
        here = [mart for mart in marts.values() if mart.audience == place.audience]
        for mart in here:
            for part in place.parts(mart):
                if _link_unchanged(platform, previous, place, mart, part, folder):
                    linked += 1
                else:
                    write_part(connection, place=place, mart=mart, part=part, folder=folder)
                    written += 1
        write_database(connection, place=place, marts=here, edition=edition, folder=folder)
    return written, linked


def _write_row_files(
    connection: duckdb.DuckDBPyConnection, platform: Platform, marts: dict[str, SurveyedMart]
) -> None:
    """Bring files of rows up to date."""
    changed = [
        mart.name
        for mart in marts.values()
        if mart.mart.row_files and write_row_files(connection, platform.lake, mart, mart.mart.row_files)
    ]
    if changed:
        set_access(platform.lake.row_files, platform.settings.audience_groups)


def _link_others(platform: Platform, previous: ReleaseManifest, audience: Audience, folder: Path) -> None:
    """Link all files of the previous release but those of one audience."""
    for name in previous.files:
        if not name.startswith(f"{audience.folder}/"):
            _link(platform, previous, name, folder)


def _changed_at(
    last: ReleaseManifest | None, marts: dict[str, SurveyedMart], now: datetime
) -> dict[str, datetime]:
    """When each mart last had other rows than in the release before."""
    same = {name for name, mart in marts.items() if last and last.marts.get(name) == mart}
    return {
        name: last.changed_at.get(name, last.built_at) if last and name in same else now for name in marts
    }


def _cause(error: OSError | duckdb.Error) -> str:
    """What happened, and what to do first."""
    text = " ".join(str(error).split())
    if "No space left" in text:
        return f"the disk is full ({text}). Make room."
    if "Could not set lock" in text:
        return f"another program has the working warehouse open ({text}). Close it."
    return f"{text}."


def _link_unchanged(
    platform: Platform,
    previous: ReleaseManifest | None,
    place: Place,
    mart: SurveyedMart,
    part: str,
    folder: Path,
) -> bool:
    """Link a part that the previous release holds already."""
    old = previous.marts.get(mart.name) if previous else None
    if previous is None or old is None or old.mart != mart.mart or not mart.same_shape(old):
        return False
    name = place.part_file(mart, part)
    if old.parts.get(part) != mart.parts[part] or not releases.has_file(platform.lake, previous, name):
        return False
    _link(platform, previous, name, folder)
    return True


def _link(platform: Platform, previous: ReleaseManifest, name: str, folder: Path) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    os.link(platform.lake.releases / str(previous.release) / name, folder / name)


def _describe(
    folder: Path, edition: Edition, marts: dict[str, SurveyedMart], *, retraction: int, accepted: int
) -> None:
    files = {str(p.relative_to(folder)): p.stat().st_size for p in sorted(folder.rglob("*")) if p.is_file()}
    manifest = ReleaseManifest(
        layout=LAYOUT,
        engine=duckdb.__version__,
        release=edition.release,
        run_id=edition.run_id,
        built_at=edition.built_at,
        as_of=edition.as_of,
        marts=marts,
        changed_at=dict(edition.changed_at),
        files=files,
        retraction=retraction,
        accepted=accepted,
    )
    releases.write_manifest(folder, manifest)
