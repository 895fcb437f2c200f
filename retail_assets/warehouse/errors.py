"""Errors of the warehouse that a person can act on: each text says what to run or change."""

from retail_assets.errors import ExplainedError


class PublicationError(ExplainedError):
    """Nothing was published; readers keep the last release."""


class DamagedLake(ExplainedError):
    """Files of the lake are not what was written; the text says which and what to do."""


class HalfBuilt(PublicationError):
    """The working warehouse holds marts of different nights."""


class NoWarehouse(PublicationError):
    """There are no marts to publish."""


class PersonalData(PublicationError):
    """A mart has a column with personal data that its audience may not see."""


class FewerRows(PublicationError):
    """A mart would lose more of its rows at once than it may."""


class NothingToKeep(PublicationError):
    """One audience alone cannot be published: there is no release of which the others could keep their places."""
