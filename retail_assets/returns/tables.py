"""The Parquet tables that this flow keeps in the lake: declarations only."""

import dataframely as dy

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
