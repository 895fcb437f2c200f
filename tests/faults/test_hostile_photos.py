"""Files that were made or damaged to do harm, dropped as photos: quarantined or admitted, never a failed run."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from ml.vision.images import ImageFacts
from retail_assets.config import REPOSITORY, Settings
from retail_assets.error_classification import MachineTrouble
from retail_assets.errors import Unreadable
from retail_assets.flows import FLOWS
from retail_assets.intake.admission import admit
from retail_assets.intake.reconcile import reconcile
from retail_assets.platform import Platform
from retail_assets.refunds.photo_check import PhotoLimits, check_photos
from retail_assets.refunds.photos import admitted_photos
from retail_assets.refunds.settings import RefundSettings
from tests.photos import animated_gif, heic, noise, photo, png_claiming

NIGHT = date(2026, 11, 20)


def _limits(**changes: float) -> PhotoLimits:
    limits = {"max_bytes": 2**26, "max_pixels": 120_000_000, "memory_bytes": 2**31, "seconds": 60.0}
    return PhotoLimits(**(limits | changes))  # ty: ignore[invalid-argument-type]


def test_every_hostile_file_ends_somewhere_and_none_fails_the_run(settings: Settings, tmp_path: Path) -> None:
    platform = Platform(settings, FLOWS, {RefundSettings: RefundSettings(photo_max_bytes=3_000_000)})
    handlers = platform.handlers()
    inbox = handlers.inboxes["refunds"].path
    case = inbox / "CASE-1"
    case.mkdir(parents=True)
    cut = noise()
    contents = {
        "cut off.jpg": (cut[: len(cut) // 2], "truncated"),
        "header only.jpg": (cut[:20], "corrupt"),
        "noise behind a signature.png": (b"\x89PNG\r\n\x1a\n" + os.urandom(500), "corrupt"),
        "text.jpg": (b"I am no photo.", "not_an_image"),
        "page.jpg": (b"<html><body>404 not found</body></html>", "not_an_image"),
        "letter.jpg": (b"%PDF-1.7 ...", "unsupported_format"),
        "film.heic": (b"\x00\x00\x00\x20ftypqt  \x00\x00\x00\x00", "unsupported_format"),
        "empty.jpg": (b"", "empty"),
        "claim.png": (png_claiming(50_000, 50_000), "too_many_pixels"),
        "bomb.png": (png_claiming(9_000, 9_000, pixels=bytes(50_000_000)), "truncated"),
        "large.jpg": (bytes(3_000_001), "too_large"),
        "line\nbreak.jpg": (photo("pink"), "unsafe_name"),
        "x\\..\\..\\etc\\passwd.jpg": (photo("brown"), "unsafe_name"),
        "animated.gif": (animated_gif(), None),
        "iphone.HEIC": (heic(), None),
        "without an ending": (photo("green"), None),
        "😀 schön.jpg": (photo("yellow"), None),
        "' or 1=1; --.jpg": (photo("purple"), None),
    }
    for name, (content, _) in contents.items():
        (case / name).write_bytes(content)
    expected = {name: reason for name, (_, reason) in contents.items()}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.jpg").write_bytes(photo("black"))
    (case / "link.jpg").symlink_to(elsewhere / "secret.jpg")
    (case / "hard.jpg").hardlink_to(elsewhere / "secret.jpg")
    (inbox / "CASE-2").symlink_to(elsewhere)
    os.mkfifo(case / "pipe.jpg")
    (case / "folder.jpg").mkdir()
    (case / os.fsdecode(b"caf\xe9.jpg")).write_bytes(photo("orange"))

    report = admit(settings=settings, handlers=handlers, as_of=NIGHT, folders=["refunds"])

    drops = pl.read_parquet(platform.lake.ledger / "drops.parquet")
    reasons = {row["name"].removeprefix("CASE-1/"): row["reason"] for row in drops.iter_rows(named=True)}
    escaped = {"line\nbreak.jpg": "line\\nbreak.jpg"}
    assert reasons == {escaped.get(name, name): reason for name, reason in expected.items()} | {
        "link.jpg": "symbolic_link",
        "hard.jpg": "hard_link",
        "pipe.jpg": "not_a_file",
        "CASE-2": "symbolic_link",
        "caf\\xe9.jpg": "unsafe_name",
    }
    states = {state for state, reason in drops.select("state", "reason").iter_rows() if reason}
    assert states == {"quarantined"}
    assert all(message.endswith(".") for message in drops["message"].drop_nulls())
    assert admitted_photos(settings, NIGHT).height == 5
    assert [one.name for one in report.skipped] == ["CASE-1/folder.jpg"]
    assert (elsewhere / "secret.jpg").read_bytes() == photo("black")
    assert reconcile(settings, handlers) == []


def test_a_photo_that_takes_more_memory_than_allowed_costs_only_itself(tmp_path: Path) -> None:
    Image.new("1", (10_000, 11_000)).save(tmp_path / "hungry.png")
    (tmp_path / "good.jpg").write_bytes(photo())
    paths = [tmp_path / name for name in ("good.jpg", "hungry.png", "good.jpg")]
    before, hungry, after = check_photos(paths, limits=_limits(memory_bytes=2**28), processes=1)
    assert before == after == ImageFacts("JPEG", 60, 80)
    assert isinstance(hungry, Unreadable)
    assert hungry.reason == "too_much_memory"


def test_a_photo_that_takes_too_long_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "good.jpg").write_bytes(photo())
    [found] = check_photos([tmp_path / "good.jpg"], limits=_limits(seconds=0.0), processes=1)
    assert isinstance(found, Unreadable)
    assert found.reason == "timeout"


def test_a_missing_file_is_the_machines_trouble_and_not_the_photos(tmp_path: Path) -> None:
    with pytest.raises(MachineTrouble):
        list(check_photos([tmp_path / "gone.jpg"], limits=_limits(), processes=1))


def test_decoding_processes_that_are_killed_cost_no_photo(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.jpg" for number in range(300)]
    for path in paths:
        path.write_bytes(noise((300, 400)))
    found = []
    for number, facts in enumerate(check_photos(paths, limits=_limits(), processes=2)):
        if number == 20:
            for process in _decoding_processes(os.getpid()):
                os.kill(process, signal.SIGKILL)
        found.append(facts)
    assert found == [ImageFacts("JPEG", 300, 400)] * 300


def test_killed_between_photos_the_next_run_finishes_and_no_process_stays(platform: Platform) -> None:
    settings, lake, handlers = platform.settings, platform.lake, platform.handlers()
    inbox = handlers.inboxes["refunds"].path
    inbox.mkdir(parents=True)
    content, count = noise((300, 400)), 400
    for number in range(count):
        (inbox / f"{number}.jpg").write_bytes(content + b"%d" % number)
    script = (
        "import sys; from pathlib import Path; from datetime import date;"
        "from retail_assets.config import Settings; from retail_assets.intake.admission import admit;"
        "from retail_assets.flows import platform_of;"
        "settings = Settings(data_dir=Path(sys.argv[1]), settle_seconds=0.01);"
        "admit(settings=settings, handlers=platform_of(settings).handlers(), as_of=date(2026, 11, 20))"
    )
    running = subprocess.Popen([sys.executable, "-c", script, str(settings.data_dir)], cwd=REPOSITORY)
    deadline = time.monotonic() + 60
    while not (workers := _decoding_processes(running.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.kill()
    running.wait()
    assert workers
    admit(settings=settings, handlers=handlers, as_of=NIGHT)
    assert admitted_photos(settings, NIGHT)["sha256"].n_unique() == count
    assert not list(inbox.iterdir()) and not list(lake.claims.iterdir())
    assert reconcile(settings, handlers) == []
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def _decoding_processes(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task").glob("*/children")
    found = [int(child) for listed in children for child in _read(listed).split()]
    return [child for child in found if b"photo_worker" in _read(Path(f"/proc/{child}/cmdline"))]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
