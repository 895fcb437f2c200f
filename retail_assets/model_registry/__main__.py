"""`.venv/bin/python -m retail_assets.model_registry list|show|compare|register|…`: models without the UI."""

import sys

from retail_assets.config import Settings
from retail_assets.flows import platform_of
from retail_assets.model_registry.commands import main

if __name__ == "__main__":
    sys.exit(main(platform_of(Settings())))
