"""How fast documents are read, against Tesseract called as usual, and whether memory stays flat.

    python -m benchmarks.documents_speed FOLDER [--scans 16] [--texts 200] [--many 2000]

FOLDER holds PDFs with a text layer, of which scans at 200 dots an inch are made. All figures come from the same run.
"""

import argparse
import itertools
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytesseract
from PIL import Image

from benchmarks.documents_truth import scan
from ml.documents.batch import answers
from ml.documents.document import Options


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scans", type=int, default=16)
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--many", type=int, default=2000)
    parsed = parser.parse_args()
    pdfs = sorted(parsed.folder.glob("*.pdf"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scans = []
        for number, path in enumerate(pdfs[: parsed.scans]):
            scans.append(folder / f"{number}.png")
            scan(path).save(scans[-1])
        usual = _timed("pytesseract as usual, one page after the other", len(scans), lambda: _usual(scans))
        for engine in ("tesseract", "auto"):
            kept = folder / engine
            options = Options(engine=engine, kept=kept)
            first = _timed(f"--engine {engine}", len(scans), lambda o=options: _read(scans, o))
            print(f"  {first / usual:.1f} times as fast as usual")
            _timed(f"--engine {engine}, again, pages kept", len(scans), lambda o=options: _read(scans, o))
        texts = list(itertools.islice(itertools.cycle(pdfs), parsed.texts))
        _timed("text PDFs, end to end", len(texts), lambda: _read(texts, Options()))
        few = _peak()
        many = list(itertools.islice(itertools.cycle(pdfs), parsed.many))
        _timed("text PDFs, many", len(many), lambda: _read(many, Options()))
        print(
            f"peak memory {few:.0f} MB after {len(texts):,} documents, {_peak():.0f} MB after {len(many):,} more"
        )


def _usual(paths: Sequence[Path]) -> None:
    limit = os.environ.pop("OMP_THREAD_LIMIT", None)
    for path in paths:
        pytesseract.image_to_data(Image.open(path))
    if limit is not None:
        os.environ["OMP_THREAD_LIMIT"] = limit


def _read(paths: Sequence[Path], options: Options) -> None:
    for answer in answers(paths, options):
        if answer["error"]:
            print(f"  {answer['file']}: {answer['error']}")


def _timed(what: str, pages: int, work: Callable[[], None]) -> float:
    """Pages a second."""
    start = time.perf_counter()
    work()
    speed = pages / (time.perf_counter() - start)
    print(f"{what}: {speed:.2f} pages/s of {pages:,}", flush=True)
    return speed


def _peak() -> float:
    """Of this process and of its largest child, in MB."""
    both = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(both) / 1024


if __name__ == "__main__":
    main()
