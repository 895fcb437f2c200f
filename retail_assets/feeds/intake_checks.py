"""What an admission is asked: is what came in what the contract promises, did everything come in, do mappings load?"""

import json
from collections.abc import Iterable
from datetime import date

import polars as pl
from sqlalchemy import Connection, func, null, select

from retail_assets.config import Settings
from retail_assets.contract import Feed
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.checked_contents import record_checked, unchecked_contents
from retail_assets.feeds.contract_check import contract_violations
from retail_assets.feeds.handler import current_sources, own_name
from retail_assets.intake.claims import Skipped
from retail_assets.intake.ledger_tables import DROPS, LOADED, LOADS, QUARANTINED, ROW_COUNTS
from retail_assets.intake.settling import take_snapshot
from retail_assets.kit.findings import Finding
from retail_assets.names import printable
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
            which = _which(connection, feed.folder, as_of) if count or rejected else None
            findings[feed.name] = Finding(
                passed=not (count or rejected),
                figures={
                    "in_quarantine": count,
                    "rejected_rows": rejected,
                    **({"which": which} if which is not None else {}),
                },
                advice=f"{_said(count, rejected)}. See `which`, and the marts quarantined_files and rejected_rows. "
                "Mend the source or its mapping, then decide release_file or reload_file with the number of the drop, "
                "or withdraw_file to close the case. What a mapping makes of a file: "
                f"`.venv/bin/python -m retail_assets.feeds try FILE --feed {feed.name}`.",
            )
    return findings


def _which(connection: Connection, folder: str, as_of: date) -> pl.DataFrame:
    """The newest files in quarantine, and the files of the night that had rows rejected, with why."""
    quarantined = (
        select(DROPS.c.sequence, DROPS.c.name, null(), DROPS.c.reason, DROPS.c.message)
        .where(DROPS.c.folder == folder, DROPS.c.state == QUARANTINED)
        .order_by(DROPS.c.sequence.desc())
        .limit(NAMED)
    )
    rejecting = (
        select(DROPS.c.sequence, DROPS.c.name, ROW_COUNTS.c.rejected, ROW_COUNTS.c.by_rule, null())
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
        (number, name, rejected, _broken_rules(by_rule), None)
        for number, name, rejected, by_rule, _ in connection.execute(rejecting)
    ]
    schema = {
        "drop": pl.Int64,
        "file": pl.String,
        "rejected": pl.Int64,
        "reason": pl.String,
        "message": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _said(files: int, rows: int) -> str:
    said = [f"{files:,} file{'s' if files > 1 else ''} in quarantine"] if files else []
    said += [f"{rows:,} row{'s' if rows > 1 else ''} rejected"] if rows else []
    return " and ".join(said)


def _broken_rules(by_rule: str) -> str:
    rules = (rule for rule in json.loads(by_rule) if rule.startswith("rejected/"))
    return ", ".join(rule.removeprefix("rejected/") for rule in rules)


def mappings_finding(platform: Platform, skipped: Iterable[Skipped] = ()) -> Finding:
    """Source mappings that are wrong, with file, line and what would be right, and files that several claim: those in
    the inbox, and those `skipped` that wait elsewhere."""
    sources = current_sources(platform)
    rows = [
        (one.path.name, one.message, ", ".join(one.folders) or "any", one.files_in_words)
        for one in sources.broken
    ]
    waiting = {(one.folder, own_name(one.name)) for one in skipped}
    for feed in platform.feeds.values():
        waiting |= {(feed.folder, name) for name in take_snapshot(platform.lake.inbox / feed.inbox).files}
    claimed: dict[tuple[str, str], list[str]] = {}
    for folder, name in sorted(waiting):
        if clash := sources.clash(folder, name):
            claimed.setdefault((clash, folder), []).append(printable(name))
    rows += [("several", clash, folder, _named(names)) for (clash, folder), names in claimed.items()]
    schema = dict.fromkeys(["mapping", "what is wrong", "folder", "files that wait"], pl.String)
    return Finding(
        passed=not rows,
        figures={
            "count": len(rows),
            **({"broken": pl.DataFrame(rows, schema=schema, orient="row")} if rows else {}),
        },
        advice="; ".join(
            [
                *(one.message for one in sources.broken),
                *(f"{names[0]}: {clash}" for (clash, _), names in claimed.items()),
            ]
        )
        + ". Files of these sources wait in the inbox, all others are taken. Mend the mapping; the next run takes "
        "them.",
    )


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
