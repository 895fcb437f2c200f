"""Dagster's web server behind its guard."""

from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from retail_assets.config import Settings
from retail_assets.web.guard import Guard


class GuardedWebserver(DagsterWebserver):
    def build_middleware(self) -> list[Middleware]:
        settings = Settings()
        guard = Middleware(Guard, hosts=settings.web_hosts, login_header=settings.login_header)
        return [guard, *super().build_middleware()]

    async def graphql_http_endpoint(self, request: Request) -> Response:
        # Said here, not by path in the guard: which paths lead here only the router knows (`/graphql%0A` does too).
        if request.method != "POST" and request.query_params:
            return PlainTextResponse("Queries come by POST.", 405)
        return await super().graphql_http_endpoint(request)
