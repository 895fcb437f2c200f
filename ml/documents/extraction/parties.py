"""Candidates for the names of seller and buyer: what stands at the head, over an address, beside a tax number, in the
foot, and what web and mail addresses are called."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from ml.documents.extraction.labels import BUYER, SELLER, plain
from ml.documents.extraction.layout import Cell, Layout
from ml.documents.extraction.names import (
    ALL_LEGAL,
    AMOUNT,
    BARE_DOMAIN,
    DOMAIN,
    FREE_MAIL,
    HOLDER,
    LEGAL,
    NOT_NAMES,
    REGISTER,
    STREET,
    STRICT_LEGAL,
    cleaned,
    names,
)
from ml.documents.extraction.scoring import Candidate

HEAD, FOOT = 14, 8
"""Lines at the top and at the bottom where a name is looked for."""


@dataclass
class _Around:
    """What is known of the page as a whole."""

    domains: set[str]
    counts: Counter[str]
    holders: set[str]
    """Names to which accounts belong."""
    foot: set[str]
    """Names in the foot."""


def domains(layout: Layout) -> set[str]:
    """The names in web and mail addresses, without their endings."""
    found = {match[1] for match in DOMAIN.finditer(layout.text)} | {
        match[1] for match in BARE_DOMAIN.finditer(layout.text)
    }
    owners = set()
    for one in found:
        parts = [
            part
            for part in one.lower().split(".")
            if part not in ("www", "com", "co", "org", "net", "my", "uk")
        ]
        if len(parts) >= 1:
            name = parts[-2] if len(parts) > 1 and len(parts[-1]) <= 3 else parts[-1]
            if len(name) >= 3 and name not in FREE_MAIL:
                owners.add(name)
    return owners


def candidates(layout: Layout, table_lines: set[int]) -> list[Candidate]:
    """Cells that may be names, and names within them; those of goods are none."""
    last = len(layout.lines)
    around = _Around(
        domains(layout),
        Counter(plain(part) for cell in layout.cells for part in names(cell.text)),
        {
            plain(names(cell.text)[-1])
            for cell in layout.cells
            if HOLDER.search(cell.text) and names(cell.text)
        },
        {plain(part) for line in layout.lines[-FOOT:] for cell in line.cells for part in names(cell.text)},
    )
    made: list[Candidate] = []
    for place, cell in enumerate(layout.cells):
        if cell.line in table_lines:
            continue
        own = [(number, name) for number, name in enumerate(names(cell.text)) if _is_name(name)]
        longer = _with_next(layout, cell) if own else None
        for number, name in own:
            made.append(_candidate(layout, cell, name, place, last, around, number, goes_on=bool(longer)))
        if longer:
            made.append(_candidate(layout, cell, longer, place, last, around, 0, two_lines=True))
    return made


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
    if _says(NOT_NAMES, plain(cell.text)):
        return None
    first, second = cleaned(cell.text), cleaned(below.text)
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
        "not_name": float(_says(NOT_NAMES, said) or _says(SELLER, said)),
        "street": float(_says(STREET, said) and not legal),
        "address_under": float(any(_says(STREET, plain(one.text)) for one in under[:2])),
        "street_over": float(_says(STREET, direct)),
        "seller_label": float(_says(SELLER, direct) or (bool(own_label) and bool(SELLER.search(own_label)))),
        "seller_above": float(any(_says(SELLER, one) for one in over[1:])),
        "buyer_label": float(_says(BUYER, direct) or bool(own_label and BUYER.search(own_label))),
        "buyer_above": float(near_buyer),
        "domain": domain / 100 if domain > 60 else 0.0,
        "domain_start": float(starts),
        "repeated": min(around.counts[said] - 1, 3) / 3 if around.counts[said] > 1 else 0.0,
        "register": float(cell.text != name and bool(REGISTER.search(" ".join(cell.text.split())))),
        "tax_id_under": float(
            any(re.search(r"vat|tax|gst|\bust|tva|siret|abn|kvk|btw", plain(one.text)) for one in under)
        ),
        "holder": float(
            bool(
                re.search(
                    r"kontoinhaber|kontoname|titulaire|beneficia|account (?:holder|name)|nom :|payee",
                    own_label or plain(cell.text),
                )
            )
        ),
        "is_holder": float(said in around.holders),
        "in_foot": float(said in around.foot and cell.line < last - FOOT),
        "in_sentence": float(len(cell.text) > 70),
        "part": float(part > 0),
        "two_lines": float(two_lines),
        "amount": float(_says(AMOUNT, said)),
        "all_legal": float(_says(ALL_LEGAL, said)),
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
