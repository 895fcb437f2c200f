"""Many small files become finished files of the lake together: they share children, engines and waits for the disk.

Each keeps its own content key, its own files and its own verdict; what `loading` does with one file it does here.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from retail_assets.config import Settings
from retail_assets.feeds.loading import Loaded, Result, ToLoad, map_records
from retail_assets.feeds.mapping.asking import Engine, MappingLimits, on_children
from retail_assets.feeds.mapping.engine import Mapped
from retail_assets.feeds.mapping.together import (
    TEXT_FORMATS,
    AllAdmitted,
    TextRecords,
    is_plain,
    map_plain_files,
)
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, ToRead, read_many
from retail_assets.lake import Lake, put_all_in_place, scratch_folder

logger = logging.getLogger(__name__)

_Group = dict[int, tuple[RecordSet, str]]
"""Files that one query can map, by their place: of each the records and the content key."""


def load_small_contents(
    contents: Sequence[ToLoad], *, lake: Lake, settings: Settings
) -> list[Loaded | Exception]:
    """Read and map stored files; their rows, rejects and documents lie in the lake when this returns. For each what
    `load_content` would give or raise.
    """
    workers = min(settings.duckdb_threads, len(contents)) or 1
    with scratch_folder(lake) as scratch:
        records = _read(contents, scratch, settings, workers)
        mapped = _mapped(contents, records, scratch, settings, workers)
        results: list[Loaded | Exception] = []
        finished: dict[Path, Path] = {}
        for content, read, found in zip(contents, records, mapped, strict=True):
            if isinstance(found, Exception):
                results.append(found)
                continue
            assert isinstance(read, RecordSet)
            result = Result(content, read, found)
            files = result.finished(lake)
            finished |= files
            results.append(result.loaded(lake, files))
        put_all_in_place(finished)
    return results


def _read(
    contents: Sequence[ToLoad], scratch: Path, settings: Settings, workers: int
) -> list[RecordSet | Exception]:
    files = []
    for number, content in enumerate(contents):
        folder = _folder(scratch, number)
        folder.mkdir()
        files.append(ToRead(content.stored, content.name, content.match.mapping.layout, folder))
    return list(read_many(files, limits=ReaderLimits.of(settings), children=workers))


def _folder(scratch: Path, number: int) -> Path:
    return scratch / str(number)


def _mapped(
    contents: Sequence[ToLoad],
    records: Sequence[RecordSet | Exception],
    scratch: Path,
    settings: Settings,
    workers: int,
) -> list[Mapped | AllAdmitted | Exception]:
    """Plain files together, then all others each by itself."""
    limits = replace(MappingLimits.of(settings), duckdb_threads=1)
    found: dict[int, Mapped | AllAdmitted | Exception] = {
        number: read for number, read in enumerate(records) if isinstance(read, Exception)
    }

    def one(engine: Engine, number: int) -> Mapped | Exception:
        read = records[number]
        assert isinstance(read, RecordSet)
        try:
            return map_records(engine, contents[number], read, _folder(scratch, number))
        except Exception as error:
            return error

    def together(engine: Engine, group: _Group) -> dict[int, AllAdmitted]:
        number = min(group)
        folder = scratch / f"from-{number}"
        folder.mkdir()
        return _map_together(engine, group, contents[number], folder)

    groups = _plain_groups(contents, records)
    for admitted in on_children(together, groups, folder=scratch, limits=limits, children=workers):
        found |= admitted
    others = [number for number in range(len(contents)) if number not in found]
    alone = on_children(one, others, folder=scratch, limits=limits, children=workers)
    found |= dict(zip(others, alone, strict=True))
    return [found[number] for number in range(len(contents))]


def _plain_groups(contents: Sequence[ToLoad], records: Sequence[RecordSet | Exception]) -> list[_Group]:
    groups: dict[object, _Group] = {}
    for number, (content, read) in enumerate(zip(contents, records, strict=True)):
        mapping = content.match.mapping
        if isinstance(read, RecordSet) and read.format in TEXT_FORMATS and is_plain(mapping):
            named = tuple(sorted(content.match.name_values.items()))
            alike = (mapping.name, mapping.version, read.format, tuple(read.columns), named)
            groups.setdefault(alike, {})[number] = (read, content.content_key)
    return [group for group in groups.values() if len(group) > 1]


def _map_together(engine: Engine, group: _Group, like: ToLoad, folder: Path) -> dict[int, AllAdmitted]:
    """What files of a group became that have nothing to explain, by their place."""
    numbers, first = list(group), next(iter(group.values()))[0]
    try:
        found = map_plain_files(
            engine=engine,
            mapping=like.match.mapping,
            files=[TextRecords(read.path, read.record_count, key) for read, key in group.values()],
            columns=first.columns,
            format=first.format,
            name_values=like.match.name_values,
            folder=folder,
        )
    except Exception as error:
        # Whoever of them is to blame is found when each is mapped by itself.
        logger.debug("Mapping %s files together failed.", len(group), exc_info=error)
        return {}
    return {numbers[place]: admitted for place, admitted in found.items()}
