"""What a name looks like: legal forms, and what stands around names that is none of them."""

import re
from functools import lru_cache

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
STREET = re.compile(
    r"\b(?:street|str\.?|strasse|stra[sß]e|rue|road|rd|ave|avenue|blvd|boulevard|lane|drive"
    r"|suite|floor|unit|jalan|jln|lot|no\.?|lorong|taman|bahnstr|weg|platz|place|way"
    r"|parkway|p\.?o\.? box|postfach|quay|court)\b"
    r"|strasse\b|str\.|\bgasse\b|\d{4,6}\s+[a-z]{3}|\b[a-z]{2},? \d{5}|^\d+[\w/]* [a-z]"
    r"|^(?:united (?:states|kingdom)|usa|u\.?k\.?|ireland|germany|deutschland|france"
    r"|frankreich|netherlands|spain|italy|austria|schweiz|switzerland|australia|canada"
    r"|malaysia|poland)\.?$",
    re.IGNORECASE,
)
NOT_NAMES = re.compile(
    r"invoice|rechnung|facture|factuur|receipt|quittung|\btotal\b|amount|betrag|\bdate\b"
    r"|datum|\bpage\b|seite|\btel\b|phone|\bfax\b|e-?mail|\bvat\b|\btax\b|gst\b|\bust\b|^(?:herrn?|frau|firma|monsieur|madame|mrs?\.?|eur|usd)$|iban"
    r"|\bbic\b|swift|number|nummer"
    r"|thank|welcome|cashier|table|customer|kunde|description|menge|qty|quantity|order"
    r"|bestell|avoir|gutschrift|copy|duplicate|reprint|original|bill to|ship to|due|paid"
    r"|balance|subtotal|payment|zahlung"
    r"|^\W*(?:to|from|item|price|logo)\W*$|lieferant\b.*nr|www\.|https?:|@"
    r"|reg(?:istration)? no|co\.? no|company (?:no|reg)|account|summary|adresse|references"
    r"|stylesheet|beispiel|trade name|company name|your name",
    re.IGNORECASE,
)
DOMAIN = re.compile(r"(?:https?://|www\.|@)([a-z0-9][a-z0-9.\-]*\.[a-z]{2,})", re.IGNORECASE)
BARE_DOMAIN = re.compile(
    r"\b([a-z0-9][a-z0-9\-]{2,}\.(?:com|net|org|io|de|fr|co|eu|app|dev|ai|ch|at|nl|be|uk|my))\b",
    re.IGNORECASE,
)
FREE_MAIL = {
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
REGISTER = re.compile(
    r"\s*[\[({]?\s*(?:co(?:mpany)?\.?\s*)?(?:reg(?:istration)?\.?\s*)?(?:no"
    r"|nr)?\.?\s*:?\s*[\[({]\s*(?:co\.?\s*)?(?:reg\.?\s*)?(?:no\.?)?\s*:?\s*[\dA-Z]*\d{3,}[\w\-/ ]*[\])}]?\s*\.?$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(
    r"\s*[\[({]\s*(?:co\w*\.?|reg\w*\.?|no\.?|[:.\s])*[A-Z]{0,3}\d[\d ]{3,}[\w\-/ ]*[\])}]\s*", re.IGNORECASE
)
_AFTER_LEGAL = re.compile(r"(\b(?:SDN BHD|S/B))\.?(?:\s+\d{4,}\S*(?:\s*\(\w+\))?)?$", re.IGNORECASE)
AMOUNT = re.compile(
    r"\d[.,]\d\d\b|\brm ?\d|^(?:cash|change|visa|sales?|qty|rm|no|item|name)$|x ?\d", re.IGNORECASE
)
ALL_LEGAL = re.compile(
    r"^(?:(?:sdn|bhd|inc|llc|ltd|gmbh|co|kg|ag|restaurant|enterprise|trading|stores?"
    r"|hardware|group|holdings?|limited|company|s/b)[\s.,&()]*)+$",
    re.IGNORECASE,
)
HOLDER = re.compile(
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


@lru_cache(maxsize=20_000)
def names(text: str) -> tuple[str, ...]:
    """The cell without labels and register numbers, then its parts where dots or dashes divide it."""
    whole = cleaned(text)
    first = cleaned(_DIVIDERS.split(text)[0])
    holder = HOLDER.search(text)
    named = cleaned(_DIVIDERS.split(holder[1])[0]) if holder and holder.start() else ""
    return tuple(dict.fromkeys(one for one in (whole, first, named) if one))


@lru_cache(maxsize=20_000)
def cleaned(text: str) -> str:
    text = _LEADING.sub("", " ".join(text.split()))
    for pattern, letter in _MISREAD:
        text = pattern.sub(letter, text)
    text = REGISTER.sub("", _BRACKETED.sub(" ", text)).strip()
    text = _AFTER_LEGAL.sub(r"\1", " ".join(text.split()))
    return text.strip(" :;,*-–—_|~`'\"#=<>").strip()
