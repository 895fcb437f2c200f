"""What a contract or a dialect refuses of a record, and which of it is flagged instead of rejecting the record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from retail_assets.feeds.mapping.cells import Value
from retail_assets.feeds.mapping.conversion import TEXT, plain_text
from retail_assets.feeds.mapping.expressions import Expression
from retail_assets.feeds.mapping.failures import EXPRESSION_FAILED
from retail_assets.feeds.mapping.judging import contract_checks
from retail_assets.feeds.mapping.model import Block, Rule
from retail_assets.feeds.mapping.references import expressions_of, identity_cells, rules_of
from retail_assets.feeds.mapping.scope import Reading, Scope
from retail_assets.sql import identifier


@dataclass(frozen=True)
class Fault:
    """A condition that records meet which are not as they should be, the rule they break, and the column and value to
    show for it."""

    condition: str
    rule: str
    column: str | None = None
    value: str = "null"
    spoils: str | None = None
    """The contract column whose value is bad, if it is one; `column` may name the source's column behind it."""


def faults_of(
    scope: Scope, block: Block, values: dict[str, Value], version: Value | None, conditions: Sequence[str]
) -> list[Fault]:
    """In the order in which they are reported. `conditions` are those of the rules, as columns."""
    faults = [fault for name, value in values.items() for fault in _unreadable(name, value)]
    if version:
        faults += _unreadable("version", version, column="_version")
    rules = rules_of(scope.mapping, scope.target)
    by_all = [*(rule.when for rule in rules), *expressions_of(identity_cells(scope.target))]
    faults += [_misread(reading) for reading in _readings(scope, by_all)]
    for name, cell in block.cells.items():
        faults += [_misread(reading, spoils=name) for reading in _readings(scope, expressions_of([cell]))]
    if block is scope.target.block:
        faults += _misread_by_rules(scope, rules, conditions)
    for check in contract_checks(block.feed):
        text = values[check.column].text if check.column else "null"
        faults.append(Fault(check.condition, check.rule, check.column, text, check.column))
    return faults


def by_flagged_column(block: Block, faults: Iterable[Fault]) -> dict[str, list[Fault]]:
    """Those that are flagged in this block, by the contract column that they leave empty."""
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        if fault.spoils and block.flags(fault.spoils):
            found.setdefault(fault.spoils, []).append(fault)
    return found


def _unreadable(name: str, value: Value, *, column: str | None = None) -> list[Fault]:
    """What the source has for a column, and cannot be read or computed."""
    spoils = None if column else name
    faults = []
    if value.failed != "false":
        faults.append(Fault(value.failed, EXPRESSION_FAILED, name, value.text, spoils))
    if value.fault == TEXT.fault:
        return faults  # every text can be read
    there = f"case when {column or identifier(name)} is null then not ({value.blank}) else false end"
    return [*faults, Fault(there, value.fault, name, value.text, spoils)]


def _readings(scope: Scope, used: Iterable[Expression]) -> list[Reading]:
    return [reading for reading in scope.readings_of(used) if reading.kind is not TEXT]


def _misread(reading: Reading, *, spoils: str | None = None, when: str = "") -> Fault:
    """An expression has nothing to compute with where the source has something."""
    condition = f"{when} and {reading.unreadable}" if when else reading.unreadable
    return Fault(condition, reading.kind.fault, reading.column, plain_text(reading.raw), spoils)


def _misread_by_rules(scope: Scope, rules: Sequence[Rule], conditions: Sequence[str]) -> list[Fault]:
    return [
        _misread(reading, spoils=name, when=f"{condition}.v")
        for rule, condition in zip(rules, conditions, strict=True)
        for name, cell in rule.cells.items()
        for reading in _readings(scope, expressions_of([cell]))
    ]
