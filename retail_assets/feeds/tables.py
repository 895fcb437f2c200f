"""The ledger's tables: declarations only."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
)

from retail_assets.database import METADATA, UtcDateTime

CLAIMED, STORED, LOADED = "claimed", "stored", "loaded"
QUARANTINED, DUPLICATE, WITHDRAWN = "quarantined", "duplicate", "withdrawn"
STATES = (CLAIMED, STORED, LOADED, QUARANTINED, DUPLICATE, WITHDRAWN)
UNFINISHED = (CLAIMED, STORED)

PART_DROPS = 20_000
"""Drops are exported in parts of so many sequence numbers; one that did not change is not read again."""

DROPS = Table(
    "drops",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("claim", Text, nullable=False, unique=True, comment="Where it lies while it is being taken."),
    Column("folder", Text, nullable=False),
    Column("name", Text, nullable=False, comment="As the source wrote it; what is not text is escaped."),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("sha256", Text),
    Column("name_values", Text, comment="JSON object with sorted keys."),
    Column("source", Text),
    Column("source_version", Text),
    Column("content_key", Text),
    Column("admitted_at", UtcDateTime, nullable=False),
    Column("partition", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("message", Text),
    Column("duplicate_of", BigInteger, ForeignKey("drops.sequence")),
    Column("records", BigInteger),
    Column("unknown_columns", Text, comment="JSON list."),
    CheckConstraint(f"state in {STATES}", name="known_state"),
    Index("drops_by_state", "state", "sequence"),
    Index("drops_by_content", "folder", "sha256"),
    Index("drops_by_hash", "sha256", "sequence"),
    Index("drops_by_night", "folder", "partition", "sequence"),
)

FACTS = Table(
    "facts",
    METADATA,
    Column("content_key", Text, primary_key=True, comment="A content without rows: a photo, a document."),
    Column("facts", Text, nullable=False, comment="JSON object: what its flow found out about it."),
)

CHANGED = Table(
    "changed",
    METADATA,
    Column(
        "part",
        Integer,
        primary_key=True,
        comment="Of the drops, see PART_DROPS: changed since the last export.",
    ),
    Column("changes", BigInteger, nullable=False),
)

LOADS = Table(
    "loads",
    METADATA,
    Column("sequence", BigInteger, ForeignKey("drops.sequence"), primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Index("loads_by_feed", "feed", "sequence"),
)

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("sequence", BigInteger, ForeignKey("drops.sequence"), primary_key=True),
    Column("target", Text, primary_key=True),
    Column("records", BigInteger, nullable=False),
    Column("admitted", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("left_out", BigInteger, nullable=False),
    Column("duplicate", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("sent_to", Text, nullable=False, comment="JSON object: feed -> rows."),
    Column("by_rule", Text, nullable=False, comment="JSON object: rule -> rows."),
)

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("entry", Integer, primary_key=True),
    Column("decision_id", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("verdict", Text),
    Column("reason", Text),
    Column("payload", Text),
    Column("sequence", BigInteger, ForeignKey("drops.sequence"), nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("state_after", Text, comment="Of the subject; null when refused."),
    Column("message", Text, nullable=False),
    Index("decisions_by_id", "decision_id"),
    Index("decisions_by_subject", "kind", "subject"),
)

CHECKED = Table(
    "checked",
    METADATA,
    Column("feed", Text, primary_key=True),
    Column("content_key", Text, primary_key=True, comment="Rows that passed the contract check."),
)

NIGHTS = Table("nights", METADATA, Column("as_of", Date, primary_key=True))
