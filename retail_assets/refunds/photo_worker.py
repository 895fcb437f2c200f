"""The process that decodes photos to see whether they can be read. `photo_check` is its other side."""

from dataclasses import asdict
from pathlib import Path

from ml.vision.image_files import ImageLimits, UnreadableImage
from ml.vision.images import decode_image, inspect_image
from retail_assets.error_classification import machine_trouble
from retail_assets.errors import Unreadable
from retail_assets.sandbox.answers import answer_with
from retail_assets.sandbox.serving import serve

FRAME = 32
"""Every byte is decoded whatever the size asked for, and a JPEG fastest at its smallest scale."""

TOO_LARGE = "Decoding it takes more memory than one photo may have."
FAILED = Unreadable("corrupt", "Decoding it failed ({cause}); save the photo anew and send it again.")


def _answer(request: dict) -> dict:
    """One answer per photo."""
    limits = ImageLimits(max_bytes=request["max_bytes"], max_pixels=request["max_pixels"])
    answers = [
        answer_with(lambda path=path: _decoded(Path(path), limits), too_large=TOO_LARGE, failed=FAILED)
        for path in request["paths"]
    ]
    return {"photos": answers, "worn_out": any(answer.get("worn_out") for answer in answers)}


def _decoded(path: Path, limits: ImageLimits) -> dict:
    """Format, width and height."""
    try:
        facts = inspect_image(path, limits)
        decode_image(path, width=FRAME, height=FRAME, limits=limits)
    except UnreadableImage as error:
        if error.__cause__ is not None and machine_trouble(error.__cause__) is not None:
            raise error.__cause__ from None
        raise Unreadable(error.reason, error.message) from error
    return asdict(facts)


if __name__ == "__main__":
    serve(_answer)
