"""What a contract or a dialect refuses of a record, and which of it is flagged instead of rejecting the record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from retail_assets.feeds.mapping.cells import Value
from retail_assets.feeds.mapping.contract_sql import contract_checks
from retail_assets.feeds.mapping.failures import EXPRESSION_FAILED
from retail_assets.feeds.mapping.model import Block, Rule
from retail_assets.feeds.mapping.references import expressions_of, identity_cells, rules_of
from retail_assets.feeds.mapping.scope import Reading, Scope
from retail_assets.feeds.mapping.values.conversion import plain_text
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
    faults += [fault for reading in scope.readings_of(by_all) for fault in misread(reading)]
    for name, cell in block.cells.items():
        for reading in scope.readings_of(expressions_of([cell])):
            faults += misread(reading, spoils=name)
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


def misread(reading: Reading, *, spoils: str | None = None, when: str = "") -> list[Fault]:
    """An expression has nothing to compute with where the source has something."""
    text = plain_text(reading.raw)
    return [
        Fault(f"{when} and {condition}" if when else condition, rule, reading.column, text, spoils)
        for condition, rule in reading.faults
    ]


def _unreadable(name: str, value: Value, *, column: str | None = None) -> list[Fault]:
    """What the source has for a column, and cannot be read or computed."""
    spoils = None if column else name
    faults = []
    if value.failed != "false":
        faults.append(Fault(value.failed, EXPRESSION_FAILED, name, value.text, spoils))
    there = value.faults(column or identifier(name))
    return [*faults, *(Fault(condition, rule, name, value.text, spoils) for condition, rule in there)]


def _misread_by_rules(scope: Scope, rules: Sequence[Rule], conditions: Sequence[str]) -> list[Fault]:
    return [
        fault
        for rule, condition in zip(rules, conditions, strict=True)
        for name, cell in rule.cells.items()
        for reading in scope.readings_of(expressions_of([cell]))
        for fault in misread(reading, spoils=name, when=f"{condition}.v")
    ]
