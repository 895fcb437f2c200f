"""How a gate's report comes in."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.intake.handlers import Batch, Handler, Identity, Inbox, Outcome
from retail_assets.intake.ledger_tables import Drop
from retail_assets.platform import Platform

FOLDER, SOURCE = "gates", "gate"


def gate_handler(platform: Platform) -> Handler:
    """Reports of gates: `store;merchant;day;visitors`, in a folder per store or loose."""
    return Handler(
        name="gates",  # its sensor is gates_dropped
        description="Reports of door gates.",
        inboxes=(Inbox(FOLDER, platform.lake.inbox / "doors" / FOLDER, levels=1),),
        reader=Batch(_load),
        identify=_identify,
        starts=lambda _: ["lake/gate_counts"],  # what a drop runs; the rest waits for the night
    )


def _identify(drop: Drop) -> Identity:
    return Identity(SOURCE, "1", {}, hashlib.sha256(f"gate 1 {drop.sha256}".encode()).hexdigest()[:32])


def _load(paths: Sequence[Path]) -> Iterator[Outcome | Unreadable]:
    for path in paths:
        words = path.read_text(errors="replace").strip().split(";")
        if len(words) != 4 or not words[3].isdigit():
            yield Unreadable("not_a_gate_report", "A gate report has store, merchant, day and visitors.")
        else:
            store, merchant, day, visitors = words
            yield Outcome(
                metadata={"store_id": store, "merchant_id": merchant, "day": day, "visitors": int(visitors)}
            )
