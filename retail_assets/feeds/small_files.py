"""Many small files become finished files of the lake together: they share children, queries and waits for the disk.

Each keeps its own content key, its own files and its own verdict. Plain ones are read and mapped many at a time;
whatever else there is, and whatever goes wrong with that, is left to `loading`, file by file.
"""

import logging
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from retail_assets.config import Settings
from retail_assets.feeds.loading import Loaded, Result, ToLoad
from retail_assets.feeds.mapping.asking import MappingLimits, mapping_duckdb
from retail_assets.feeds.mapping.together import is_plain, map_plain_files
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, TextGroup, read_together
from retail_assets.lake import Lake, put_all_in_place, scratch_folder

logger = logging.getLogger(__name__)

_Group = dict[int, ToLoad]
"""Files that one query can map if they have the same columns, by their place among all."""


def load_small_contents(
    contents: Sequence[ToLoad], *, lake: Lake, settings: Settings
) -> list[Loaded | Exception]:
    """Read and map stored files; their rows, rejects, flags and documents lie in the lake when this returns. For
    each what `load_content` would give or raise.
    """
    with scratch_folder(lake) as scratch:
        results = _became(contents, scratch, settings)
        loaded: list[Loaded | Exception] = []
        finished: dict[Path, Path] = {}
        for number in range(len(contents)):
            result = results[number]
            if isinstance(result, Exception):
                loaded.append(result)
                continue
            files = result.finished(lake)
            finished |= files
            loaded.append(result.loaded(lake, files))
        put_all_in_place(finished)
    return loaded


def _became(
    contents: Sequence[ToLoad], scratch: Path, settings: Settings
) -> Mapping[int, Result | Exception]:
    """By the place of each."""
    workers = min(settings.duckdb_threads, len(contents)) or 1

    def alone(number: int) -> Result | Exception:
        content, folder = contents[number], _new_folder(scratch)
        try:
            return Result.of(content, folder, settings, within=scratch)
        except Exception as error:
            return error

    def together(group: _Group) -> dict[int, Result]:
        return _map_together(group, _new_folder(scratch), settings)

    with ThreadPoolExecutor(workers) as pool:
        found: dict[int, Result | Exception] = {}
        for some in pool.map(together, _plain_groups(contents, workers)):
            found |= some
        others = [number for number in range(len(contents)) if number not in found]
        return found | dict(zip(others, pool.map(alone, others), strict=True))


def _plain_groups(contents: Sequence[ToLoad], workers: int) -> Iterator[_Group]:
    """As many of the same kind as there are workers for."""
    alike: dict[object, list[int]] = {}
    for number, content in enumerate(contents):
        mapping = content.match.mapping
        if is_plain(mapping):
            named = tuple(sorted(content.match.name_values.items()))
            alike.setdefault((mapping.name, mapping.version, named), []).append(number)
    for numbers in alike.values():
        groups = min(workers, len(numbers) // 2)
        for first in range(groups):
            yield {number: contents[number] for number in numbers[first::groups]}


def _map_together(group: _Group, folder: Path, settings: Settings) -> dict[int, Result]:
    """What files of a group became that have nothing to explain."""
    numbers, contents = list(group), list(group.values())
    match = contents[0].match
    found: dict[int, Result] = {}
    limits = replace(MappingLimits.of(settings), duckdb_threads=1)
    for files in _read_together(contents, folder, settings):
        with _else_alone(), mapping_duckdb(folder, limits) as engine:
            mapped = map_plain_files(
                engine=engine,
                mapping=match.mapping,
                group=files,
                content_keys=[content.content_key for content in contents],
                name_values=match.name_values,
                business_zone=settings.time_zone,
                folder=_new_folder(folder),
            )
            counts = dict(zip(files.files, files.counts, strict=True))
            for number, admitted in mapped.items():
                records = RecordSet(files.path, files.columns, files.format, counts[number])
                found[numbers[number]] = Result(contents[number], records, admitted)
    return found


def _read_together(contents: Sequence[ToLoad], folder: Path, settings: Settings) -> list[TextGroup]:
    files = [(content.stored, content.name) for content in contents]
    layout, limits = contents[0].match.mapping.layout, ReaderLimits.of(settings)
    with _else_alone():
        return read_together(files, layout=layout, out=folder, limits=limits)
    return []


@contextmanager
def _else_alone() -> Generator[None]:
    """Whoever of several files is to blame is found when each is read by itself."""
    try:
        yield
    except Exception as error:
        logger.debug("What many small files go through together failed.", exc_info=error)


def _new_folder(parent: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=parent))
