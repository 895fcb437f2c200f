"""`.venv/bin/python -m retail_assets.returns export --customer ID --out FILE.json`: what a customer may have."""

import sys

from retail_assets.config import Settings
from retail_assets.flows import platform_of
from retail_assets.returns.commands import main

if __name__ == "__main__":
    sys.exit(main(platform_of(Settings())))
