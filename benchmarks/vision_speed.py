"""How fast photos become classes: `python -m benchmarks.vision_speed [--photos N] [--memory N]`.

Against the obvious alternative in the same run: photo by photo, a scripted fp32 ResNet-18 at 224x224 and a SQLite
insert each, which is what the service did behind its HTTP endpoint. And against what the machine allows: decoding
alone and the model alone, sharing the same cores.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.measure import WORK, measure
from ml.vision.images import decode_image
from ml.vision.package import Classifier, load_classifier
from ml.vision.predict import predict_files
from ml.vision.torchvision_ops import import_torchvision

SIZE = (1080, 1440)
BATCHES = (32, 64, 128, 256)


def photos(count: int) -> list[Path]:
    """JPEGs of 1080x1440 pixels with about the bytes of a catalogue photo, made once."""
    folder = WORK / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        if not path.exists():
            rng = np.random.default_rng(number)
            coarse = Image.fromarray(rng.integers(0, 255, (24, 18, 3), np.uint8)).resize((648, 864))
            grain = Image.effect_noise((648, 864), 12).convert("RGB")
            page = Image.new("RGB", SIZE, "white")
            page.paste(Image.blend(coarse, grain, 0.25), (216, 288))
            page.save(path, quality=88)
    return paths


def old_way(paths: list[Path]) -> float:
    """Photos a second: open, resize, one forward pass, one insert."""
    import torch

    network = torch.jit.script(import_torchvision().models.resnet18(num_classes=27).eval())
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with tempfile.TemporaryDirectory() as folder, sqlite3.connect(Path(folder) / "old.db") as database:
        database.execute("create table predictions (path text, class integer, confidence real)")

        def run(some: list[Path]) -> None:
            for path in some:
                pixels = np.asarray(Image.open(path).convert("RGB").resize((224, 224)))
                tensor = (torch.from_numpy(pixels.copy()).permute(2, 0, 1) / 255 - mean) / std
                with torch.inference_mode():
                    confidence, best = network(tensor[None]).softmax(1).max(1)
                row = (str(path), int(best), float(confidence))
                database.execute("insert into predictions values (?, ?, ?)", row)
                database.commit()

        run(paths[:10])
        return _rate(len(paths), lambda: run(paths))


def decoding(paths: list[Path], classifier: Classifier) -> float:
    """Photos a second that all cores decode at the reduced scale."""
    width, height = classifier.card.width, classifier.card.height
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        chunks = [paths[first : first + 16] for first in range(0, len(paths), 16)]

        def run(chunk: list[Path]) -> None:
            for path in chunk:
                decode_image(path, width=width, height=height)

        return _rate(len(paths), lambda: list(pool.map(run, chunks)))


def forward(classifier: Classifier) -> float:
    """Photos a second through the model alone, at its best batch size, on all cores together or on each."""
    import torch

    rates = []
    threads = torch.get_num_threads()
    for size in BATCHES:
        pixels = np.zeros((size, classifier.card.height, classifier.card.width, 3), np.uint8)
        classifier.predict(pixels)
        rounds = max(2, 512 // size)
        rates.append(
            _rate(size * rounds, lambda p=pixels, n=rounds: [classifier.predict(p) for _ in range(n)])
        )
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            many = [pixels] * (2 * threads * rounds)
            rates.append(_rate(size * len(many), lambda m=many, p=pool: list(p.map(classifier.predict, m))))
        torch.set_num_threads(threads)
    return max(rates)


def ours(paths: list[Path], classifier: Classifier) -> float:
    sum(len(frame) for frame in predict_files(paths[:256], classifier=classifier))
    return _rate(len(paths), lambda: sum(len(f) for f in predict_files(paths, classifier=classifier)))


def _rate(count: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def _predict_many(count: int) -> None:
    """In a process of its own, for its memory: the same few photos again and again."""
    few = photos(64)
    classifier = load_classifier()
    repeated = (few[number % len(few)] for number in range(count))
    print(sum(len(frame) for frame in predict_files(repeated, classifier=classifier)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--memory", type=int, default=0, help="photos of the larger memory run (100000)")
    parser.add_argument("--only-predict", type=int, help=argparse.SUPPRESS)
    parsed = parser.parse_args()
    if parsed.only_predict:
        _predict_many(parsed.only_predict)
        return 0
    paths = photos(parsed.photos)
    classifier = load_classifier()
    card = classifier.card
    old = old_way(paths[: min(300, len(paths))])
    decode, model = decoding(paths, classifier), forward(classifier)
    bound = 1 / (1 / decode + 1 / model)
    new = ours(paths, classifier)
    print(f"{card.architecture} at {card.width}x{card.height} in {classifier.dtype}, {os.cpu_count()} cores")
    print(f"old way, photo by photo:      {old:8.1f} photos/s")
    print(f"predict_files:                {new:8.1f} photos/s, {new / old:.1f} times the old way")
    print(f"decoding alone:               {decode:8.1f} photos/s")
    print(f"model alone, best batch:      {model:8.1f} photos/s")
    print(
        f"both sharing the cores:       {bound:8.1f} photos/s; predict_files reaches {new / bound:.0%} of it"
    )
    if parsed.memory:
        for count in (1000, parsed.memory):
            run = measure("-m", "benchmarks.vision_speed", "--only-predict", count)
            print(f"{count:,} photos: {run.peak_mib:,.0f} MiB at most, {run.seconds:,.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
