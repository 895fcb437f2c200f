"""`.venv/bin/python -m retail_assets.web`: Dagster's web server behind the guard; takes all options of the server."""

from dagster_webserver import app
from dagster_webserver.cli import main

from retail_assets.web.server import GuardedWebserver

if __name__ == "__main__":
    # The command has no option for it.
    app.DagsterWebserver = GuardedWebserver  # ty: ignore[invalid-assignment]
    main()
