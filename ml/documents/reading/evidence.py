"""Whether words are text: what tells a good recognition from a bad one, and a text layer from garbage."""

import re
from collections.abc import Iterable

from ml.documents.words import Word

_VOWELS = re.compile(r"[aeiouyäöüáéíóúàèìòùâêîôûëïœæ]", re.IGNORECASE)
_LETTERS = re.compile(r"^[^\W\d_]{3,}$")
_USUAL = re.compile(r"^[\wÀ-ž€$£¥₹%&@#*+\-/\\.,:;!?'’\"“”„«»‘()\[\]{}<>=|~°§²³•·●–—…®©™№^`´¨×]+$")
_COMMON = """invoice total date tax amount number no qty quantity price description receipt cash change item subtotal
bill due the and of to for from in on by with your you net gross rechnung datum betrag summe menge preis gesamt netto
brutto mwst ust steuer der die das und von für auf mit bei ihre sie nr seite facture montant quantité prix unitaire
désignation le la les de des du et pour par sur tva ht ttc page tel phone fax email vat"""
_GERMAN_WORDS = "der die das und rechnung datum betrag menge gesamt mwst ust netto für von zahlbar summe"
_FRENCH_WORDS = "le la les des du et facture montant quantité prix tva ht ttc désignation pour"
COMMON = frozenset(_COMMON.split())
_GERMAN, _FRENCH = frozenset(_GERMAN_WORDS.split()), frozenset(_FRENCH_WORDS.split())
GOOD_PAGE = 12
"""Good words that even a short receipt has."""
WEAK_SCORE = 0.72


def good_words(words: Iterable[Word]) -> float:
    """How many words are surely read: letters or digits of some length, weighted by the engine's score."""
    return sum(
        word.score
        for word in words
        if word.score > 0.5 and sum(character.isalnum() for character in word.text) >= 3
    )


def mean_score(words: Iterable[Word]) -> float:
    """The score of a letter, on average."""
    lengths = [(len(word.text), word.score) for word in words if any(map(str.isalnum, word.text))]
    total = sum(length for length, _ in lengths)
    return sum(length * score for length, score in lengths) / total if total else 0.0


def is_weak(words: tuple[Word, ...]) -> bool:
    return good_words(words) < GOOD_PAGE or mean_score(words) < WEAK_SCORE


def stands_upright(words: tuple[Word, ...]) -> bool:
    """Whether enough is read that the page cannot lie on its side or its head."""
    return good_words(words) >= GOOD_PAGE and mean_score(words) > 0.5


def is_text(words: tuple[Word, ...]) -> bool:
    """Whether a text layer decodes to words of a language: fonts without a mapping give others."""
    if not words:
        return False
    texts = [word.text for word in words]
    unusual = sum(not _USUAL.match(text) for text in texts)
    if unusual > 0.3 * len(texts):
        return False
    letters = [text for text in texts if _LETTERS.match(text)]
    if len(texts) >= 5 and not letters:
        return any(character.isdigit() for text in texts for character in text) and len(texts) < 30
    if any(text.lower().strip(":.,") in COMMON for text in texts):
        return True
    with_vowels = sum(bool(_VOWELS.search(text)) for text in letters)
    mixed = sum(text[1:] != text[1:].lower() and text != text.upper() for text in letters)
    return with_vowels >= 0.75 * len(letters) and mixed <= 0.3 * max(len(letters), 1)


def language(words: Iterable[Word]) -> str:
    """The language that Tesseract reads such words with best."""
    texts = [word.text.lower().strip(":.,") for word in words]
    german = sum(text in _GERMAN for text in texts)
    french = sum(text in _FRENCH for text in texts)
    if max(german, french) < 3:
        return "eng"
    return "deu" if german >= french else "fra"
