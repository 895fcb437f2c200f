"""The process that reads documents of invoices. `reading` is its other side.

It recognises pages and finds fields, both by `ml.documents`; pages that were recognised are kept by their content.
"""

import base64
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ml.documents.document import Options, extract, pages_of
from ml.documents.llm import handover
from ml.documents.pictures import boxed_page
from ml.documents.reading import evidence, limits, second_engine
from ml.documents.words import Page
from retail_assets.errors import Unreadable
from retail_assets.sandbox.answers import answer_with
from retail_assets.sandbox.serving import serve

RESERVED_BYTES = 40 * 2**30
"""The engine of the official rules (Saxon) reserves 32 GB of addresses for a heap that stays small."""
TOO_LARGE = "Reading it takes more memory or disk than one document may have."
FAILED = Unreadable("unreadable", "Reading it failed ({cause}).")


def _answer(request: dict) -> dict:
    what = {"pages": _pages, "invoice": _invoice, "picture": _picture}[request["what"]]
    return answer_with(lambda: what(request), too_large=TOO_LARGE, failed=FAILED)


def _options(request: dict) -> Options:
    if request["engine"] == "rapidocr" and not second_engine.available():
        raise Unreadable(
            "no_engine", "RapidOCR is not installed: install the extra `ocr`, or take another engine."
        )
    own = {"bytes": request["max_bytes"], "pages": request["max_pages"]}
    return Options(
        engine=request["engine"],
        limits=limits.Limits(**asdict(limits.LIMITS) | own),
        kept=Path(request["kept"]),
    )


def _pages(request: dict) -> dict:
    """The pages of a document as they were read; none of one that cannot be."""
    pages = pages_of(Path(request["path"]).read_bytes(), _options(request))
    return {"pages": [_page(page) for page in pages]}


def _page(page: Page) -> dict[str, Any]:
    return {
        "engine": page.engine if page.words else "none",
        "words": len(page.words),
        "mean_score": evidence.mean_score(page.words) if page.words else None,
        "width": page.width,
        "height": page.height,
    }


def _invoice(request: dict) -> dict:
    """What the command line writes of a document, with the place of each value; or what the language model is
    handed, which this process has no key for.
    """
    content, options = Path(request["path"]).read_bytes(), _options(request)
    document = extract(content, "", options)
    if request.get("hand_over") and not document.error:
        return {"handed": handover.written(document, content, options.limits)}
    return document.written(boxes=True)


def _picture(request: dict) -> dict:
    """A page with its values boxed, as PNG in base64."""
    content = Path(request["path"]).read_bytes()
    try:
        png = boxed_page(content, request["page"] - 1, request["boxes"], _options(request))
    except limits.Unreadable as error:
        raise Unreadable("unreadable", str(error)) from None
    return {"png": base64.b64encode(png).decode()}


if __name__ == "__main__":
    serve(_answer, reserved_bytes=RESERVED_BYTES)
