"""Where things stand in the archive that an Excel workbook is, and the number formats of its cells.

Writers differ in the order and the quotes of attributes and in where they put a part.
"""

import html
import re
import zipfile
from posixpath import join, normpath

_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^<>]*>")
_NUMBER_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\b[^<>]*>")
_STYLES = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(?:\w+:)?xf\b[^<>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>")
_BEGINNING = 2**20


def beginning(archive: zipfile.ZipFile, name: str) -> bytes:
    """Of a part, as much as anybody asks about; nothing where there is none."""
    if name not in archive.namelist():
        return b""
    with archive.open(name) as part:
        return part.read(_BEGINNING)


def workbook_part(archive: zipfile.ZipFile) -> str:
    """Where the list of sheets is."""
    for relation in _RELATION.findall(beginning(archive, "_rels/.rels")):
        if _attribute("Type", relation).endswith("/officeDocument"):
            return _attribute("Target", relation).removeprefix("/")
    return "xl/workbook.xml"


def parts_of_sheets(archive: zipfile.ZipFile, book: bytes) -> dict[str, str]:
    """The sheets by name, and the part of the archive that each is."""
    targets = {_attribute("Id", tag): _place(archive, tag) for tag in _relations(archive)}
    return {_attribute("name", tag): targets.get(_attribute("id", tag), "") for tag in _SHEET.findall(book)}


def number_formats(archive: zipfile.ZipFile) -> list[tuple[int, str]]:
    """Of each style of cells, in the order by which cells name it, the number of its format and the code of that one;
    formats that every workbook has are numbers without a code."""
    styles = next(
        (_place(archive, tag) for tag in _relations(archive) if _attribute("Type", tag).endswith("/styles")),
        "",
    )
    found = archive.read(styles) if styles in archive.namelist() else b""
    codes = {
        _attribute("numFmtId", tag): _attribute("formatCode", tag) for tag in _NUMBER_FORMAT.findall(found)
    }
    used = _STYLES.search(found)
    formats = [_attribute("numFmtId", tag) for tag in _STYLE.findall(used[0])] if used else []
    return [(int(form) if form.isdecimal() else 0, codes.get(form, "")) for form in formats]


def _relations(archive: zipfile.ZipFile) -> list[bytes]:
    folder, _, name = workbook_part(archive).rpartition("/")
    return _RELATION.findall(archive.read(f"{folder}/_rels/{name}.rels"))


def _place(archive: zipfile.ZipFile, relation: bytes) -> str:
    folder = workbook_part(archive).rpartition("/")[0]
    return normpath(join("/", folder, _attribute("Target", relation)))[1:]


def _attribute(name: str, tag: bytes) -> str:
    found = re.search(rf"""[\s:]{name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag.decode())
    return html.unescape(found[1] or found[2] or "") if found else ""
