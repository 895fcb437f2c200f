"""Who reads what is published. A mart names its audience; publication writes a place of its own for each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Audience:
    """Readers with a place of their own in a release."""

    name: str
    folder: str
    """Its name within the release; empty for the release itself."""
    database: str
    """Name of the DuckDB file in it."""
    mode: int
    """Of its folders; files are readable by whoever may enter them."""
    per: str | None = None
    """Column whose values each get a folder of their own, holding the rows of that value only."""
    sees_persons: bool = False
    """Whether columns with personal data may be in its marts."""

    def __str__(self) -> str:
        return self.name


ANALYSTS = Audience("analysts", "", "retail.duckdb", 0o755)
OPERATIONS = Audience("operations", "operations", "operations.duckdb", 0o750, sees_persons=True)
MERCHANTS = Audience("merchants", "merchants", "merchant.duckdb", 0o750, per="merchant_id")

AUDIENCES = (ANALYSTS, OPERATIONS, MERCHANTS)
"""All that there are: access to the folders of a release is given by these."""
