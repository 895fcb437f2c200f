"""Confidence follows evidence, and what it is made of lies in plain files."""

import json
import math

from ml.documents import confidence
from ml.documents.document import extract
from ml.documents.extraction import scoring
from ml.documents.record import Field, Invoice
from tests.unit.documents.sheets import Sale, cii, pdf


def test_weights_are_plain_numbers() -> None:
    for path in (scoring.WEIGHTS, confidence.MODEL):
        for weights in json.loads(path.read_text(encoding="utf-8")).values():
            assert all(math.isfinite(value) for value in weights.values())


def test_more_evidence_is_never_less_sure() -> None:
    def sure(*evidence: str, score: float = 6.0) -> float:
        found = Field("x", evidence=evidence, score=score)
        known = confidence.signals("vendor", found, Invoice("ocr"), recognised=True)
        return confidence.probability("vendor", known)

    assert sure("engines agree") > sure("engines disagree")
    assert confidence.LEAST <= sure(score=-9.0) <= sure(score=9.0) <= confidence.MOST


def test_valid_xml_is_surer_than_a_page_and_doubted_xml_less() -> None:
    page = extract(pdf(Sale().texts()), "page.pdf").written()["fields"]["total"]["confidence"]
    exact = extract(cii(), "a.xml").written()["fields"]["total"]["confidence"]
    doubted = extract(cii(total="143.80"), "b.xml").written()["fields"]["total"]["confidence"]
    assert exact > doubted
    assert exact >= page
