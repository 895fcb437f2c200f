"""`.venv/bin/python -m retail_assets.verify`: is all that came in still there, to the bit? Exits with 1 when not."""

import argparse
import sys

from rich.table import Table

from retail_assets.config import Settings
from retail_assets.errors import ExplainedError
from retail_assets.flows import platform_of
from retail_assets.intake.identity import require_same_platform
from retail_assets.intake.reconcile import accounting, reconcile
from retail_assets.intake.verification import verify_bytes
from retail_assets.kit.terminal import Terminal, cell, end_quietly


def main() -> int:
    argparse.ArgumentParser(prog=".venv/bin/python -m retail_assets.verify", description=__doc__).parse_args()
    settings, terminal = Settings(), Terminal()
    try:
        require_same_platform(settings)
        verified = verify_bytes(settings)
        findings = [
            *verified.findings,
            *reconcile(settings, platform_of(settings).handlers()),
            *accounting(settings),
        ]
    except ExplainedError as error:
        terminal.fail(str(error))
        return 1
    if findings:
        table = Table("kind", "place", "what to do")
        for finding in findings:
            table.add_row(cell(finding.kind), cell(finding.place), cell(finding.message))
        terminal.show(table)
    terminal.say(
        f"{verified.files:,} files hashed, {len(findings):,} finding{'' if len(findings) == 1 else 's'}."
    )
    return 1 if findings else 0


if __name__ == "__main__":
    end_quietly()
    sys.exit(main())
