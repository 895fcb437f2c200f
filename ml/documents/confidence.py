"""How likely each value is right, from what speaks for it.

The extractor's score is a sum of weights; a small logistic model a field, fitted on documents that the weights had not
seen, makes a probability of it. It lies in a JSON file beside this module.
"""

import functools
import json
import math
from dataclasses import replace
from pathlib import Path

from ml.documents.record import Field, Invoice

MODEL = Path(__file__).with_name("confidence.json")
EXACT = 0.995
"""Of a value in valid XML."""
DOUBTED = 0.93
"""Of a value in XML that breaks rules or that the page contradicts: it is read exactly all the same."""
MOST, LEAST = 0.99, 0.02


@functools.cache
def model() -> dict[str, dict[str, float]]:
    return json.loads(MODEL.read_text()) if MODEL.exists() else {}


def signals(name: str, found: Field, invoice: Invoice, *, recognised: bool) -> dict[str, float]:
    """What is known of a value, as numbers."""
    said = found.evidence
    return {
        "bias": 1.0,
        "score": max(min(found.score, 8.0), -4.0),
        "labelled": float(any(one.startswith("label") for one in said)),
        "repeated": float("repeated" in said),
        "no_rival": float("no rival" in said),
        "arithmetic": float(any("=" in one for one in said)),
        "proven": float(invoice.proven),
        "checksum": float("checksum" in said),
        "agree": float("engines agree" in said),
        "disagree": float("engines disagree" in said),
        "recognised": float(recognised),
        "derived": float(any(one.startswith(("no tax", "no prepay", "total -")) for one in said)),
    }


def with_confidence(invoice: Invoice, *, recognised: bool) -> None:
    for name, found in invoice.fields.items():
        invoice.fields[name] = replace(
            found, confidence=probability(name, signals(name, found, invoice, recognised=recognised))
        )


def probability(name: str, known: dict[str, float]) -> float:
    weights = model().get(name) or model().get("other") or {"bias": 0.0, "score": 0.5}
    total = sum(weights.get(one, 0.0) * value for one, value in known.items())
    return min(max(1 / (1 + math.exp(-total)), LEAST), MOST)


def of_xml(invoice: Invoice, *, doubted: bool) -> None:
    for name, found in invoice.fields.items():
        invoice.fields[name] = replace(found, confidence=DOUBTED if doubted else EXACT)
