"""What people decided about the files of the sample: one decision that holds and one that is refused."""

import polars as pl

from retail_assets.samples import formats
from retail_assets.samples.drops import Drops
from retail_assets.samples.sample import Sample


def write(sample: Sample, drops: Drops) -> None:
    """Comes last, because decisions name files by the number they will get on an empty platform."""
    if not sample.first_night:
        return
    files = {story.name: story.file or "" for story in sample.told}
    night = sample.plan.as_of
    rows = [
        (
            "D-0001",
            formats.at(night, 1, 40),
            "admin",
            "withdraw_file",
            files["withdrawn file"],
            "Till in training mode",
        ),
        ("D-0002", formats.at(night, 1, 41), "u-07", "release_file", files["cut off"], "Please try again"),
    ]
    numbers = {drop.name: drops.sequence(drop) for drop in drops.files}
    table = pl.DataFrame(
        [
            (decision, moment.isoformat(), actor, kind, str(numbers[file]), reason)
            for decision, moment, actor, kind, file, reason in rows
        ],
        schema=["decision_id", "at", "actor", "kind", "subject", "reason"],
        orient="row",
    )
    name = f"decisions_{night:%Y%m%d}.csv"
    drops.add("decisions", name, formats.csv(table), at=formats.at(night, 1, 45))
    sample.tell(
        "decisions",
        "One by an administrator withdraws a file; one by somebody without a role is refused.",
        file=name,
    )
