"""The outcome of a dry run, for people (rich) and for programs (JSON)."""

import json
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from retail_assets.feeds.mapping.mostly_rejected import WAYS_OUT
from retail_assets.feeds.onboarding.trying import Admitted, Sample, Tried
from retail_assets.intake.row_counts import FIELDS, FLAGGED, RowCounts
from retail_assets.names import printable

_SIDE_BY_SIDE = 3
"""So many rows are shown beside each other, a column of the contract on each line."""
_RAW_CHARACTERS = 300
_NO_CURRENCY = "in whatever currencies, which the file does not state"


def as_document(feed: str, tried: list[Tried]) -> dict[str, Any]:
    """Everything that is known, for JSON. Decimals are texts, so that they stay exact."""
    targets, admitted = totals(tried)
    return {
        "feed": feed,
        "files": [_file(one) for one in tried],
        "total": {
            "files": len(tried),
            "quarantined": sum(one.reason is not None for one in tried),
            "records": sum(one.records for one in tried),
            "targets": [_counts(counts) for counts in targets],
            "admitted": [_rows(a) for a in admitted],
        },
    }


def _file(tried: Tried) -> dict[str, Any]:
    refused = tried.reason is not None
    return {
        "path": printable(str(tried.path)),
        "source": tried.source,
        "name_values": tried.name_values,
        "notes": tried.notes,
        "quarantined": {"reason": tried.reason, "message": tried.message} if refused else None,
        "format": tried.format,
        "encoding": tried.encoding,
        "encoding_doubt": tried.encoding_doubt,
        "delimiter": tried.delimiter,
        "escape": tried.escape,
        "sheets": list(tried.sheets),
        "columns": tried.columns,
        "unknown_columns": tried.unknown_columns,
        "dropped_columns": tried.dropped_columns,
        "records": tried.records,
        "targets": [_counts(counts) for counts in tried.counts],
        "admitted": [_rows(a) | {"first": [_texts(row) for row in a.first]} for a in tried.admitted],
        "samples": [vars(sample) for sample in tried.samples],
    }


def _rows(admitted: Admitted) -> dict[str, Any]:
    return {
        "feed": admitted.feed,
        "rows": admitted.rows,
        "sums": _texts(admitted.sums),
        "amounts": _texts(admitted.amounts),
        "business_dates": admitted.business_dates and [shown(day) for day in admitted.business_dates],
    }


def _counts(counts: RowCounts) -> dict[str, Any]:
    return {
        "target": counts.target,
        "records": counts.records,
        **counts.by_end,
        "flagged": counts.flagged,
        "sent_to": counts.routed_to,
        "by_rule": counts.by_rule,
        "identity": identity(counts),
    }


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v if isinstance(v, bool | int | None) else shown(v) for k, v in row.items()}


def totals(tried: list[Tried]) -> tuple[list[RowCounts], list[Admitted]]:
    """The counts by target and the rows by feed of all files together; of one in quarantine nothing counts."""
    targets: dict[str, RowCounts] = {}
    feeds: dict[str, Admitted] = {}
    for one in (file for file in tried if file.reason is None):
        for new in one.counts:
            targets[new.target] = targets.get(new.target, RowCounts(new.target)) + new
        for rows in one.admitted:
            before = feeds.get(rows.feed, Admitted(rows.feed, 0, {}, []))
            days = [*(before.business_dates or ()), *(rows.business_dates or ())]
            feeds[rows.feed] = Admitted(
                rows.feed,
                before.rows + rows.rows,
                _added(before.sums, rows.sums),
                [],
                _added(before.amounts, rows.amounts),
                (min(days), max(days)) if days else None,
            )
    return list(targets.values()), list(feeds.values())


def _added(one: dict[str, Decimal], other: dict[str, Decimal]) -> dict[str, Decimal]:
    return {name: one.get(name, Decimal(0)) + other.get(name, Decimal(0)) for name in {**one, **other}}


def identity(counts: RowCounts) -> str:
    """The sum that always holds, in words."""
    ends = " + ".join(f"{count:,} {end.replace('_', ' ')}" for end, count in counts.by_end.items())
    return f"{counts.records:,} records = {ends}"


def shown(value: object) -> str:
    """A value as people write it; whatever could play tricks on a screen is escaped."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "" if value is None else printable(str(value))


def show(console: Console, tried: list[Tried]) -> None:
    """Every file by itself, and what they come to together."""
    for one in tried:
        console.print(Rule(Text(printable(str(one.path)), style="bold"), align="left"))
        _show_file(console, one)
    if len(tried) > 1:
        console.print(Rule(Text(f"Total of {len(tried)} files", style="bold"), align="left"))
        console.print(_overview(tried))
        targets, admitted = totals(tried)
        for counts in targets:
            _show_counts(console, counts, [])
        for rows in admitted:
            _show_rows(console, rows)


def _show_file(console: Console, tried: Tried) -> None:
    parts = "".join(f", {name} = {value}" for name, value in tried.name_values.items())
    _line(console, "Mapping", f"{tried.source}{printable(parts)}")
    for note in tried.notes:
        _line(console, "Note", note)
    if tried.reason is not None:
        _line(console, "Quarantine", f"{tried.reason}: {printable(tried.message or '')}", style="bold red")
        if not tried.counts:
            return
    _line(console, "Read as", _dialect(tried))
    _line(console, "Columns", ", ".join(shown(name) for name in tried.columns))
    kept = [name for name in tried.unknown_columns if name not in tried.dropped_columns]
    for title, names, told in (
        ("Unknown", kept, "no contract column takes them; kept in the lake, not published"),
        (
            "Dropped",
            tried.dropped_columns,
            "no contract column takes them, and no row has them after `reshape`",
        ),
    ):
        if names:
            _line(console, title, f"{', '.join(map(shown, names))} ({told})")
    for counts in tried.counts:
        _show_counts(console, counts, [s for s in tried.samples if s.target == counts.target])
    for rows in tried.admitted:
        _show_rows(console, rows)


def _dialect(tried: Tried) -> str:
    delimiter = {"\t": "tab", " ": "space"}.get(tried.delimiter or "", tried.delimiter)
    parts = [
        tried.format,
        tried.encoding,
        f"delimiter {delimiter}" if delimiter else None,
        f"escape {tried.escape}" if tried.escape else None,
        f"sheets {', '.join(tried.sheets)}" if tried.sheets else None,
        f"{tried.records:,} records",
    ]
    return printable("; ".join(part for part in parts if part))


def _show_counts(console: Console, counts: RowCounts, samples: list[Sample]) -> None:
    _line(console, counts.target, identity(counts), style="bold")
    if counts.flagged:
        console.print(
            Padding(Text(f"{counts.flagged:,} of those that become rows are flagged"), (0, 0, 0, 12))
        )
    for feed, count in counts.routed_to.items():
        console.print(Padding(Text(f"{count:,} routed to {feed}"), (0, 0, 0, 12)))
    for end_and_rule, count in counts.by_rule.items():
        end, rule = end_and_rule.split("/", 1)
        title = Text(f"{count:,} {end.replace('_', ' ')}: {rule}", style="yellow")
        console.print(Padding(title, (0, 0, 0, 12)))
        if rule in WAYS_OUT:
            console.print(Padding(Text(WAYS_OUT[rule]), (0, 0, 0, 14)))
        for sample in samples:
            if (sample.end, sample.rule) == (end, rule):
                console.print(Padding(_sample(sample), (0, 0, 0, 14)))


def _sample(sample: Sample) -> Text:
    text = Text(f"record {sample.record:,}")
    if sample.place:
        text.append(f" ({printable(sample.place)})")
    if sample.column:
        value = "nothing" if sample.value is None else f"'{shown(sample.value)}'"
        text.append(f" {shown(sample.column)} = {value}", style="bold")
    raw = _readable(sample.raw)
    text.append(f" {raw[:_RAW_CHARACTERS]}{'…' if len(raw) > _RAW_CHARACTERS else ''}", style="dim")
    return text


def _readable(raw: str | None) -> str:
    """A record as it came; JSON without its punctuation and its nulls."""
    with suppress(ValueError, RecursionError):
        record = json.loads(raw or "", parse_float=Decimal)
        if isinstance(record, dict):
            return ", ".join(f"{shown(k)}: {shown(v)}" for k, v in record.items() if v not in (None, ""))
    return shown(raw)


def _show_rows(console: Console, rows: Admitted) -> None:
    _line(console, f"→ {rows.feed}", f"{rows.rows:,} rows", style="bold green")
    sums = "; ".join(f"{name} {total:,f}" for name, total in _short(rows.sums).items())
    if sums:
        _line(console, "Sums", sums)
    amounts = "; ".join(f"{total:,f} {code or _NO_CURRENCY}" for code, total in _short(rows.amounts).items())
    if amounts:
        _line(console, "Amount", f"{amounts} (of all lines, before rounding)")
    if rows.business_dates:
        first, last = rows.business_dates
        _line(console, "Dates", f"business dates from {first} to {last}")
    for start in range(0, len(rows.first), _SIDE_BY_SIDE):
        console.print(_table(rows.first[start : start + _SIDE_BY_SIDE], start + 1))


def _short(sums: dict[str, Decimal]) -> dict[str, Decimal]:
    return {name: Decimal(shown(total)) for name, total in sums.items()}


def _table(rows: list[dict[str, Any]], first: int) -> Table:
    table = Table(padding=(0, 1))
    table.add_column("column", style="bold", no_wrap=True)
    for number, _ in enumerate(rows, start=first):
        table.add_column(f"row {number:,}", overflow="fold")
    for name in rows[0]:
        table.add_row(name, *(Text(shown(row[name])) for row in rows))
    return table


def _overview(tried: list[Tried]) -> Table:
    table = Table()
    table.add_column("file", overflow="fold")
    table.add_column("target", overflow="fold")
    for end in ("records", *FIELDS, FLAGGED):
        table.add_column(end.replace("_", " "), justify="right")
    for one in tried:
        name = Text(printable(one.path.name))
        if one.reason is not None:
            table.add_row(name, Text(f"quarantine: {one.reason}", style="red"))
        for counts in one.counts:
            numbers = [f"{number:,}" for number in (counts.records, *counts.by_end.values(), counts.flagged)]
            table.add_row(name, counts.target, *numbers)
    return table


def _line(console: Console, label: str, text: str, *, style: str = "") -> None:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=max(11, len(label)), no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(label, style=style), Text(text, style=style if style == "bold red" else ""))
    console.print(table)
