"""Models at the terminal, for people without the UI: what there is, what it is worth, which version scores."""

import argparse
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from ml.tracking.reading import pick, versions
from ml.tracking.registry import CANDIDATE, CHAMPION, Tag, UnknownVersion
from retail_assets.decisions.deciding import decide
from retail_assets.decisions.kinds import Decision
from retail_assets.errors import ExplainedError
from retail_assets.kit.terminal import Terminal, cell
from retail_assets.models.lifecycle import register_candidate
from retail_assets.models.spec import registry_of
from retail_assets.partitions import today
from retail_assets.platform import Platform

_FACTS = {
    "origin": Tag.ORIGIN,
    "trained at": Tag.TRAINED_AT,
    "gate": Tag.GATE_OUTCOME,
    "because": Tag.GATE_REASON,
    "promoted at": Tag.PROMOTED_AT,
    "promoted by": Tag.PROMOTED_BY,
    "data": Tag.DATA_HASH,
    "holdout": Tag.HOLDOUT,
    "files": Tag.DIGEST,
}


def main(platform: Platform, arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives its exit code: 1 where what was asked for cannot be."""
    options = _parser().parse_args(arguments)
    terminal = Terminal()
    try:
        options.run(platform, terminal, options)
    except ExplainedError as error:
        terminal.fail(str(error))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=".venv/bin/python -m retail_assets.model_registry", description=__doc__
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Callable[[Platform, Terminal, Any], None]) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        return command

    add("list", _list).add_argument("model", nargs="?")
    add("show", _show).add_argument("version", type=_named, metavar="MODEL/VERSION")
    compare = add("compare", _compare)
    compare.add_argument("model")
    compare.add_argument("version", nargs="*", type=int, help="default: champion and candidate")
    register = add("register", _register)
    register.add_argument("model")
    register.add_argument("folder", type=Path, help="as its command line trained it")
    promote = add("promote", _promote)
    promote.add_argument("version", type=_named, metavar="MODEL/VERSION")
    back = add("roll-back", _roll_back)
    back.add_argument("model")
    for command in (promote, back):
        command.add_argument("--actor", default="admin", help="who decides, as RETAIL_ROLES knows them")
        command.add_argument("--reason", help="why; kept in the log of decisions")
    return parser


def _named(text: str) -> tuple[str, int]:
    model, _, number = text.rpartition("/")
    if not model or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"expected MODEL/VERSION, as list shows them; found {text!r}")
    return model, int(number)


def _list(platform: Platform, terminal: Terminal, options: Any) -> None:
    """Every version of every model, or of one."""
    there = versions(registry_of(platform.settings), options.model)
    if not there:
        terminal.say(f"The registry has no version{f' of {options.model}' if options.model else ''}.")
        return
    table = Table("version", "alias", "origin", "main metric", "gate", "registered")
    for version in there:
        tags = version.tags
        metric = tags.get(Tag.MAIN_METRIC, "")
        table.add_row(
            *_cells(
                version,
                ", ".join(version.aliases),
                tags.get(Tag.ORIGIN),
                f"{metric} {_figure(version.metrics.get(metric))}".strip(),
                tags.get(Tag.GATE_OUTCOME),
                f"{version.registered_at:%Y-%m-%d %H:%M}",
            )
        )
    terminal.show(table)


def _show(platform: Platform, terminal: Terminal, options: Any) -> None:
    """All that is known of one version."""
    there = versions(registry_of(platform.settings), options.version[0])
    version = pick(there, *options.version)
    table = Table(title=cell(version), show_header=False)
    rows: dict[str, str | None] = {
        "alias": ", ".join(version.aliases),
        "registered at": version.registered_at.isoformat(),
    }
    rows |= {name: version.tags.get(tag) for name, tag in _FACTS.items()}
    rows |= {"run in MLflow": version.run_id} | {n: _figure(v) for n, v in version.metrics.items()}
    for name, value in rows.items():
        if value:
            table.add_row(*_cells(name, value))
    terminal.show(table)


def _compare(platform: Platform, terminal: Terminal, options: Any) -> None:
    """Metrics of versions of a model side by side."""
    there = versions(registry_of(platform.settings), options.model)
    numbers = options.version or [
        one.number for alias in (CHAMPION, CANDIDATE) for one in there if alias in one.aliases
    ]
    chosen = [pick(there, options.model, number) for number in dict.fromkeys(numbers)]
    if len(chosen) < 2:
        raise UnknownVersion(
            f"There are no two versions of {options.model} to compare: name them. It has: "
            f"{', '.join(str(one.number) for one in there) or 'none'}."
        )
    table = Table("metric", *(cell(f"{one} {' '.join(one.aliases)}") for one in chosen))
    for name in dict.fromkeys(name for one in chosen for name in one.metrics):
        table.add_row(*_cells(name, *(_figure(one.metrics.get(name)) for one in chosen)))
    terminal.show(table)
    if len({one.tags.get(Tag.HOLDOUT) for one in chosen}) > 1:
        terminal.say("They were not measured on the same holdout, so these figures do not compare.", "yellow")


def _register(platform: Platform, terminal: Terminal, options: Any) -> None:
    """Register a model that its command line trained, as the candidate that a training here would have made."""
    spec = platform.models.get(options.model)
    if spec is None:
        raise UnknownVersion(f"There is no model {options.model}; there are: {', '.join(platform.models)}.")
    version = register_candidate(registry_of(platform.settings), spec, options.folder)
    assets = " ".join(f"models/{spec.short_name}_{step}" for step in ("evaluation", "champion"))
    terminal.say(
        f'{version} is the candidate. Let the gate judge it: make run ASSETS="{assets}"; or promote it yourself.'
    )


def _promote(platform: Platform, terminal: Terminal, options: Any) -> None:
    """Make a version the champion, by a decision that the log keeps."""
    model, number = options.version
    _decide(platform, terminal, f"{model}/{number}", options)


def _roll_back(platform: Platform, terminal: Terminal, options: Any) -> None:
    """Make the newest older version champion that has been champion before."""
    there = versions(registry_of(platform.settings), options.model)
    champion = next((one for one in there if one.is_champion), None)
    older = [
        one for one in there if champion and one.number < champion.number and Tag.PROMOTED_AT in one.tags
    ]
    if not older:
        raise UnknownVersion(
            f"There is nothing to roll back to: {champion or f'no version of {options.model}'} is champion, and no "
            "older version has been. Promote one by its number."
        )
    _decide(platform, terminal, str(older[-1]), options)


def _decide(platform: Platform, terminal: Terminal, subject: str, options: Any) -> None:
    entry = decide(
        settings=platform.settings,
        handlers=platform.handlers(),
        as_of=today(platform.settings.zone),
        decision=Decision(
            decision_id=uuid.uuid4().hex,
            at=datetime.now(UTC),
            actor=options.actor,
            kind="promote_model",
            subject=subject,
            reason=options.reason,
        ),
    )
    if not entry.accepted:
        raise Refused(entry.message)
    terminal.say(entry.message)


class Refused(ExplainedError):
    """The decision was refused; the text says why."""


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


def _cells(*values: object) -> list[str]:
    return [cell(value) for value in values]
