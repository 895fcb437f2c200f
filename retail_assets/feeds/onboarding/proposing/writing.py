"""A proposed mapping as YAML that a person reads, corrects and keeps."""

import re
import shlex
from collections import Counter
from typing import Any

import dataframely as dy

from retail_assets.feeds.mapping.conversion import INSTANT, TEXT
from retail_assets.feeds.mapping.engine import MASK
from retail_assets.feeds.mapping.judging import contract_kind
from retail_assets.feeds.onboarding.proposing.draft import Draft
from retail_assets.feeds.onboarding.proposing.names import words
from retail_assets.feeds.onboarding.proposing.sampling import Column, is_total
from retail_assets.feeds.onboarding.proposing.shapes import CURRENCIES
from retail_assets.feeds.onboarding.proposing.words import listed
from retail_assets.names import printable
from retail_assets.sql import identifier, literal

FILL_IN = "FILL IN"
_LISTS = ("thousands", "strip", "negatives", "null_words", "dates", "times")
_IN_CELL = ("true_words", "false_words")
_NET = ("unit_price", "discount", "unit_cost", "cost_price", "selling_price", "net_amount")
_EXAMPLES = 60


def mapping_text(draft: Draft) -> str:
    """The whole file; what a person has to decide is marked."""
    values, own = _values(draft)
    blocks = [
        f"# A first mapping for {printable(draft.path.name)}. Decide on every line marked CHECK or {FILL_IN}.",
        f"source: {draft.source}\n",
        _block("match", {"folder": draft.feed.folder, "files": f"{draft.constant}*{draft.path.suffix}"}),
        _block("file", _layout(draft)),
        _block("values", values, {"time_zone": "CHECK: the zone of the source's own times"}),
        _block("parse", {draft.amount.name: "number"} if draft.amount else {}),
        _totals(draft),
        "targets:",
        f"  - feed: {draft.feed.name}",
        f"    unfold: {_scalar(draft.unfold)}" if draft.unfold else None,
        f"    document: {_scalar(draft.document.name)}\n    replaces: document" if draft.document else None,
        "    columns:",
        *_columns(draft, own),
        "",
        *_leftovers(draft),
    ]
    return "\n".join(block for block in blocks if block is not None) + "\n"


def try_command(draft: Draft) -> str:
    """What says what the mapping would do, once it is saved: in `data/sources` unless it lies elsewhere."""
    path, out = shlex.quote(str(draft.path)), shlex.quote(str(draft.out or f"{draft.source}.yaml"))
    return printable(
        f".venv/bin/python -m retail_assets.feeds try {path} --feed {draft.feed.name} --source {out}"
    )


def _block(name: str, entries: dict[str, Any], comments: dict[str, str] | None = None) -> str | None:
    if not entries:
        return None
    comments = comments or {}
    lines = [
        f"  {_scalar(key)}: {_flow(value)}" + (f"  # {comments[key]}" if key in comments else "")
        for key, value in entries.items()
    ]
    return "\n".join([f"{name}:", *lines, ""])


def _layout(draft: Draft) -> dict[str, Any]:
    records, layout = draft.opened.records, draft.opened.layout
    found = {
        "format": records.format if records.format != "parquet" else None,
        "encoding": records.encoding,
        "delimiter": {"\t": "tab"}.get(records.delimiter or "", records.delimiter),
        "sheet": layout.sheet,
        "records": layout.records,
        "header_row": None if layout.header_row is None else str(layout.header_row),
    }
    return {key: value for key, value in found.items() if value is not None}


def _values(draft: Draft) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The dialect of the file, and what single columns write otherwise."""
    shapes = {column.name: column.shape for column in draft.used}
    marks = Counter(s.settings["decimal"] for s in shapes.values() if "decimal" in s.settings)
    mark = marks.most_common(1)[0][0] if marks else "."
    values: dict[str, Any] = {"decimal": mark} if mark != "." else {}
    own: dict[str, dict[str, Any]] = {}
    for name, shape in shapes.items():
        settings = dict(shape.settings)
        cell = {key: settings.pop(key) for key in _IN_CELL if key in settings}
        if settings.get("decimal", mark) != mark or mark in settings.get("thousands", ()):
            cell["decimal"] = settings.pop("decimal", "." if mark == "," else ",")
            cell |= {"thousands": settings.pop("thousands")} if "thousands" in settings else {}
        own[name] = cell
        for key in _LISTS:
            values[key] = list(dict.fromkeys([*values.get(key, []), *settings.get(key, [])]))
        values |= {"percent": "true"} if "percent" in settings else {}
    moments = [p for n, p in draft.placed.items() if contract_kind(draft.feed.columns[n]) is INSTANT]
    if any(not p.source.shape.zoned or p.source.shape.kind == "date" or "dates" in p.cell for p in moments):
        values["time_zone"] = draft.time_zone
    return {key: value for key, value in values.items() if value}, own


def _totals(draft: Draft) -> str | None:
    """A rule that leaves out the records that sum others up."""
    if not draft.totals:
        return None
    texts = {p.source.name for n, p in draft.placed.items() if contract_kind(draft.feed.columns[n]) is TEXT}
    typed = {column.name for column in draft.used} - texts
    found = {(n, v.strip()) for r in draft.totals for n, v in r.items() if is_total(v) and n not in typed}
    condition = " or ".join(f"{identifier(name)} = {literal(word)}" for name, word in sorted(found))
    if not condition:
        # The word stands where a date or a number is read: known by what else the record lacks.
        missing = {n for n in texts if not any(r.get(n) for r in draft.totals)}
        always = sorted(n for n in missing if all(r.get(n) for r in draft.lines))
        condition = " and ".join(f"{identifier(name)} is null" for name in always)
    return f"leave_out:\n  - name: total\n    when: {_sql(condition, 6)}\n" if condition else None


def _columns(draft: Draft, own: dict[str, dict[str, Any]]) -> list[str]:
    lines = []
    for name, contract in draft.feed.columns.items():
        if name in draft.placed:
            lines.append(_placed(draft, name, own))
        elif name == "line_number" and draft.document:
            lines.append("      line_number: {line_number: derived}  # the line's place in its document")
        elif name == draft.price and draft.amount:
            formula = f"{identifier(draft.amount.name)} / {identifier(draft.placed['quantity'].source.name)}"
            lines.append(
                f"      {name}:  # CHECK: net of tax, before discount?\n        sql: {_sql(formula, 10)}"
            )
        elif name == "net_amount" and draft.amount:
            lines.append(f"      {name}: {_scalar(draft.amount.name)}  # CHECK: net of tax, after discount?")
        elif not contract.nullable:
            lines.append(
                f"      {name}: {{constant: {_constant(draft, name)}}}  # {_wanted(draft, name, contract)}"
            )
    return lines


def _placed(draft: Draft, name: str, own: dict[str, dict[str, Any]]) -> str:
    placed = draft.placed[name]
    source, time = placed.source, draft.time_column
    keys = {**own.get(source.name, {}), **placed.cell}
    if draft.is_day(name) and time:
        cell: Any = {"date": source.name, "time": time.name, **keys}
    else:
        cell = {"column": source.name, **keys} if keys else source.name
    allowed = getattr(draft.feed.columns[name], "categories", source.values)
    doubts = [source.shape.doubt] if source.shape.doubt else []
    if not set(source.values) <= set(allowed):
        doubts.append(f"translate its values into {', '.join(allowed)}.")
    if name in _NET and set(words(source.name)) & listed("gross"):
        doubts.append("the contract wants it net of tax.")
    doubt = f"CHECK: {' '.join(doubts)} " if doubts else ""
    return f"      {name}: {_flow(cell)}  # {doubt}{_examples(draft, source)}"


def _constant(draft: Draft, name: str) -> str:
    """The currency, where the numbers carry its sign; everything else is for a person to say."""
    signs = {sign for column in draft.used for sign in column.shape.signs}
    codes = {CURRENCIES.get(sign, sign) for sign in signs if sign in CURRENCIES or len(sign) == 3}
    return codes.pop() if name == "currency" and len(codes) == 1 else ""


def _wanted(draft: Draft, name: str, contract: dy.Column) -> str:
    if _constant(draft, name):
        return "as the numbers' sign says"
    allowed = ", ".join(getattr(contract, "categories", ()))
    return f"{FILL_IN} a constant, or a column, or file_name: {contract.description} {allowed}".rstrip()


def _leftovers(draft: Draft) -> list[str]:
    used = {column.name for column in draft.used}
    rest = [column for column in draft.columns if column.name not in used]
    optional = [n for n, c in draft.feed.columns.items() if c.nullable and n not in draft.placed]
    lines = []
    if repeated := _repeated_keys(draft):
        key = ", ".join(draft.feed.key)
        lines += [f"# CHECK: {repeated:,} of {len(draft.lines):,} records repeat the key ({key}).", ""]
    if rest:
        lines.append("# Source columns without a place (kept in the lake, not published):")
        # Without examples: what the feed has no place for may be persons.
        lines += [f"#   {printable(c.name)}: {c.shape.kind}" for c in rest]
        lines.append("")
    if optional:
        lines += [f"# Optional columns without a source: {', '.join(optional)}", ""]
    if draft.out is None:
        lines.append(f"# Save this as data/sources/{draft.source}.yaml.")
    return [*lines, f"# Next: {try_command(draft)}"]


def _repeated_keys(draft: Draft) -> int:
    """How many sampled records have a key that was there before; none when not every part has a column."""
    if not all(name in draft.placed for name in draft.feed.key):
        return 0
    names = [draft.placed[name].source.name for name in draft.feed.key]
    return len(draft.lines) - len({tuple(record.get(name) for name in names) for record in draft.lines})


def _examples(draft: Draft, column: Column) -> str:
    """A few values to recognise a column by; a mapping file travels, so no personal data."""
    if draft.feed.personal or any("@" in value for value in column.values):
        return MASK
    text = printable(" | ".join(column.values[:4])) or "always empty"
    return text if len(text) <= _EXAMPLES else text[: _EXAMPLES - 1] + "…"


def _sql(expression: str, indent: int) -> str:
    """An expression as a block of its own, where its quotes need no quotes."""
    return f">-\n{' ' * indent}{expression}" if expression.isprintable() else _scalar(expression)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return _flow(value[0]) if len(value) == 1 else "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return _scalar(value)


def _scalar(text: str) -> str:
    if re.fullmatch(r"\w([\w ./-]*\w)?", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
