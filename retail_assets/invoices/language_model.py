"""What a language model adds to documents that child processes have read: they have no key, this process has."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.lake import Lake

if TYPE_CHECKING:
    from ml.documents.llm.stage import Stage

PORTION = 16
"""Documents that wait for the model together."""
KEPT_ANSWERS = "invoice_model_answers"
"""The folder of its answers, among the lake's work."""


def stage_of(lake: Lake, settings: InvoiceSettings) -> "Stage | None":
    """One run's language model with its budget; None where none is to be asked."""
    key = settings.openai_api_key
    if settings.invoice_llm == "off" or key is None:
        return None
    from ml.documents.llm.settings import Settings
    from ml.documents.llm.stage import Stage

    return Stage(
        Settings(
            key=key.get_secret_value(),
            model=settings.openai_model,
            base_url=settings.openai_base_url,
            most_tokens=settings.invoice_llm_tokens,
            most_cost=settings.invoice_llm_cost,
            input_price=settings.invoice_llm_input_price,
            output_price=settings.invoice_llm_output_price,
            kept=lake.work_folder(KEPT_ANSWERS),
        )
    )


def improved(answers: Iterable[dict[str, Any]], stage: "Stage") -> Iterator[dict[str, Any]]:
    """The answers in their order; those that were handed over are the model's and ours together."""
    waiting = iter(answers)
    while portion := list(islice(waiting, PORTION)):
        documents = iter(stage.improved([answer["handed"] for answer in portion if "handed" in answer]))
        for answer in portion:
            yield next(documents).written(boxes=True) if "handed" in answer else answer
