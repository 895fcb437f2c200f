"""Return cases at the terminal."""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from retail_assets.errors import ExplainedError
from retail_assets.kit.terminal import Terminal
from retail_assets.platform import Platform
from retail_assets.returns.customer_view import customer_view


class CannotWrite(ExplainedError):
    """The file that was named cannot be written."""


def main(platform: Platform, arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives its exit code: 1 where what was asked for cannot be."""
    options = _parser().parse_args(arguments)
    terminal = Terminal()
    try:
        view = customer_view(platform.lake, options.customer)
        _write(options.out, json.dumps(view, ensure_ascii=False, indent=2) + "\n")
    except ExplainedError as error:
        terminal.fail(str(error))
        return 1
    number = len(view["cases"])
    terminal.say(f"{number} case{'s' if number > 1 else ''} of {options.customer} in {options.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=".venv/bin/python -m retail_assets.returns", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    said = "A customer's own view of their cases, as JSON: no risk, no internal notes, nobody else."
    export = commands.add_parser("export", help=said, description=said)
    export.add_argument(
        "--customer", required=True, metavar="ID", help="as customer_id in return_cases has it"
    )
    export.add_argument(
        "--out", required=True, type=Path, metavar="FILE.json", help="for your eyes only (0600)"
    )
    return parser


def _write(file: Path, text: str) -> None:
    """The whole file at once, readable by its owner alone: it is about a person."""
    unfinished = file.with_name(f".{file.name}.new")
    try:
        unfinished.unlink(missing_ok=True)
        with os.fdopen(
            os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as out:
            out.write(text)
        unfinished.replace(file)
    except OSError as error:
        raise CannotWrite(
            f"{file} cannot be written ({error.strerror}): name another file with --out."
        ) from error
