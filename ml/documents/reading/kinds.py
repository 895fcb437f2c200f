"""What a file is, by its first bytes; its name says nothing."""

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
)


def kind(content: bytes) -> str | None:
    """`pdf`, `xml`, one of the image kinds, or none."""
    for start, name in _STARTS:
        if content.startswith(start):
            return name
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    # Readers of PDF accept some bytes of mail or printers before the header.
    if b"%PDF-" in content[:1024]:
        return "pdf"
    head = content[:200]
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if head.startswith(mark):
            head = content[:200].decode(encoding, "ignore").encode()
    return "xml" if head.lstrip().startswith(b"<") else None
