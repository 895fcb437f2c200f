"""Fits the weights of the document extractor on documents with known truth, and writes them as JSON.

    python -m benchmarks.documents_fit FOLDER [--drawn 400] [--folds 5]

FOLDER holds `truth.jsonl` (`file`, `set`, `truth`) and the files that it names; pages that were recognised once are kept
beside it in `--cache`. Beside them the weights learn from drawn layouts. No document goes into the product, only weights.
With --folds the accuracy of each field on documents that were left out is printed, and the outcomes are kept for the
calibration of confidence.
"""

import argparse
import json
import pickle
import random
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import torch

from benchmarks.documents_layouts import drawn
from ml.documents.extraction.extract import Read, read
from ml.documents.extraction.labels import plain
from ml.documents.extraction.scoring import WEIGHTS, Candidate

SOURCES = {
    "date": "dates", "due_date": "dates", "number": "numbers", "vendor": "parties", "buyer": "parties",
    "net": "amounts", "tax": "amounts", "total": "amounts",
}  # fmt: skip
PRIORS: dict[str, dict[str, float]] = {
    "date": {"L:issue": 3, "L:date": 1.5, "L:due": -3, "L:other": -2, "A:issue": 2, "A:date": 1, "A:due": -2, "A:other": -1, "order": -1},
    "due_date": {"L:due": 4, "A:due": 3, "L:issue": -2, "L:other": -2, "bias": -2},
    "number": {"L:strong": 4, "L:title": 2, "L:plain": 1, "L:invoice": 1.5, "L:order": -3, "L:customer": -3, "L:tax": -4, "L:other": -3,
               "A:strong": 3, "A:invoice": 1, "A:order": -3, "A:customer": -3, "A:tax": -3, "A:other": -3, "height": -2, "short": -1.5, "zip": -2, "bias": -2, "long": -1},
    "vendor": {"legal_end": 2, "sdn_bhd": 1, "top": 1, "head": 1, "seller_label": 2.5, "buyer_label": -4, "buyer_above": -2, "not_name": -4, "street": -3, "digits": -1,
               "domain": 1.5, "domain_start": 1, "address_under": 1, "in_sentence": -1.5, "holder": 2, "punctuation": -1, "tall": 0.7, "beside_buyer": 0.3, "repeated": 1, "lower_start": -2},
    "buyer": {"buyer_label": 4, "buyer_above": 1.5, "not_name": -3, "street": -3, "seller_label": -4, "address_under": 1, "digits": -1, "head": 0.5, "foot": -2, "in_sentence": -2, "legal_end": 0.5},
    "total": {"L:strong": 3, "L:total": 2, "L:due": 1, "L:rounded": 2, "L:net": -3, "L:tax": -1, "L:total+net": -1, "L:total+tax": -1, "A:total": 1, "A:strong": 1.5, "A:net": -1, "rank1": 1, "L:cash": -2,
              "L:change": -4, "L:rounding": -2, "in_row": -2, "repeated": 1, "low": 1, "paid": 1.5, "L:other": -2, "L:quantity": -2, "zero": -3, "L:prepaid": -2},
    "net": {"L:net": 4, "A:net": 2, "L:excl": 1, "L:total": 0, "L:strong": -2, "L:incl": -2, "in_row": -2, "row_total": 2, "L:tax": -1, "L:due": -2, "L:other": -2, "bias": -1, "L:cash": -3, "L:change": -4},
    "tax": {"L:tax": 4, "A:tax": 2, "L:total+tax": 0.5, "L:net": -1.5, "L:incl": -1, "L:strong": -2, "in_row": -2, "rank1": -3, "L:due": -3, "L:other": -2, "bias": -1, "L:cash": -3, "L:change": -4},
}  # fmt: skip
STEPS, PULL = 250, 0.02
"""Steps of the fit; how strongly weights are held near what they began as."""
WEIGHT_OF_SET = {"kozlowski": 0.1, "drawn": 0.5}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, help="pages that were read, one pickle a document")
    parser.add_argument("--drawn", type=int, default=400)
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parsed = parser.parse_args()
    documents = load(parsed.folder, parsed.cache, parsed.drawn)
    if parsed.folds:
        for name in SOURCES:
            print(name, _cross_validated(name, documents, parsed.folds))
    weights = {name: _rounded(fit(name, documents)) for name in SOURCES}
    parsed.out.write_text(json.dumps(weights, indent=1, sort_keys=True) + "\n")


def load(folder: Path, cache: Path | None, count: int) -> list[tuple[str, str, Read, dict]]:
    """Set, group, what was read, truth. Documents of one group are in one fold."""
    from benchmarks.documents_accuracy import page_sets

    documents = []
    for line in (folder / "truth.jsonl").read_text().splitlines():
        entry = json.loads(line)
        for pages in page_sets(folder, entry, cache):
            documents.append((entry["set"], entry["file"], read(pages), entry["truth"]))
    for seed in range(count):
        pages, truth = drawn(seed)
        documents.append(("drawn", f"drawn-{seed}", read(pages), truth))
    return documents


def is_right(name: str, value: object, truth: dict) -> bool:
    wanted = truth.get(name)
    if wanted is None:
        return False
    if isinstance(value, Decimal):
        return abs(float(value) - float(wanted)) < 0.005
    if hasattr(value, "isoformat"):
        return value.isoformat() == wanted  # ty: ignore
    return same_name(str(value), str(wanted))


def same_name(one: str, other: str) -> bool:
    """Case and spacing aside."""
    return "".join(plain(one).split()) == "".join(plain(other).split())


def _table(name: str, documents):
    """Features of all candidates, the document of each, whether it is right, and the weight of each document."""
    features, owners, right, weights = [], [], [], []
    kept = 0
    for origin, _, found, truth in documents:
        candidates: list[Candidate] = getattr(found, SOURCES[name])
        answers = [is_right(name, one.value, truth) for one in candidates]
        if not any(answers):
            continue
        features += [one.features for one in candidates]
        owners += [kept] * len(candidates)
        right += answers
        weights.append(WEIGHT_OF_SET.get(origin, 1.0))
        kept += 1
    return features, torch.tensor(owners), torch.tensor(right), torch.tensor(weights)


def fit(name: str, documents) -> dict[str, float]:
    """Weights under which the right candidates of each document are the likeliest."""
    features, owners, right, weights = _table(name, documents)
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


def _cross_validated(name: str, documents, folds: int) -> dict[str, str]:
    groups = sorted({group for _, group, *_ in documents})
    random.Random(1).shuffle(groups)  # noqa: S311 - which documents are left out
    fold_of = {group: number % folds for number, group in enumerate(groups)}
    outcomes: dict[str, list[bool]] = defaultdict(list)
    for fold in range(folds):
        weights = fit(name, [one for one in documents if fold_of[one[1]] != fold])
        for origin, group, found, truth in documents:
            if fold_of[group] != fold or truth.get(name) is None:
                continue
            candidates = getattr(found, SOURCES[name])
            best = max(
                candidates,
                key=lambda one: sum(weights.get(key, 0.0) * value for key, value in one.features.items()),
                default=None,
            )
            outcomes[origin].append(best is not None and is_right(name, best.value, truth))
    return {origin: f"{sum(right) / len(right):.3f} of {len(right)}" for origin, right in outcomes.items()}


if __name__ == "__main__":
    main()
