"""The Parquet tables that this flow keeps in the lake: declarations only."""

from typing import Any

import dataframely as dy

from ml.escalation.contract import Feature, contract
from retail_assets.contract import instant
from retail_assets.kit.lake_table import LakeTable


def _reasons(description: str) -> dy.List:
    return dy.List(
        dy.Struct(
            {
                "code": dy.String(),
                "direction": dy.String(),
                "detail": dy.String(),
                "contribution": dy.Float64(),
            }
        ),
        description=description,
    )


class EscalationScores(dy.Schema):
    """What was said of the risk that a return case escalates, one row for each time that it was told."""

    case_id = dy.String(description="Return case.")
    scored_on = dy.Date(description="The night that told it.")
    scored_at = instant("When it was told, UTC.")
    scored_moment = instant("Moment of the case as of which it was told, UTC.")
    inputs_digest = dy.String(description="Names what it was told from, as in return_cases.")
    score = dy.Float64(description="Probability that the case escalates, or breaches its promised time.")
    label = dy.String(description="low, medium or high.")
    reason_codes = _reasons("What raises or lowers it most: code, direction, sentence, part of the logit.")
    contributions = _reasons("All parts: with base_logit they add up to the logit.")
    logit = dy.Float64(description="Log-odds of the score.")
    base_logit = dy.Float64(description="Log-odds of an average case of the training.")
    model_name = dy.String(description="Registered model that told it.")
    model_version = dy.String(description="Version of that model.")
    model_source = dy.String(
        description="registry; packaged where its model cannot be loaded; placeholder, the fixed rule, where none can."
    )
    contract_version = dy.Int32(description="Version of the feature contract.")
    contract_hash = dy.String(description="Hash of that contract.")


ESCALATION_SCORES = LakeTable(
    "escalation_scores", EscalationScores, reads=("return_cases", "return_case_history")
)


_KINDS: dict[str, Any] = {"flag": dy.Bool, "category": dy.String}
"""Kind of a feature -> its type; all others are numbers."""


def _feature(feature: Feature) -> dy.Column:
    words = feature.description
    if feature.kind == "category":
        words = f"As a name; to the model: {words[0].lower()}{words[1:]}"
    return _KINDS.get(feature.kind, dy.Float64)(nullable=True, description=words)


class _Told(dy.Schema):
    """What return cases were judged by, one row for each time that their risk was told: the features of the current
    contract, as they were known at the case's moment. A category stands as its name."""

    case_id = dy.String(description="Return case.")
    scored_on = dy.Date(description="The night that told its risk.")
    scored_at = instant("When it was told, UTC; with case_id it names the row of escalation_scores.")
    scored_moment = instant("Moment of the case as of which it was told, UTC.")
    contract_version = dy.Int32(description="Version of the feature contract.")
    contract_hash = dy.String(description="Hash of that contract.")


# The contract is a file: a feature that it gets is a column here.
ReturnCaseFeatures = type(
    "ReturnCaseFeatures",
    (_Told,),
    {"__doc__": _Told.__doc__} | {one.name: _feature(one) for one in contract().features},
)

RETURN_CASE_FEATURES = LakeTable(
    "return_case_features", ReturnCaseFeatures, reads=("return_cases", "return_case_history"), published=True
)
