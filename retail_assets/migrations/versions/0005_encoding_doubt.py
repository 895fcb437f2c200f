"""What a file's encoding could be beside the one that was guessed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("drops", sa.Column("encoding_doubt", sa.Text, nullable=True))
