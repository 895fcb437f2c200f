"""Candidates for the names of seller and buyer: what stands at the head, over an address, beside a tax number, in the
foot, and what web and mail addresses are called."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from ml.documents.extraction.labels import BUYER, SELLER, plain
from ml.documents.extraction.layout import Cell, Layout
from ml.documents.extraction.scoring import Candidate

LEGAL = re.compile(
    r"\b(?:inc|llc|l\.l\.c|ltd|limited|gmbh|mbh|ag|kg|ohg|e\.?k|ug|se|corp|corporation"
    r"|co\. ?kg|company|plc|llp|lp|pbc|pty|b\.?v|n\.?v|s\.?a\.?r\.?l|sarl|sas|s\.a\.s|s\.?a"
    r"|sasu|eurl|s\.?r\.?l|s\.?p\.?a"
    r"|s\.?l|oy|ab|a/s|aps|as|s\.r\.o\.?|z ?o\.?o\.?|sdn\.? ?bhd|bhd|s/b|pte|pvt|k\.?k|sp\.? ?z ?o\.?o|d\.o\.o"
    r"|s\.r\.o|kft|e\.v|a\.g|enterprise|trading|holdings?|group|stores?|restaurant"
    r"|hardware)\b\.?",
    re.IGNORECASE,
)
STRICT_LEGAL = re.compile(
    r"\b(?:inc\.?|l\.?l\.?c\.?|ltd\.?|limited|gmbh|corp\.?|corporation|plc|llp|pbc|pty"
    r"|b\.v\.?|n\.v\.?|s\.?à\.? ?r\.?l\.?|s\.?a\.?r\.?l\.?|sarl|sas|s\.r\.l\.?|s\.p\.a\.?"
    r"|s\.l\.|oy|aps|s\.r\.o\.?|z ?o\.?o\.?|sdn\.? ?bhd|bhd|s/b|pte|pvt|ag|kg|a\.g\.)$",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b(?:street|str\.?|strasse|stra[sß]e|rue|road|rd|ave|avenue|blvd|boulevard|lane|drive"
    r"|suite|floor|unit|jalan|jln|lot|no\.?|lorong|taman|bahnstr|weg|platz|place|way"
    r"|parkway|p\.?o\.? box|postfach|quay|court)\b"
    r"|strasse\b|str\.|\bgasse\b|\d{4,6}\s+[a-z]{3}|\b[a-z]{2},? \d{5}|^\d+[\w/]* [a-z]"
    r"|^(?:united (?:states|kingdom)|usa|u\.?k\.?|ireland|germany|deutschland|france"
    r"|frankreich|netherlands|spain|italy|austria|schweiz|switzerland|australia|canada"
    r"|malaysia|poland)\.?$",
    re.IGNORECASE,
)
_NOT_NAMES = re.compile(
    r"invoice|rechnung|facture|factuur|receipt|quittung|\btotal\b|amount|betrag|\bdate\b"
    r"|datum|\bpage\b|seite|\btel\b|phone|\bfax\b|e-?mail|\bvat\b|\btax\b|gst\b|ust|iban"
    r"|\bbic\b|swift|number|nummer"
    r"|thank|welcome|cashier|table|customer|kunde|description|menge|qty|quantity|order"
    r"|bestell|avoir|gutschrift|copy|duplicate|reprint|original|bill to|ship to|due|paid"
    r"|balance|subtotal|payment|zahlung"
    r"|^\W*(?:to|from|item|price|logo)\W*$|lieferant\b.*nr|www\.|https?:|@"
    r"|reg(?:istration)? no|co\.? no|company (?:no|reg)|account|summary|adresse|references"
    r"|stylesheet|beispiel|trade name|company name|your name",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"(?:https?://|www\.|@)([a-z0-9][a-z0-9.\-]*\.[a-z]{2,})", re.IGNORECASE)
_BARE_DOMAIN = re.compile(
    r"\b([a-z0-9][a-z0-9\-]{2,}\.(?:com|net|org|io|de|fr|co|eu|app|dev|ai|ch|at|nl|be|uk|my))\b",
    re.IGNORECASE,
)
_FREE_MAIL = {
    "gmail",
    "yahoo",
    "hotmail",
    "outlook",
    "gmx",
    "web",
    "icloud",
    "example",
    "localhost",
    "live",
    "aol",
    "tm",
}
_DIVIDERS = re.compile(
    r"\s+[-–—•●·|*]\s+|\s*[•●|]\s*|,\s+(?=\d|[A-ZÄÖÜ][\w.\-]+(?:str|stra|weg|gasse|platz))"
)
_REGISTER = re.compile(
    r"\s*[\[({]?\s*(?:co(?:mpany)?\.?\s*)?(?:reg(?:istration)?\.?\s*)?(?:no"
    r"|nr)?\.?\s*:?\s*[\[({]\s*(?:co\.?\s*)?(?:reg\.?\s*)?(?:no\.?)?\s*:?\s*[\dA-Z]*\d{3,}[\w\-/ ]*[\])}]?\s*\.?$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(
    r"\s*[\[({]\s*(?:co\w*\.?|reg\w*\.?|no\.?|[:.\s])*[A-Z]{0,3}\d[\d ]{3,}[\w\-/ ]*[\])}]\s*", re.IGNORECASE
)
_AFTER_LEGAL = re.compile(r"(\b(?:SDN BHD|S/B))\.?(?:\s+\d{4,}\S*(?:\s*\(\w+\))?)?$", re.IGNORECASE)
_AMOUNT = re.compile(
    r"\d[.,]\d\d\b|\brm ?\d|^(?:cash|change|visa|sales?|qty|rm|no|item|name)$|x ?\d", re.IGNORECASE
)
_ALL_LEGAL = re.compile(
    r"^(?:(?:sdn|bhd|inc|llc|ltd|gmbh|co|kg|ag|restaurant|enterprise|trading|stores?"
    r"|hardware|group|holdings?|limited|company|s/b)[\s.,&()]*)+$",
    re.IGNORECASE,
)
_HOLDER = re.compile(
    r"(?:titulaire(?: du compte)?|kontoinhaber|account (?:holder|name)"
    r"|beneficiary(?: name)?|b[ée]n[ée]ficiaire)\s*:\s*(.+)$",
    re.IGNORECASE,
)
_MISREAD = (
    (re.compile(r"(?<=[a-z])I(?=[a-z])"), "l"),
    (re.compile(r"\b0(?=[a-z])"), "o"),
    (re.compile(r"(?<=\.)1(?=\.[A-Z])"), "I"),
)
_LEADING = re.compile(
    r"^(?:©\s*(?:19|20)\d\d|copyright(?:\s*©)?(?:\s*(?:19|20)\d\d)?|(?:name|nom"
    r"|kontoinhaber|kontoname|titulaire(?: du compte)?|account (?:holder|name)|beneficiary"
    r"|seller|vendor|from|sold by|verkaufer|fournisseur|lieferant|logo|issued by|billed by"
    r"|payee)\s*:)\s*",
    re.IGNORECASE,
)
HEAD, FOOT = 14, 8
"""Lines at the top and at the bottom where a name is looked for."""


@dataclass
class _Around:
    """What is known of the page as a whole."""

    domains: set[str]
    counts: Counter[str]
    has_buyer: bool


def domains(layout: Layout) -> set[str]:
    """The names in web and mail addresses, without their endings."""
    found = {match[1] for match in _DOMAIN.finditer(layout.text)} | {
        match[1] for match in _BARE_DOMAIN.finditer(layout.text)
    }
    names = set()
    for one in found:
        parts = [
            part
            for part in one.lower().split(".")
            if part not in ("www", "com", "co", "org", "net", "my", "uk")
        ]
        if len(parts) >= 1:
            name = parts[-2] if len(parts) > 1 and len(parts[-1]) <= 3 else parts[-1]
            if len(name) >= 3 and name not in _FREE_MAIL:
                names.add(name)
    return names


def candidates(layout: Layout) -> list[Candidate]:
    """Cells that may be names, and names within them."""
    around = _Around(
        domains(layout),
        Counter(plain(part) for cell in layout.cells for part in _names(cell.text)),
        any(BUYER.search(plain(cell.text)) for cell in layout.cells[:120]),
    )
    made: list[Candidate] = []
    last = len(layout.lines)
    for place, cell in enumerate(layout.cells):
        names = [(number, name) for number, name in enumerate(_names(cell.text)) if _is_name(name)]
        longer = _with_next(layout, cell) if names else None
        for number, name in names:
            made.append(_candidate(layout, cell, name, place, last, around, number, goes_on=bool(longer)))
        if longer:
            made.append(_candidate(layout, cell, longer, place, last, around, 0, two_lines=True))
    return made


@lru_cache(maxsize=20_000)
def _names(text: str) -> tuple[str, ...]:
    """The cell without labels and register numbers, then its parts where dots or dashes divide it."""
    whole = _cleaned(text)
    first = _cleaned(_DIVIDERS.split(text)[0])
    holder = _HOLDER.search(text)
    named = _cleaned(_DIVIDERS.split(holder[1])[0]) if holder and holder.start() else ""
    return tuple(dict.fromkeys(one for one in (whole, first, named) if one))


@lru_cache(maxsize=20_000)
def _cleaned(text: str) -> str:
    text = _LEADING.sub("", " ".join(text.split()))
    for pattern, letter in _MISREAD:
        text = pattern.sub(letter, text)
    text = _REGISTER.sub("", _BRACKETED.sub(" ", text)).strip()
    text = _AFTER_LEGAL.sub(r"\1", " ".join(text.split()))
    return text.strip(" :;,*-–—_|~`'\"#=<>").strip()


def _is_name(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    digits = sum(character.isdigit() for character in text)
    return 3 <= len(text) <= 80 and letters >= 3 and letters > 2 * digits


def _with_next(layout: Layout, cell: Cell) -> str | None:
    """A name that goes on on the next line of its block: the legal form comes there."""
    if any(map(str.isdigit, cell.text)) or _says(LEGAL, cell.text):
        return None
    below = next(iter(layout.below(cell, lines=1)), None)
    if below is None or below.y0 - cell.y1 > 1.2 * cell.height:
        return None
    same_place = (
        abs(below.x0 - cell.x0) < 1.5 * cell.height
        or abs(below.x0 + below.x1 - cell.x0 - cell.x1) < 4 * cell.height
    )
    if not same_place or not LEGAL.search(below.text) or LEGAL.search(cell.text):
        return None
    if _says(_NOT_NAMES, plain(cell.text)):
        return None
    first, second = _cleaned(cell.text), _cleaned(below.text)
    return f"{first} {second}" if first and second and len(second) < 45 else None


@lru_cache(maxsize=50_000)
def _says(pattern: re.Pattern[str], text: str) -> bool:
    return bool(pattern.search(text))


def _candidate(
    layout: Layout,
    cell: Cell,
    name: str,
    place: int,
    last: int,
    around: _Around,
    part: int,
    *,
    two_lines: bool = False,
    goes_on: bool = False,
) -> Candidate:
    said = plain(name)
    page = layout.page_of(cell.page)
    over = [plain(one.text) for one in layout.above(cell, lines=3)]
    under = list(layout.below(cell, lines=3 if two_lines else 2))[int(two_lines) :]
    direct = over[0] if over else ""
    own_label = plain(cell.text[: max(cell.text.find(name), 0)])
    near_buyer = any(_says(BUYER, one) for one in over) or bool(BUYER.search(own_label))
    legal = STRICT_LEGAL.search(name.rstrip(")"))
    bare = re.sub(r"[^a-z0-9]", "", LEGAL.sub("", said)) if around.domains else ""
    domain = (
        max((fuzz.ratio(bare, one.replace("-", "")) for one in around.domains), default=0.0) if bare else 0.0
    )
    starts = any(
        bare.startswith(one.replace("-", "")) or one.replace("-", "").startswith(bare)
        for one in around.domains
        if len(bare) > 3
    )
    features = {
        "bias": 1.0,
        "first": float(place == 0),
        "order": min(place, 20) / 20,
        "top": max(0.0, 1 - cell.y0 / max(page.height, 1.0) * 3),
        "first_page": float(cell.page == layout.pages[0].number),
        "head": float(cell.line < HEAD and cell.page == layout.pages[0].number),
        "foot": float(cell.line >= last - FOOT),
        "left": float(cell.x0 < page.width * 0.4),
        "right": float(cell.x0 > page.width * 0.5),
        "tall": min(max(cell.height / max(layout.word_height, 1e-6) - 1, 0.0), 2.0),
        "legal": float(_says(LEGAL, name)),
        "legal_end": float(bool(legal)),
        "sdn_bhd": float("bhd" in said),
        "upper": float(name == name.upper()),
        "title": float(name == name.title()),
        "words": min(len(name.split()), 8) / 8,
        "one_word": float(len(name.split()) == 1),
        "digits": float(any(map(str.isdigit, name))),
        "punctuation": float(bool(re.search(r"[:;?!]|\.\s", name))),
        "not_name": float(_says(_NOT_NAMES, said) or _says(SELLER, said)),
        "street": float(_says(_STREET, said) and not legal),
        "address_under": float(any(_says(_STREET, plain(one.text)) for one in under[:2])),
        "street_over": float(_says(_STREET, direct)),
        "seller_label": float(_says(SELLER, direct) or (bool(own_label) and bool(SELLER.search(own_label)))),
        "seller_above": float(any(_says(SELLER, one) for one in over[1:])),
        "buyer_label": float(_says(BUYER, direct) or bool(own_label and BUYER.search(own_label))),
        "buyer_above": float(near_buyer),
        "domain": domain / 100 if domain > 60 else 0.0,
        "domain_start": float(starts),
        "repeated": min(around.counts[said] - 1, 3) / 3 if around.counts[said] > 1 else 0.0,
        "register": float(cell.text != name and bool(_REGISTER.search(" ".join(cell.text.split())))),
        "tax_id_under": float(
            any(re.search(r"vat|tax|gst|ust|tva|siret|abn|kvk|btw", plain(one.text)) for one in under)
        ),
        "holder": float(
            bool(
                re.search(
                    r"kontoinhaber|kontoname|titulaire|beneficia|account (?:holder|name)|nom :|payee",
                    own_label or plain(cell.text),
                )
            )
        ),
        "in_sentence": float(len(cell.text) > 70),
        "part": float(part > 0),
        "two_lines": float(two_lines),
        "amount": float(_says(_AMOUNT, said)),
        "all_legal": float(_says(_ALL_LEGAL, said)),
        "goes_on": float(goes_on),
        "beside_buyer": float(_beside_buyer(layout, cell)),
        "lower_start": float(name[:1].islower()),
    }
    return Candidate(name, features, cell.box, name, cell.line, "")


def _beside_buyer(layout: Layout, cell: Cell) -> bool:
    """Whether a buyer's label stands on the same line: then this may be the seller's block."""
    line = layout.lines[cell.line]
    return any(one is not cell and _says(BUYER, plain(one.text)) for one in line.cells)


def buyer(candidates: list[Candidate], vendor: str | None) -> Candidate | None:
    """The first name under or beside a label for the buyer."""
    fitting = [
        one
        for one in candidates
        if one.value != vendor
        and not one.features["not_name"]
        and one.features["buyer_above"]
        and not one.features["part"]
        and not one.features["two_lines"]
    ]
    direct = [one for one in fitting if one.features["buyer_label"]]
    return next(iter(direct or fitting), None)
