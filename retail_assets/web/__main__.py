"""`.venv/bin/python -m retail_assets.web`: Dagster's web server behind the guard; takes all options of the server."""

from dagster_webserver import app
from dagster_webserver.cli import main
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware

from retail_assets.config import Settings
from retail_assets.web.guard import Guard


class GuardedWebserver(DagsterWebserver):
    def build_middleware(self) -> list[Middleware]:
        settings = Settings()
        guard = Middleware(Guard, hosts=settings.web_hosts, login_header=settings.login_header)
        return [guard, *super().build_middleware()]


if __name__ == "__main__":
    # The command has no option for it.
    app.DagsterWebserver = GuardedWebserver  # ty: ignore[invalid-assignment]
    main()
