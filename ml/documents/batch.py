"""Many documents side by side, their answers in the order of the files, and twins among them."""

import hashlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.documents.document import Options, extract
from ml.documents.llm.settings import hidden_secrets
from ml.documents.record import Document
from ml.errors import quoted
from ml.fan_out import FanOut, Lost

if TYPE_CHECKING:
    from ml.documents.llm.stage import Stage

PORTION = 200
"""Documents whose answers are in memory at a time."""


class TooSlow(Exception):
    """A document took longer than its limit."""


def answers(
    paths: Sequence[Path], options: Options, jobs: int = 0, language_model: "Stage | None" = None
) -> Iterator[dict[str, Any]]:
    """One JSON object a file. One bad file never stops the rest.

    Files are read in other processes, where the key of the language model is not; it is asked in this one.
    """
    pool = FanOut(min(jobs or len(os.sched_getaffinity(0)), len(paths)) or 1)
    twins = Twins()
    for start in range(0, len(paths), PORTION):
        portion = paths[start : start + PORTION]
        tasks = [(str(path), options, language_model is not None) for path in portion]
        with hidden_secrets():
            found = [
                (_lost(path, answer), "") if isinstance(answer, Lost) else answer
                for path, answer in zip(portion, pool.run(one_file, tasks), strict=True)
            ]
        documents = [answer for answer, _ in found]
        if language_model:
            documents = _improved(documents, language_model)
        for written, (_, digest) in zip(documents, found, strict=True):
            twins.name(written, digest)
            yield written


def _lost(path: Path, answer: Lost) -> dict[str, Any]:
    return Document(str(path), error=f"The document could not be read: {answer.error}").written()


def _improved(documents: list[dict[str, Any]], language_model: "Stage") -> list[dict[str, Any]]:
    """Those that were read and handed over are asked about; those that failed are written already."""
    handed = iter(language_model.improved([one for one in documents if "seen" in one]))
    return [next(handed).written() if "seen" in one else one for one in documents]


def one_file(path: str, options: Options, hand_over: bool = False) -> tuple[dict[str, Any], str]:
    """The answer for one file, or what the stage of the language model takes, and the hash of its content."""
    try:
        content = Path(path).read_bytes() if Path(path).stat().st_size <= options.limits.bytes else None
    except OSError as error:
        return Document(path, error=f"The file cannot be opened: {quoted(error.strerror)}").written(), ""
    if content is None:
        size = Path(path).stat().st_size
        said = f"The file has {size:,} bytes; at most {options.limits.bytes:,} are read"
        return Document(path, error=said).written(), ""
    read = _handed_over if hand_over else _written
    return _in_time(read, content, path, options), hashlib.sha256(content).hexdigest()


def _written(content: bytes, path: str, options: Options) -> dict[str, Any]:
    return extract(content, path, options).written()


def _handed_over(content: bytes, path: str, options: Options) -> dict[str, Any]:
    from ml.documents.llm import handover

    document = extract(content, path, options)
    return document.written() if document.error else handover.written(document, content, options.limits)


def _in_time(
    read: Callable[..., dict[str, Any]], content: bytes, path: str, options: Options
) -> dict[str, Any]:
    """The answer, or that it took too long; whatever else happens is an answer too."""
    seconds = options.limits.document_seconds

    def stop(number: int, frame: object) -> None:
        raise TooSlow

    # Only the main thread of a process can be woken.
    watched = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGALRM, stop) if watched else None
    if watched:
        signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return read(content, path, options)
    except TooSlow:
        said = f"The document took longer than {seconds:.0f} seconds and was given up"
    except Exception as error:  # whatever a hostile file provokes is its own answer
        said = f"The document could not be read: {type(error).__name__}: {quoted(error)}"
    finally:
        if watched:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    return Document(path, error=said).written()


class Twins:
    """Names the document that came before with the same content, or with the same seller, number and year."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._invoices: dict[tuple[str, str, str], str] = {}

    def name(self, written: dict[str, Any], digest: str) -> None:
        file = written["file"]
        if digest and (twin := self._files.setdefault(digest, file)) != file:
            _warn(written, f"The file has the same content as {twin}")
            return
        values = [str(written["fields"][name]["value"] or "") for name in ("vendor", "number", "date")]
        if not all(values):
            return
        key = (" ".join(values[0].lower().split()), values[1].lower(), values[2][:4])
        if (twin := self._invoices.setdefault(key, file)) != file:
            _warn(written, f"{twin} has the same seller, number and year")


def _warn(written: dict[str, Any], sentence: str) -> None:
    written["findings"].append({"check": "duplicate", "severity": "warning", "sentence": sentence})


def found_files(paths: Sequence[Path]) -> list[Path]:
    """The files, and those in the folders in the order of their names, each once."""
    files: list[Path] = []
    for path in paths:
        files += sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    return list({path.absolute(): path for path in files}.values())
