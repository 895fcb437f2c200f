"""What an admission is asked: is what came in what the contract promises, did everything come in, do mappings load?"""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, func, null, select

from retail_assets.config import Settings
from retail_assets.contract import Feed
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.checked_contents import record_checked, unchecked_contents
from retail_assets.feeds.contract_check import contract_violations
from retail_assets.feeds.handler import current_sources
from retail_assets.intake.ledger_tables import DROPS, LOADED, LOADS, QUARANTINED, ROW_COUNTS
from retail_assets.kit.findings import Finding
from retail_assets.lake import Lake
from retail_assets.platform import Platform

NAMED = 20
"""Files that a finding names; the others are counted."""


def contract_findings(settings: Settings, feeds: Iterable[Feed]) -> dict[str, Finding]:
    """Of each feed whether the rows that were not checked yet fulfil its contract; remembers those that do."""
    unchecked = unchecked_contents(settings)
    findings, passed = {}, {}
    for feed in feeds:
        contents = unchecked.get(feed.name, [])
        violations = contract_violations(feed=feed, contents=contents, settings=settings)
        passed[feed.name] = [content for content in contents if content not in violations]
        findings[feed.name] = Finding(
            passed=not violations,
            figures={
                "contents_checked": len(contents),
                **({"broken_rules": violations} if violations else {}),
            },
            advice="The marts are not built on rows that break the contract. Files whose rows are gone from the lake "
            "(rows_missing in `broken_rules`) are made again by reload_file. All else admission should not have let "
            "through: withdraw those files, and report this as a fault of the platform.",
        )
    record_checked(settings, passed)
    return findings


def rows_of_feeds(settings: Settings) -> dict[str, int]:
    """Rows of each feed in all loaded files."""
    query = (
        select(LOADS.c.feed, func.sum(LOADS.c.rows))
        .join(DROPS)
        .where(DROPS.c.state == LOADED)
        .group_by(LOADS.c.feed)
    )
    with platform_engine(settings) as engine, reading(engine) as connection:
        return {feed: int(rows) for feed, rows in connection.execute(query)}


def intake_findings(settings: Settings, feeds: Iterable[Feed], as_of: date) -> dict[str, Finding]:
    """Of each feed what did not come in: files of its folder that wait in quarantine, whatever night they came, and
    rows of the night that were rejected. They stay until somebody decides.
    """
    waiting = (
        select(DROPS.c.folder, func.count()).where(DROPS.c.state == QUARANTINED).group_by(DROPS.c.folder)
    )
    rejecting = (
        select(DROPS.c.folder, func.sum(ROW_COUNTS.c.rejected))
        .join(DROPS)
        .where(DROPS.c.state == LOADED, DROPS.c.partition == as_of)
        .group_by(DROPS.c.folder)
    )
    findings = {}
    with platform_engine(settings) as engine, reading(engine) as connection:
        files: dict[str, int] = {folder: count for folder, count in connection.execute(waiting)}  # noqa: C416
        rows: dict[str, int] = {folder: int(n) for folder, n in connection.execute(rejecting)}
        for feed in feeds:
            count, rejected = files.get(feed.folder, 0), rows.get(feed.folder, 0)
            which = (
                _which(connection, Lake(settings.data_dir), feed.folder, as_of) if count or rejected else None
            )
            findings[feed.name] = Finding(
                passed=not (count or rejected),
                figures={
                    "in_quarantine": count,
                    "rejected_rows": rejected,
                    **({"which": which} if which is not None else {}),
                },
                advice=f"{_said(count, rejected)}. See `which`, and the marts quarantined_files and rejected_rows. "
                "Mend the source or its mapping (`python -m retail_assets.feeds try FILE`), then decide release_file "
                "or reload_file with the number of the drop, or withdraw_file to close the case.",
            )
    return findings


def _which(connection: Connection, lake: Lake, folder: str, as_of: date) -> pl.DataFrame:
    """The newest files in quarantine, and the files of the night that had rows rejected, with why."""
    quarantined = (
        select(DROPS.c.sequence, DROPS.c.name, null(), DROPS.c.reason, DROPS.c.message)
        .where(DROPS.c.folder == folder, DROPS.c.state == QUARANTINED)
        .order_by(DROPS.c.sequence.desc())
        .limit(NAMED)
    )
    rejecting = (
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
    rows = [tuple(row) for row in connection.execute(quarantined)]
    rows += [
        (number, name, rejected, _broken_rules(by_rule), _first_reject(lake.rejects(content_key)))
        for number, name, rejected, by_rule, content_key in connection.execute(rejecting)
    ]
    schema = {
        "drop": pl.Int64,
        "file": pl.String,
        "rejected": pl.Int64,
        "reason": pl.String,
        "message": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _first_reject(rejects: Path) -> str | None:
    """Where to look in the file; None when the lake has lost it."""
    if not rejects.exists():
        return None
    first = pl.scan_parquet(rejects).bottom_k(1, by="record").collect().row(0, named=True)
    column = f" in column {first['column']}" if first["column"] else ""
    return (
        f"Record {first['record']} is the first: {first['rule']}{column}. All of them are in rejected_rows."
    )


def _said(files: int, rows: int) -> str:
    said = [f"{files:,} file{'s' if files > 1 else ''} in quarantine"] if files else []
    said += [f"{rows:,} row{'s' if rows > 1 else ''} rejected"] if rows else []
    return " and ".join(said)


def _broken_rules(by_rule: str) -> str:
    rules = (rule for rule in json.loads(by_rule) if rule.startswith("rejected/"))
    return ", ".join(rule.removeprefix("rejected/") for rule in rules)


def mappings_finding(platform: Platform) -> Finding:
    """Source mappings that are wrong, with file, line and what would be right."""
    broken = current_sources(platform).broken
    rows = [(str(one.path), one.message, one.folder or "any", one.files_in_words) for one in broken]
    schema = dict.fromkeys(["mapping", "what is wrong", "folder", "files that wait"], pl.String)
    return Finding(
        passed=not broken,
        figures={
            "count": len(broken),
            **({"broken": pl.DataFrame(rows, schema=schema, orient="row")} if broken else {}),
        },
        advice="; ".join(one.message for one in broken)
        + ". Files of these sources wait in the inbox, all others are taken. Mend the mapping; the next run takes "
        "them.",
    )
