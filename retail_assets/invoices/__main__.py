"""`.venv/bin/python -m retail_assets.invoices labelled FOLDER`: what people said about invoices, to learn from."""

import argparse
import sys
from pathlib import Path

from retail_assets.config import Settings
from retail_assets.flows import platform_of


def main(arguments: list[str] | None = None) -> int:
    from retail_assets.invoices.labelled import write_labelled

    parser = argparse.ArgumentParser(prog="python -m retail_assets.invoices", description=__doc__)
    commands = parser.add_subparsers(required=True)
    labelled = commands.add_parser(
        "labelled", help="copy the documents that people decided about, with their truth"
    )
    labelled.add_argument("folder", type=Path)
    found = write_labelled(platform_of(Settings()), parser.parse_args(arguments).folder)
    print(", ".join(f"{count:,} {verdict}ed" for verdict, count in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
