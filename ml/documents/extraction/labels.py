"""What the words beside a value say that it is, in English, German, French and a little Dutch, Spanish and Italian."""

import re
import unicodedata
from functools import lru_cache


def _compiled(classes: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in classes.items()}


AMOUNTS = _compiled(
    {
        "strong": r"grand total|gesamt(?!preis)\s?-?(?:betrag|summe)|rechnungs-?betrag|endbetrag"
        r"|brutto-?(?:summe|betrag)|gesamt ?brutto"
        r"|rechnungssumme ?brutto|(?:total|montant|net) ?ttc|summe inkl|total (?:amount|incl"
        r"|sales|payable|fare)|invoice (?:total|amount)"
        r"|total ?(?:€|eur|usd|\$)? ?inc|amount incl|totalbetrag|importe total"
        r"|totale (?:fattura|documento)|total general|nett? total|bill total",
        "total": r"\btotal\b|summe|totaal|totale|\b[tlj1]ot[ai][l1]\b|\bgesamt\b",
        "net": r"sub-? ?total|zwischensumme|netto|total ht|net (?:amount|worth|total|value)|\bht\b"
        r"|hors taxe|excl|exkl|before tax|ohne ust|without (?:tax|vat)"
        r"|taxable|steuerbasis|warenwert|positionssumme|subtotaal|base imponible|imponibile"
        r"|netto|sous-total|amount before",
        "tax": r"\bvat\b|\bgst\b|mwst|\bust\b|\btva\b|\btax(?:es)?\b|\bbtw\b|steuer|\bsst\b|\biva\b"
        r"|\btaxe?s?\b|umsatzst|\bust\.",
        "due": r"amount due|balance due|total due|zahl-?betrag|net ?a payer|solde ?a payer|a payer"
        r"|offener betrag|zu zahlen|fallig|amount payable|to pay|outstanding"
        r"|te betalen|restbetrag|please pay|balance payable",
        "prepaid": r"bereits (?:be|ge)zahlt|anzahlung|acompte|deposit|prepaid|already paid|amount paid"
        r"|paid to date|erhaltene|deja paye|payments? received|reglement",
        "cash": r"\bcash(?!ier| sale| bill)|tender|\bvisa\b|master ?card|\bcard\b|\bbar\b|gegeben|amount received"
        r"|\bpaid\b|\bpayment\b|especes|debit",
        "change": r"\bchange\b|ruckgeld|rendu|\bchg\b",
        "rounding": r"round|rundung|arrondi|\brnd|adj(?:ustment)?\b",
        "rounded": r"round(?:ed)? (?:total|amount)|total (?:after )?round|after (?:round|adj)|incl?.{0,12}round",
        "allowance": r"discount|rabatt|remise|nachlass|allowance|abschl|saving|skonto|escompte|rebate|promotion",
        "charge": r"shipping|versand|freight|service charge|serv\.? ?ch|zuschl|\bport\b|delivery|frais"
        r"|handling|fracht|surcharge",
        "quantity": r"\bqty\b|quantity|\bitems?\b|item count|no\.? of|anzahl|total qty|pcs|stuck|menge|quantite",
        "incl": r"\bincl?\b|\binkl\b|including|inclusive|\bttc\b|brutto|gross|\binc\.|incl\.",
        "excl": r"excl|exkl|\bht\b|ohne|without|before|hors|exclusive",
        "other": r"capital|kapital|credit limit|points?\b|account|konto|iban|phone|tel\b|fax|order"
        r"|bestell|nr\.|\bno\.?\b|gewicht|weight|balance brought|saldo"
        r"|penalt|recouvrement|mahn|previous|unit price|rate\b|exchange|siret|naf|rcs",
        "row": r"\bprice\b|preis|prix|unit|\beach\b|\brate\b",
        "partial": r"supplies|zero.?rat|standard.?rat|@ ?\d+ ?%|\b[sz]r\b|goods|taxable am|\d ?% (?:incl"
        r"|excl|gst|supp)|per rate|items? total",
        "summary": r"summary|zusammenfassung|steueraufschl|ventilation|detail tva|analysis",
    }
)
DATES = _compiled(
    {
        "issue": r"invoice date|date (?:of )?(?:issue|invoice)|issue ?date|\bissued\b|bill(?:ing)? date"
        r"|rechnungsdatum|beleg-?\s?datum|date (?:de )?(?:la )?facture"
        r"|date d.?emission|facturee le|factuurdatum|tax point|inv\.? ?date|doc(?:ument)? date"
        r"|date facturation|fecha (?:de )?factura|data fattura|receipt date|date paid",
        "date": r"\bdate\b|\bdatum\b|\bdated\b|\bvom\b|\bvon\b|\bdu\b|\ble\b|fecha|\bdata\b|\bdt\b|\bden\b|\bon\b",
        "due": r"\bdue\b|fallig|zahlbar|bis zum|echeance|pay(?:ment)? by|vervaldatum|payable"
        r"|vencimiento|uberweisen|before|bis\b|ziel",
        "other": r"deliver|liefer|leistung|livraison|order|bestell|commande|ship|period|periode|debut"
        r"|fin de|print|member|birth|expir|skonto|auftrag|vertrag|mandat"
        r"|valid|version|reception|associe|abbuch|start|\bend\b|escompte|from|until|\bto\b"
        r"|renew|next|check ?in|check ?out|due on|gemass|terminen|reference|termin",
        "invoice": r"invoice|rechnung|facture|factuur|receipt|avoir|gutschrift|credit note|\bbill\b",
        "time": r"\btime\b|uhr|\b\d\d:\d\d",
    }
)
NUMBERS = _compiled(
    {
        "strong": r"(?:invoice|inv|bill|receipt|rcpt|document|doc|credit (?:note|memo)|rechnungs?|beleg"
        r"|gutschrifts?|factuur|facture|avoir|fattura|factura|statement)[\s.\-]*"
        r"(?:s)?(?:no\b|num|nr|n[°ºo]\b|#|id\b|ref|nummer)|n[°º] ?(?:de )?(?:la )?facture"
        r"|numero de facture|rechnung #|slip no|cash sales no|tax invoice no|n facture"
        r"|numero d'avoir",
        "title": r"(?:invoice|rechnung|facture|avoir|factuur|gutschrift|credit note|receipt|inv)\W*(?:no"
        r"|nr|#|n°|nummer|num)?\W*$",
        "plain": r"(?:\bno|\bnr|\bn°|#|\bnumber|\bnummer|\bnum|numero)\W*$",
        "invoice": r"invoice|rechnung|facture|factuur|\binv\b|beleg|avoir|bill\b|receipt|credit note"
        r"|gutschrift|document",
        "order": r"order|bestell|commande|\bpo\b|p\.o\.|purchase|auftrag|bon de|\bbc\b|ordernummer",
        "customer": r"customer|kunden|client|account|member|konto|klant|cust\b|debitor",
        "tax": r"tax (?:id|no|reg)|vat(?! invoice)|ust|steuer|tva|gst|siret|siren|btw|kvk|\btin\b"
        r"|reg(?:istration)?|co\.? ?(?:no|reg)|company no|\bein\b|abn\b|handelsreg|iban|bic"
        r"|swift|gln|gtin|blz",
        "other": r"tel|fax|phone|mobile|vertrag|contract|contrat|lieferschein|livraison|delivery|project"
        r"|projet|associe|related|liee|table|cashier|terminal|till|\bpos\b|zip|page|seite"
        r"|ticket|approval|auth|card|batch|trace|article|artikel|item|serien|serial|marche|avis"
        r"|payment|mandat|quote|angebot|devis|ship|track|licen[cs]e|reference|referenz|zeichen",
    }
)
ORDER = re.compile(
    r"(?:purchase ?order|\bp\.?o\.?\b|order|bestell(?:ung|-)?"
    r"|n° ?(?:de )?(?:bon de )?commande|bon de commande|votre commande|auftrags?"
    r"|your reference|votre reference|ihre bestellung)"
    r"\W*(?:no|nr|number|nummer|num|n°|#|id|ref)?\W*$|n° de bon de commande\W*$"
    r"|gemass bestellung\W*(?:nr)?\W*$|votre reference\W*$",
    re.IGNORECASE,
)
SELLER = re.compile(
    r"^\W*(?:seller|vendor|from|sold by|supplier|service provider|provider"
    r"|rechnungsersteller|verkaufer|lieferant|absender|fournisseur|vendeur|emetteur"
    r"|leistungserbringer|issued by"
    r"|remit to|payee|pay to|bill(?:ed)? from|billed by|merchant|name|seller trade name)\b\W*(?:name)?\W*$",
    re.IGNORECASE,
)
BUYER = re.compile(
    r"bill(?:ed|ing)?[ -]?(?:to|address|information|details)|\bbuyer\b|\bclient\b|\bcustomer\b|sold to"
    r"|invoice(?:d)? to|\bto:?$|rechnungsempfanger|(?<!ver)kaufer|empfanger|kunde\b"
    r"|adresse (?:du client|de (?:livraison|facturation))"
    r"|acheteur|destinataire|ship(?:ping|ped)?[ -]?(?:to|address)|deliver(?:y)? (?:to"
    r"|address)|prepared for|issued to|warenempfanger|rechnungsadresse|lieferadresse|attn"
    r"|leistungsempfanger|recipient|account holder:?$",
    re.IGNORECASE,
)


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Lower case without accents: what labels are compared with."""
    if text.isascii():
        return text.lower()
    folded = text.replace("ß", "ss").replace("’", "'").lower()
    return "".join(one for one in unicodedata.normalize("NFD", folded) if not unicodedata.combining(one))


@lru_cache(maxsize=50_000)
def classes(kind: str, text: str) -> tuple[str, ...]:
    """Names of all classes of a kind (`amounts`, `dates`, `numbers`) that a label is of."""
    said = plain(text)
    return tuple(name for name, pattern in _KINDS[kind].items() if pattern.search(said))


_KINDS = {"amounts": AMOUNTS, "dates": DATES, "numbers": NUMBERS}
