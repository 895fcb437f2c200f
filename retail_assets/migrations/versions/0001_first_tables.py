"""The tables as they were before there were migrations."""

import sqlalchemy as sa
from alembic import op

from retail_assets.database import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "drops",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("claim", sa.Text, nullable=False, unique=True),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("modified_ns", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text),
        sa.Column("name_values", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("source_version", sa.Text),
        sa.Column("content_key", sa.Text),
        sa.Column("admitted_at", UtcDateTime, nullable=False),
        sa.Column("partition", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("duplicate_of", sa.BigInteger, sa.ForeignKey("drops.sequence")),
        sa.Column("records", sa.BigInteger),
        sa.Column("unknown_columns", sa.Text),
        sa.CheckConstraint(
            "state in ('claimed', 'stored', 'loaded', 'quarantined', 'duplicate', 'withdrawn')",
            name="known_state",
        ),
    )
    op.create_index("drops_by_state", "drops", ["state", "sequence"])
    op.create_index("drops_by_content", "drops", ["folder", "sha256"])
    op.create_index("drops_by_hash", "drops", ["sha256", "sequence"])
    op.create_index("drops_by_night", "drops", ["folder", "partition", "sequence"])
    op.create_table(
        "facts",
        sa.Column("content_key", sa.Text, primary_key=True),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_table(
        "changed",
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("changes", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "loads",
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("drops.sequence"), primary_key=True),
        sa.Column("feed", sa.Text, primary_key=True),
        sa.Column("rows", sa.BigInteger, nullable=False),
    )
    op.create_index("loads_by_feed", "loads", ["feed", "sequence"])
    op.create_table(
        "accounts",
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("drops.sequence"), primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("admitted", sa.BigInteger, nullable=False),
        sa.Column("sent", sa.BigInteger, nullable=False),
        sa.Column("left_out", sa.BigInteger, nullable=False),
        sa.Column("duplicate", sa.BigInteger, nullable=False),
        sa.Column("rejected", sa.BigInteger, nullable=False),
        sa.Column("sent_to", sa.Text, nullable=False),
        sa.Column("by_rule", sa.Text, nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("entry", sa.Integer, primary_key=True),
        sa.Column("decision_id", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("payload", sa.Text),
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("drops.sequence"), nullable=False),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("state_after", sa.Text),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index("decisions_by_id", "decisions", ["decision_id"])
    op.create_index("decisions_by_subject", "decisions", ["kind", "subject"])
    op.create_table(
        "checked",
        sa.Column("feed", sa.Text, primary_key=True),
        sa.Column("content_key", sa.Text, primary_key=True),
    )
    op.create_table("nights", sa.Column("as_of", sa.Date, primary_key=True))
