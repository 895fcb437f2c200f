"""`.venv/bin/python -m retail_assets.nightly`: the nightly job once, without a daemon; exits non-zero when it fails."""

import argparse
import sys
from datetime import date

from retail_assets.command_run import run_job, show_summary
from retail_assets.config import Settings
from retail_assets.errors import ExplainedError
from retail_assets.flows import platform_of
from retail_assets.initialise import initialise
from retail_assets.kit.terminal import Terminal, end_quietly
from retail_assets.partitions import require_night, today


def main() -> int:
    parser = argparse.ArgumentParser(prog=".venv/bin/python -m retail_assets.nightly", description=__doc__)
    parser.add_argument(
        "--as-of", type=date.fromisoformat, help="the night's day, yyyy-mm-dd; default: today"
    )
    arguments = parser.parse_args()
    settings = Settings()
    platform, current = platform_of(settings), today(settings.zone)
    night = arguments.as_of or current
    terminal = Terminal()
    try:
        initialise(platform)
        require_night(settings, night, current=current)
        done = run_job(platform, "nightly", night, terminal)
    except ExplainedError as error:
        terminal.fail(str(error))
        return 1
    show_summary(terminal, platform, done)
    return 0 if done.success else 1


if __name__ == "__main__":
    end_quietly()
    sys.exit(main())
