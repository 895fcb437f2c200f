"""Why a record does not come to a contract, whatever its values: it is no record, or a rule says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from retail_assets.feeds.mapping.failures import EXPRESSION_FAILED
from retail_assets.feeds.mapping.model import Rule
from retail_assets.feeds.mapping.scope import Scope
from retail_assets.feeds.mapping.values.spelling import bare
from retail_assets.feeds.readers.columns import names_in_file
from retail_assets.sql import literal

NO_LINES = "no_lines"
"""The rule of records that have nothing to unfold."""


@dataclass(frozen=True)
class Verdict:
    """Why a record does not come to the contract. `end`: left_out, rejected or routed."""

    condition: str
    end: str
    rule: str
    feed: str | None = None
    value: str = "null"
    """What to show for it."""
    asks: Rule | None = None
    """The rule that is asked here for the first time."""


def verdicts_of(scope: Scope, rules: Sequence[Rule], conditions: Sequence[str]) -> list[Verdict]:
    """In the order in which they are asked. `conditions` are those of the rules, as columns."""
    verdicts = [
        Verdict("_malformed is not null", "rejected", "malformed_record"),
        Verdict("_empty", "left_out", NO_LINES),
        Verdict(_blank(scope), "left_out", "blank"),
        Verdict(_repeated_header(scope), "left_out", "repeated_header"),
    ]
    ends = {"leave_out": "left_out", "reject": "rejected", "send_to": "routed"}
    for rule, condition in zip(rules, conditions, strict=True):
        failure = scope.failure(rule.when, rule.name)
        verdicts.append(
            Verdict(f"{condition} is null", "rejected", EXPRESSION_FAILED, value=failure, asks=rule)
        )
        if rule.action in ends:
            met = f"{condition}.v"
            if rule.action == "leave_out":
                met = " and ".join([met, *_readable(scope, rule)])
            verdicts.append(Verdict(met, ends[rule.action], rule.name, rule.feed))
    return verdicts


def _readable(scope: Scope, rule: Rule) -> list[str]:
    """Nothing that a condition asks for is there and could not be read: it would look blank to it, and the record be
    gone without a word. So the record goes on, and is rejected for what cannot be read unless another rule decides."""
    return [f"{reading.name}_unread is null" for reading in scope.readings_of([rule.when])]


def _blank(scope: Scope) -> str:
    """No column has a value. A first value that begins like a word ends the question."""
    columns = list(scope.table.columns)
    if not columns:
        return "true"
    first = scope.raw(columns[0])
    something = f"{first.sql} between '!' and '~'" if first.family == "text" else f"{first.sql} is not null"
    said = ", ".join(scope.text_of(name) for name in columns)
    return f"case when {something} then false else {bare(f'concat({said})')} = '' end"


def _repeated_header(scope: Scope) -> str:
    table = scope.table
    if table.format not in ("csv", "tsv", "excel") or scope.mapping.layout.columns or not table.columns:
        return "false"
    titles = names_in_file(table.columns)
    same = [f"coalesce({_is_title(scope.text_of(name), name, titles[name])}, true)" for name in table.columns]
    first = next((name for name, title in titles.items() if title), next(iter(titles)))
    likely = f"contains({scope.text_of(first)}, {literal((titles[first] or first).partition(' ')[0])})"
    return f"case when {likely} then {' and '.join(same)} else false end"


def _is_title(text: str, name: str, title: str) -> str:
    """Whether a text is blank or the title of its column, which may be broken into lines."""
    spelled = f"regexp_replace({bare(text)}, '\\s+', ' ', 'g')" if " " in title else bare(text)
    return f"{spelled} in ({', '.join(map(literal, dict.fromkeys(('', title, name))))})"
