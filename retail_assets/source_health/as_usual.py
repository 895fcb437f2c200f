"""Of each feed whether its sources send what they usually send."""

from collections.abc import Iterable
from datetime import date, datetime

import polars as pl

from retail_assets.feeds.handler import current_sources
from retail_assets.feeds.mapping.keys.reading import IDENTITY
from retail_assets.kit.findings import Finding
from retail_assets.names import printable
from retail_assets.platform import Platform
from retail_assets.source_health.history import history_of, nights_that_ran
from retail_assets.source_health.oddities import Judge, Oddity, said_of
from retail_assets.source_health.settings import SourceHealthSettings

SHOWN, TOLD = 50, 3
ADVICE = (
    "See `which`, and the marts source_health and source_columns for what each source usually sends. Ask the source "
    "what it changed. Of a column with another name: name it in the mapping, then decide reload_file with the number "
    "of the drop. What a mapping makes of a file: `.venv/bin/python -m retail_assets.feeds try FILE --feed {feed}`. "
    "What is meant to be so becomes the usual by itself."
)
_WHICH = {"source": pl.String, "what": pl.String, "drop": pl.Int64, "told": pl.String}


def as_usual_findings(platform: Platform, night: date, now: datetime) -> dict[str, Finding]:
    """By feed. What came in a night is compared with the nights before it."""
    limits = platform.settings_of(SourceHealthSettings)
    nights = nights_that_ran(platform.settings, night, limits.source_history_nights + 1)
    if not nights or nights[-1] != night:
        nights.append(night)
    sources = current_sources(platform)
    in_force = {IDENTITY, *(mapping.name for mapping in sources.mappings)}
    declared = {
        (mapping.name, block.feed.name, column)
        for mapping in sources.mappings
        for target in mapping.targets
        for block in target.blocks
        for column, cell in block.cells.items()
        if cell.values.translate != mapping.values.translate
    }
    with history_of(platform, nights) as history:
        judge = Judge(history, nights, now, platform.feeds, declared, platform.settings, limits)
        odd = [one for one in judge.oddities() if one.source in in_force]
    return {feed: _finding(feed, [one for one in odd if one.feed == feed]) for feed in platform.feeds}


def _finding(feed: str, odd: Iterable[Oddity]) -> Finding:
    odd = list(odd)
    rows = [(one.source, one.what, one.drop, printable(one.sentence)) for one in odd[:SHOWN]]
    said = "; ".join(map(said_of, odd[:TOLD])) + (
        f"; and {len(odd) - TOLD:,} more" if len(odd) > TOLD else ""
    )
    return Finding(
        passed=not odd,
        figures={
            "out_of_the_usual": len(odd),
            **({"which": pl.DataFrame(rows, schema=_WHICH, orient="row")} if rows else {}),
        },
        advice=f"{said}. {ADVICE.format(feed=feed)}",
    )
