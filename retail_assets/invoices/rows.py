"""What was read of documents as rows of invoice_extractions: texts become dates and amounts, or are told of."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from retail_assets.contract import MOMENTS
from retail_assets.invoices.tables import INVOICE_EXTRACTIONS
from retail_assets.names import printable

LONGEST_TEXT = 1_000
MOST = Decimal(10) ** 12
"""What an amount has to be below, for the lake's decimals."""
LEAST = Decimal("0.000001")
SURE_FIELDS = ("vendor", "number", "date", "total")
TEXTS = ("vendor", "vendor_tax_id", "buyer", "number", "order_number", "currency", "iban")
DATES = ("date", "due_date", "discount_date")
AMOUNTS = (
    "net",
    "allowances",
    "charges",
    "tax",
    "total",
    "prepaid",
    "amount_due",
    "discount_percent",
)
_LINE_NUMBERS = ("quantity", "unit_price", "price_base_quantity", "tax_rate", "amount")
_LINE_TEXTS = ("description", "sku", "unit")

Answer = Mapping[str, Any]


def extraction_rows(
    documents: pl.DataFrame, answers: Mapping[str, Answer], *, engine: str, answers_entry: int | None = None
) -> pl.DataFrame:
    """A row for each document that has an answer."""
    rows = [
        _row(document, answers[document["sha256"]], engine, answers_entry)
        for document in documents.select("sequence", "sha256", "admitted_on").iter_rows(named=True)
        if document["sha256"] in answers
    ]
    return pl.DataFrame(rows, schema=INVOICE_EXTRACTIONS.schema)


def _row(document: dict[str, Any], answer: Answer, engine: str, answers_entry: int | None) -> dict[str, Any]:
    fields = answer.get("fields", {})
    lost: list[str] = []
    values: dict[str, Any] = {name: text(_value(fields, name)) for name in TEXTS}
    values |= {name: day(_value(fields, name)) for name in DATES}
    values |= {name: _number(_value(fields, name), name.replace("_", " "), lost) for name in AMOUNTS}
    lines = [_line(number, line, lost) for number, line in enumerate(answer.get("lines", []), start=1)]
    taxes = [
        {name: _number(tax.get(name), f"tax {name}", lost) for name in ("rate", "base", "amount")}
        for tax in answer.get("taxes", [])
    ]
    error = text(answer.get("error"))
    failed = bool(error) or "status" not in answer
    findings = [{name: text(value) for name, value in one.items()} for one in answer.get("findings", [])]
    findings += [
        {"check": "too_large", "severity": "error", "sentence": f"The {what} is larger than any amount."}
        for what in dict.fromkeys(lost)
    ]
    status = "failed" if failed else "preview" if lost else answer["status"]
    return {
        **document,
        "invoice_id": f"{document['sequence']}-1",
        "place": 1,
        "answers_entry": answers_entry,
        "engine": engine,
        "method": answer.get("method", "none"),
        "pages": answer.get("pages", 0),
        "status": status,
        "error": error or ("It could not be read." if failed else None),
        "summary": text(answer.get("summary")),
        **values,
        "document_type": text(_value(fields, "type")),
        "least_confidence": min((_sure(fields, name) for name in SURE_FIELDS), default=None)
        if not failed
        else None,
        "fields": [_field(name, value) for name, value in fields.items() if value["value"] is not None],
        "lines": lines,
        "taxes": taxes,
        "findings": findings,
        "model": text(answer.get("model")),
        "model_tokens": answer.get("model_tokens"),
        "model_cost": number(answer.get("model_cost")),
    }


def _value(fields: Mapping[str, Answer], name: str) -> Any:
    return fields.get(name, {}).get("value")


def _sure(fields: Mapping[str, Answer], name: str) -> float:
    """How sure a value is; one that was not found is not at all."""
    return fields[name]["confidence"] if _value(fields, name) is not None else 0.0


def _field(name: str, value: Answer) -> dict[str, Any]:
    page, *box = value.get("box") or (None, None, None, None, None)
    return {
        "name": name,
        "value": text(value["value"]),
        "confidence": value["confidence"],
        "evidence": [text(one) for one in value["evidence"]],
        "page": None if page is None else int(page) + 1,
        **dict(zip(("x0", "y0", "x1", "y1"), box, strict=True)),
    }


def _line(number: int, line: Answer, lost: list[str]) -> dict[str, Any]:
    said = {name: text(line.get(name)) for name in _LINE_TEXTS}
    numbers = {
        name: _number(line.get(name), f"{name.replace('_', ' ')} of row {number}", lost)
        for name in _LINE_NUMBERS
    }
    return {"line": number, **said, **numbers}


def _number(said: Any, what: str, lost: list[str]) -> Decimal | None:
    """A number as the lake keeps it; what is beyond that is named in `lost`."""
    found = number(said)
    if found is None and said is not None:
        lost.append(what)
    return found


def number(said: Any) -> Decimal | None:
    """A decimal of at most six places; None for what is no number, or none that the lake can hold."""
    try:
        found = Decimal(str(said))
    except InvalidOperation:
        return None
    return found.quantize(LEAST) if found.is_finite() and abs(found) < MOST else None


def day(said: Any) -> date | None:
    """An ISO date within the years of this business."""
    try:
        found = date.fromisoformat(str(said))
    except ValueError:
        return None
    return found if MOMENTS[0].year <= found.year < MOMENTS[1].year else None


def text(said: Any) -> str | None:
    """Text that any database and any screen takes; None for none."""
    if said is None:
        return None
    words = " ".join(str(said).encode("utf-8", "replace").decode().split())
    return printable(words)[:LONGEST_TEXT] or None


def superseded(rows: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """The rows with `superseded_by`: of one mail's attachments with one seller and number one counts, the hybrid PDF
    (XML and pages) before the XML, the XML before the first other one.
    """
    in_mails = rows.join(documents.select("sequence", "mail_sequence", "kind"), on="sequence").filter(
        pl.col("status") != "failed", pl.col("number").is_not_null(), pl.col("mail_sequence").is_not_null()
    )
    plain = in_mails.select(
        "invoice_id",
        "sequence",
        "mail_sequence",
        number=_plain("number"),
        vendor=_plain("vendor"),
        tax_id=_plain("vendor_tax_id"),
        rank=pl.when((pl.col("kind") == "pdf") & (pl.col("method") == "xml"))
        .then(0)
        .when(pl.col("kind") == "xml")
        .then(1)
        .otherwise(2),
    ).sort("rank", "sequence")
    first = plain.unique(["mail_sequence", "number"], keep="first", maintain_order=True)
    same_seller = (pl.col("vendor") == pl.col("vendor_first")) | (pl.col("tax_id") == pl.col("tax_id_first"))
    replaced = (
        plain.join(first, on=["mail_sequence", "number"], suffix="_first")
        .filter(pl.col("invoice_id") != pl.col("invoice_id_first"), same_seller.fill_null(False))
        .select("invoice_id", superseded_by="invoice_id_first")
    )
    columns = rows.columns
    return rows.drop("superseded_by").join(replaced, on="invoice_id", how="left").select(columns)


def _plain(column: str) -> pl.Expr:
    """Letters and digits alone, as two programs write them alike; null for none."""
    letters = pl.col(column).str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", "")
    return pl.when(letters != "").then(letters)
