"""Files that are broken, too large or something else: each ends with a sentence, and the next one is read."""

import io
import json
import struct
import zlib
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from ml.documents.__main__ import main
from ml.documents.batch import answers
from ml.documents.document import Options, extract
from ml.documents.reading.limits import Limits
from tests.unit.documents.sheets import Sale, cii, encoded, pdf, picture


def encrypted() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(Sale().texts()))))
    writer.encrypt("secret")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that declares 2,500 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"0"))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"just some text", "no PDF"),
        (encrypted(), "encrypted"),
        (pdf(Sale().texts())[:600], "damaged"),
        (b"%PDF-1.7\n" + b"\x00" * 500, "damaged"),
        (pdf(*[[(50, 50, "Seite")]] * 12), "12 pages"),
        (bomb(), "pixels"),
        (encoded(picture(Sale().texts()), "JPEG")[:4000], "damaged or truncated"),
        (b"<html><body>" * 3, "malformed"),
    ],
    ids=[
        "empty",
        "text",
        "encrypted",
        "truncated",
        "nothing behind the header",
        "pages",
        "pixel bomb",
        "half a JPEG",
        "HTML",
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, said: str) -> None:
    document = extract(content, "file", Options(engine="tesseract", limits=Limits(pages=10)))
    assert document.status == "failed"
    assert said in str(document.error)
    assert document.written()["fields"]["total"]["value"] is None


def test_one_bad_file_never_stops_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for name, content in {
        "1-broken.pdf": b"%PDF-1.4 nothing",
        "2-good.pdf": pdf(Sale().texts()),
        "3-good.xml": cii(),
        "4-twin.pdf": pdf(Sale().texts()),
    }.items():
        (tmp_path / name).write_bytes(content)
    out = tmp_path.parent / "out.jsonl"
    assert (
        main(["extract", str(tmp_path), str(tmp_path / "absent.pdf"), "--out", str(out), "--jobs", "1"]) == 0
    )
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["status"] for line in lines] == [
        "failed",
        "auto_confirmable",
        "auto_confirmable",
        "auto_confirmable",
        "failed",
    ]
    assert list(lines[1]) == [
        "file", "pages", "method", "fields", "lines", "taxes", "summary", "findings", "status", "error",
    ]  # fmt: skip
    duplicates = [
        finding["sentence"]
        for line in lines
        for finding in line["findings"]
        if finding["check"] == "duplicate"
    ]
    assert len(duplicates) == 2
    assert all("2-good.pdf" in sentence for sentence in duplicates)
    assert "cannot be opened" in lines[4]["error"]


def test_a_document_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    path = tmp_path / "slow.pdf"
    path.write_bytes(pdf(Sale().texts()))
    monkeypatch.setattr("ml.documents.batch.extract", lambda *given: time.sleep(30))
    found = list(answers([path], Options(limits=Limits(document_seconds=0.3)), jobs=1))
    assert found[0]["status"] == "failed"
    assert "took longer" in found[0]["error"]
