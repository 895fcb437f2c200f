"""The hashes of rows, documents and rejects, as they were when they were written."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "file_hashes",
        sa.Column("path", sa.Text, primary_key=True, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
    )
