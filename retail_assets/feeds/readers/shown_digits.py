"""How many digits a workbook's number format shows of a whole number: 12 as 0012, which is an id."""

import re

Shown = tuple[str, int]
"""The zeros that a format writes before the digits of a number, and how many of these it shows at least."""

_PIECE = re.compile(r'"(?P<words>[^"]*)"|\\(?P<letter>.)|_.|\*.|\[(?P<said>[^\]]*)\]|(?P<code>.)', re.DOTALL)
"""Words, blanks as wide as a character, fillings, colours or languages or conditions, and codes."""
_WHOLE = re.compile('[" ]*(?:[#?]*(0*)|general|@)[" ]*')
_MOST = 20
"""More digits are in no id, and a format may ask for millions."""


def digits_shown(code: str) -> Shown | None:
    """What the first section of a format, that of numbers from 0 on, puts in front of them; None where that is
    nothing, or another number than the digits' (in groups, with decimals, under a condition)."""
    codes, front = "", ""
    for piece in _PIECE.finditer(code):
        if piece["code"] == ";":
            break
        if (piece["said"] or "").startswith(("<", ">", "=")):
            return None
        words = (piece["words"] or "") + (piece["letter"] or "")
        codes += '"' if words else (piece["code"] or "").lower()
        front += "" if codes.strip('" ') else words
    whole = _WHOLE.fullmatch(codes)
    if not whole or re.search("[1-9]", front):
        return None
    zeros, digits = re.sub(".*[^0]", "", front, flags=re.DOTALL), len(whole[1] or "")
    return (zeros, digits) if (zeros or digits > 1) and len(zeros) + digits <= _MOST else None
