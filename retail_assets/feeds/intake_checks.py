"""What an admission is asked: is what came in what the contract promises, were decisions accepted, do mappings load?"""

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl
from sqlalchemy import func, select

from retail_assets.config import Settings
from retail_assets.contract import Feed
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.checked_contents import record_checked, unchecked_contents
from retail_assets.feeds.contract_check import contract_violations
from retail_assets.feeds.handler import current_sources, own_name
from retail_assets.intake.claims import Skipped
from retail_assets.intake.ledger_tables import DECISIONS, DROPS, LOADED, LOADS
from retail_assets.intake.reconcile import Discrepancy
from retail_assets.intake.retraction import nights_after
from retail_assets.intake.settling import take_snapshot
from retail_assets.kit.findings import Finding
from retail_assets.names import printable
from retail_assets.platform import Platform

NAMED, TOLD = 20, 3
"""What a finding names, and what its sentence tells; the others are counted."""


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


def decisions_finding(settings: Settings, as_of: date) -> Finding:
    """Of the decisions that came in a night: those that were refused, with why."""
    counts = select(DECISIONS.c.accepted, func.count()).join(DROPS).where(DROPS.c.partition == as_of)
    refused = select(DECISIONS).join(DROPS).where(DROPS.c.partition == as_of, DECISIONS.c.accepted.is_(False))
    with platform_engine(settings) as engine, reading(engine) as connection:
        count = dict.fromkeys((True, False), 0)
        for accepted, number in connection.execute(counts.group_by(DECISIONS.c.accepted)):
            count[accepted] = number
        named = connection.execute(refused.order_by(DECISIONS.c.entry).limit(NAMED)).all()
    rows = [
        (row.sequence, *map(printable, (row.decision_id, row.actor, row.kind, row.subject, row.message)))
        for row in named
    ]
    schema = {"drop": pl.Int64} | dict.fromkeys(["decision", "actor", "kind", "subject", "why"], pl.String)
    said = "; ".join(f"{one} ({why.partition('. ')[0].rstrip('.')})" for _, one, *_, why in rows[:TOLD])
    more = "; …" if count[False] > TOLD else ""
    return Finding(
        passed=not count[False],
        figures={
            "accepted": count[True],
            "refused": count[False],
            **({"which": pl.DataFrame(rows, schema=schema, orient="row")} if rows else {}),
        },
        advice=f"{count[False]:,} of {sum(count.values()):,} decisions refused, which changed nothing: {said}{more}. "
        "See `which`. Decide again what is still wanted, corrected and under an id of its own.",
    )


def encodings_finding(settings: Settings, as_of: date) -> Finding:
    """Files of a night whose encoding is a guess that another would be nearly as good as."""
    guessed = (
        select(DROPS.c.sequence, DROPS.c.name, DROPS.c.source, DROPS.c.encoding_doubt)
        .where(DROPS.c.partition == as_of, DROPS.c.state == LOADED, DROPS.c.encoding_doubt.is_not(None))
        .order_by(DROPS.c.sequence)
    )
    with platform_engine(settings) as engine, reading(engine) as connection:
        count = connection.scalar(select(func.count()).select_from(guessed.subquery())) or 0
        rows = [
            (sequence, *map(printable, texts))
            for sequence, *texts in connection.execute(guessed.limit(NAMED))
        ]
    said = "; ".join(f"{name} ({doubt})" for _, name, _, doubt in rows[:TOLD])
    more = "; …" if count > TOLD else ""
    schema = {"drop": pl.Int64} | dict.fromkeys(["file", "source", "encoding"], pl.String)
    return Finding(
        passed=not count,
        figures={
            "guessed": count,
            **({"which": pl.DataFrame(rows, schema=schema, orient="row")} if rows else {}),
        },
        advice=f"The encoding of {count:,} file{'s' if count > 1 else ''} is a guess: {said}{more}. Letters beyond "
        "ASCII may be wrong: look at them in `try`, state `file: {encoding: …}` in the mapping of the source, decide "
        "reload_file with the number of the drop.",
    )


def clock_finding(settings: Settings, day: date) -> Finding:
    """Nights that lie ahead of the clock, whose day it is: marts would stand there until they come."""
    with platform_engine(settings) as engine, reading(engine) as connection:
        ahead = nights_after(connection, day)
    if not ahead:
        return Finding(passed=True)
    return Finding(
        passed=False,
        figures={"nights": ", ".join(map(str, ahead[:NAMED]))},
        advice=f"The night of {ahead[-1]} ran, but today is {day}: marts stand at that night and do not move on until "
        f"it has come. If a clock was wrong then, decide retract_night about {ahead[0]}, the first such night, and "
        "run `make nightly`.",
    )


def lost_finding(lost: Sequence[Discrepancy], *, shown: int) -> Finding:
    """What is not where it belongs, losses first; `shown` of it by name. A loss stops the run, so its sentence says at
    once what to do."""
    ordered = sorted(lost, key=lambda one: not one.is_loss)[:shown]
    rows = [(one.kind, printable(one.place), printable(one.message)) for one in ordered]
    schema = dict.fromkeys(["kind", "place", "message"], pl.String)
    said = "; ".join(
        f"{place}: {(why if one.is_loss else why.partition('. ')[0]).rstrip('.')}"
        for one, (_, place, why) in zip(ordered[:TOLD], rows, strict=False)
    )
    more = "; …" if len(lost) > TOLD else ""
    return Finding(
        passed=not lost,
        figures={
            "count": len(lost),
            **({"findings": pl.DataFrame(rows, schema=schema, orient="row")} if rows else {}),
        },
        advice=f"{len(lost):,} not in place: {said}{more}. Each of `findings` says what to do.",
    )


def mappings_finding(platform: Platform, skipped: Iterable[Skipped] = ()) -> Finding:
    """Source mappings that are wrong, with file, line and what would be right, and files that several claim: those in
    the inbox, and those `skipped` that wait elsewhere."""
    sources = current_sources(platform)
    rows = [
        (printable(one.path.name), one.message, ", ".join(one.folders) or "any", one.files_in_words)
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
