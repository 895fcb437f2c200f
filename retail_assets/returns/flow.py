"""Returns: the cases that customers open."""

from retail_assets.audiences import MERCHANTS, OPERATIONS
from retail_assets.platform import Flow, Mart, RowFiles
from retail_assets.returns import rules
from retail_assets.returns.contracts import FEEDS
from retail_assets.returns.queue_page import QUEUE_PAGE
from retail_assets.returns.settings import ReturnSettings
from retail_assets.returns.tables import ESCALATION_SCORES, RETURN_CASE_FEATURES

FLOW = Flow(
    name="returns",
    description="Return cases of customers.",
    settings=ReturnSettings,
    dbt_settings=("return_queue_page_rows", "return_queue_closed_days", "sla_calendar", "sla_paused_in"),
    feeds=FEEDS,
    dbt_constants=rules.FOR_SQL,
    handlers={
        "return_document_notes": "retail_assets.returns.evidence_notes:note_handler",
        "return_documents": "retail_assets.returns.evidence:evidence_handler",
    },
    decisions="retail_assets.returns.decisions:decision_kinds",
    tables=(ESCALATION_SCORES, RETURN_CASE_FEATURES),
    models="retail_assets.returns.model:models",
    assets="retail_assets.returns.assets:definitions",
    truth="retail_assets.returns.truth:truth_found",
    marts=(
        Mart("escalation_scores", OPERATIONS),
        Mart("return_cases", OPERATIONS),
        Mart("return_case_history", OPERATIONS),
        # Long and wide: too much to copy into the database every night.
        Mart("return_case_features", OPERATIONS, by_month="scored_on", in_database=False),
        Mart("ops_queue", OPERATIONS, may_shrink=True, macro=QUEUE_PAGE),
        Mart("return_audit_trail", OPERATIONS),
        Mart(
            "return_case_audits",
            OPERATIONS,
            in_database=False,
            may_shrink=True,
            row_files=RowFiles("audit", name="case_id", content="document"),
        ),
        Mart("return_metrics_daily"),
        Mart("merchant_return_cases", MERCHANTS),
    ),
    samples=(
        "retail_assets.samples.flows.returns:write",
        "retail_assets.samples.flows.return_events:write",
    ),
)
