"""One block of a mapping (a target, or a feed it sends records to) as SQL.

The query ends with verdicts on every record: `_route` says why it does not come to this target's contract (a
number of `verdicts`, from 1), `_fault` what the contract or the dialect refuses (a number of `faults`, from 1),
`_flagged` whether any of `flags` is true. A bad value that is flagged is null there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.cells import Value, value_of
from retail_assets.feeds.mapping.contract_sql import contract_kind
from retail_assets.feeds.mapping.document_names import document_faults, document_of, name_document, version_of
from retail_assets.feeds.mapping.failures import Computed
from retail_assets.feeds.mapping.faults import Fault, by_flagged_column, faults_of, misread
from retail_assets.feeds.mapping.layers import Layers
from retail_assets.feeds.mapping.model import Block, Rule
from retail_assets.feeds.mapping.references import cells_of, expressions_of, rules_of, unknown_columns
from retail_assets.feeds.mapping.scope import Scope
from retail_assets.feeds.mapping.verdicts import Verdict, verdicts_of
from retail_assets.sql import identifier, literal, parquet


@dataclass(frozen=True)
class CompiledBlock:
    feed: Feed
    query: Layers
    verdicts: list[Verdict]
    faults: list[Fault]
    flags: list[Fault]
    raw: str
    """The record as it came, as JSON text."""
    computed: Computed

    clean: ClassVar[str] = "_route is null and _fault is null and not _flagged"
    """Records with nothing to tell about."""

    @property
    def judged(self) -> str:
        """A query whose rows are the records with everything that is known about them."""
        return self.query.sql

    def beside(self, rows: Path) -> Self:
        """The block over those records only that are not among rows in a file."""
        which = f"_record not in (select _record from {parquet(rows)})"
        return replace(self, query=self.query.over(which))

    def routed_to(self, *feeds: str) -> str:
        """True of records that are sent to one of some feeds."""
        return self._has_route([verdict.feed in feeds for verdict in self.verdicts])

    def ended(self, *ends: str) -> str:
        """True of records that a verdict gives one of some ends."""
        return self._has_route([verdict.end in ends for verdict in self.verdicts])

    @staticmethod
    def _has_route(which: list[bool]) -> str:
        # 0 is no route, and an empty list no SQL.
        numbers = [0, *(number for number, wanted in enumerate(which, start=1) if wanted)]
        return f"(_route in ({', '.join(map(str, numbers))}))"


def compile_block(scope: Scope, block: Block) -> CompiledBlock:
    """The query of one block; raises MappingError where the mapping does not fit itself or the file's types."""
    query, rules = scope.query, rules_of(scope.mapping, scope.target)
    cells = cells_of(scope.mapping, scope.target)
    scope.show([*(rule.when for rule in rules), *expressions_of(cells)])
    query.end_phase()
    computed = scope.computed()
    name_document(scope)
    conditions = [_condition(scope, rule) for rule in rules]
    scope.evaluate_cells(cells)
    query.end_phase()
    values = _contract_values(scope, block, rules, conditions)
    document, version = document_of(scope), version_of(scope)
    query.end_phase()
    verdicts = verdicts_of(scope, rules, conditions)
    query.add([{"_route": _first_true([verdict.condition for verdict in verdicts]), "_document": document}])
    query.add([{"_version": version.sql if version else "null::bigint", "_extra": _extra(scope)}])
    query.add([{identifier(name): value.sql for name, value in values.items()}])
    query.end_phase()
    found = [
        *faults_of(scope, block, values, version, conditions),
        *document_faults(scope),
    ]
    flagged = by_flagged_column(block, found)
    faults = _once(fault for fault in found if fault.spoils not in flagged)
    flags = [*_empty_bad_values(scope, flagged), *_flagging(rules, conditions, verdicts)]
    query.add([{"_fault": _first_true([fault.condition for fault in faults])}])
    query.add([{"_flagged": " or ".join(f"coalesce({flag.condition}, false)" for flag in flags) or "false"}])
    query.end_phase()
    raw = f"coalesce(_malformed, {_json(scope, list(scope.table.columns))})"
    return CompiledBlock(block.feed, query, verdicts, faults, flags, raw, computed)


def _once(faults: Iterable[Fault]) -> list[Fault]:
    """The first of those with the same condition."""
    found: dict[str, Fault] = {}
    for fault in faults:
        found.setdefault(fault.condition, fault)
    return list(found.values())


def _empty_bad_values(scope: Scope, flagged: dict[str, list[Fault]]) -> list[Fault]:
    """Make the bad values of the columns that are flagged null; gives what is said of them."""
    bad = {name: f"_bad{number}" for number, name in enumerate(flagged)}
    scope.query.add(
        [{bad[name]: _first_true([f.condition for f in faults]) for name, faults in flagged.items()}]
    )
    scope.query.end_phase()
    quoted = {identifier(name): column for name, column in bad.items()}
    scope.query.replace(
        {name: f"case when {column} is null then {name} end" for name, column in quoted.items()}
    )
    return [
        replace(fault, condition=f"{bad[name]} = {number}")
        for name, faults in flagged.items()
        for number, fault in enumerate(faults, start=1)
    ]


def _flagging(rules: list[Rule], conditions: list[str], verdicts: list[Verdict]) -> list[Fault]:
    """What rules flag, unless one before them decided where the record goes."""
    found = []
    for rule, condition in zip(rules, conditions, strict=True):
        if rule.flag:
            asked = next(n for n, verdict in enumerate(verdicts, start=1) if verdict.asks is rule)
            found.append(Fault(f"{condition}.v and coalesce(_route > {asked}, true)", rule.name))
    return found


def compile_records(scope: Scope) -> CompiledBlock:
    """The query over a file's records before they are reshaped, with what the rules for all targets say of them."""
    query, rules = scope.query, list(scope.mapping.filters)
    conditions_of = [rule.when for rule in rules]
    scope.show(conditions_of)
    query.end_phase()
    computed = scope.computed()
    conditions = [_condition(scope, rule) for rule in rules]
    query.end_phase()
    verdicts = verdicts_of(scope, rules, conditions)
    faults = [fault for reading in scope.readings_of(conditions_of) for fault in misread(reading)]
    query.add([{"_route": _first_true([verdict.condition for verdict in verdicts])}])
    query.add([{"_fault": _first_true([fault.condition for fault in faults])}])
    query.end_phase()
    raw = f"coalesce(_malformed, {_json(scope, list(scope.table.columns))})"
    return CompiledBlock(scope.target.block.feed, query, verdicts, faults, [], raw, computed)


def _condition(scope: Scope, rule: Rule) -> str:
    column, sql_type = scope.evaluate(rule.when, rule.where)
    if sql_type not in ("BOOLEAN", '"NULL"'):
        raise rule.where.error(f"`when` has to be true or false; this is a {sql_type}")
    return column


def _contract_values(
    scope: Scope, block: Block, rules: list[Rule], conditions: list[str]
) -> dict[str, Value]:
    values = {}
    for number, (name, column) in enumerate(block.feed.columns.items()):
        kind = contract_kind(column)
        value = Value(f"cast(null as {kind.sql_type})", "true", "null", kind.fault)
        if name in block.cells:
            value = value_of(block.cells[name], kind, scope, name=f"_v{number}")
        if block is scope.target.block:
            for index, rule in enumerate(rules):
                if name in rule.cells:
                    other = value_of(rule.cells[name], kind, scope, name=f"_set{index}_v{number}")
                    value = _either(f"{conditions[index]}.v", other, value)
        values[name] = value
    return values


def _either(condition: str, then: Value, otherwise: Value) -> Value:
    def choose(one: str, other: str) -> str:
        return f"case when {condition} then {one} else {other} end"

    return Value(
        choose(then.sql, otherwise.sql),
        choose(then.blank, otherwise.blank),
        choose(then.text, otherwise.text),
        then.fault,
        choose(then.failed, otherwise.failed),
        tuple((rule, f"{condition} and {when}") for rule, when in then.reasons)
        + tuple((rule, f"not coalesce({condition}, false) and {when}") for rule, when in otherwise.reasons),
    )


def _first_true(conditions: list[str]) -> str:
    """The number of the first condition that holds, from 1; null when none does."""
    if not conditions:
        return "null::usmallint"
    branches = " ".join(
        f"when {condition} then {number}" for number, condition in enumerate(conditions, start=1)
    )
    return f"cast(case {branches} end as usmallint)"


def _extra(scope: Scope) -> str:
    names = unknown_columns(scope.mapping, scope.table)
    if not names:
        return "null::varchar"
    nothing = " and ".join(f"{scope.raw(name).sql} is null" for name in names)
    return f"case when {nothing} then null else {_json(scope, names)} end"


def _json(scope: Scope, names: list[str]) -> str:
    pairs = ", ".join(f"{literal(name)}, {scope.raw(name).sql}" for name in names)
    return f"try(cast(json_object({pairs}) as varchar))"
