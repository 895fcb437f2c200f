"""The process that decodes photos to see whether they can be read. `photo_check` is its other side."""

from pathlib import Path

from ml.vision.image_files import ImageLimits, UnreadableImage
from ml.vision.images import decode_image, inspect_image
from retail_assets.error_classification import machine_trouble, out_of_memory
from retail_assets.sandbox.serving import serve

FRAME = 32
"""Every byte is decoded whatever the size asked for, and a JPEG fastest at its smallest scale."""


def _answer(request: dict) -> dict:
    """One answer per photo; `worn_out` when this process should read no more."""
    limits = ImageLimits(max_bytes=request["max_bytes"], max_pixels=request["max_pixels"])
    answers = [_checked(Path(path), limits) for path in request["paths"]]
    return {"photos": answers, "worn_out": any(answer.get("worn_out") for answer in answers)}


def _checked(path: Path, limits: ImageLimits) -> dict:
    """Format, width and height, or why there are none."""
    try:
        facts = inspect_image(path, limits)
        decode_image(path, width=FRAME, height=FRAME, limits=limits)
        return {"facts": {"format": facts.format, "width": facts.width, "height": facts.height}}
    except BaseException as error:
        # Everything that a decoder may raise, panics of native code (no Exception) among them.
        trouble = machine_trouble(error.__cause__ or error)
        if trouble is not None:
            return {"machine_trouble": [trouble, str(error)]}
        if isinstance(error, UnreadableImage):
            return {
                "unreadable": [error.reason, error.message],
                "worn_out": error.reason == "too_much_memory",
            }
        if out_of_memory(error):
            message = "Decoding it takes more memory than one photo may have."
            return {"unreadable": ["too_much_memory", message], "worn_out": True}
        message = f"Decoding it failed ({type(error).__name__}); save the photo anew and send it again."
        return {"unreadable": ["corrupt", message], "worn_out": not isinstance(error, Exception)}


if __name__ == "__main__":
    serve(_answer)
