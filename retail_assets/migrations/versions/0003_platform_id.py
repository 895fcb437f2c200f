"""Whose ledger this is: the id that the lake carries too."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table("platform", sa.Column("platform_id", sa.Text, primary_key=True, nullable=False))
