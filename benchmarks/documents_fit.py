"""Fits the weights of the document extractor and of its confidence on documents with known truth.

    python -m benchmarks.documents_fit FOLDER --cache FOLDER [--drawn 300] [--folds 4]

FOLDER holds `truth.jsonl` and the files that it names. Pages that need OCR are taken from the cache that the command
line fills (`python -m ml.documents extract FOLDER --cache FOLDER`); others are left out. Beside them the weights
learn from drawn layouts. Confidence is fitted on answers of weights that had not seen the document. No document goes
into the product: only `weights.json` and `confidence.json` are written.
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import torch

from benchmarks.documents_layouts import drawn
from benchmarks.documents_priors import PRIORS
from benchmarks.documents_truth import FIELDS, is_right, truths
from ml.documents import confidence, engines
from ml.documents.extraction import scoring
from ml.documents.extraction.extract import Read, read
from ml.documents.extraction.scoring import Candidate
from ml.documents.reading import pdf
from ml.documents.reading.kept import KeptPages
from ml.documents.reading.limits import LIMITS
from ml.documents.words import Page

SOURCES = {
    "date": "dates",
    "due_date": "dates",
    "number": "numbers",
    "vendor": "parties",
    "buyer": "parties",
    "net": "amounts",
    "tax": "amounts",
    "total": "amounts",
}
STEPS, PULL = 150, 0.02
"""Steps of the fit; how strongly weights are held near what they began as."""
KNOWN_LAYOUT = 0.4
"""What a hundred documents of one layout weigh in the calibration."""
WEIGHT_OF_SET = {"kozlowski": 0.1, "drawn": 0.5}


@dataclass
class Example:
    """A document with its candidates."""

    set: str
    group: str
    """Examples of one document are left out together."""
    pages: list[Page]
    reads: list[Read]
    """Of each engine."""
    truth: dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--drawn", type=int, default=300)
    parser.add_argument("--folds", type=int, default=4)
    parsed = parser.parse_args()
    torch.set_num_threads(1)
    examples = list(load(parsed.folder, parsed.cache, parsed.drawn))
    outcomes = left_out(examples, parsed.folds)
    weights = {name: _rounded(fit(name, examples)) for name in SOURCES}
    _write(scoring.WEIGHTS, weights)
    _write(confidence.MODEL, calibrated(outcomes))


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load(folder: Path, cache: Path | None, count: int) -> Iterator[Example]:
    for truth in truths(folder):
        pages = _pages(truth.path, cache)
        if pages:
            by_engine = [
                pages,
                [replace(one, words=one.other, other=(), engine="rapidocr") for one in pages if one.other],
            ]
            values = dict(truth.values)
            yield Example(truth.set, truth.path.name, pages, [read(one) for one in by_engine if one], values)
    for seed in range(count):
        pages, values = drawn(seed)
        yield Example("drawn", f"drawn-{seed}", pages, [read(pages)], values)


def _pages(path: Path, cache: Path | None) -> list[Page]:
    content = path.read_bytes()
    if path.suffix == ".pdf":
        opened = pdf.open_pdf(content, LIMITS)
        pages = [pdf.text_page(opened, number, LIMITS) for number in range(len(opened))]
        return [page for page in pages if page.words]
    page = KeptPages(cache, content, "auto").page(0) if cache else None
    return [page] if page else []


def _table(name: str, examples: list[Example]):
    """Features of all candidates, the document of each, whether it is right, and the weight of each document."""
    features, owners, right, weights = [], [], [], []
    kept = 0
    for example, found in ((one, part) for one in examples for part in one.reads):
        wanted = example.truth.get(name)
        candidates: list[Candidate] = getattr(found, SOURCES[name])
        answers = [wanted is not None and _is_right(candidate.value, wanted) for candidate in candidates]
        if not any(answers):
            continue
        origin = example.set
        features += [candidate.features for candidate in candidates]
        owners += [kept] * len(candidates)
        right += answers
        weights.append(WEIGHT_OF_SET.get(origin, 1.0))
        kept += 1
    return features, torch.tensor(owners), torch.tensor(right), torch.tensor(weights)


def fit(name: str, examples: list[Example]) -> dict[str, float]:
    """Weights under which the right candidates of each document are the likeliest."""
    features, owners, right, weights = _table(name, examples)
    names = sorted({one for row in features for one in row} | PRIORS[name].keys())
    place = {one: number for number, one in enumerate(names)}
    matrix = torch.zeros(len(features), len(names))
    for number, row in enumerate(features):
        for one, value in row.items():
            matrix[number, place[one]] = value
    prior = torch.tensor([float(PRIORS[name].get(one, 0.0)) for one in names])
    solved = prior.clone().requires_grad_()
    optimiser = torch.optim.Adam([solved], lr=0.05)
    count = len(weights)
    for _ in range(STEPS):
        optimiser.zero_grad()
        scores = matrix @ solved
        top = torch.full((count,), -1e9).scatter_reduce(0, owners, scores, "amax").detach()
        # "None of them" has a score of 0.
        top = top.clamp(min=0)
        grown = (scores - top[owners]).exp()
        everything = torch.zeros(count).index_add(0, owners, grown) + (-top).exp()
        good = torch.zeros(count).index_add(0, owners, grown * right)
        loss = -(weights * ((good + 1e-9).log() - everything.log())).sum() / weights.sum()
        loss = loss + PULL / 10 * ((solved - prior) ** 2).mean() * len(names) / 10
        loss.backward()
        optimiser.step()
    return dict(zip(names, solved.detach().tolist(), strict=True))


def _rounded(weights: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in weights.items() if abs(value) >= 0.01}


def _is_right(value: Any, wanted: Any) -> bool:
    return is_right(value if isinstance(value, (Decimal, str)) else value.isoformat(), wanted)


def left_out(examples: list[Example], folds: int) -> dict[str, list[tuple[dict[str, float], bool, float]]]:
    """Signals of each found value, whether it is right, and its weight, by weights that had not seen its document."""
    groups = sorted({one.group for one in examples})
    random.Random(1).shuffle(groups)
    fold_of = {group: number % folds for number, group in enumerate(groups)}
    outcomes = defaultdict(list)
    shares: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for fold in range(folds):
        seen = [one for one in examples if fold_of[one.group] != fold]
        weights = {name: fit(name, seen) for name in SOURCES}
        _use(weights)
        for one in examples:
            if fold_of[one.group] != fold:
                continue
            invoice, _ = engines.extracted(one.pages)
            recognised = any(page.engine != "text" for page in one.pages)
            for name, field in FIELDS.items():
                wanted = one.truth.get(name)
                if wanted is None:
                    continue
                found = invoice.fields.get(field)
                right = found is not None and is_right(found.value, wanted)
                shares[one.set, field].append(right)
                if found is not None and one.set != "drawn":
                    known = confidence.signals(field, found, invoice, recognised=recognised)
                    outcomes[field].append((known, right, KNOWN_LAYOUT if one.set == "kozlowski" else 1.0))
    for (origin, field), right in sorted(shares.items()):
        print(f"{origin} {field} {sum(right) / len(right):.3f} of {len(right)}")
    return outcomes


def _use(weights: dict[str, dict[str, float]]) -> None:
    known = scoring.weights()
    known.clear()
    known.update(weights)


def calibrated(
    outcomes: dict[str, list[tuple[dict[str, float], bool, float]]],
) -> dict[str, dict[str, float]]:
    """A logistic model a field; fields with few examples share one."""
    from sklearn.linear_model import LogisticRegression

    def fitted(rows: list[tuple[dict[str, float], bool, float]]) -> dict[str, float]:
        names = [name for name in rows[0][0] if name != "bias"]
        model = LogisticRegression(C=0.5, max_iter=500)
        table = [[known[name] for name in names] for known, _, _ in rows]
        model.fit(table, [right for _, right, _ in rows], sample_weight=[weight for *_, weight in rows])
        found = dict(zip(names, model.coef_[0].tolist(), strict=True)) | {"bias": float(model.intercept_[0])}
        return {name: round(value, 3) for name, value in found.items()}

    everything = [row for rows in outcomes.values() for row in rows]
    models = {"other": fitted(everything)}
    for field, rows in outcomes.items():
        if len(rows) >= 60 and sum(not right for _, right, _ in rows) >= 5:
            models[field] = fitted(rows)
    return models


if __name__ == "__main__":
    main()
