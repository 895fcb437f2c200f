"""What is taken out of mails, messy and hostile ones, in the child process that admission uses."""

import base64
from pathlib import Path

import pytest

from retail_assets.errors import Unreadable
from retail_assets.intake.containers import Contents
from retail_assets.intake.handlers import Nesting
from retail_assets.invoices.mails import unpack_mail
from retail_assets.platform import Platform
from tests.mails import mail

PDF = b"%PDF-1.7 invoice"
HEAD = b"From: a@b.example\r\nSubject: Invoice\r\nMIME-Version: 1.0\r\n"
NESTING = Nesting()
BORDER = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'


class Mails:
    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform, self.folder = platform, folder

    def unpack(self, content: bytes, nesting: Nesting = NESTING) -> Contents:
        stored = self.folder / "mail"
        stored.write_bytes(content)
        out = self.folder / "out"
        out.mkdir(exist_ok=True)
        return unpack_mail(stored, modified_ns=7, nesting=nesting, folder=out, platform=self.platform)

    def parts(self, contents: Contents) -> dict[str, bytes]:
        return {
            name: (self.folder / "out" / str(place)).read_bytes()
            for place, (name, _) in enumerate(contents.parts)
        }

    def refusal(self, content: bytes, nesting: Nesting = NESTING) -> tuple[str, str]:
        with pytest.raises(Unreadable) as refused:
            self.unpack(content, nesting)
        return refused.value.reason, refused.value.message


@pytest.fixture
def mails(platform: Platform, tmp_path: Path) -> Mails:
    folder = tmp_path / "mails"
    folder.mkdir()
    return Mails(platform, folder)


def raw(*parts: bytes, head: bytes = HEAD) -> bytes:
    return head + BORDER + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def attached(headers: bytes, content: bytes = PDF) -> bytes:
    encoded = base64.encodebytes(content)
    return headers + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded


def test_attachments_are_parts_and_the_text_is_counted(mails: Mails) -> None:
    found = mails.unpack(
        bytes(mail(("Rechnung €.pdf", PDF, "application/pdf"), ("x.xml", b"<a/>", "application/xml")))
    )
    assert mails.parts(found) == {"Rechnung €.pdf": PDF, "x.xml": b"<a/>"}
    assert found.by_rule == {"left_out/mail_text": 1}
    assert found.metadata == {
        "sender": "Jürgen Groß <rechnung@papier.example>",
        "subject": "Ihre Rechnung für März",
        "sent_at": "2026-11-03T08:00:00+00:00",
    }
    assert {modified for _, modified in found.parts} == {1793692800 * 10**9}


def test_logos_calendars_and_signatures_are_left_out_by_rule(mails: Mails) -> None:
    message = mail(
        ("invoice.pdf", PDF, "application/pdf"),
        ("scan.png", b"\x89PNG scan", "image/png"),
        ("termin.ics", b"BEGIN:VCALENDAR", "text/calendar"),
        ("smime.p7s", b"0", "application/pkcs7-signature"),
        ("ann.vcf", b"BEGIN:VCARD", "text/vcard"),
        html='<img src="cid:logo%40x">',
        shown=[("logo@x", b"\x89PNG logo")],
    )
    found = mails.unpack(bytes(message))
    assert set(mails.parts(found)) == {"invoice.pdf", "scan.png"}
    assert found.by_rule == {
        "left_out/mail_text": 2,
        "left_out/inline_image": 1,
        "left_out/calendar": 1,
        "left_out/signature": 1,
        "left_out/business_card": 1,
    }


def test_a_forwarded_mail_is_a_mail(mails: Mails) -> None:
    inner = mail(("a.pdf", PDF, "application/pdf"), subject="Rechnung 1/2")
    outer = mail()
    outer.add_attachment(inner)
    [name] = (parts := mails.parts(mails.unpack(bytes(outer))))
    assert name == "Rechnung 1 2.eml"
    assert mails.parts(mails.unpack(parts[name])) == {"a.pdf": PDF}


def test_a_forwarded_mail_in_base64_is_one_too(mails: Mails) -> None:
    inner = bytes(mail(("a.pdf", PDF, "application/pdf")))
    found = mails.unpack(raw(attached(b"Content-Type: message/rfc822", inner)))
    [content] = mails.parts(found).values()
    assert content == inner


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (b'Content-Type: application/pdf; name="=?utf-8?B?UmVjaG51bmcg4oKsLnBkZg==?="', "Rechnung €.pdf"),
        (b"Content-Disposition: attachment; filename*=utf-8''R%C3%A9.pdf\r\nContent-Type: x/y", "Ré.pdf"),
        (b'Content-Type: application/pdf; name="../../etc/passwd.pdf"', "passwd.pdf"),
        (b'Content-Type: application/pdf; name="C:\\\\docs\\\\bill.pdf"', "bill.pdf"),
        (b'Content-Type: application/pdf; name="bill\x1b[2J.pdf"', "bill [2J.pdf"),
        (b'Content-Type: application/pdf; name="bill\xe2\x80\xaefdp.exe"', "bill fdp.exe"),
        (b'Content-Type: application/pdf; name="' + b"x" * 900 + b'.pdf"', "x" * 150 + ".pdf"),
        (b'Content-Type: application/pdf; name="..."', "attachment-1.pdf"),
        (b"Content-Type: application/pdf", "attachment-1.pdf"),
    ],
)
def test_names_lead_nowhere_and_can_be_shown(mails: Mails, headers: bytes, name: str) -> None:
    assert mails.parts(mails.unpack(raw(attached(headers)))) == {name: PDF}


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        (b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "encrypted"),
        (b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "signed_whole"),
        (b"Content-Type: application/ms-tnef; name=winmail.dat", "outlook_only"),
        (b"Content-Type: application/octet-stream; name=WINMAIL.DAT", "outlook_only"),
    ],
)
def test_what_is_locked_is_rejected_by_name(mails: Mails, headers: bytes, rule: str) -> None:
    fine = attached(b"Content-Type: application/pdf; name=a.pdf")
    found = mails.unpack(raw(attached(headers), fine))
    assert found.by_rule == {f"rejected/{rule}": 1}
    assert [(number, why) for number, why, _ in found.refused] == [(1, rule)]
    reason, sentence = mails.refusal(raw(attached(headers)))
    assert (reason, f"({rule})" in sentence) == ("no_readable_attachment", True)


def test_a_whole_mail_that_is_encrypted_says_so(mails: Mails) -> None:
    head = HEAD + b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"
    assert mails.refusal(attached(head))[0] == "no_readable_attachment"
    pgp = HEAD + b'Content-Type: multipart/encrypted; boundary="b"\r\n\r\n--b\r\n\r\nVersion: 1\r\n--b--\r\n'
    assert mails.refusal(pgp)[0] == "no_readable_attachment"


def test_a_mail_that_is_one_attachment_has_it(mails: Mails) -> None:
    head = HEAD + b"Content-Type: application/pdf; name=a.pdf"
    assert mails.parts(mails.unpack(attached(head))) == {"a.pdf": PDF}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bytes(mail(html="<p>Rechnung: 12 Euro</p>")), "no_attachment"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 outlook", "not_a_mail"),
        (b"%PDF-1.7\n...", "not_a_mail"),
        (b"", "not_a_mail"),
        (b"\x00" * 10_000, "not_a_mail"),
    ],
)
def test_what_holds_no_document_is_told(mails: Mails, content: bytes, reason: str) -> None:
    assert mails.refusal(content)[0] == reason


@pytest.mark.parametrize(
    "head",
    [
        b'From: "a@b, c" <\r\nSubject: =?utf-8?b?\xff\xfe?=\r\nDate: garbage\r\n',
        b"From: <\r\nSubject: =?x?b?=??=\r\nDate: Tue, 99 Foo 20262 99:99:99 +9999\r\n",
        b"From: \x00<@@>\r\nSubject: \xfc\xe4\x1b[2J\r\nDate: Tue, 1 Jan 1901 00:00:00 +0000\r\n",
    ],
)
def test_headers_that_mean_nothing_cost_no_attachment(mails: Mails, head: bytes) -> None:
    found = mails.unpack(raw(attached(b"Content-Type: application/pdf; name=a.pdf"), head=head))
    assert mails.parts(found) == {"a.pdf": PDF}
    assert "sent_at" not in found.metadata
    assert all(str(value).isprintable() for value in found.metadata.values())


def test_a_tower_of_parts_ends_in_a_sentence_or_in_its_document(mails: Mails) -> None:
    tower = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
        for level in range(3_000)
    )
    reason, _ = mails.refusal(HEAD + tower + b"Content-Type: application/pdf; name=a.pdf\r\n\r\nx")
    assert reason == "broken_mail"


def test_limits_are_those_of_archives(mails: Mails) -> None:
    content = raw(*[attached(b"Content-Type: application/pdf; name=a.pdf")] * 3)
    assert mails.refusal(content, Nesting(depth=2))[0] == "too_deep"
    assert mails.refusal(content, Nesting(parts=9_998))[0] == "too_many_files"
    assert mails.refusal(content, Nesting(size=8 * 2**30 - 40))[0] == "too_large"
