"""Files on their way to the inbox: staged whole, then moved in with their `.done` markers.

A file's modification time is when its source finished it; admission numbers files by it, so it is part of the
sample.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from retail_assets.platform import Platform
from retail_assets.samples.truth import keep_truth


@dataclass(frozen=True)
class Drop:
    """One file, its inbox folder (a feed or `decisions`) and when it was written."""

    folder: str
    name: str
    at: datetime


@dataclass
class Drops:
    """The files of one sample; `staging` lies on the inbox's file system."""

    staging: Path
    files: list[Drop] = field(default_factory=list)
    later: dict[Drop, Callable[[], bytes]] = field(default_factory=dict)
    """What people drop in the morning, when they have seen what the night made; its content is asked for when all
    other files are known."""
    truths: dict[str, pl.DataFrame] = field(default_factory=dict)

    def add(self, folder: str, name: str, content: bytes, *, at: datetime) -> Drop:
        """Stage a file. The same name in the same folder twice is a mistake of the generator."""
        path = self.staging / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
        drop = Drop(folder, name, at)
        self.files.append(drop)
        return drop

    def add_later(self, folder: str, name: str, content: Callable[[], bytes], *, at: datetime) -> None:
        """A file of the morning after the night. It lies aside until `deliver_later`."""
        self.later[Drop(folder, name, at)] = content

    def keep_truth(self, name: str, rows: pl.DataFrame) -> None:
        """Say what is true, by flow and thing (`refunds/photos`); the platform never sees it."""
        known = self.truths.get(name)
        self.truths[name] = rows if known is None else pl.concat([known, rows])

    def rewrite(self, folder: str, name: str, content: bytes) -> None:
        """Replace what is staged under a name; its time stays."""
        (self.staging / folder / name).write_bytes(content)

    def postpone(self, folder: str, name: str, *, at: datetime) -> None:
        """Let a staged file come later than it should have."""
        drop = next(d for d in self.files if (d.folder, d.name) == (folder, name))
        self.files[self.files.index(drop)] = Drop(folder, name, at)

    def read(self, folder: str, name: str) -> bytes:
        return (self.staging / folder / name).read_bytes()

    def in_order(self) -> list[Drop]:
        """As admission numbers them on an empty platform: by modification time, then name."""
        return sorted(self.files, key=lambda drop: (drop.at.timestamp(), drop.name))

    def sequence(self, drop: Drop) -> int:
        """The number that a drop will get in the ledger of an empty platform."""
        return self.in_order().index(drop) + 1

    def deliver(self, platform: Platform, stamp: str) -> list[Path]:
        """Move everything into the inbox, and the truth of this night beside it.

        Doing it again after a crash overwrites with the same bytes.
        """
        delivered = []
        for name, rows in self.truths.items():
            keep_truth(platform.lake, name, stamp, rows)
        for drop, content in self.later.items():
            path = platform.lake.sample_later / drop.folder / drop.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content())
            _set_time(path, drop.at)
        inboxes = _inboxes(platform)
        for drop in self.in_order():
            target = platform.lake.inbox / inboxes.get(drop.folder, drop.folder) / drop.name
            source = self.staging / drop.folder / drop.name
            _set_time(source, drop.at)
            _put(source, target)
            delivered.append(target)
        return delivered


def deliver_later(platform: Platform) -> list[Path]:
    """Move what waits for the morning into the inbox."""
    delivered, inboxes = [], _inboxes(platform)
    for source in sorted(platform.lake.sample_later.glob("*/*")):
        folder = source.parent.name
        target = platform.lake.inbox / inboxes.get(folder, folder) / source.name
        _put(source, target)
        delivered.append(target)
    return delivered


def _inboxes(platform: Platform) -> dict[str, str]:
    return {feed.folder: feed.inbox for feed in platform.feeds.values()}


def _put(source: Path, target: Path) -> None:
    """Under its name in the inbox, with a marker of the same time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    modified = source.stat().st_mtime_ns
    source.replace(target)
    done = target.with_name(target.name + ".done")
    done.touch()
    os.utime(done, ns=(modified, modified))


def _set_time(path: Path, moment: datetime) -> None:
    seconds = int(moment.timestamp())
    os.utime(path, (seconds, seconds))
