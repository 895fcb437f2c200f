"""A server on loopback that speaks chat completions and answers as a test tells it."""

import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from ml.documents.document import extract
from ml.documents.llm import handover
from ml.documents.llm.settings import Settings
from ml.documents.llm.stage import Stage
from ml.documents.record import Document

USAGE = {"prompt_tokens": 1_000, "completion_tokens": 200, "total_tokens": 1_200}
AT_ONCE = {"retry-after-ms": "1"}
GOOD: dict[str, Any] = {
    "summary": "Nordlicht Papier GmbH bills Kaufhaus Sommer AG 142.80 EUR for envelopes and folders.",
    "type": "invoice",
    "vendor": "Nordlicht Papier GmbH",
    "vendor_tax_id": "DE136695976",
    "buyer": "Kaufhaus Sommer AG",
    "number": "RE-2024-0815",
    "date": "2024-03-14",
    "currency": "EUR",
    "iban": "DE88200800000970375700",
    "net": "120.00",
    "tax": "22.80",
    "total": "142.80",
    "amount_due": "142.80",
    "lines": [
        {
            "description": "Briefumschlag C5 weiß",
            "quantity": "20",
            "unit_price": "4.50",
            "amount": "90.00",
        },
        {"description": "Ordner breit grau", "quantity": "3", "unit_price": "10.00", "amount": "30.00"},
    ],
    "taxes": [{"rate": "19", "base": "120.00", "amount": "22.80"}],
}
"""What a good model says of the sale of `sheets`."""


@dataclass
class Reply:
    """One answer of the server."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """It waits for so long first."""


@dataclass
class ModelServer:
    """Where it listens, and what it was asked."""

    replies: list[Reply]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)

    def next(self) -> Reply:
        """Replies in their order; the last one for ever."""
        return self.replies[min(len(self.asked), len(self.replies)) - 1]


def says(answer: Any, *, finish: str = "stop", refusal: str | None = None, usage: Any = USAGE) -> Reply:
    content = answer if isinstance(answer, str) or answer is None else json.dumps(answer)
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": content, "refusal": refusal},
    }
    body = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "test",
        "choices": [choice],
        "usage": usage,
    }
    return Reply(body=body)


def fails(status: int, code: str | None = None, **headers: str) -> Reply:
    body = {"error": {"message": "The server says no", "type": "error", "code": code}}
    return Reply(status, body, AT_ONCE | headers)


@contextmanager
def model_server(*replies: Reply) -> Generator[ModelServer]:
    server = ModelServer(list(replies))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            server.asked.append(json.loads(body) | {"path": self.path, "key": self.headers["authorization"]})
            reply = server.next()
            time.sleep(reply.seconds)
            said = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in ({"content-type": "application/json"} | reply.headers).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listening.server_port}/v1"
    Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()


def stage(server: ModelServer, **changed: Any) -> Stage:
    values: dict[str, Any] = {
        "key": "secret",
        "base_url": server.url,
        "seconds": 60.0,
        "retries": 1,
    } | changed
    return Stage(Settings(**values))


def handed(content: bytes, file: str = "invoice.pdf") -> dict[str, Any]:
    """A document as the process that read it hands it over."""
    return json.loads(json.dumps(handover.written(extract(content, file), content)))


def improved(content: bytes, *replies: Reply, **changed: Any) -> Document:
    """The document after a server was asked that replies so."""
    with model_server(*replies) as server:
        return stage(server, **changed).improved([handed(content)])[0]
