"""Did everything come in? Files that wait in quarantine, where their kind is looked after, and rows that were rejected.

A table warns at the feed of its folder, what a flow's own handler reads at the first table that the flow computes,
and all else (archives, files that nobody reads) at the ledger.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, func, select

from retail_assets.contract import Feed
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.handler import NAME as TABLES
from retail_assets.intake.handlers import Handlers
from retail_assets.intake.ledger import find_drops
from retail_assets.intake.ledger_tables import DROPS, LOADED, QUARANTINED, ROW_COUNTS
from retail_assets.kit.findings import Finding
from retail_assets.lake import Lake
from retail_assets.platform import Platform

NAMED = 20
"""Files that a finding names; the others are counted."""

AT_THE_LEDGER = "intake/ledger"

FEED_ADVICE = (
    "See `which`, and the marts quarantined_files and rejected_rows. Mend the source or its mapping, then decide "
    "release_file or reload_file with the number of the drop, or withdraw_file to close the case. What a mapping makes "
    "of a file: `.venv/bin/python -m retail_assets.feeds try FILE --feed {feed}`."
)
HANDLER_ADVICE = (
    "See `which`, and the mart quarantined_files. Have the file sent again and close the case with withdraw_file; or, "
    "once what reads it takes such files (a limit is raised, say), decide release_file with the number of the drop."
)
LEDGER_ADVICE = (
    "They are archives that cannot be unpacked, or files that nothing reads where they were dropped. See `which`, and "
    "the mart quarantined_files. Drop them packed anew, or where their kind is read, and close the case with "
    "withdraw_file; or, once a limit is raised, decide release_file with the number of the drop."
)

_WHICH = {
    "drop": pl.Int64,
    "file": pl.String,
    "rejected": pl.Int64,
    "reason": pl.String,
    "message": pl.String,
}


@dataclass
class _Waiting:
    """Files in quarantine that warn at one asset."""

    count: int = 0
    older: int = 0
    """Of them those that came before the night."""
    newest: list[int] = field(default_factory=list)


def feed_findings(
    platform: Platform, handlers: Handlers, feeds: Iterable[Feed], as_of: date
) -> dict[str, Finding]:
    """Of each feed the tables of its folder that wait in quarantine, whatever night they came, and rows of the night
    that were rejected. They stay until somebody decides. Flags are counted, and no reason to warn.
    """
    of_night = (
        select(DROPS.c.folder, func.sum(ROW_COUNTS.c.rejected), func.sum(ROW_COUNTS.c.flagged))
        .join(DROPS)
        .where(DROPS.c.state == LOADED, DROPS.c.partition == as_of)
        .group_by(DROPS.c.folder)
    )
    findings = {}
    with platform_engine(platform.settings) as engine, reading(engine) as connection:
        waiting = _waiting(connection, _asset_of(platform, handlers), as_of)
        rows = {folder: (int(n), int(m)) for folder, n, m in connection.execute(of_night)}
        for feed in feeds:
            files = waiting.get(f"feeds/{feed.name}", _Waiting())
            rejected, flagged = rows.get(feed.folder, (0, 0))
            rejects = _rejecting(connection, platform.lake, feed.folder, as_of) if rejected else []
            which = [*_quarantined(connection, files), *rejects]
            findings[feed.name] = Finding(
                passed=not (files.count or rejected),
                figures={
                    "in_quarantine": files.count,
                    "rejected_rows": rejected,
                    "flagged_rows": flagged,
                    **_shown(which),
                },
                advice=f"{_said(files, rejected)}. {FEED_ADVICE.format(feed=feed.name)}",
            )
    return findings


def files_finding(platform: Platform, handlers: Handlers, asset: str, as_of: date) -> Finding:
    """The files in quarantine, whatever night they came, that warn at a computed table (`lake/…`) or the ledger."""
    with platform_engine(platform.settings) as engine, reading(engine) as connection:
        files = _waiting(connection, _asset_of(platform, handlers), as_of).get(asset, _Waiting())
        which = _quarantined(connection, files)
    return Finding(
        passed=not files.count,
        figures={"in_quarantine": files.count, **_shown(which)},
        advice=f"{_said(files)}. {LEDGER_ADVICE if asset == AT_THE_LEDGER else HANDLER_ADVICE}",
    )


def _asset_of(platform: Platform, handlers: Handlers) -> Callable[[str, str], str]:
    """Of an inbox folder and a file's name: the asset at which it warns."""
    feeds = {feed.folder: feed.name for feed in platform.feeds.values()}

    def asset_of(folder: str, name: str) -> str:
        handler = handlers.find(folder, name)
        if handler is None:
            return AT_THE_LEDGER
        if handler.name == TABLES:
            return f"feeds/{feeds[folder]}"
        table = platform.handler_tables.get(handler.name)
        return f"lake/{table}" if table else AT_THE_LEDGER

    return asset_of


def _waiting(connection: Connection, asset_of: Callable[[str, str], str], as_of: date) -> dict[str, _Waiting]:
    found: dict[str, _Waiting] = {}
    columns = (DROPS.c.sequence, DROPS.c.folder, DROPS.c.name, DROPS.c.partition)
    query = select(*columns).where(DROPS.c.state == QUARANTINED).order_by(DROPS.c.sequence.desc())
    for sequence, folder, name, night in connection.execute(query):
        files = found.setdefault(asset_of(folder, name), _Waiting())
        files.count += 1
        files.older += night != as_of
        if files.count <= NAMED:
            files.newest.append(sequence)
    return found


def _quarantined(connection: Connection, files: _Waiting) -> list[tuple]:
    drops = reversed(find_drops(connection, files.newest))
    return [(drop.sequence, drop.name, None, drop.reason, drop.message) for drop in drops]


def _rejecting(connection: Connection, lake: Lake, folder: str, as_of: date) -> list[tuple]:
    """The files of the night that had rows rejected, with why."""
    query = (
        select(
            DROPS.c.sequence, DROPS.c.name, ROW_COUNTS.c.rejected, ROW_COUNTS.c.by_rule, DROPS.c.content_key
        )
        .join(DROPS)
        .where(
            DROPS.c.folder == folder,
            DROPS.c.state == LOADED,
            DROPS.c.partition == as_of,
            ROW_COUNTS.c.rejected > 0,
        )
        .order_by(DROPS.c.sequence)
        .limit(NAMED)
    )
    return [
        (sequence, name, rejected, _broken_rules(by_rule), _first_reject(lake.rejects(content_key)))
        for sequence, name, rejected, by_rule, content_key in connection.execute(query)
    ]


def _first_reject(rejects: Path) -> str | None:
    """Where to look in the file; None when the lake has lost it."""
    if not rejects.exists():
        return None
    first = pl.scan_parquet(rejects, glob=False).bottom_k(1, by="record").collect().row(0, named=True)
    column = f" in column {first['column']}" if first["column"] else ""
    return (
        f"Record {first['record']} is the first: {first['rule']}{column}. All of them are in rejected_rows."
    )


def _shown(which: list[tuple]) -> dict[str, pl.DataFrame]:
    return {"which": pl.DataFrame(which, schema=_WHICH, orient="row")} if which else {}


def _said(files: _Waiting, rows: int = 0) -> str:
    in_all = " in all" if files.older else ""
    said = (
        [f"{files.count:,} file{'s' if files.count > 1 else ''} in quarantine{in_all}"] if files.count else []
    )
    said += [f"{rows:,} row{'s' if rows > 1 else ''} rejected"] if rows else []
    return " and ".join(said)


def _broken_rules(by_rule: str) -> str:
    rules = (rule for rule in json.loads(by_rule) if rule.startswith("rejected/"))
    return ", ".join(rule.removeprefix("rejected/") for rule in rules)
