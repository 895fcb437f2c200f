"""`make dictionary`: writes again what is generated from declarations: dbt's sources and the data dictionary."""

import argparse
import sys

from retail_assets.config import Settings
from retail_assets.errors import ExplainedError
from retail_assets.feeds.contract_check import require_sound
from retail_assets.flows import platform_of
from retail_assets.warehouse.dbt_parse import parse_dbt_project
from retail_assets.warehouse.dictionary import write_dictionary
from retail_assets.warehouse.project import manifest_of
from retail_assets.warehouse.sources import write_generated


def main() -> int:
    argparse.ArgumentParser(
        prog=".venv/bin/python -m retail_assets.generate", description=__doc__
    ).parse_args()
    platform = platform_of(Settings())
    try:
        for feed in platform.feeds.values():
            require_sound(feed)
        write_generated(platform)
        parse_dbt_project(platform)
        write_dictionary(platform, manifest_of(platform))
    except ExplainedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
