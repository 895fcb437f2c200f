"""Scans and photos: recognised however they lie, and what happens where that fails."""

import stat
from pathlib import Path

import pytest
from PIL import Image

from ml.documents.document import Options, extract
from ml.documents.reading import second_engine, tesseract
from ml.documents.reading.limits import Limits
from tests.ci import IN_CI
from tests.unit.documents.sheets import Sale, encoded, pdf, picture

needs_tesseract = pytest.mark.skipif(
    not (tesseract.available() or IN_CI), reason="Tesseract is not installed here"
)
ONE = Options(engine="tesseract")


def numbers(content: bytes, options: Options = ONE) -> tuple:
    document = extract(content, "scan.png", options)
    assert document.error is None
    assert document.invoice is not None
    invoice = document.invoice
    return invoice.value("number"), str(invoice.value("total")), len(invoice.lines), document.method


@needs_tesseract
@pytest.mark.parametrize("turn", [0, 90, 180, 270, 1.7, -2.4])
def test_a_scan_is_read_however_it_lies(turn: float) -> None:
    image = picture(Sale().texts()).rotate(
        turn, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC
    )
    assert numbers(encoded(image)) == ("RE-2024-0815", "142.80", 2, "ocr")


@needs_tesseract
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF"])
def test_images_of_all_kinds(kind: str) -> None:
    assert numbers(encoded(picture(Sale().texts()), kind))[:2] == ("RE-2024-0815", "142.80")


@needs_tesseract
def test_all_pages_of_a_tiff_are_read(tmp_path: Path) -> None:
    first, second = picture(Sale().texts()[:-8]), picture(Sale().texts()[-8:])
    path = tmp_path / "two.tiff"
    first.save(path, save_all=True, append_images=[second])
    document = extract(path.read_bytes(), "two.tiff", ONE)
    assert document.pages == 2
    assert document.invoice is not None
    assert str(document.invoice.value("total")) == "142.80"


@needs_tesseract
def test_a_page_whose_text_layer_is_garbage_is_recognised() -> None:
    garbled = [
        (x, y, "".join(chr(0xA1 + (ord(one) * 7) % 90) for one in text)) for x, y, text in Sale().texts()
    ]
    document = extract(pdf(garbled), "garbled.pdf", ONE)
    # What is drawn is garbage too: it is recognised, not believed.
    assert document.method in ("ocr", "none")
    assert document.status != "auto_confirmable"


@needs_tesseract
def test_an_empty_page_says_so() -> None:
    for content in (pdf([]), encoded(Image.new("L", (900, 1200), 255))):
        document = extract(content, "empty", ONE)
        assert document.status == "failed"
        assert "No text was found" in str(document.error)


@needs_tesseract
def test_finished_pages_are_not_recognised_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(picture(Sale().texts()))
    options = Options(engine="tesseract", kept=tmp_path)
    first = extract(content, "a.png", options).written()
    monkeypatch.setattr(tesseract, "recognise", None)
    assert extract(content, "a.png", options).written() == first


def test_without_tesseract_text_pdfs_work_and_scans_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytesseract.pytesseract.tesseract_cmd", "/nowhere/tesseract")
    assert extract(pdf(Sale().texts()), "a.pdf").status == "auto_confirmable"
    document = extract(encoded(picture(Sale().texts())), "scan.png")
    assert document.status == "failed"
    assert "install Debian's tesseract-ocr" in str(document.error)


def test_a_page_on_which_tesseract_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "tesseract"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(hanging.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("pytesseract.pytesseract.tesseract_cmd", str(hanging))
    options = Options(engine="tesseract", limits=Limits(ocr_seconds=0.5))
    document = extract(encoded(picture(Sale().texts())), "scan.png", options)
    assert document.status == "failed"
    assert "page 1" in str(document.error)


@needs_tesseract
@pytest.mark.skipif(not (second_engine.available() or IN_CI), reason="RapidOCR is not installed here")
def test_the_second_engine_reads_too() -> None:
    found = numbers(encoded(picture(Sale().texts())), Options(engine="rapidocr"))
    assert found[:2] == ("RE-2024-0815", "142.80")
