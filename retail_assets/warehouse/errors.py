"""Errors of the warehouse that a person can act on: each text says what to run or change."""


class PublicationError(Exception):
    """Nothing was published; readers keep the last release."""


class HalfBuilt(PublicationError):
    """The working warehouse holds marts of different nights."""


class NoWarehouse(PublicationError):
    """There are no marts to publish."""


class PersonalData(PublicationError):
    """A mart that analysts read has a column with personal data."""


class NoRelease(Exception):
    """Nothing has been published yet."""
