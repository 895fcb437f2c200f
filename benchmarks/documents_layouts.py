"""Drawn layouts of invoices as words with places: what the extractor's weights learn from beside real documents.

Names stand where sellers of software and services put them: in a block beside the buyer's, in a line over the address
window, in the foot, as the first tall line, or only in a mail address and the legal notice.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from benchmarks.documents_words import (
    CITIES,
    COUNTRIES,
    FAMILIES,
    FIRST,
    LEGAL,
    MONTHS,
    PEOPLE,
    SECOND,
    STREETS,
    WORDS,
)
from ml.documents.words import Page, Word


@dataclass
class _Sheet:
    """A page that text is put on."""

    words: list[Word] = field(default_factory=list)

    def put(self, x: float, y: float, text: str, size: float = 10.0, *, right: bool = False) -> float:
        width = 0.5 * size
        if right:
            x -= len(text) * width
        for part in text.split(" "):
            if part:
                self.words.append(Word(part, x, y, x + len(part) * width, y + 1.2 * size))
            x += (len(part) + 1) * width * (1.0 if part else 0.5)
        return y + 1.45 * size

    def block(self, x: float, y: float, lines: list[str], size: float = 10.0) -> float:
        for line in lines:
            if line:
                y = self.put(x, y, line, size)
        return y


def drawn(seed: int) -> tuple[list[Page], dict[str, Any]]:
    """A page and its truth; the same seed gives the same page."""
    rng = random.Random(seed)
    language = rng.choice(("en", "en", "en", "de", "de", "fr"))
    said = {name: rng.choice(texts) for name, texts in WORDS[language].items() if name != "row"}
    vendor = _company(rng, language)
    buyer = _company(rng, language) if rng.random() < 0.6 else f"{rng.choice(PEOPLE)} {rng.choice(FAMILIES)}"
    issued = date(2012, 1, 1) + timedelta(days=rng.randrange(5200))
    due = issued + timedelta(days=rng.choice((7, 14, 30, 30, 45)))
    pattern = rng.choice(
        {"en": ("long", "us", "iso", "short"), "de": ("german",), "fr": ("french", "iso")}[language]
    )
    shown = {name: _date(value, pattern) for name, value in (("date", issued), ("due", due))}
    if rng.random() < 0.4:
        shown.pop("due")
    number = rng.choice(
        ("{:06d}", "INV-{:05d}", "2023-{:04d}", "A1B2C3D4-{:04d}", "RE{:07d}", "F{:08d}")
    ).format(rng.randrange(9999))
    money = _money(rng, language)
    sheet = _Sheet()
    layout = rng.choice((_beside, _beside, _right_block, _window, _foot, _tall_left, _from_for, _mail_only))
    y = layout(sheet, rng, language, said, vendor, buyer, number, shown)
    _table(sheet, rng, language, said, money, max(y, 330))
    truth = {
        "vendor": vendor,
        "buyer": buyer,
        "number": number,
        "date": issued.isoformat(),
        "due_date": due.isoformat() if "due" in shown else None,
        "net": money["net"],
        "tax": money["tax"],
        "total": money["total"],
    }
    return [Page(0, 595, 842, tuple(sheet.words))], truth


def _company(rng: random.Random, language: str) -> str:
    name = rng.choice(
        (
            f"{rng.choice(FIRST)} {rng.choice(SECOND)}",
            f"{rng.choice(FIRST)}{rng.choice(SECOND).lower()}",
            rng.choice(FIRST) + rng.choice(FIRST).lower(),
            f"{rng.choice(FAMILIES)} & {rng.choice(FAMILIES)}",
            f"{rng.choice(FIRST)} {rng.choice(FIRST)} {rng.choice(SECOND)}",
        )
    )
    legal = rng.choice(LEGAL[language])
    return f"{name}{legal}" if legal.startswith(",") else f"{name} {legal}".strip()


def _address(rng: random.Random, language: str) -> list[str]:
    return [
        rng.choice(STREETS[language]).format(rng.randrange(1, 900)),
        rng.choice(CITIES[language]),
        rng.choice(COUNTRIES[language]),
    ]


def _domain(vendor: str) -> str:
    bare = "".join(one for one in vendor.lower().split(" ")[0:2] if one.isalnum() and len(one) > 2)
    return f"{bare or 'billing'}.com"


def _contact(rng: random.Random, vendor: str) -> str:
    domain = _domain(vendor)
    return rng.choice(
        (
            f"support@{domain}",
            f"billing@{domain}",
            f"www.{domain}",
            f"https://{domain}",
            "+1 415 555 0100",
            "",
        )
    )


def _tax_id(rng: random.Random, language: str) -> str:
    digits = f"{rng.randrange(10**9):09d}"
    return {
        "de": f"USt-IdNr.: DE{digits}",
        "fr": f"N° TVA : FR12{digits}",
        "en": rng.choice((f"VAT ID: GB{digits}", f"EIN {digits[:2]}-{digits[2:]}", "")),
    }[language]


def _date(value: date, pattern: str) -> str:
    return {
        "long": f"{MONTHS[value.month - 1]} {value.day}, {value.year}",
        "us": f"{value:%m/%d/%Y}",
        "iso": value.isoformat(),
        "short": f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}",
        "german": f"{value:%d.%m.%Y}",
        "french": f"{value:%d/%m/%Y}",
    }[pattern]


def _meta(said: dict, number: str, shown: dict) -> list[tuple[str, str]]:
    pairs = [(said["number"], number), (said["date"], shown["date"])]
    return [*pairs, (said["due"], shown["due"])] if "due" in shown else pairs


def _put_meta(sheet: _Sheet, rng: random.Random, x: float, y: float, pairs: list[tuple[str, str]]) -> float:
    style = rng.choice(("aside", "colon", "under"))
    for label, value in pairs:
        if style == "under":
            y = sheet.put(x, sheet.put(x, y, label, 8), value)
        elif style == "aside":
            sheet.put(x, y, label)
            y = sheet.put(x + 110, y, value)
        else:
            y = sheet.put(x, y, f"{label}: {value}")
    return y


def _beside(sheet, rng, language, said, vendor, buyer, number, shown) -> float:
    sheet.put(40, 40, said["title"], rng.choice((14, 18, 24)))
    y = _put_meta(sheet, rng, 40, 80, _meta(said, number, shown)) + 20
    x = rng.choice((200, 260, 310))
    own = [vendor, *_address(rng, language), _contact(rng, vendor), _tax_id(rng, language)]
    if rng.random() < 0.3:
        own = [said["from"], *own]
    end = sheet.block(40, y, own)
    return max(end, sheet.block(x, y, [said["bill"], buyer, *_address(rng, language)])) + 20


def _right_block(sheet, rng, language, said, vendor, buyer, number, shown) -> float:
    y = sheet.block(
        380, 40, [vendor, *_address(rng, language), _contact(rng, vendor), _tax_id(rng, language)]
    )
    sheet.put(40, 50, said["title"], 20)
    y = sheet.block(
        40, max(y, 130), [*([said["bill"]] if rng.random() < 0.7 else []), buyer, *_address(rng, language)]
    )
    return _put_meta(sheet, rng, rng.choice((40, 380)), y + 10, _meta(said, number, shown)) + 10


def _window(sheet, rng, language, said, vendor, buyer, number, shown) -> float:
    street, city, _ = _address(rng, language)
    mark = rng.choice((" • ", " - ", ", ", " | ", " · "))
    sheet.put(50, 120, mark.join((vendor, street, city)), 7)
    y = sheet.block(50, 140, [buyer, *_address(rng, language)])
    _put_meta(sheet, rng, 370, 140, _meta(said, number, shown))
    sheet.put(50, y + 50, f"{said['title']} {number if rng.random() < 0.4 else ''}".strip(), 14)
    foot = [vendor, street, city, _contact(rng, vendor), _tax_id(rng, language)]
    sheet.block(50, 760, foot[:3], 7)
    sheet.block(230, 760, foot[3:], 7)
    if rng.random() < 0.5:
        sheet.put(400, 760, f"Kontoinhaber: {vendor}" if language == "de" else f"Account holder: {vendor}", 7)
    return y + 90


def _foot(sheet, rng, language, said, vendor, buyer, number, shown) -> float:
    y = sheet.block(
        50, 60, [*([said["bill"]] if rng.random() < 0.5 else []), buyer, *_address(rng, language)]
    )
    sheet.put(350, 60, said["title"], 18)
    y = max(y, _put_meta(sheet, rng, 350, 95, _meta(said, number, shown)))
    street, city, country = _address(rng, language)
    if rng.random() < 0.5:
        sheet.put(60, 790, " - ".join(filter(None, (vendor, street, city, country))), 7)
        sheet.put(60, 802, " - ".join(filter(None, (_contact(rng, vendor), _tax_id(rng, language)))), 7)
    else:
        sheet.block(60, 780, [vendor, f"{street}, {city}", _tax_id(rng, language), _contact(rng, vendor)], 7)
    return y + 30


def _tall_left(sheet, rng, language, said, vendor, buyer, number, shown) -> float:
    y = sheet.put(40, 40, vendor, rng.choice((13, 16, 20)))
    y = sheet.block(40, y, [*_address(rng, language), _contact(rng, vendor)])
    sheet.put(560, 40, said["title"], 24, right=True)
    sheet.put(560, 75, f"# {number}", 11, right=True)
    y = max(sheet.block(40, y + 25, [said["bill"] + ":", buyer, *_address(rng, language)]), 160)
    return _put_meta(sheet, rng, 380, 120, _meta(said, number, shown)[1:]) + y * 0 + max(0, y - 200)


def _from_for(sheet, rng, language, said, vendor, buyer, number, shown) -> float:
    sheet.put(40, 40, f"{said['title']} {number}" if rng.random() < 0.3 else said["title"], 20)
    y = _put_meta(sheet, rng, 40, 75, _meta(said, number, shown)) + 15
    first, second = ((said["from"], vendor), (rng.choice(("For", said["bill"])), buyer))
    x = rng.choice((220, 300))
    end = sheet.block(
        40,
        y,
        [
            f"{first[0]}:" if rng.random() < 0.5 else first[0],
            first[1],
            *_address(rng, language),
            _tax_id(rng, language),
        ],
    )
    return max(end, sheet.block(x, y, [second[0], second[1], *_address(rng, language)])) + 15


def _mail_only(sheet, rng, language, said, vendor, buyer, number, shown) -> float:
    """The logo is a picture: the name stands in the legal notice and in addresses."""
    sheet.put(40, 40, said["title"], 18)
    y = _put_meta(sheet, rng, 40, 75, _meta(said, number, shown))
    y = sheet.block(rng.choice((40, 340)), y + 15, [said["bill"], buyer, *_address(rng, language)])
    street, city, country = _address(rng, language)
    sheet.put(40, 770, f"{vendor}, {street}, {city}, {country}".rstrip(", "), 8)
    sheet.put(40, 784, f"Questions? Contact us at support@{_domain(vendor)}", 8)
    if rng.random() < 0.5:
        sheet.put(40, 798, f"© {2023} {vendor}. All rights reserved.", 8)
    return y + 20


def _money(rng: random.Random, language: str) -> dict[str, Any]:
    rows = [
        (rng.choice((1, 1, 2, 3, 10)), rng.randrange(100, 50_000)) for _ in range(rng.choice((1, 1, 2, 3, 5)))
    ]
    net = sum(quantity * price for quantity, price in rows)
    rate = rng.choice(
        (0, 0, 20, 19, 10) if language == "en" else {"de": (19, 19, 7), "fr": (20, 20, 10)}[language]
    )
    tax = round(net * rate / 100)
    return {
        "rows": rows,
        "rate": rate,
        "net": net / 100,
        "tax": tax / 100,
        "total": (net + tax) / 100,
        "sign": rng.choice(("$", "£", "€", "USD ")) if language == "en" else "€",
    }


def _amount(cents: float, language: str, sign: str) -> str:
    text = f"{cents:,.2f}"
    if language == "en":
        return f"{sign}{text}"
    return (
        text.translate(str.maketrans(",.", ".,")) + " €"
        if language == "de"
        else text.replace(",", " ").replace(".", ",") + " €"
    )


def _table(sheet, rng, language, said, money, y) -> None:
    head = WORDS[language]["row"]
    for x, text, right in (
        (40, head[0], False),
        (330, head[1], True),
        (440, head[2], True),
        (555, head[3], True),
    ):
        sheet.put(x, y, text, 9, right=right)
    y += 20
    for quantity, price in money["rows"]:
        sheet.put(
            40,
            y,
            f"{rng.choice(FIRST)} {rng.choice(('plan', 'seats', 'support', 'licence', 'usage', 'hosting'))}",
            9,
        )
        sheet.put(330, y, str(quantity), 9, right=True)
        sheet.put(440, y, _amount(price / 100, language, money["sign"]), 9, right=True)
        sheet.put(555, y, _amount(quantity * price / 100, language, money["sign"]), 9, right=True)
        y += 18
    lines = [
        (said["net"], money["net"]),
        *([(said["tax"].format(money["rate"]), money["tax"])] if money["rate"] else []),
        (said["total"], money["total"]),
    ]
    if rng.random() < 0.5:
        lines.append((said["owed"], money["total"]))
    y += 8
    for label, value in lines:
        sheet.put(360, y, label, 9)
        sheet.put(555, y, _amount(value, language, money["sign"]), 9, right=True)
        y += 16
