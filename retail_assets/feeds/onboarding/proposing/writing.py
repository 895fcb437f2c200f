"""A proposed mapping as YAML that a person reads, corrects and keeps."""

import shlex
from collections.abc import Collection
from typing import Any

import dataframely as dy

from retail_assets.feeds.mapping.contract_sql import contract_kind
from retail_assets.feeds.mapping.keys.reading import IDENTITY
from retail_assets.feeds.onboarding.proposing.counted import may_not_count
from retail_assets.feeds.onboarding.proposing.dialect import parsed, written_values
from retail_assets.feeds.onboarding.proposing.discounts import discounted
from retail_assets.feeds.onboarding.proposing.doubts import (
    amount_doubt,
    derived_doubt,
    document_doubt,
    doubts_about,
)
from retail_assets.feeds.onboarding.proposing.draft import Draft
from retail_assets.feeds.onboarding.proposing.file_pattern import (
    file_pattern,
    hides_words,
    number_doubt,
    says_little,
    shown_file,
)
from retail_assets.feeds.onboarding.proposing.hints import hints
from retail_assets.feeds.onboarding.proposing.matching import is_in_cents
from retail_assets.feeds.onboarding.proposing.moments import UTC
from retail_assets.feeds.onboarding.proposing.price_units import PRICES, per_unit, units_in_name
from retail_assets.feeds.onboarding.proposing.shapes import CURRENCIES
from retail_assets.feeds.onboarding.proposing.shown import allowed_words, examples, shown_name
from retail_assets.feeds.onboarding.proposing.words import listed, says, words
from retail_assets.feeds.onboarding.proposing.yaml_text import expression, flow, scalar
from retail_assets.feeds.readers.totals import is_total
from retail_assets.names import printable
from retail_assets.sql import identifier, literal

FILL_IN = "FILL IN"


def mapping_text(draft: Draft) -> str:
    """The whole file; what a person has to decide is marked."""
    values, own = written_values(draft)
    columns = _columns(draft, own)
    shown = shown_file(draft.path.name, of=draft.feed)
    blocks = [
        f"# A first mapping for {shown}. Decide on every line marked CHECK or {FILL_IN}.",
        f"source: {draft.source}{_source_doubt(draft)}\n",
        _block(
            "match",
            {"folder": draft.feed.folder, "files": file_pattern(draft.path.name, of=draft.feed)},
            _match_doubts(draft),
        ),
        _sheets(draft),
        _block("file", _layout(draft), _layout_doubts(draft)),
        _block("values", values, _zone_doubt(draft, values)),
        _block("parse", parsed(draft, own)),
        _totals(draft),
        *hints(draft),
        "targets:",
        f"  - feed: {draft.feed.name}",
        may_not_count(draft),
        f"    unfold: {scalar(draft.unfold)}" if draft.unfold else None,
        f"    document: {scalar(draft.document.name)}\n    replaces: document  # CHECK: {document_doubt()}"
        if draft.document
        else _whole(draft),
        "    columns:",
        *columns.values(),
        "",
        *_leftovers(draft, columns),
    ]
    return "\n".join(block for block in blocks if block is not None) + "\n"


def try_command(draft: Draft, unnamed: str | None = None) -> str:
    """What says what the mapping would do, once it is saved: in `data/sources` unless it lies elsewhere. A word stands
    for the file where its name may name a person."""
    # A file in an archive is tried with it.
    given = next((path for path in (draft.path, *draft.path.parents) if path.exists()), draft.path)
    path, out = unnamed or shlex.quote(str(given)), shlex.quote(str(draft.out or f"{draft.source}.yaml"))
    return printable(
        f".venv/bin/python -m retail_assets.feeds try {path} --feed {draft.feed.name} --source {out}"
    )


def _match_doubts(draft: Draft) -> dict[str, str]:
    claimed = draft.sources.match(draft.feed.folder, draft.path.name).mapping.name
    if claimed not in (IDENTITY, draft.source):
        return {"files": f"CHECK: the mapping {printable(claimed)} reads files that are called so."}
    said = []
    if hides_words(draft.path.name, draft.feed):
        said.append("words that may name a person are left out of it: does it fit other files too?")
    if says_little(draft.path.name):
        said.append("could another source's files be called so? Name the source in the file's name.")
    if number := number_doubt(draft.path.name):
        said.append(f"does {number} name a store, a till or a source? It fits the files of others too.")
    return {"files": f"CHECK: {' '.join(said)}"} if said else {}


def _source_doubt(draft: Draft) -> str:
    taken = any(mapping.name == draft.source for mapping in draft.sources.mappings)
    return (
        "  # CHECK: there is a mapping of this name; of two the one in data/sources counts." if taken else ""
    )


def _block(name: str, entries: dict[str, Any], comments: dict[str, str] | None = None) -> str | None:
    if not entries:
        return None
    comments = comments or {}
    lines = [
        f"  {scalar(key)}: {flow(value)}" + (f"  # {comments[key]}" if key in comments else "")
        for key, value in entries.items()
    ]
    return "\n".join([f"{name}:", *lines, ""])


def _layout(draft: Draft) -> dict[str, Any]:
    records, layout = draft.opened.records, draft.opened.layout
    found = {
        "format": records.format if records.format != "parquet" else None,
        "encoding": records.encoding,
        "delimiter": {"\t": "tab"}.get(records.delimiter or "", records.delimiter),
        "escape": records.escape,
        "sheet": layout.sheet,
        "records": layout.records,
        "header_row": None if layout.header_row is None else str(layout.header_row),
    }
    return {key: value for key, value in found.items() if value is not None}


def _sheets(draft: Draft) -> str | None:
    found = draft.opened.records.found_sheets
    return f"# The workbook's sheets: {printable(', '.join(found))}" if found else None


def _layout_doubts(draft: Draft) -> dict[str, str]:
    doubt = draft.opened.records.encoding_doubt
    return {"encoding": f"CHECK: {doubt}? Look at letters beyond ASCII"} if doubt else {}


def _zone_doubt(draft: Draft, values: dict[str, Any]) -> dict[str, str]:
    certain = values.get("time_zone") == UTC
    named = [
        shown_name(column.name) for column in draft.columns if column.values and says(column.name, "zones")
    ]
    said = f"; {named[0]} names one" if named else ""
    return {} if certain else {"time_zone": f"CHECK: the zone of the source's own times{said}"}


def _totals(draft: Draft) -> str | None:
    """A rule that leaves out the records that sum others up."""
    if not draft.totals:
        return None
    placed = draft.placed.items()
    texts = {p.source.name for n, p in placed if contract_kind(draft.feed.columns[n]).is_text}
    typed = {column.name for column in draft.used} - texts
    found = {
        (name, value.strip())
        for record in draft.totals
        for name, value in record.items()
        if isinstance(value, str) and is_total(value) and name not in typed
    }
    condition = " or ".join(f"{identifier(name)} = {literal(word)}" for name, word in sorted(found))
    if not condition:
        # The word stands where a date or a number is read: known by what else the record lacks.
        missing = {n for n in texts if not any(r.get(n) for r in draft.totals)}
        always = sorted(n for n in missing if all(r.get(n) for r in draft.lines))
        condition = " and ".join(f"{identifier(name)} is null" for name in always)
    return f"leave_out:\n  - name: total\n    when: {expression(condition, 6)}\n" if condition else None


def _whole(draft: Draft) -> str | None:
    """What lets a document that comes again take back the lines that it has lost."""
    if not (document := draft.whole):
        return None
    return (
        f"    # CHECK: {document_doubt()} If so:\n"
        f"    # document: {scalar(document.name)}\n    # replaces: document"
    )


def _columns(draft: Draft, own: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The lines of the contract's columns that have something to say, by their names."""
    lines = {}
    for name, contract in draft.feed.columns.items():
        if name in draft.placed:
            lines[name] = _placed(draft, name, own)
        elif name == "line_number" and draft.document:
            doubt = derived_doubt(draft)
            lines[name] = (
                f"      line_number: {{line_number: derived}}  # {doubt}the line's place in its document"
            )
        elif name == "discount" and draft.discounts_in_percent:
            lines[name] = _discount(draft)
        elif name == draft.price and draft.amount:
            formula = f"{identifier(draft.amount.name)} / {identifier(draft.placed['quantity'].source.name)}"
            lines[name] = (
                f"      {name}:  # CHECK: {amount_doubt(draft)}the amount of the line? net of tax, before discount?\n"
                f"        sql: {expression(formula, 10)}"
            )
        elif name == "net_amount" and draft.amount and "discount" not in draft.placed:
            in_cents = is_in_cents(draft.amount)
            amount = flow({"column": draft.amount.name, "scale": "0.01"} if in_cents else draft.amount.name)
            lines[name] = f"      {name}: {amount}  # CHECK: {amount_doubt(draft)}net of tax, after discount?"
        elif not contract.nullable:
            lines[name] = (
                f"      {name}: {{constant: {_constant(draft, name)}}}  # {_wanted(draft, name, contract)}"
            )
    return lines


def _placed(draft: Draft, name: str, own: dict[str, dict[str, Any]]) -> str:
    placed = draft.placed[name]
    source = placed.source
    keys = {**own.get(source.name, {}), **placed.cell}
    if name in PRICES and (units := units_in_name(source.name)) and name not in draft.priced_per_unit:
        keys["scale"] = f"{1 / int(units):f}".rstrip("0")
    if draft.is_day(name) and draft.times:
        time, written = draft.times
        cell: Any = {"date": source.name, "time": time.name, **keys, **own.get(time.name, {}), **written}
    else:
        cell = {"column": source.name, **keys} if keys else source.name
    doubts = [printable(doubt) for doubt in doubts_about(draft, name)]
    doubt = f"CHECK: {' '.join(doubts)} " if doubts else ""
    if name in draft.priced_per_unit and draft.price_unit:
        formula = expression(per_unit(source.name, draft.price_unit.name), 10)
        return f"      {name}:  # {doubt}{examples(draft.feed, name, source)}\n        sql: {formula}"
    return f"      {name}: {flow(cell)}  # {doubt}{examples(draft.feed, name, source)}"


def _discount(draft: Draft) -> str:
    """Computed from its percentage; a remark where that needs what no column states."""
    rate, *more = draft.discounts_in_percent
    others = f" And what is {' and '.join(shown_name(column.name) for column in more)}?" if more else ""
    doubt = f"CHECK: is {shown_name(rate.name)} a percentage of the price before discount?{others}"
    if not draft.is_priced:
        return f"      # discount:  # {doubt} Compute the line's amount of it."
    quantity, price = (draft.placed[name].source.name for name in ("quantity", "unit_price"))
    of_one = (
        per_unit(price, draft.price_unit.name)
        if draft.priced_per_unit and draft.price_unit
        else identifier(price)
    )
    formula = discounted(identifier(quantity), of_one, rate)
    return f"      discount:  # {doubt}\n        sql: {expression(formula, 10)}"


def _constant(draft: Draft, name: str) -> str:
    """The currency, where the numbers carry its sign; everything else is for a person to say."""
    signs = {sign for column in draft.used for sign in column.shape.signs}
    named = [p.source.name for n, p in draft.placed.items() if n in PRICES]
    signs |= {word.upper() for name in named for word in words(name)}
    codes = {
        CURRENCIES.get(sign, sign) for sign in signs if sign in CURRENCIES or sign in listed("currencies")
    }
    return codes.pop() if name == "currency" and len(codes) == 1 else ""


def _wanted(draft: Draft, name: str, contract: dy.Column) -> str:
    if _constant(draft, name):
        return "as the numbers say"
    said = (
        f"{FILL_IN} a constant, or a column, or file_name: {contract.description} {allowed_words(contract)}"
    )
    return said.rstrip()


def _leftovers(draft: Draft, proposed: Collection[str]) -> list[str]:
    used = {column.name for column in draft.used}
    rest = [column for column in draft.columns if column.name not in used]
    optional = [n for n, c in draft.feed.columns.items() if c.nullable and n not in proposed]
    lines = []
    if rest:
        lines.append("# Source columns without a place (kept in the lake, not published):")
        # Without examples: what the feed has no place for may be persons.
        lines += [f"#   {shown_name(c.name)}: {c.shape.kind}" for c in rest]
        lines.append("")
    if optional:
        lines += [f"# Optional columns without a source: {', '.join(optional)}", ""]
    if draft.out is None:  # else the command is said beside the file: where somebody's files lie is not in it
        unnamed = "FILE" if hides_words(draft.path.name, draft.feed) else None
        lines += [
            f"# Save this as data/sources/{draft.source}.yaml.",
            f"# Next: {try_command(draft, unnamed)}",
        ]
    return lines
