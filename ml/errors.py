"""The error that a person can mend."""


class ExplainedError(Exception):
    """Something that a person can mend: the text is a sentence that says what is wrong and what to do.

    Whoever runs commands or Dagster steps shows the sentence instead of a traceback.
    """
