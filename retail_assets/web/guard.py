"""What stands before Dagster's web server and refuses what its own pages never ask.

The server takes orders from any page that a browser shows, and it answers whatever Host and Origin say. Here orders
come as JSON from the UI's own pages; other names of this machine (which a foreign page can make up) get no answer; and
what the UI shows loads nothing from elsewhere. That it gives no order by GET, which a picture in a text could ask for,
is `server.py`'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD"})
NOTHING_FROM_ELSEWHERE = (
    "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; script-src * 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""Added to Dagster's own policy, which says which scripts run. Browsers keep to both."""


@dataclass(frozen=True)
class Refusal:
    """Why a request gets no answer."""

    status: int
    sentence: str


class Guard:
    """ASGI middleware. `hosts` are the names under which browsers reach the server, besides this machine's own;
    behind a login, every request has to carry the person's name in the header `login_header`."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = (), login_header: str | None = None) -> None:
        self._app = app
        self._hosts = LOOPBACK | {host.lower() for host in hosts}
        self._login_header = login_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif refusal := self._refusal(scope):
            if scope["type"] == "websocket":
                await WebSocketClose(code=1008, reason=refusal.sentence)(scope, receive, send)
            else:
                await PlainTextResponse(refusal.sentence, refusal.status)(scope, receive, send)
        else:
            await self._app(scope, receive, _closed(send))

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        for name in ("Host", "Origin", "Content-Type", self._login_header):
            # Whoever reads them after this may take another one.
            if name and len(headers.getlist(name)) > 1:
                return Refusal(400, f"The header {name} comes more than once.")
        host, origin = headers.get("host", ""), headers.get("origin")
        if _name(host) not in self._hosts:
            return Refusal(421, "This name is none of the server's: RETAIL_WEB_HOSTS lists them.")
        if self._login_header and not headers.get(self._login_header):
            return Refusal(401, f"Nobody is logged in: the header {self._login_header} is missing.")
        if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
            return None
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            return Refusal(403, "Orders come from the UI's own pages.")
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return Refusal(403, "Orders come from the UI's own pages.")
        # A form of another site can send all other kinds of body without asking the browser's leave.
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if scope["type"] == "http" and kind != "application/json":
            return Refusal(415, "Orders are JSON.")
        return None


def _name(host: str) -> str | None:
    """The name in a Host header, without the port."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _closed(send: Send) -> Send:
    """Answers tell the browser to load nothing from elsewhere and to show the UI in no other site's frame."""

    async def closed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.append("Content-Security-Policy", NOTHING_FROM_ELSEWHERE)
            headers.append("X-Frame-Options", "DENY")
        await send(message)

    return closed
