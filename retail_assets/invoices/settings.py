"""The settings of invoices: what a document may cost, who reads it, and what is confirmed without a person."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from ml.documents.llm.settings import DEFAULT_MODEL
from retail_assets.config import FlowSettings


class InvoiceSettings(FlowSettings):
    """Limits of documents, and rules of confirmation."""

    invoice_max_bytes: int = Field(
        100_000_000, ge=1, description="Documents above this size are quarantined."
    )
    invoice_max_pages: int = Field(500, ge=1, description="Documents with more pages fail.")
    invoice_seconds: float = Field(600, gt=0, description="Time limit for reading one document.")
    invoice_memory_bytes: int = Field(
        6 * 2**30, description="Address-space limit of a process that reads documents or mails."
    )
    invoice_processes: int = Field(2, ge=1, description="Processes that read documents side by side.")
    invoice_engine: Literal["auto", "tesseract", "rapidocr"] = Field(
        "auto",
        description="Who recognises scans: Tesseract, RapidOCR, or the second where the first is weak.",
    )
    openai_api_key: SecretStr | None = Field(
        None,
        validation_alias="OPENAI_API_KEY",
        description="Key of the language model that reads invoices too.",
    )
    openai_base_url: str | None = Field(
        None, validation_alias="OPENAI_BASE_URL", description="A server that speaks its API; default: OpenAI."
    )
    openai_model: str = Field(DEFAULT_MODEL, validation_alias="OPENAI_MODEL", description="The model's name.")
    invoice_llm: Literal["auto", "off"] = Field(
        "auto", description="Whether the language model is asked: auto, when there is a key."
    )
    invoice_llm_tokens: int = Field(2_000_000, ge=1, description="Tokens that a run may take.")
    invoice_llm_cost: Decimal | None = Field(
        None, gt=0, description="What a run may cost, in the currency of the prices."
    )
    invoice_llm_input_price: Decimal | None = Field(
        None, ge=0, description="Price of a million tokens of questions."
    )
    invoice_llm_output_price: Decimal | None = Field(
        None, ge=0, description="Price of a million tokens of answers."
    )
    invoice_auto_confirm: bool = Field(
        True, description="Whether invoices whose amounts are proven are confirmed without a person."
    )
    invoice_price_tolerance: Decimal = Field(
        Decimal("0.02"), ge=0, description="Share by which an invoiced price may lie above the ordered one."
    )
    invoice_price_tolerance_amount: Decimal = Field(
        Decimal("0.05"),
        ge=0,
        description="Amount by which a row may cost more in any case, in the invoice's currency.",
    )
    invoice_quantity_tolerance: Decimal = Field(
        Decimal(0),
        ge=0,
        description="Share by which what is invoiced may lie above what was ordered or received.",
    )
    invoice_pictures: int = Field(
        200, ge=0, description="Invoices whose pages a run draws for whoever decides about them."
    )
    invoice_waiting_days: int = Field(
        3, ge=0, description="Days that an invoice may wait for a person before a check warns."
    )

    @field_validator("openai_api_key", "openai_base_url", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @model_validator(mode="after")
    def _cost_needs_prices(self) -> Self:
        if self.invoice_llm_cost and None in (self.invoice_llm_input_price, self.invoice_llm_output_price):
            raise ValueError(
                "RETAIL_INVOICE_LLM_COST needs the prices of a million tokens: "
                "RETAIL_INVOICE_LLM_INPUT_PRICE and RETAIL_INVOICE_LLM_OUTPUT_PRICE"
            )
        return self
