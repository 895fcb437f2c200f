"""`.venv/bin/python -m retail_assets.samples`: drop the sample retailer, or one more day of it, into the inbox."""

import argparse
import sys
from datetime import date
from pathlib import Path

from retail_assets.config import Settings
from retail_assets.flows import platform_of
from retail_assets.kit.terminal import day
from retail_assets.samples.generator import SampleConflict, write_day, write_sample
from retail_assets.samples.plan import SIZES


def main() -> int:
    parser = argparse.ArgumentParser(prog=".venv/bin/python -m retail_assets.samples", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same files (default: 7)")
    parser.add_argument("--as-of", type=day, default=date(2026, 11, 20), help="the night that finds them")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--day", type=day, help="add the daily files of this night to the sample")
    parser.add_argument("--data-dir", type=Path, help="default: RETAIL_DATA_DIR, else data")
    arguments = parser.parse_args()
    settings = Settings() if arguments.data_dir is None else Settings(data_dir=arguments.data_dir.resolve())
    platform = platform_of(settings)
    try:
        if arguments.day is not None:
            report = write_day(platform, day=arguments.day)
        else:
            report = write_sample(platform, seed=arguments.seed, as_of=arguments.as_of, size=arguments.size)
    except SampleConflict as problem:
        print(problem, file=sys.stderr)
        return 1
    if not report.files:
        print(report.warning or f"Nothing new: {settings.data_dir} holds this sample already.")
        return 0
    print(f"{len(report.files)} files dropped into {settings.data_dir / 'inbox'}.")
    for story in [] if arguments.day else report.stories:
        subject = ", ".join(v for k, v in story.items() if k not in ("name", "sentence"))
        print(f"  {story['name']}: {story['sentence']} [{subject}]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
