"""Candidates for the invoice number and the order number, IBANs, tax ids, the currency and the kind of document."""

import re
from collections import Counter
from itertools import pairwise

from stdnum import iban as iban_rules

from ml.documents.extraction.dates import dates
from ml.documents.extraction.labels import ORDER, classes, plain
from ml.documents.extraction.layout import Cell, Layout
from ml.documents.extraction.numbers import CURRENCIES, Number
from ml.documents.extraction.scoring import Candidate

_TOKEN = re.compile(r"^[#(]?[A-Z0-9][\w\-/.#\\]*\d[\w\-/.#\\]*[)]?$|^#?[A-Z]*\d[\w\-/.]*$", re.IGNORECASE)
_AMOUNT = re.compile(r"^\D{0,3}\d{1,3}(?:[.,' ]?\d{3})*[.,]\d{2}\D{0,3}$")
_MAY_BE_IBAN = re.compile(r"[A-Z]{2}\s?[\dOISBZ]{2}\s?[\dA-Z]|iban", re.IGNORECASE)
_IBAN = re.compile(r"\b([A-Z]{2})\s?([\dOISBZ]{2})((?:\s?[A-Z\d]){11,30})\b")
_REPAIR = str.maketrans({"O": "0", "I": "1", "S": "5", "B": "8", "Z": "2", "L": "1", "Q": "0", "D": "0"})
LENGTHS = {
    "AT": 20,
    "BE": 16,
    "CH": 21,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "ES": 24,
    "FI": 18,
    "FR": 27,
    "GB": 22,
    "HU": 28,
    "IE": 22,
    "IT": 27,
    "LU": 20,
    "NL": 18,
    "NO": 15,
    "PL": 28,
    "PT": 25,
    "SE": 24,
    "SK": 24,
}
_LETTERS = str.maketrans({"0": "O", "1": "I", "5": "S", "8": "B", "2": "Z"})
VAT = re.compile(
    r"\b(?:ATU\s?\d{8}|BE\s?[01]?\d{3}[. ]?\d{3}[. ]?\d{3}|DE\s?\d{3}\s?\d{3}\s?\d{3}"
    r"|FR\s?[A-Z\d]{2}\s?\d{3}\s?\d{3}\s?\d{3}|NL\s?\d{9}B\d{2}|IT\s?\d{11}"
    r"|ES\s?[A-Z\d]\d{7}[A-Z\d]|LU\s?\d{8}|IE\s?\d[A-Z\d+*]\d{5}[A-Z]{1,2}"
    r"|GB\s?\d{3}\s?\d{4}\s?\d{2}|PL\s?\d{10}|CZ\s?\d{8,10}|DK\s?(?:\d\d\s?){3}\d\d"
    r"|SE\s?\d{12}"
    r"|FI\s?\d{8}|PT\s?\d{9}|HU\s?\d{8}|SK\s?\d{10}|EU\s?\d{9}"
    r"|CHE[-\s]?\d{3}\.?\d{3}\.?\d{3}(?:\s?(?:MWST|TVA|IVA))?)\b"
)
_TAX_LABEL = re.compile(
    r"(?:tax (?:id|no|reg)\w*|vat (?:id|no|reg|number|registration)\w*(?: no)?|vat"
    r"|gst (?:reg|id|no)?\w*(?: no)?|ust\.?-?\s?id\w*\.?(?:-?nr\.?)?|ust-id|steuernr\.?"
    r"|steuer-?nummer|steuer-nr|tva"
    r"|n[°o] ?tva|\btin|\bein|\babn|btw|service tax)[\s.:#\-]*(?:no"
    r"|nr)?[\s.:#\-]*([A-Z]{0,3}[\d][\dA-Z\-/. ]{5,20}\d)",
    re.IGNORECASE,
)
TYPES = (
    (
        "credit_note",
        r"credit (?:note|memo)|gutschrift|rechnungskorrektur|\bavoir\b|credit nota|stornorechnung|nota di credito",
    ),
    ("invoice", r"invoice|rechnung|facture|factuur|fattura|factura|tax inv"),
    (
        "receipt",
        r"receipt|quittung|kassenbon|\bcash (?:bill|sale)|recu\b|\bbon\b|\bslip\b|cashier|change\b|thank you",
    ),
)


def number_candidates(layout: Layout) -> list[Candidate]:
    counts = Counter(word.text.strip(".,:;#()") for line in layout.lines for word in line.words)
    made = []
    for line in layout.lines:
        before = ""
        for cell in line.cells:
            text = cell.text
            spans = [(one.start, one.end) for one in dates(text)]
            place = 0
            said = ""
            for word in cell.words:
                start = text.index(word.text, place)
                place = start + len(word.text)
                token = word.text.strip(".,:;()*")
                label_in, token = _divided(token)
                is_date = any(start < end and place > begin for begin, end in spans)
                if _TOKEN.match(token) and len(token) > 1 and not is_date and not _AMOUNT.match(token):
                    own = f"{said} {label_in}".strip()
                    lettered = any(map(str.isalpha, own)) or "#" in own
                    label = own if lettered else f"{before} {own}".strip()
                    made.append(_candidate(layout, cell, token, label[-40:], counts, lettered))
                said = f"{said} {word.text}"
            before = text
    return made


def _divided(token: str) -> tuple[str, str]:
    """`No.:4711` is a label and a value."""
    found = re.match(r"^([A-Za-z.°#]{1,14}[:.#]+)(?=\S*\d)(.+)$", token)
    return (found[1], found[2]) if found else ("", token)


def _candidate(
    layout: Layout, cell: Cell, token: str, label: str, counts: Counter[str], own_label: bool
) -> Candidate:
    features = {f"L:{name}": 1.0 for name in classes("numbers", label)}
    over = ""
    if not own_label:
        over = next((one.text for one in layout.above(cell, lines=1) if not _TOKEN.match(one.text)), "")[:50]
        features |= {f"A:{name}": 1.0 for name in classes("numbers", over)}
    page = layout.page_of(cell.page)
    digits = sum(character.isdigit() for character in token)
    features |= {
        "bias": 1.0,
        "own_label": float(own_label),
        "height": cell.y0 / max(page.height, 1.0),
        "first_page": float(cell.page == layout.pages[0].number),
        "digits": min(digits, 10) / 10,
        "short": float(digits < 3),
        "letters": float(any(character.isalpha() for character in token)),
        "marks": float(any(character in "-/" for character in token)),
        "repeated": min(counts[token] - 1, 2) / 2,
        "long": float(len(token) > 18),
        "tall": float(cell.height > 1.25 * layout.word_height),
        "zip": float(bool(re.fullmatch(r"\d{5}", token)) and not own_label),
        "is_order": float(bool(ORDER.search(plain(label)) or ORDER.search(plain(over)))),
    }
    return Candidate(
        token.lstrip("#") or token, features, cell.box, token, cell.line, label.strip() or over.strip()
    )


def order_number(candidates: list[Candidate], number: str | None) -> Candidate | None:
    """The value whose label names an order."""
    fitting = [
        one
        for one in candidates
        if one.features["is_order"]
        and one.value != number
        and one.features["digits"] >= 0.2
        and "L:tax" not in one.features
    ]
    return max(
        fitting, key=lambda one: one.features["repeated"] - 0.1 * ("L:customer" in one.features), default=None
    )


def ibans(layout: Layout) -> list[Candidate]:
    """Account numbers whose checksum holds, repaired where OCR takes letters for digits."""
    found: dict[str, Candidate] = {}
    for line in layout.lines:
        for cell, following in _with_next(layout, line.cells):
            if not _MAY_BE_IBAN.search(cell.text):
                continue
            said = plain(cell.text)
            for match in _IBAN.finditer(cell.text + following):
                valid = _valid_iban("".join(match[0].split()))
                if valid and valid not in found:
                    features = {
                        "bias": 1.0,
                        "debit": float("abbuch" in said or "von ihrem" in said or "eingezogen" in said),
                    }
                    found[valid] = Candidate(valid, features, cell.box, match[0], cell.line, "IBAN")
    if not found and (one := _unchecked(layout)):
        return [one]
    return sorted(found.values(), key=lambda one: one.features["debit"])


def _unchecked(layout: Layout) -> Candidate | None:
    """What stands beside the word IBAN, whole but with a wrong checksum: a finding will say so."""
    for line in layout.lines:
        for cell, following in _with_next(layout, line.cells):
            if "iban" not in plain(cell.text):
                continue
            for match in _IBAN.finditer(cell.text + following):
                text = "".join(match[0].split())
                length = LENGTHS.get(text[:2], 0)
                if length and len(text) >= length and text[2:4].isdigit():
                    return Candidate(text[:length], {"debit": 0.0}, cell.box, text, line.number, "IBAN", -1.0)
    return None


def _with_next(layout: Layout, cells: list[Cell]):
    for cell in cells:
        below = next(iter(layout.below(cell, lines=1)), None)
        right = " ".join(one.text for one in cells if one.x0 > cell.x1)
        yield (
            cell,
            f" {right}" if right else (f" {below.text}" if below and "iban" in plain(cell.text) else ""),
        )


def _by_form(text: str) -> str:
    """Letters and digits where the country has them: engines take O for 0 and 0 for O."""
    country, digits, rest = text[:2], text[2:4].translate(_REPAIR), text[4:]
    letters = 4 if country in ("GB", "NL", "IE") else 0
    if country in ("FR", "IT", "LU", "CH", "PT"):
        return country + digits + rest
    return country + digits + rest[:letters].translate(_LETTERS) + rest[letters:].translate(_REPAIR)


def _valid_iban(text: str) -> str | None:
    """The longest start that is an IBAN; of a country whose length is known, exactly so much."""
    if length := LENGTHS.get(text[:2]):
        for one in (_by_form(text[:length]), text[:length]):
            if len(one) == length and _checks(one):
                return one
        return None
    for repaired in (
        text,
        text[:2] + text[2:].translate(_REPAIR),
        text[:2] + text[2:4].translate(_REPAIR) + text[4:],
    ):
        for end in range(min(len(repaired), 34), 14, -1):
            if iban_rules.is_valid(repaired[:end]):
                return repaired[:end]
    # An account of samples follows the form and not its country's own rules.
    for repaired in (text, text[:2] + text[2:].translate(_REPAIR)):
        for end in range(min(len(repaired), 34), 14, -1):
            if _checks(repaired[:end]):
                return repaired[:end]
    return None


def _checks(text: str) -> bool:
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]+", text):
        return False
    return int("".join(str(int(one, 36)) for one in text[4:] + text[:4])) % 97 == 1


def tax_ids(layout: Layout) -> list[Candidate]:
    """Tax numbers with their label, from the top to the bottom."""
    found: dict[str, Candidate] = {}
    for line in layout.lines:
        for cell in line.cells:
            if not any(map(str.isdigit, cell.text)):
                continue
            for match in VAT.finditer(cell.text):
                value = re.sub(r"[\s.\-]", "", match[0])
                found.setdefault(
                    value, Candidate(value, {"vat": 1.0}, cell.box, match[0], cell.line, cell.text)
                )
            if match := _TAX_LABEL.search(cell.text):
                value = match[1].strip()
                bare = re.sub(r"\s", "", value)
                if bare not in found and re.sub(r"[\s.\-]", "", value) not in found:
                    found[bare] = Candidate(bare, {"vat": 0.0}, cell.box, value, cell.line, cell.text)
    for one, following in pairwise(layout.cells):
        # The label may stand in a cell of its own.
        if one.line != following.line or not following.text[-1:].isalnum():
            continue
        if _TAX_LABEL.search(f"{one.text} {following.text}") and not _TAX_LABEL.search(one.text):
            match = _TAX_LABEL.search(f"{one.text} {following.text}")
            if match:
                value = re.sub(r"\s", "", match[1])
                found.setdefault(
                    value, Candidate(value, {"vat": 0.0}, following.box, value, one.line, one.text)
                )
    return sorted(found.values(), key=lambda one: one.line)


def currency(layout: Layout, numbers: list[Number]) -> tuple[str | None, tuple[str, ...]]:
    """The one that amounts are written with most, or that the page names."""
    votes = Counter(number.currency for number in numbers if number.currency)
    for match in re.finditer(
        r"\b(EUR|USD|GBP|CHF|MYR|DEM|SEK|NOK|DKK|PLN|CZK|HUF|AUD|CAD|SGD|INR|JPY|RM)\b", layout.text
    ):
        votes[CURRENCIES.get(match[1].lower(), match[1])] += 1
    for match in re.finditer(r"[€£₹¥]|US\$|\$", layout.text):
        votes[CURRENCIES[match[0].lower()]] += 1
    if re.search(r"sdn\.? ?bhd|malaysia|\bringgit\b", layout.text, re.IGNORECASE) and (
        not votes or votes["MYR"]
    ):
        votes["MYR"] += 5
    labelled = re.search(
        r"(?:wahrung|currency|devise|betrage in)\W{1,3}(?:euro )?\(?([a-z]{3})\b", plain(layout.text)
    )
    if labelled and labelled[1].upper() in CURRENCIES.values():
        return labelled[1].upper(), ("label",)
    if not votes:
        return None, ()
    best, count = votes.most_common(1)[0]
    return best, ("repeated",) if count > 1 else ("sign",)


def document_type(layout: Layout) -> str:
    """By its title first: a credit note may name the invoice that it corrects."""
    text = plain(layout.text)
    tall = " ".join(plain(cell.text) for cell in layout.cells[:60] if cell.height > 1.25 * layout.word_height)
    for part in (tall, " ".join(plain(line.text) for line in layout.lines[:15])):
        if re.search(TYPES[0][1], part):
            return "credit_note"
    if re.search(TYPES[2][1], text) and not re.search(r"invoice|rechnung|facture|factuur", text):
        return "receipt"
    return "invoice"
