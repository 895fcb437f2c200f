"""Ten thousand damaged files, each beside its sound twin: what is admitted from one that the twin contradicts?

    python -m benchmarks.mutated_files [--files 10000] [--seed 1]

A damaged file may be refused, and records of it may be rejected. A row that *is* admitted has to be a row of the
twin, or what the damaged bytes say by themselves: what the plainest reader of the format (csv, json, openpyxl,
pyarrow) makes of them, with the twin's own encoding and delimiter, or the encoding that admission says it guessed.
Everything else was changed by reading, and is printed as NAME:NUMBER, which `--only` writes to the file `damaged`.
Exits with 1 if there is any.
"""

import argparse
import random
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.damaged_twins import GERMAN, Row, Shape, canonical, shapes, sound_rows, twin_damaged


class Admission:
    """Files as they are admitted, without a ledger or a lake."""

    def __init__(self, folder: Path) -> None:
        from retail_assets.config import Settings
        from retail_assets.feeds.mapping.load import Match, identity_mapping, load_mapping
        from retail_assets.flows import platform_of

        self.folder, self.settings = folder, Settings(data_dir=folder / "data", settle_seconds=0)
        feeds = {feed.name: feed for feed in platform_of(self.settings).feeds.values()}
        (folder / "german.yaml").write_text(GERMAN)
        german = load_mapping(folder / "german.yaml", tuple(feeds.values()))
        self.matches = {False: Match(identity_mapping(feeds["sales"]), {}), True: Match(german, {})}

    def rows(self, data: bytes, shape: Shape) -> tuple[str, list[dict[str, Any]], str | None]:
        """What became of a file, the rows that were admitted from it, and the encoding if that was a guess."""
        import polars as pl

        from retail_assets.errors import Unreadable
        from retail_assets.feeds.loading import Result, ToLoad

        scratch = self.folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        stored = scratch / "content"
        stored.write_bytes(data)
        content = ToLoad(stored, shape.name, self.matches[shape.german], "0" * 32)
        try:
            result = Result.of(content, scratch, self.settings)
        except Unreadable as error:
            return error.reason, [], None
        path = result.mapped.rows.get("sales")
        guessed = result.records.encoding if result.records.encoding_doubt else None
        return "admitted", pl.read_parquet(path).to_dicts() if path else [], guessed


@dataclass(frozen=True)
class Judged:
    """What became of one damaged file, and those of its admitted rows that nothing explains."""

    end: str
    changed: int
    unexplained: list[Row]


def judge(admission: Admission, shape: Shape, data: bytes) -> Judged:
    end, rows, guessed = admission.rows(data, shape)
    admitted = Counter(row for record in rows if (row := canonical(record, german=False)))
    sound = {canonical(record, shape.german) for record in shape.read(shape.data)}
    strange = [row for row in admitted if row not in sound]
    if not strange:
        return Judged(end, 0, [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stated = set()
        for encoding in {None, guessed}:
            with suppress(Exception):  # whatever the plain reader says of damaged bytes: it explains nothing
                stated |= {canonical(record, shape.german) for record in shape.read(data, encoding)}
    return Judged(end, len(strange), [row for row in strange if row not in stated])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="NAME:NUMBER of one damaged file, which is written to `damaged`")
    arguments = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        admission = Admission(Path(folder))
        every = shapes()
        for shape in every:
            end, rows, _ = admission.rows(shape.data, shape)
            if len(rows) != len(sound_rows()):
                raise SystemExit(f"{shape.name}: the sound file gives {len(rows)} rows ({end})")
        for shape in every:
            ends: Counter[str] = Counter()
            changed = 0
            for number in range(arguments.files // len(every)):
                if arguments.only not in (None, f"{shape.name}:{number}"):
                    continue
                data = twin_damaged(shape, random.Random(f"{arguments.seed}/{shape.name}/{number}"))
                judged = judge(admission, shape, data)
                ends["admitted" if judged.end == "admitted" else "refused"] += 1
                changed += judged.changed
                if judged.unexplained:
                    faults += 1
                    print(f"  {shape.name}:{number}: {len(judged.unexplained)} rows, {judged.unexplained[0]}")
                if arguments.only:
                    Path("damaged").write_bytes(data)
            print(f"{shape.name:15} {dict(ends)}, rows that the damage itself changed: {changed}", flush=True)
    print(f"{faults} files with rows that nothing explains")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
