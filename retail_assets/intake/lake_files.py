"""What lies in the lake beside the rows of feeds: where a row came from, documents, rejects, flags.

Declarations only.
"""

import dataframely as dy

CONTENT_KEY = dy.String(description="The content the row came with: bytes, name, mapping and contract.")
SOURCE = dy.String(description="Name of the source mapping.")


class RowOrigin(dy.Schema):
    """The columns of a row file that follow those of its contract."""

    _record = dy.Int64(description="Record number in the file, from 1.")
    _content_key = CONTENT_KEY
    _source = SOURCE
    _document = dy.String(
        nullable=True, description="Document or store-day that a later file replaces whole."
    )
    _version = dy.Int64(nullable=True, description="The source's own version of the row.")
    _extra = dy.String(nullable=True, description="Source columns that no contract column takes, as JSON.")


class Documents(dy.Schema):
    """Documents and store-days that a content holds, and so replaces."""

    _content_key = CONTENT_KEY
    _source = SOURCE
    kind = dy.String(description="document or day.")
    _document = dy.String(description="Document id, or store and day.")
    _version = dy.Int64(nullable=True, description="The source's own version of the document.")
    records = dy.Int64(nullable=True, description="Records of it that became rows.")
    rejected = dy.Int64(nullable=True, description="Records of it that were rejected.")
    at_least = dy.Float64(
        nullable=True,
        description="Share of the standing records that it has to bring; null: as the setting says.",
    )


class Flags(dy.Schema):
    """What is flagged of rows that were admitted: bad values that were left out of them, and what rules flag."""

    _content_key = CONTENT_KEY
    feed = dy.String(description="Feed that the row was admitted to.")
    place = dy.String(nullable=True, description="Sheet or path inside the file.")
    record = dy.Int64(description="Record number in the file, from 1.")
    rule = dy.String(description="The rule that flagged it.")
    column = dy.String(nullable=True, description="The column whose value is not in the row.")
    value = dy.String(nullable=True, description="That value; masked in feeds with personal data.")


class Rejects(dy.Schema):
    """Rejected rows with their reasons."""

    _content_key = CONTENT_KEY
    feed = dy.String(description="Feed whose contract or mapping rejected the row.")
    place = dy.String(nullable=True, description="Sheet or path inside the file.")
    record = dy.Int64(description="Record number in the file, from 1.")
    rule = dy.String(description="The rule that was broken.")
    column = dy.String(nullable=True, description="The column it was broken in.")
    value = dy.String(nullable=True, description="The value; masked in feeds with personal data.")
    raw = dy.String(nullable=True, description="The whole record; masked in feeds with personal data.")
