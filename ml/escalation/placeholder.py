"""The fixed rule of the old system: what scores where no model can be loaded. It has learned nothing."""

from datetime import datetime

import polars as pl

from ml.escalation.contract import BASELINE, Contract, contract
from ml.escalation.events import up_to
from ml.escalation.features import case_features
from ml.escalation.reasons import NONE, UP, detail
from ml.escalation.score import scored
from ml.escalation.target_statistics import logit

VERSION = "placeholder"
CUTS = (0.40, 0.70)
LEAST, MOST = 0.05, 0.95
DAMAGED = ("damaged", "defective")

DAYS, REASON, MESSAGE, PRIOR, VALUE = (
    pl.col(name)
    for name in ("days_since_delivery", "return_reason", "message_bucket", "prior_returns", "value_band")
)
POINTS = (
    0.02 * DAYS,
    0.12 * MESSAGE,
    0.18 * PRIOR,
    0.10 * VALUE,
    0.20 * REASON.str.to_lowercase().is_in(DAMAGED).cast(pl.Float64),
)
NAMED = {
    "delayed_return_window": (DAYS > 14, POINTS[0]),
    "detailed_customer_message": (MESSAGE >= 3, POINTS[1]),
    "repeat_return_history": (PRIOR >= 2, POINTS[2]),
    "high_order_value": (VALUE == 4, POINTS[3]),
}
"""When a reason is named, and its points."""


def placeholder_scores(
    cases: pl.DataFrame,
    *,
    as_of: datetime,
    history: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The columns of `score_cases` by the fixed rule, of normalised cases; what is not known has no points.

    The points of a rule add up to a score, not to a logit: `contributions` is empty, `base_logit` the logit, and the
    contribution of a reason its points.
    """
    old = contract(1)
    read = pl.col("created_at") <= as_of
    features = case_features(
        cases.filter(read),
        contract=old,
        known=None if history is None else history.filter(read),
        events=up_to(events, as_of),
    )
    score = pl.sum_horizontal(one.fill_null(0) for one in POINTS).clip(LEAST, MOST)
    scores = features.select(score.alias("score"))["score"].to_numpy().astype(float)
    reasons = features.select(reason_codes=_reasons(old)).with_columns(
        contributions=pl.col("reason_codes").list.head(0)
    )
    logits = logit(scores)
    return scored(
        features, scores, logits, reasons, base=logits, cuts=CUTS, version=VERSION, contract=old, as_of=as_of
    )


def _reasons(old: Contract) -> pl.Expr:
    """A list of {code, direction, detail, contribution}; nothing stands out where none applies."""

    def entry(code: str, direction: str, points: pl.Expr) -> pl.Expr:
        return pl.struct(
            code=pl.lit(code),
            direction=pl.lit(direction),
            detail=detail(old, code),
            contribution=points.cast(pl.Float64),
        )

    named = [
        pl.when(applies.fill_null(False)).then(entry(code, UP, points))
        for code, (applies, points) in NAMED.items()
    ]
    listed = pl.concat_list(named).list.drop_nulls()
    nothing = pl.concat_list(entry(BASELINE, NONE, pl.lit(0.0)))
    return pl.when(listed.list.len() > 0).then(listed).otherwise(nothing)
