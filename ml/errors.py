"""The error that a person can mend, and what its sentence may quote."""

import re

QUOTED_CHARACTERS = 200

_SIGN_IN = re.compile(r"://\S*@")
_SECRET = re.compile(r"(password|passwd|pwd|token|secret)(=|%3D)[^\s&;,'\")]+", re.IGNORECASE)


class ExplainedError(Exception):
    """Something that a person can mend: the text is a sentence that says what is wrong and what to do.

    Whoever runs commands or Dagster steps shows the sentence instead of a traceback.
    """


def without_passwords(said: object) -> str:
    """An address, or a text that may quote some, without who signs in there: of `user:password@host` only `host`."""
    return _SECRET.sub(r"\1\2***", _SIGN_IN.sub("://", str(said)))


def quoted(said: object) -> str:
    """What somebody else said, as a part of a sentence: one short line that any screen takes, without passwords."""
    line = " ".join(without_passwords(said).split())[:QUOTED_CHARACTERS]
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
