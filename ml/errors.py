"""The error that a person can mend."""

QUOTED_CHARACTERS = 200


class ExplainedError(Exception):
    """Something that a person can mend: the text is a sentence that says what is wrong and what to do.

    Whoever runs commands or Dagster steps shows the sentence instead of a traceback.
    """


def quoted(said: object) -> str:
    """What somebody else said, as a part of a sentence: one short line that any screen takes."""
    line = " ".join(str(said).split())[:QUOTED_CHARACTERS]
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
