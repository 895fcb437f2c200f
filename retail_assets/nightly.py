"""`.venv/bin/python -m retail_assets.nightly`: the nightly job once, without a daemon; exits non-zero when it fails."""

import argparse
import sys

from retail_assets.command_run import run_from_terminal, run_job
from retail_assets.kit.terminal import day, end_quietly


def main() -> int:
    parser = argparse.ArgumentParser(prog=".venv/bin/python -m retail_assets.nightly", description=__doc__)
    parser.add_argument("--as-of", type=day, help="the night's day, yyyy-mm-dd; default: today")
    return run_from_terminal(run_job, "nightly", as_of=parser.parse_args().as_of)


if __name__ == "__main__":
    end_quietly()
    sys.exit(main())
