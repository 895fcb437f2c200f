"""What came into the lake since the warehouse was last built, and so which data tests have something to look at.

A test is run again when something upstream of what it looks at has changed, when it failed the last time, or when
it never passed. What happened a night ago is looked at by nobody tonight; the weekly job tests everything.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake
from retail_assets.sql import files_in, identifier, parquet
from retail_assets.warehouse.manifest import AS_OF, NOW, DataTest, Manifest

LEDGER = "ledger"


@dataclass(frozen=True)
class Seen:
    """All that models are built from, as one build finds it."""

    fingerprints: Mapping[str, str]
    """Of the ledger and of each computed table: another one whenever one of its files is."""
    sources: Mapping[str, Mapping[str, Any]]
    """Of each source of files which drops are loaded, as digests: by feed, and of those with documents."""
    clocks: Mapping[str, str]
    """What the macros `as_of` and `now` answer."""
    project: str
    """Stands for the project's code and settings."""


@dataclass(frozen=True)
class BuiltState:
    """What the last complete build of each step saw, which models are ahead of it, and which tests passed; in one
    JSON file.

    A build of some models, or one that failed, takes its models further than what is noted of their step. What they
    took in may be gone again before the next complete build, which would find nothing changed; so they are built anew.
    """

    file: Path

    def seen(self, step: str) -> dict[str, Any] | None:
        """What the last complete build of a step saw, and dbt's run number then."""
        return self._read()["steps"].get(step)

    def note(self, step: str, seen: Seen, run: int, models: Iterable[str]) -> None:
        """A complete build of a step, whose models these are."""
        content = self._read()
        content["steps"][step] = {**asdict(seen), "run": run}
        content["ahead"] = sorted(set(content["ahead"]) - set(models))
        self._write(content)

    def forget(self) -> None:
        """Know no complete build of any step."""
        self._write({**self._read(), "steps": {}})

    def ahead(self) -> set[str]:
        return set(self._read()["ahead"])

    def note_ahead(self, models: Iterable[str]) -> None:
        self._write({**self._read(), "ahead": sorted({*self.ahead(), *models})})

    def retraction(self) -> int:
        """Entry in the log of the newest decision to take a night back that the warehouse was made anew for."""
        return self._read()["retraction"]

    def note_retraction(self, entry: int) -> None:
        self._write({**self._read(), "retraction": entry})

    def passed(self) -> set[str]:
        return set(self._read()["passed"])

    def note_passed(self, tests: Iterable[str]) -> None:
        self._write({**self._read(), "passed": sorted(tests)})

    def _read(self) -> dict[str, Any]:
        nothing = {"steps": {}, "ahead": [], "passed": [], "retraction": 0}
        try:
            return nothing | json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return nothing

    def _write(self, content: Mapping[str, Any]) -> None:
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(content), encoding="utf-8")
        fresh.replace(self.file)


def built_state(lake: Lake) -> BuiltState:
    return BuiltState(lake.warehouse.parent / "built.json")


def look(lake: Lake, tables: Iterable[LakeTable], *, as_of: date, now: datetime, project: str) -> Seen:
    """What the snapshot holds, which dbt reads too: what comes after it was taken counts as new."""
    folders = {table.name: lake.snapshot / "tables" / table.name for table in tables}
    folders[LEDGER] = lake.snapshot / "ledger"
    return Seen(
        {name: _fingerprint(folder) for name, folder in folders.items()},
        _loaded_sources(lake),
        {AS_OF: as_of.isoformat(), NOW: now.isoformat()},
        project,
    )


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.parquet")):
        status = file.stat()
        digest.update(f"{file.name} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Changes:
    """What is not as the last complete build of all models saw it."""

    feeds: set[str]
    tables: set[str]
    """Computed tables, and LEDGER."""
    clocks: set[str]
    """Macros that answer otherwise than then."""
    everything: bool = False
    """Where nothing is known, or code or settings changed."""

    def models(self, manifest: Manifest) -> set[str]:
        """Models that may come out different."""
        if self.everything:
            return set(manifest.models)
        return manifest.downstream(
            model.name
            for model in manifest.models.values()
            if model.feeds & self.feeds
            or model.tables & self.tables
            or model.clocks & self.clocks
            or (model.reads_ledger and LEDGER in self.tables)
        )


EVERYTHING = Changes(set(), set(), set(), everything=True)


def changes_since(lake: Lake, before: Mapping[str, Any] | None, seen: Seen) -> Changes:
    """Compare what stands now with what a step's last complete build saw."""
    if before is None or not lake.warehouse.exists() or before["project"] != seen.project:
        return EVERYTHING
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        if _run_number(connection) < before["run"]:  # a warehouse from a backup
            return EVERYTHING
        due = _feeds_with_rows_due(connection, before["clocks"][AS_OF], seen.clocks[AS_OF])
    return Changes(
        due | _feeds_of_changed_sources(before["sources"], seen.sources),
        _different(before["fingerprints"], seen.fingerprints),
        _different(before["clocks"], seen.clocks),
    )


def _feeds_of_changed_sources(before: Mapping[str, Any], now: Mapping[str, Any]) -> set[str]:
    """Feeds whose rows came, went or changed.

    A document takes away what an older file of its source says of it, in any feed: its own file may hold no row at all.
    """
    nothing: dict[str, Any] = {"feeds": {}, "documents": None}
    changed: set[str] = set()
    for source in before.keys() | now.keys():
        old, new = before.get(source, nothing), now.get(source, nothing)
        feeds = old["feeds"].keys() | new["feeds"].keys()
        others = old["documents"] != new["documents"]
        changed |= {feed for feed in feeds if others or old["feeds"].get(feed) != new["feeds"].get(feed)}
    return changed


def _different(before: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    return {name for name, value in now.items() if before.get(name) != value}


def _loaded_sources(lake: Lake) -> dict[str, dict[str, Any]]:
    loads, drops = (parquet(lake.snapshot / "ledger" / f"{name}.parquet") for name in ("loads", "drops"))
    documents = files_in(lake.documents("").parent, "*.parquet")
    digest = "count(*) || ' ' || bit_xor(hash(sequence, position, content_key))"
    with duckdb.connect() as connection:
        of_feeds = connection.execute(
            f"select source, feed, {digest} from {loads} group by source, feed"
        ).fetchall()
        of_documents = connection.execute(
            f"select source, {digest} from {drops} where state = 'loaded' "
            f"and content_key in (select parse_filename(file, true) from {documents}) group by source"
        ).fetchall()
    found: dict[str, dict[str, Any]] = {}
    for source, feed, loaded in of_feeds:
        found.setdefault(source, {"feeds": {}, "documents": None})["feeds"][feed] = loaded
    for source, holding in of_documents:
        found.setdefault(source, {"feeds": {}, "documents": None})["documents"] = holding
    return found


def run_number(lake: Lake) -> int:
    """How often dbt has run on the warehouse."""
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        return _run_number(connection)


def _run_number(connection: duckdb.DuckDBPyConnection) -> int:
    [(number,)] = connection.execute("select run from state.run").fetchall()
    return number


def _feeds_with_rows_due(connection: duckdb.DuckDBPyConnection, before: str, as_of: str) -> set[str]:
    """Feeds with rows that were dated after the last night and are not any more."""
    if before >= as_of:
        return set()
    dated = connection.execute(
        "select table_name from duckdb_columns() where schema_name = 'loaded' and column_name = 'business_date'"
    ).fetchall()
    query = "select 1 from loaded.{} where business_date > $1::date and business_date <= $2::date limit 1"
    return {
        feed
        for (feed,) in dated
        if connection.execute(query.format(identifier(feed)), [before, as_of]).fetchone()
    }


def due_tests(
    lake: Lake, manifest: Manifest, models: Iterable[str], *, changed: set[str], there: set[str]
) -> tuple[list[DataTest], list[DataTest]]:
    """Of the tests of some models: those to run, and those that would look at what they have seen.

    A test that looks at a model which is not `there` yet has to wait for it.
    """
    passed = built_state(lake).passed()
    due, unchanged = [], []
    for name in models:
        for test in manifest.models[name].tests:
            if test.parents <= there:
                (due if test.parents & changed or test.unique_id not in passed else unchanged).append(test)
    return due, unchanged
