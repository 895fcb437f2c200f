"""Encodings: stated, marked, or found out."""

import pytest

from retail_assets.errors import Unreadable
from tests.unit.readers.conftest import Reader

GERMAN = "Artikel;Größe;Straße\nMüsli;groß;Königsallee 5\nÖl;klein;Äußere Weberstraße\n"


@pytest.mark.parametrize(
    ("codec", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
        ("windows-1252", "windows-1252"),
        ("latin-1", "windows-1252"),
        ("cp850", "cp850"),
    ],
)
def test_encoding_is_found(read: Reader, codec: str, found: str) -> None:
    result = read(GERMAN.encode(codec))

    assert result.found.encoding == found
    assert result.found.columns == ["Artikel", "Größe", "Straße"]
    assert result.rows[1] == ("Öl", "klein", "Äußere Weberstraße")


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1250", "Kod;Nazwa\n1;Chleb żytni świeży\n2;Masło śmietankowe\n3;Łosoś wędzony\n"),
        ("cp1251", "Код;Наименование\n1;Хлеб ржаной\n2;Масло сливочное\n"),
        ("cp1253", "Κωδικός;Περιγραφή\n1;Ψωμί ολικής\n2;Βούτυρο\n"),
        ("cp1252", "Référence;Désignation\n1;Café moulu à l’ancienne\n2;Crème brûlée – 5 €\n"),
        ("cp1252", "Código;Descripción\n1;Jamón ibérico\n2;Piña\n"),
    ],
)
def test_other_languages(read: Reader, codec: str, text: str) -> None:
    header, *rows = text.rstrip().split("\n")
    result = read(text.encode(codec))

    assert result.found.columns == header.split(";")
    assert result.rows == [tuple(row.split(";")) for row in rows]


@pytest.mark.parametrize("codec", ["cp932", "gb18030", "utf-7", "koi8_r", "latin-1", "utf-16-be"])
def test_stated_encoding(read: Reader, codec: str) -> None:
    text = {"cp932": "商品", "gb18030": "面包"}.get(codec, "xyz")

    assert read(f"a,b\n{text},1\n".encode(codec), encoding=codec).rows == [(text, "1")]


def test_the_first_umlaut_far_from_the_beginning(read: Reader) -> None:
    data = b"a,b\n" + b"x,1\n" * 600_000 + "Öl,2\n".encode("cp1252")

    assert read(data).rows[-1] == ("Öl", "2")


def test_what_does_not_fit_a_stated_encoding_is_malformed(read: Reader) -> None:
    result = read("a,b\nÖl,1\nTee,2\n".encode("cp1252"), encoding="utf-8")

    assert (result.rows, list(result.malformed)) == ([("Tee", "2")], [1])


@pytest.mark.parametrize("encoding", ["utf-99", "base64", "rot13"])
def test_unknown_encoding(read: Reader, encoding: str) -> None:
    with pytest.raises(Unreadable) as error:
        read(b"a,b\n1,2\n", encoding=encoding)

    assert error.value.reason == "unknown_encoding"


def test_utf16_in_blocks(read: Reader) -> None:
    """A character may be cut where a block ends."""
    lines = "".join(f"{i},ä😀\n" for i in range(700_000))
    result = read(("x" + "a,b\n" + lines).encode("utf-16"))

    assert result.found.record_count == 700_000
    assert result.frame["b"].unique().to_list() == ["ä😀"]
