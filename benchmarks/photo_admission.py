"""A day of refund photos through admission: files a second, memory, a second run; against one by one.

    python -m benchmarks.photo_admission [--photos 10000] [--one-by-one 500]

The photos are JPEGs of one size, each with bytes of its own, in folders of eight per case. One in a hundred is cut
off. The other way is the obvious one, how feeds come in: each photo is read, judged and recorded by itself, with
transactions of its own; it gets fewer photos and is compared by photos a second.
"""

import argparse
import io
import shutil
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from benchmarks.measure import WORK, Measured, measure

NIGHT = date(2026, 11, 20)
PER_CASE, CUT_OFF = 8, 100


def drop_photos(inbox: Path, *, photos: int, width: int, height: int) -> int:
    """Write the photos; the bytes of all of them."""
    import numpy as np
    from PIL import Image

    colours = np.random.default_rng(19).integers(0, 255, (height // 40, width // 40, 3), dtype=np.uint8)
    picture = Image.fromarray(colours).resize((width, height), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    total = 0
    for number in range(photos):
        case = inbox / f"C-{number // PER_CASE:06}"
        if number % PER_CASE == 0:
            case.mkdir(parents=True)
        # A comment makes the bytes a content of their own: the start, then the comment, then the rest.
        comment = f"{number:012}".encode()
        content = buffer.getvalue()
        content = content[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + content[2:]
        if number % CUT_OFF == CUT_OFF - 1:
            content = content[: len(content) // 2]
        (case / f"{number % PER_CASE}.jpg").write_bytes(content)
        total += len(content)
    return total


def _admit(folder: Path, *, many: bool) -> None:
    from retail_assets.config import Settings
    from retail_assets.errors import Unreadable
    from retail_assets.flows import platform_of
    from retail_assets.intake.admission import admit
    from retail_assets.intake.handlers import Batch, Handlers, OneByOne, Outcome
    from retail_assets.intake.reconcile import reconcile
    from retail_assets.refunds.photos import admitted_photos

    settings = Settings(data_dir=folder, dagster_home=folder / "dagster", settle_seconds=0)
    handlers = platform_of(settings).handlers()
    if not many:
        photos = next(handler for handler in handlers.all if handler.name == "refund_photos")
        batch = photos.reader
        assert isinstance(batch, Batch)

        def load(stored: Path, *_: object) -> Outcome:
            [outcome] = batch.load([stored])
            if isinstance(outcome, Unreadable):
                raise outcome
            return outcome

        single = replace(photos, reader=OneByOne(load))
        handlers = Handlers([single if handler is photos else handler for handler in handlers.all])
    started = time.perf_counter()
    report = admit(settings=settings, handlers=handlers, as_of=NIGHT, folders=["refunds"])
    seconds = time.perf_counter() - started
    lines = report.summary()
    print(f"{seconds:.1f} s in admission, {len(lines)} line(s) for the log, first: {lines[0][:100]}")
    started = time.perf_counter()
    findings = reconcile(settings, handlers)
    print(
        f"{time.perf_counter() - started:.1f} s for the check that nothing is lost, {len(findings)} finding(s)"
    )
    if many:
        started = time.perf_counter()
        found = admitted_photos(settings, NIGHT).height
        print(f"{time.perf_counter() - started:.2f} s to list the {found:,} photos of the night")


def _measured(way: str, folder: Path) -> Measured:
    return measure("-m", "benchmarks.photo_admission", "--way", way, "--folder", folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--one-by-one", type=int, default=500, help="photos for the other way")
    parser.add_argument("--size", type=int, nargs=2, default=(1080, 1440), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--way", choices=["many", "single"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        _admit(arguments.folder, many=arguments.way == "many")
        return
    width, height = arguments.size
    rates = {}
    for way, photos in (("many", arguments.photos), ("single", arguments.one_by_one)):
        folder = WORK / "photos"
        shutil.rmtree(folder, ignore_errors=True)
        total = drop_photos(folder / "inbox" / "refunds", photos=photos, width=width, height=height)
        name = "together" if way == "many" else "one by one"
        print(f"{name}: {photos:,} photos of {width}x{height}, {total / 1e6:,.0f} MB")
        for run in ("first run", "second run"):
            figure = _measured(way, folder)
            print(f"  {run}: {figure.seconds:.1f} s with start, peak {figure.peak_mib:.0f} MiB")
            print("    " + figure.output.strip().replace("\n", "\n    "))
            if run == "first run":
                # Without the start of the process, which would count against the few photos of the other way.
                rates[way] = photos / float(figure.output.split()[0])
                print(f"    {rates[way]:,.0f} photos/s; 100,000 in {100_000 / rates[way] / 60:.0f} min")
        shutil.rmtree(folder, ignore_errors=True)
    print(f"together is {rates['many'] / rates['single']:.1f} times as fast as one by one")


if __name__ == "__main__":
    sys.exit(main())
