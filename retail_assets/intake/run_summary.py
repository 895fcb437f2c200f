"""What a run took, and its night in all, in lines for whoever started it at a terminal, from the exported ledger."""

from datetime import date

import polars as pl

from retail_assets.intake.containers import TARGET as PARTS
from retail_assets.lake import Lake

_STANDS = ["sequence", "state", "content_key"]
_COUNTED = {
    "admitted": "admitted",
    "routed": "sent elsewhere",
    "filtered": "left out",
    "duplicate": "duplicate",
    "rejected": "rejected",
    "flagged": "flagged",
}


def drops_as_they_stand(lake: Lake) -> pl.DataFrame:
    """To be kept from before a run: the number, state and content of every drop."""
    return pl.read_parquet(lake.ledger / "drops.parquet", glob=False, columns=_STANDS)


def intake_lines(lake: Lake, night: date, before: pl.DataFrame) -> list[str]:
    """What became another since `before`; and the night that it belongs to, where an earlier run took some of it."""
    drops = pl.read_parquet(lake.ledger / "drops.parquet", glob=False)
    of_run = drops.join(before, on=_STANDS, how="anti", nulls_equal=True)
    of_night = drops.filter(partition=night)
    lines = _lines(lake, of_run, "") or ["This run took nothing new."]
    if set(of_run["sequence"]) != set(of_night["sequence"]):
        lines += _lines(lake, of_night, " of the whole night")
    return lines


def _lines(lake: Lake, drops: pl.DataFrame, of_what: str) -> list[str]:
    if drops.is_empty():
        return []
    counts = pl.read_parquet(lake.ledger / "row_counts.parquet", glob=False).join(
        drops, on="sequence", how="semi"
    )
    of_archives = pl.col("target") == PARTS
    in_archives = counts.filter(of_archives)
    parts = {
        "from archives": drops["parent"].count(),
        "left out of archives": int(in_archives["filtered"].sum()),
        "rejected in archives": int(in_archives["rejected"].sum()),
    }
    of_rows = counts.filter(~of_archives)
    rows = {words: int(of_rows[name].sum()) for name, words in _COUNTED.items()}
    states = dict(drops.group_by("state").len().sort("state").iter_rows())
    files = f"Files{of_what}: {_words(states)}"
    lines = [f"{files} ({_words(parts)})" if any(parts.values()) else files]
    decided = pl.read_parquet(lake.ledger / "decisions.parquet", glob=False).join(
        drops, on="sequence", how="semi"
    )["accepted"]
    decisions = {"accepted": int(decided.sum()), "refused": int((~decided).sum())}
    counted = {"Rows": rows, "Decisions": decisions}
    return lines + [
        f"{what}{of_what}: {_words(counts)}" for what, counts in counted.items() if any(counts.values())
    ]


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
