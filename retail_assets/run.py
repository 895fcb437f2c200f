"""`.venv/bin/python -m retail_assets.run`: a job, or some assets with their checks, once and without a daemon."""

import argparse
import sys

from retail_assets.command_run import run_assets, run_from_terminal, run_job
from retail_assets.kit.terminal import day, end_quietly


def main() -> int:
    parser = argparse.ArgumentParser(prog=".venv/bin/python -m retail_assets.run", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--job", metavar="NAME", help="train_refund_classifier, weekly_tests, …")
    which.add_argument("--assets", metavar="KEY", nargs="+", help="marts/sales_daily, …")
    parser.add_argument("--as-of", type=day, help="the night's day, yyyy-mm-dd; default: today")
    given = parser.parse_args()
    if given.job:
        return run_from_terminal(run_job, given.job, as_of=given.as_of)
    return run_from_terminal(run_assets, given.assets, as_of=given.as_of)


if __name__ == "__main__":
    end_quietly()
    sys.exit(main())
