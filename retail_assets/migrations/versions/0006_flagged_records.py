"""How many records of a drop became rows with a flag."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("row_counts") as counts:
        counts.add_column(sa.Column("flagged", sa.BigInteger, nullable=False, server_default="0"))
    with op.batch_alter_table("row_counts") as counts:
        counts.alter_column("flagged", existing_type=sa.BigInteger, server_default=None)
