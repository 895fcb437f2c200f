"""Columns that share a name: readers number the later ones (`price`, `price_2`), so that a mapping which says `price`
reads the first of them, whichever was meant."""

import re
from collections.abc import Iterable

from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.references import columns_of_filters, referenced_columns
from retail_assets.feeds.mapping.reshape.steps import Unpivot, names_of
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.readers.records import RecordSet
from retail_assets.names import printable, shortened

_NUMBERED = re.compile(r"(.+?)(?:_|\.| ?\()\d{1,3}\)?")
"""As readers here number a repeated name, and as other programs do: `price.1`, `price (2)`."""
_SHOWN = 6
NUMBERS_NAMES = frozenset({"csv", "tsv", "excel"})
"""Formats in which a name may stand twice."""


def repeated_names(columns: Iterable[str]) -> dict[str, list[str]]:
    """The names that several columns share, as the first has it, with all of their columns."""
    names = list(columns)
    first = {name.lower(): name for name in reversed(names)}
    found: dict[str, list[str]] = {}
    for name in names:
        numbered = _NUMBERED.fullmatch(name)
        base = first.get(numbered[1].lower()) if numbered else None
        base = base or first[name.lower()]
        if name != base:
            found.setdefault(base, [base]).append(name)
    return found


def listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"{', '.join(shortened(printable(name)) for name in names[:_SHOWN])}{more}"


def read_among_repeated(records: RecordSet, mapping: SourceMapping) -> list[str]:
    """A sentence for each shared name of which a mapping reads some columns and leaves others."""
    if records.format not in NUMBERS_NAMES:
        return []
    steps = [name for step in mapping.reshape if not isinstance(step, Unpivot) for name in names_of(step)]
    spoken = {*steps, *columns_of_filters(mapping), *referenced_columns(mapping)}
    reads = {normalised(name) for name in spoken}
    told = []
    for base, names in repeated_names(records.columns).items():
        exactly = {normalised(name) for name in names if name in spoken}
        read = [
            name
            for name in names
            if name in spoken or (normalised(name) in reads and normalised(name) not in exactly)
        ]
        if read and len(read) < len(names):
            told.append(
                f"The file has several columns called {shortened(printable(base))}: {listed(names)}, numbered from the "
                f"left. The mapping reads {listed(read)}: make sure that it is the one that is meant."
            )
    return told
