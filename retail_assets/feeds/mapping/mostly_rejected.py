"""A file of which most records were rejected, or none has lines, counts for nothing: its mapping is for another."""

from collections.abc import Sequence

import polars as pl

from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.deduplicate import SEVERAL_ROWS
from retail_assets.feeds.mapping.failures import EXPRESSION_FAILED
from retail_assets.feeds.mapping.reshape.repeated_runs import REPEATED
from retail_assets.feeds.mapping.verdicts import NO_LINES
from retail_assets.intake.row_counts import RowCounts

RULES, VALUES = 3, 3
"""So many rules, and values of each, explain a refusal; the others are counted."""
WAYS_OUT = {
    SEVERAL_ROWS: "several rows of the file share one key and would be parts of one whole (lots, bins, locations): sum "
    "them with `reshape: {sum: {per: [the columns of the key], columns: [the amounts]}}`, take more into the key, or "
    "say with `version` which is newer",
    REPEATED: "records repeat a run of earlier ones, as in a file to which its own rows were appended, and would be "
    "summed twice: mend the file, or say beside the columns to be summed `repeats: drop` to count them once, or "
    "`repeats: keep` where they are others that are equal",
}
"""What to do about rules that do not say it themselves."""
QUOTED = {EXPRESSION_FAILED: 400}
"""Characters of a value that are quoted, where it is not 40: what is told of an expression is a sentence."""
_WITHOUT_LINES = {f"left_out/{rule}" for rule in (NO_LINES, "blank", "repeated_header", "merged")}
"""What becomes of the records of a file that has no line."""


def why_mostly_rejected(
    counts: Sequence[RowCounts], rejects: pl.LazyFrame | None, *, at_most: float
) -> Unreadable | None:
    """Why a file is not to be loaded: of what a target did not leave out more than the share `at_most` was rejected, or
    all of it. `rejects` are the rejected records, masked where they may be personal and others will read it."""
    for target in counts:
        meant = target.records - target.filtered
        if target.rejected and (target.rejected > at_most * meant or target.rejected == meant):
            return Unreadable(
                "mostly_rejected",
                f"{target.rejected:,} of {meant:,} records for {target.target} were rejected (more than "
                f"{at_most:.0%}, or all): {_said(rejects)}. So none of the file counts. Mend the file or its mapping, "
                "then release it; where so many rejects are usual, say `rejected_at_most: 0.9` in the mapping.",
            )
    return _without_lines(counts) if at_most < 1 else None


def _without_lines(counts: Sequence[RowCounts]) -> Unreadable | None:
    """The same of a file in which a target found nothing to unfold. A single order may have no lines, if it is a row of
    another target itself."""
    others = sum(target.admitted + target.routed for target in counts)
    for target in counts:
        lacking = target.by_rule.get(f"left_out/{NO_LINES}", 0)
        none_has = not target.admitted and target.by_rule.keys() <= _WITHOUT_LINES
        if lacking and none_has and (lacking > 1 or not others):
            return Unreadable(
                NO_LINES,
                f"Lines were expected where `unfold` says for {target.target}, but {lacking:,} records have none. "
                "So none of the file counts. Compare the path with the file (`*` behind the name of an object whose "
                "members are the lines: `lines.*`), then release it; where such files are usual, say "
                "`rejected_at_most: 1` in the mapping.",
            )
    return None


def _said(rejects: pl.LazyFrame | None) -> str:
    """The commonest rules, with the column and some values that broke them."""
    if rejects is None:
        return "no record is kept"
    rules = (
        rejects.group_by("rule", "column")
        .agg(pl.len().alias("records"), pl.col("value").drop_nulls().unique(maintain_order=True).head(VALUES))
        .sort("records", "rule", "column", descending=[True, False, False])
        .collect()
    )
    said = [
        f"{records:,} {rule}{f' in {column}' if column else ''}{_values(rule, values)}"
        for rule, column, records, values in rules.head(RULES).iter_rows()
    ]
    said += [WAYS_OUT[rule] for rule in rules["rule"].unique(maintain_order=True) if rule in WAYS_OUT]
    others = rules["records"][RULES:].sum()
    return "; ".join(said) + (f"; {others:,} for other reasons" if others else "")


def _values(rule: str, values: list[str]) -> str:
    longest = QUOTED.get(rule, 40)
    shown = [value if len(value) <= longest else f"{value[:longest]}…" for value in values]
    return f" ({', '.join(shown)})" if shown else ""
