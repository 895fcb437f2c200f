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


NAMES = {
    "Czech": ["Šroub křížový", "Podložka plochá", "Kůň žlutý", "Příruba ocelová"],
    "Hungarian": ["Fehér törölköző", "Hűtőtáska", "Őszi kabát", "Gyűrű ezüst"],
    "Polish": ["Żółta koszula", "Łyżka stołowa", "Ręcznik łazienkowy", "Świeca zapachowa"],
    "Turkish": ["Kırmızı gömlek", "Yeşil çanta", "Çocuk ayakkabısı", "Gümüş yüzük"],
    "Hebrew": ["חולצה כחולה", "כיסא עץ", "נעלי ספורט"],
    "Arabic": ["قميص أزرق", "كرسي خشبي", "حذاء رياضي"],
    "Lithuanian": ["Raudona kėdė", "Šilti marškiniai", "Vaikų žaislas", "Ąžuolinė lentyna"],
    "French": ["Crème brûlée", "Théière émaillée", "Rideau à œillets", "Forêt"],
    "German": ["Stühle weiß", "Übertopf groß", "Gewürzmühle", "Bürste"],
    "Greek": ["Μπλε πουκάμισο", "Ξύλινη καρέκλα", "Τραπέζι κουζίνας"],
    "Russian": ["Синяя рубашка", "Деревянный стул", "Чай чёрный"],
    "Japanese": ["コーヒーカップ", "バスタオル", "お菓子"],
    "Chinese": ["蓝色衬衫", "运动鞋", "儿童玩具", "咖啡杯"],
    "Traditional Chinese": ["藍色襯衫", "運動鞋", "兒童玩具", "咖啡杯"],
    "Korean": ["커피 잔", "수건", "가죽 가방"],
}


@pytest.mark.parametrize(
    ("language", "codec"),
    [
        ("Czech", "cp1250"),
        ("Czech", "iso8859-2"),
        ("Czech", "cp852"),
        ("Hungarian", "cp1250"),
        ("Hungarian", "iso8859-2"),
        ("Polish", "cp1250"),
        ("Polish", "iso8859-2"),
        ("Turkish", "cp1254"),
        ("Hebrew", "cp1255"),
        ("Arabic", "cp1256"),
        ("Lithuanian", "cp1257"),
        ("French", "cp1252"),
        ("French", "mac-roman"),
        ("German", "cp1252"),
        ("German", "mac-roman"),
        ("German", "cp850"),
        ("Greek", "cp1253"),
        ("Greek", "iso8859-7"),
        ("Russian", "cp1251"),
        ("Russian", "koi8-r"),
        ("Russian", "cp866"),
        ("Japanese", "cp932"),
        ("Chinese", "gb18030"),
        ("Traditional Chinese", "big5"),
        ("Korean", "cp949"),
    ],
)
def test_letters_tell_the_encoding(read: Reader, language: str, codec: str) -> None:
    names = NAMES[language]
    data = "id,name\n" + "".join(f"{n},{name}\n" for n, name in enumerate(names))

    assert [name for _, name in read(data.encode(codec)).rows] == names


@pytest.mark.parametrize("name", ["Müller", "Größe 40", "café", "12,50 €", "N° 12", "it’s", "Ø 12 mm", "½ l"])
def test_a_few_western_letters_are_western(read: Reader, name: str) -> None:
    assert read(f"id;name\n1;{name}\n".encode("cp1252")).found.encoding == "windows-1252"


@pytest.mark.parametrize(
    ("name", "codec", "other"),
    [("Łódź", "cp1250", "windows-1252"), ("Ñandú", "cp1252", "cp1250"), ("příbor", "cp1250", "windows-1252")],
)
def test_a_guess_says_what_else_it_could_be(read: Reader, name: str, codec: str, other: str) -> None:
    doubt = read(f"id,name\n1,{name}\n".encode(codec)).found.encoding_doubt

    assert doubt is not None
    assert other in doubt


@pytest.mark.parametrize(
    ("data", "layout"),
    [
        (b"id,name\n1,plain\n", {}),
        ("id,name\n1,příbor\n".encode(), {}),
        ("id,name\n1,příbor\n".encode("utf-16"), {}),
        ("id,name\n1,příbor\n".encode("cp1250"), {"encoding": "cp1250"}),
        ("id,name\n1,Größe\n2,Stühle weiß\n".encode("cp1252"), {}),
    ],
)
def test_what_is_certain_is_no_guess(read: Reader, data: bytes, layout: dict) -> None:
    assert read(data, **layout).found.encoding_doubt is None


def test_letters_of_no_known_language_are_a_guess(read: Reader) -> None:
    assert read(b"id,name\n1,\xd7\xd8\xe1\x99\xd0\xb3\n2,\xaf\xd8\xb9\n").found.encoding_doubt is not None


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("lines", [1, 3, 40_000])
def test_the_only_umlaut_may_stand_in_the_last_line(read: Reader, lines: int, end: str) -> None:
    text = "a;b\n" + "1234567890;12345678901\n" * lines + "Müller;x" + end
    for encoding in ("utf-8", "cp1252"):
        assert read(text.encode(encoding), delimiter=";").rows[-1] == ("Müller", "x")
