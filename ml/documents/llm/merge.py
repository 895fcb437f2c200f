"""A model's answer beside what was found offline: the pages and the sums decide, never the model.

A value of the model that does not stand on the pages is not taken. Where both differ, both are told. A document is
auto-confirmable only where the sums of the pages prove a total that was found without the model too.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from ml.documents.checks import arithmetic, identity
from ml.documents.confidence import LEAST, MOST
from ml.documents.extraction import sums
from ml.documents.llm.schema import Answer
from ml.documents.llm.seen import Seen
from ml.documents.llm.standing import Standing, bare, invoice_of
from ml.documents.record import Document, Field, Finding, Invoice, Tax, money

SURE = 0.8
"""Confidence from which an offline value leads without a sum that proves it."""
MODEST, PROVEN = 0.6, 0.9
"""Confidence of a value that only the model found, without and with sums that prove it. Not measured."""
AGREES, DISAGREES, ALONE = "language model agrees", "language model disagrees", "language model"
SUMMED = ("net", "tax", "total")
LONGEST_SUMMARY = 500
ANEW = {
    *("row_amount", "row_sum", "net", "tax", "total", "amount_due", "tax_rate"),
    *("missing", "due_date", "iban", "vendor_tax_id", "currency"),
}
"""Checks of values, which are made again when values have changed."""


def merge(document: Document, seen: Seen, answer: Answer) -> None:
    """The document with what the answer adds to it."""
    ours = document.invoice
    assert ours is not None
    standing = Standing(seen)
    theirs, apart = invoice_of(answer, standing)
    findings = list(_summary(document, answer, standing))
    if document.method == "xml":
        # It is exact: the model only says whether it reads the page alike.
        findings += list(_fields(ours, theirs, apart, lambda name: True, exact=True, summed=False))
        document.findings = list(dict.fromkeys([*document.findings, *findings]))
        return
    total, proven = ours.amount("total"), ours.proven
    # The model may tell amounts only, and leave the rows that they follow from to us.
    whole = replace(theirs, lines=theirs.lines or ours.lines, taxes=theirs.taxes or ours.taxes)
    theirs_proven = _prove(whole, standing)
    summed = theirs_proven and not proven
    findings += list(_fields(ours, theirs, apart, _leads(ours, theirs, summed), exact=False, summed=summed))
    findings += list(_rows(ours, theirs))
    other = theirs.amount("total")
    if proven and theirs_proven and _differs(total, other):
        findings.append(
            Finding(
                "disagreement",
                "error",
                f"The pages prove two totals: {money(total)} and, as the language model reads them, {money(other)}",
            )
        )
    if not proven:
        found = total is not None and not _differs(total, theirs.amount("total"))
        ours.proven = found and _prove(ours, standing)
    kept = [one for one in document.findings if one.check not in ANEW]
    checked = [*arithmetic.check(ours, exact=False), *identity.check(ours)]
    document.conclude([*kept, *checked, *findings], proven=ours.proven)


def _prove(invoice: Invoice, standing: Standing) -> bool:
    """Whether the pages' own amounts follow from each other, each shown as often as the sums use it.

    A net amount that is told again as its own row is no proof.
    """
    used = Counter(abs(line.amount) for line in invoice.lines if line.amount)
    used.update({abs(value) for name in SUMMED if (value := invoice.amount(name))})
    shown = all(standing.places(value) >= times for value, times in used.items())
    return shown and sums.are_proof(_proofs(invoice), invoice)


def _proofs(invoice: Invoice) -> list[str]:
    charges, allowances = (invoice.amount(name) or Decimal(0) for name in ("charges", "allowances"))
    values = {name: invoice.amount(name) for name in SUMMED}
    total = arithmetic.row_sum(invoice)
    options = {Decimal(0), charges - allowances}
    return max((sums.proofs(values, invoice.taxes, total, one) for one in sorted(options)), key=len)


def _leads(ours: Invoice, theirs: Invoice, theirs_proven: bool) -> Callable[[str], bool]:
    """Whether the offline value of a field is taken where both have one."""

    def lead(name: str) -> bool:
        if name == "type":  # a word for the whole page stands nowhere
            return True
        if name in SUMMED and (ours.proven or theirs_proven):
            return ours.proven
        if name == "amount_due":
            total = (theirs if theirs_proven else ours).amount("total") or Decimal(0)
            fits = [_is_left(total, one) for one in (ours, theirs)]
            if fits[0] != fits[1]:
                return fits[0]
        return ours.fields[name].confidence >= SURE

    return lead


def _is_left(total: Decimal, invoice: Invoice) -> bool:
    paid = invoice.amount("prepaid") or Decimal(0)
    return abs(total - paid - (invoice.amount("amount_due") or Decimal(0))) <= arithmetic.CENT


def _fields(
    ours: Invoice,
    theirs: Invoice,
    apart: dict[str, str],
    lead: Callable[[str], bool],
    *,
    exact: bool,
    summed: bool,
) -> Iterator[Finding]:
    """Field by field. `exact`: ours are of an e-invoice; `summed`: sums prove the model's amounts, and not ours."""
    for name in dict.fromkeys((*theirs.fields, *apart)):
        mine, other = ours.fields.get(name), theirs.fields.get(name)
        label = name.replace("_", " ")
        proven = PROVEN if summed and name in SUMMED else MODEST
        if other is None:
            if mine is None:
                said = f"The language model reads {apart[name]} as {label}, which does not stand on the pages"
                yield Finding("not_on_page", "note", said)
            elif not _same(name, mine.value, apart[name]):
                said = "does not stand on the pages and is not taken"
                yield _disagreement(label, mine, apart[name], f"the latter {said}")
        elif mine is None:
            if not exact:
                ours.fields[name] = replace(other, confidence=proven, evidence=(ALONE,))
        elif _same(name, mine.value, other.value):
            doubt = 1 - mine.confidence
            surer = mine.confidence if exact else min(1 - doubt / 2, MOST)
            ours.fields[name] = replace(mine, confidence=surer, evidence=(*mine.evidence, AGREES))
        elif lead(name):
            yield _disagreement(label, mine, _said(other.value), "the first is taken")
            sure = exact or (ours.proven and name in SUMMED)
            less = mine.confidence if sure else max(1 - 2 * (1 - mine.confidence), LEAST)
            ours.fields[name] = replace(mine, confidence=less, evidence=(*mine.evidence, DISAGREES))
        else:
            yield _disagreement(label, mine, _said(other.value), "the latter is taken")
            ours.fields[name] = replace(other, confidence=proven, evidence=(ALONE, "found otherwise offline"))


def _disagreement(label: str, mine: Field, theirs: str, taken: str) -> Finding:
    said = f"The {label} is {_said(mine.value)} as found offline and {theirs[:60]} as the language model reads it"
    return Finding("disagreement", "warning", f"{said}: {taken}")


def _said(value: object) -> str:
    return (money(value) or "") if isinstance(value, Decimal) else str(value)[:60]


def _same(name: str, mine: object, other: object) -> bool:
    if isinstance(mine, Decimal):
        # Credit notes may write either sign.
        return abs(mine) == abs(other) if isinstance(other, Decimal) else str(mine) == other
    return bare(str(mine)) == bare(str(other))


def _differs(one: Decimal | None, other: Decimal | None) -> bool:
    return abs(one or 0) != abs(other or 0)


def _rows(ours: Invoice, theirs: Invoice) -> Iterator[Finding]:
    """The model's rows where they add up and those found offline do not."""
    if not ours.taxes and all(map(_multiplies, theirs.taxes)):
        ours.taxes = theirs.taxes
    if not theirs.lines or _add_up(ours, ours):
        return
    if _add_up(ours, theirs) or not (ours.lines or ours.proven):
        ours.lines = theirs.lines
        yield Finding("rows", "note", f"{len(ours.lines)} rows are as the language model reads them")
    elif ours.lines and [one.amount for one in ours.lines] != [one.amount for one in theirs.lines]:
        yield Finding(
            "disagreement",
            "warning",
            f"{len(ours.lines)} rows were found offline and {len(theirs.lines)} by the language model, and neither "
            "add up: those found offline are taken",
        )


def _multiplies(tax: Tax) -> bool:
    known = None not in (tax.rate, tax.base, tax.amount)
    return known and not any(arithmetic.check(Invoice("", taxes=[tax]), exact=False))


def _add_up(invoice: Invoice, rows: Invoice) -> bool:
    """Whether rows multiply and are the net amount or the total of the invoice."""
    whole = replace(invoice, lines=rows.lines)
    proofs = _proofs(whole)
    wrong = any(one.check == "row_amount" for one in arithmetic.check(whole, exact=False))
    return not wrong and any(one.startswith("rows") for one in proofs)


def _summary(document: Document, answer: Answer, standing: Standing) -> Iterator[Finding]:
    """Text for a person, by which nothing is decided; one that tells other amounts than the pages is left out."""
    text = " ".join("".join(one if one.isprintable() else " " for one in answer.summary or "").split())
    if not text:
        return
    if standing.amounts_stand(text):
        document.summary = text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 1]}…"
    else:
        said = "The language model's summary tells amounts that do not stand on the pages, and is left out"
        yield Finding("not_on_page", "note", said)
