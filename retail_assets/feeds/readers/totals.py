"""What the sum of the others is called where a shop, a sheet or a line is expected, in the languages of exports."""

import re
import unicodedata

_SUMS = """
    total totals totale totalt totaal totaux totais subtotal tot sum sums summe summen summa suma soma somma somme σ
    gesamt insgesamt gesamtsumme endsumme zwischensumme zusammen übertrag ergebnis kumuliert cumul
    razem ogółem łącznie celkem celkom spolu součet súčet vsota összesen mindösszesen ukupno sveukupno skupaj skupno
    samtals sammanlagt sammenlagt yhteensä kokku kopā pavisam toplam toplamı jumlah
    итого итог итоги всего сумма разом усього всього загалом сума підсумок общо всичко укупно σύνολο συνολο
    المجموع مجموع الإجمالي إجمالي الاجمالي اجمالي סהכ
"""
_WORDS = frozenset(_SUMS.split())
_PHRASES = ("i alt", "iš viso", "סה כ")
_QUALIFIED = ("grand total", "sub total", "total general", "total général", "total geral", "genel toplam")
_BEGINNINGS, _ENDS = ("gesamt", "total"), ("summe", "gesamt", "total", "totaal")
"""Of compounds: Gesamtsumme, Totalbestand, Endsumme."""
_WITHIN = re.compile("合计|合計|总计|總計|総計|总和|小计|小計|합계|총계|총합|รวม|कुल")
"""Where no blanks part words."""
_EVERY = "all alle tous toutes tutti tutte todos todas wszystkie všechny все alla kaikki összes"
_ALL = frozenset(_EVERY.split())
"""What a name begins with that means all others: all stores."""
_FIGURES = """
    ø average avg durchschnitt mittelwert moyenne promedio gemiddelde średnia průměr genomsnitt gennemsnit
    overall difference differenz diff summary overview übersicht zusammenfassung résumé resumen riepilogo resumo
    samenvatting overzicht podsumowanie souhrn összesítés сводка consolidated konsolidiert
"""
_OTHER_FIGURES = frozenset(_FIGURES.split())
"""What a column says of the others that is no sum either."""


def is_total(text: str) -> bool:
    """Whether a text says that it is a sum, and nothing else."""
    if any(one.isdigit() for one in text):
        return False
    said = " ".join(_words(text))
    return said in _WORDS or said in (*_PHRASES, *_QUALIFIED) or bool(_WITHIN.fullmatch(said))


def names_total(name: str) -> bool:
    """Whether a name says that what bears it is made of the others: `Gesamtbestand`, `Total qty`, `All stores`, `Ø`."""
    words = _words(name)
    if not words:
        return False
    phrase = f" {' '.join(words)} "
    return (
        words[0] in _ALL
        or not (_WORDS | _OTHER_FIGURES).isdisjoint(words)
        or any(word.startswith(_BEGINNINGS) or word.endswith(_ENDS) for word in words)
        or any(f" {known} " in phrase for known in _PHRASES)
        or _WITHIN.search(name) is not None
    )


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFC", text).replace("∑", "Σ ")  # the sign for a sum, and the letter
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=Σ)(?=[A-Za-z])", " ", plain)
    return re.findall(r"[^\W\d_]+", parted.casefold())
