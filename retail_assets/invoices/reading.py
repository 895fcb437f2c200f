"""What documents say, asked of child processes, several at a time.

A document that was made to exhaust memory, to crash a reader or never to end costs its process and fails.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retail_assets.errors import Unreadable
from retail_assets.invoices.language_model import improved
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.lake import Lake
from retail_assets.sandbox.answers import found_in
from retail_assets.sandbox.process import ChildDied, ChildPool, ChildProcess, ChildTimeout

if TYPE_CHECKING:
    from ml.documents.llm.stage import Stage

PAGES, INVOICE, PICTURE = "pages", "invoice", "picture"
"""What may be asked of a document."""
KEPT_PAGES = "invoice_pages"
"""The folder of recognised pages, among the lake's work."""

Answer = dict[str, Any]


@dataclass(frozen=True)
class ReadingLimits:
    """What reading one document may cost."""

    max_bytes: int
    max_pages: int
    memory_bytes: int
    seconds: float
    file_bytes: int = 2**30
    """Of files that the process writes: pages on their way to Tesseract, and recognised ones."""
    threads: int = 1

    @classmethod
    def of(cls, settings: InvoiceSettings) -> "ReadingLimits":
        return cls(
            max_bytes=settings.invoice_max_bytes,
            max_pages=settings.invoice_max_pages,
            memory_bytes=settings.invoice_memory_bytes,
            seconds=settings.invoice_seconds,
        )


@dataclass(frozen=True)
class Question:
    """What documents are asked, and who answers."""

    what: str
    engine: str
    limits: ReadingLimits
    language_model: "Stage | None" = None
    """Reads them too."""
    anew: int | None = None
    """The retry that it is asked for, by its entry in the log: known answers are not taken."""

    @cached_property
    def version(self) -> str:
        """A digest of all that decides the answer: code, weights, engines, and limits that end it early."""
        from ml.documents import confidence
        from ml.documents.extraction import extract, scoring
        from ml.documents.reading import kept, second_engine, tesseract

        files = [path.read_bytes() for path in (scoring.WEIGHTS, confidence.MODEL) if path.exists()]
        engines = (self.engine, tesseract.available(), second_engine.available())
        decides = [
            kept.VERSION,
            extract.VERSION,
            engines,
            self.limits,
            *(hashlib.sha256(one).hexdigest() for one in files),
            *([self.language_model.version] if self.language_model else []),
        ]
        digest = hashlib.sha256(repr(decides).encode()).hexdigest()[:16]
        return digest if self.anew is None else f"{digest}-{self.anew}"


@cache
def _pool() -> ChildPool:
    """The children of this process that read documents."""
    return ChildPool("retail_assets.invoices.document_worker")


def answers(lake: Lake, hashes: Sequence[str], question: Question, *, processes: int) -> Iterator[Answer]:
    """Of stored documents in the order given what was asked, or `error` and why there is no answer."""
    limits, model = question.limits, question.language_model
    requests = [
        request_of(
            lake,
            sha256,
            question.what,
            engine=question.engine,
            limits=limits,
            hand_over=model is not None,
        )
        for sha256 in hashes
    ]
    said = asked(requests, limits=limits, processes=processes)
    return improved(said, model) if model else said


def request_of(
    lake: Lake, sha256: str, what: str, *, engine: str, limits: ReadingLimits, **more: Any
) -> dict[str, Any]:
    """What a child is asked of a stored document."""
    return {
        "what": what,
        "path": str(lake.stored_file(sha256).absolute()),
        "engine": engine,
        "kept": str(lake.work_folder(KEPT_PAGES).absolute()),
        "max_bytes": limits.max_bytes,
        "max_pages": limits.max_pages,
        **more,
    }


def asked(requests: Sequence[dict[str, Any]], *, limits: ReadingLimits, processes: int) -> Iterator[Answer]:
    """The answers to requests, in their order."""
    if requests:
        yield from _pool().map(
            lambda child, request: _answer(child, request, limits), requests, children=processes
        )


def _answer(child: ChildProcess, request: dict, limits: ReadingLimits) -> Answer:
    try:
        return child.ask(request, limits, lambda answer: found_in(answer, dict))
    except Unreadable as refusal:
        return {"error": refusal.message}
    except ChildTimeout:
        return {
            "error": f"Reading it takes longer than the {limits.seconds:,.0f} s that a document may take "
            "(RETAIL_INVOICE_SECONDS); divide it, or raise the limit and retry it."
        }
    except ChildDied as death:
        return {
            "error": f"The process that read it ended ({death}), most likely because it asks for more than "
            f"{limits.memory_bytes:,} bytes of memory; save it anew and send it again."
        }


def is_stored(lake: Lake, sha256: str) -> bool:
    """Whether the bytes of a document are there; where they are not, it waits for a backup."""
    return Path(lake.stored_file(sha256)).is_file()
