"""What invoices and books write differently and mean the same, as expressions over whole columns."""

import polars as pl

from ml.documents.extraction.names import LEGAL

_LETTER, _DIGIT = r"\p{L}", r"\p{Nd}"
_ELSE = rf"[^{_LETTER}{_DIGIT}]+"


def plain(text: pl.Expr) -> pl.Expr:
    """Lower case without accents."""
    lower = text.str.to_lowercase().str.replace_all("ß", "ss", literal=True)
    return lower.str.normalize("NFKD").str.replace_all(r"\p{M}", "")


def words(text: pl.Expr) -> pl.Expr:
    """Plain words with a blank between; null where there is none."""
    return _some(plain(text).str.replace_all(_ELSE, " ").str.strip_chars())


def name(text: pl.Expr) -> pl.Expr:
    """A seller's name without legal forms and marks, which differ where the name does not.

    A name of legal forms only ("Hardware Trading Ltd") stays as it is.
    """
    bare = words(plain(text).str.replace_all(f"(?i){LEGAL.pattern}", " "))
    return bare.fill_null(words(text))


def code(text: pl.Expr) -> pl.Expr:
    """Capital letters and digits of a tax id, an account, a number; null where there is none."""
    return _some(_capitals(text).str.replace_all(_ELSE, ""))


def article(text: pl.Expr) -> pl.Expr:
    """A code of an article: zeros in front say nothing, be it of a GTIN-14 or a spreadsheet."""
    return _some(code(text).str.strip_chars_start("0"))


def without_country(tax_id: pl.Expr) -> pl.Expr:
    """A tax id without the two letters of its country."""
    return code(tax_id).str.replace(r"^[A-Z]{2}([0-9A-Z]*[0-9]{5})", "${1}")


def groups(number: pl.Expr) -> pl.Expr:
    """The runs of letters and digits of a number, without zeros in front: INV-001, INV001 and inv/1 are INV-1."""
    runs = (
        _capitals(number)
        .str.replace_all(_ELSE, "-")
        .str.replace_all(f"({_LETTER})({_DIGIT})", "${1}-${2}")
        .str.replace_all(f"({_DIGIT})({_LETTER})", "${1}-${2}")
        .str.strip_chars("-")
    )
    return _some(runs.str.replace_all(rf"(^|-)0+({_DIGIT})", "${1}${2}"))


def is_unbroken(number: pl.Expr) -> pl.Expr:
    """Whether nothing divides the digits of a number: 2025017 may be 2025-017 written without its dash."""
    return ~number.str.contains(f"{_DIGIT}{_ELSE}{_DIGIT}")


def _capitals(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.to_uppercase()


def _some(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.len_chars() > 0).then(text)
