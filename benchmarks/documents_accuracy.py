"""How often the command line is right on documents with known truth.

    python -m benchmarks.documents_accuracy FOLDER [--cache FOLDER] [--scans 20] [--engine auto]

FOLDER holds `truth.jsonl` and the files that it names. Sets of PDFs with a text layer are read as they are, once with
and once without their XML; some of the set `kozlowski` as clean and as degraded scans too.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.documents_truth import AMOUNTS, Truth, answers, right_rows, scan, truths
from ml.documents.batch import answers as read
from ml.documents.document import Options

BINS = 10


class Report:
    """Counts of one set."""

    def __init__(self) -> None:
        self.fields: dict[str, list[bool]] = defaultdict(list)
        self.confidences: list[tuple[float, bool]] = []
        self.rows = [0, 0, 0]
        self.together: list[bool] = []
        self.confirmable: list[bool] = []
        self.documents = 0

    def add(self, truth: Truth, written: dict[str, Any]) -> None:
        self.documents += 1
        known: dict[str, bool] = {}
        for name, value, confidence, right in answers(truth, written):
            self.fields[name].append(right)
            known[name] = right
            if value is not None:
                self.confidences.append((confidence, right))
        if {"vendor", "date", "total"} <= known.keys():
            self.together.append(known["vendor"] and known["date"] and known["total"])
        if written["status"] == "auto_confirmable":
            self.confirmable.append(all(right for name, right in known.items() if name in AMOUNTS))
        if truth.lines:
            self.rows[0] += right_rows(written["lines"], truth.lines)
            self.rows[1] += len(written["lines"])
            self.rows[2] += len(truth.lines)

    def lines(self) -> Iterator[str]:
        shares = ", ".join(f"{name} {sum(right) / len(right):.3f}" for name, right in self.fields.items())
        yield f"{self.documents} documents; {shares}"
        if self.together:
            yield f"vendor, date and total together {sum(self.together) / len(self.together):.3f}"
        if self.rows[2]:
            yield f"rows F1 {2 * self.rows[0] / (self.rows[1] + self.rows[2]):.3f} of {self.rows[2]}"
        if self.confirmable:
            right = sum(self.confirmable) / len(self.confirmable)
            yield f"auto-confirmable {len(self.confirmable)} of {self.documents}, all amounts right in {right:.3f}"
        yield f"calibration error {calibration_error(self.confidences):.3f}"


def calibration_error(confidences: list[tuple[float, bool]]) -> float:
    """Mean distance between confidence and share of right values, in ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in confidences:
        bins[min(int(confidence * BINS), BINS - 1)].append((confidence, right))
    apart = sum(abs(sum(c for c, _ in one) - sum(r for _, r in one)) for one in bins.values())
    return apart / max(len(confidences), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--scans", type=int, default=20)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--sets", nargs="*")
    parser.add_argument("--wrong", action="store_true", help="name each wrong value")
    parsed = parser.parse_args()
    known = [one for one in truths(parsed.folder) if not parsed.sets or one.set in parsed.sets]
    every = Report()
    options = Options(engine=parsed.engine, kept=parsed.cache)
    with tempfile.TemporaryDirectory() as folder:
        for name, documents, chosen in _runs(known, options, Path(folder), parsed.scans):
            report = Report()
            paths = [one.path for one in documents]
            for truth, written in zip(documents, read(paths, chosen), strict=True):
                report.add(truth, written)
                every.add(truth, written)
                if parsed.wrong:
                    _say_wrong(truth, written)
            print(f"{name}: " + "\n  ".join(report.lines()), flush=True)
    print(f"calibration error over all {calibration_error(every.confidences):.3f}")


def _say_wrong(truth: Truth, written: dict[str, Any]) -> None:
    wrong = [
        (name, value, truth.values[name]) for name, value, _, right in answers(truth, written) if not right
    ]
    if wrong:
        print("   ", truth.path.name[:40], written["status"], written["error"] or "", wrong)


def _runs(
    known: list[Truth], options: Options, folder: Path, scans: int
) -> Iterator[tuple[str, list[Truth], Options]]:
    sets: dict[str, list[Truth]] = defaultdict(list)
    for one in known:
        sets[one.set].append(one)
    for name, documents in sets.items():
        if name.startswith("facturx"):
            yield f"{name} with XML", documents, options
            yield f"{name} without XML", documents, replace(options, xml=False)
        else:
            yield name, documents, options
        if name == "kozlowski":
            for kind in ("clean", "degraded"):
                drawn = []
                for seed, one in enumerate(documents[:scans]):
                    path = folder / f"{one.path.stem}-{kind}.png"
                    scan(one.path, seed=None if kind == "clean" else seed).save(path)
                    drawn.append(replace(one, path=path))
                yield f"{name}, {kind} scans", drawn, options


if __name__ == "__main__":
    main()
