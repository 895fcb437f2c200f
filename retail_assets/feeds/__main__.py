"""`.venv/bin/python -m retail_assets.feeds try|propose`: for whoever brings a new source."""

import sys

from retail_assets.config import Settings
from retail_assets.feeds.onboarding.commands import main
from retail_assets.flows import platform_of

if __name__ == "__main__":
    sys.exit(main(platform_of(Settings())))
