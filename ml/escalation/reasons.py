"""Why a score is what it is: contributions by entry of the catalogue, with a sentence about the case."""

from string import Formatter

import numpy as np
import polars as pl

from ml.escalation.contract import BASELINE, Contract

MOST = 4
"""Reasons that are named."""
LEAST = 0.05
"""What a named reason adds to the logit, or takes away, at least."""
LONGEST_VALUE = 80
"""Characters of a value that a sentence quotes."""
NUMBERS = ("order_value", "hours_open")
"""Features that a sentence quotes rounded."""
UP, DOWN, NONE = "increases", "decreases", "none"


def explained(contract: Contract, features: pl.DataFrame, contributions: np.ndarray) -> pl.DataFrame:
    """`contributions` and `reason_codes` of each case, lists of {code, direction, detail, contribution}.

    `contributions` is [n, entries], in the order of `contract.groups()`. All are listed, the strongest first; the
    first few that matter are the reasons, or else that nothing stands out.
    """
    codes = list(contract.groups())
    rows, entries = contributions.shape
    order = np.argsort(-np.abs(contributions), axis=1, kind="stable")
    sorted_parts = np.take_along_axis(contributions, order, 1)
    details = features.select(detail(contract, code).alias(code) for code in codes)
    flat = pl.DataFrame(
        {
            "code": pl.Series(codes).gather(order.ravel()),
            "direction": pl.Series([DOWN, NONE, UP]).gather((np.sign(sorted_parts).astype(int) + 1).ravel()),
            "detail": pl.concat([details[code].alias("detail") for code in codes]).gather(
                (order * rows + np.arange(rows)[:, None]).ravel()
            ),
            "contribution": sorted_parts.ravel(),
        }
    ).to_struct("contributions")
    listed = flat.reshape((rows, entries)).arr.to_list()
    named = np.minimum((np.abs(contributions) >= LEAST).sum(1), MOST)
    baseline = {
        "code": BASELINE,
        "direction": NONE,
        "detail": contract.reasons[BASELINE].detail,
        "contribution": 0.0,
    }
    nothing = pl.lit(pl.Series([[baseline]], dtype=listed.dtype))
    return pl.DataFrame({"contributions": listed, "named": named}).select(
        "contributions",
        reason_codes=pl.when(pl.col("named") > 0)
        .then(pl.col("contributions").list.head(pl.col("named")))
        .otherwise(nothing),
    )


def detail(contract: Contract, code: str) -> pl.Expr:
    """The sentence of an entry about each case."""
    reason = contract.reasons[code]
    parts = list(Formatter().parse(reason.detail))
    texts = [text for text, _, _, _ in parts]
    names = [name for _, name, _, _ in parts if name]
    if not names:
        return pl.lit(reason.detail)
    shown = [_shown(name) for name in names]
    pieces = [piece for pair in zip(texts, shown, strict=False) for piece in (pl.lit(pair[0]), pair[1])]
    return pl.concat_str([*pieces, *map(pl.lit, texts[len(names) :])]).fill_null(reason.otherwise)


def _shown(name: str) -> pl.Expr:
    value = pl.col(name)
    if name == "moment":
        return value.dt.to_string("%A %H:00 UTC")
    if name in NUMBERS:
        value = value.round(2)
    return value.cast(pl.String).str.slice(0, LONGEST_VALUE)
