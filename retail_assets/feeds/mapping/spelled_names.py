"""Names of columns as people spell them."""

import difflib
import re
import unicodedata

MAX_COMPARED = 200
"""Characters of names that are found as people spell them. What a comparison costs grows with their square, and a
header may be megabytes of accents."""


def normalised(name: str) -> str:
    """What spellings of a name have in common; a long one has only its own."""
    if len(name) > MAX_COMPARED:
        return name
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", name)).strip().casefold()


def closest(name: str, known: list[str]) -> str | None:
    """The known name that somebody who wrote `name` may have meant."""
    by_form = {normalised(k): k for k in reversed(known) if len(k) <= MAX_COMPARED}
    found = difflib.get_close_matches(normalised(name), list(by_form), n=1, cutoff=0.6)
    return by_form[found[0]] if found else None
