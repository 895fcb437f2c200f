"""Drops that came in other drops, decisions by number, a night's now, and tables under today's names."""

import sqlalchemy as sa
from alembic import op

from retail_assets.database import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("drops") as drops:
        drops.add_column(sa.Column("parent", sa.BigInteger))
        drops.add_column(sa.Column("position", sa.BigInteger))
        drops.add_column(sa.Column("by_platform", sa.Boolean, nullable=False, server_default=sa.false()))
        drops.add_column(sa.Column("asked_for", sa.Boolean, nullable=False, server_default=sa.false()))
        drops.create_foreign_key("drops_parent", "drops", ["parent"], ["sequence"])
        drops.create_index("drops_by_parent", ["parent"])
    op.execute("update drops set position = sequence")
    op.execute(
        "update drops set asked_for = true where cast(sequence as text) in (select subject from decisions as last "
        "where last.accepted and last.kind in ('release_file', 'reload_file', 'withdraw_file') "
        "and last.state_after = 'stored' and not exists (select 1 from decisions as later "
        "where later.subject = last.subject and later.entry > last.entry and later.accepted "
        "and later.kind in ('release_file', 'reload_file', 'withdraw_file')))"
    )
    with op.batch_alter_table("drops") as drops:
        drops.alter_column("position", existing_type=sa.BigInteger, nullable=False)
        drops.alter_column("asked_for", existing_type=sa.Boolean, server_default=None)
        drops.alter_column("by_platform", existing_type=sa.Boolean, server_default=None)
    op.rename_table("accounts", "row_counts")
    with op.batch_alter_table("row_counts") as counts:
        counts.alter_column("sent", new_column_name="routed", existing_type=sa.BigInteger)
        counts.alter_column("left_out", new_column_name="filtered", existing_type=sa.BigInteger)
        counts.alter_column("sent_to", new_column_name="routed_to", existing_type=sa.Text)
    op.execute("""update row_counts set by_rule = replace(by_rule, '"sent/', '"routed/')""")
    with op.batch_alter_table("decisions") as decisions:
        decisions.alter_column("entry", existing_type=sa.Integer, type_=sa.BigInteger, server_default=None)
    op.rename_table("facts", "content_metadata")
    with op.batch_alter_table("content_metadata") as contents:
        contents.alter_column("facts", new_column_name="metadata", existing_type=sa.Text)
    op.rename_table("checked", "checked_contents")
    op.drop_table("changed")
    op.create_table(
        "changed_parts",
        sa.Column("table", sa.Text, primary_key=True),
        sa.Column("part", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
    )
    op.rename_table("nights", "night_runs")
    with op.batch_alter_table("night_runs") as nights:
        nights.add_column(sa.Column("now", UtcDateTime))
    # Nights that ran before had no now of their own: 02:00 UTC of their day is as good as any.
    two_o_clock = "as_of || ' 02:00:00.000000'"
    if op.get_bind().dialect.name == "postgresql":
        two_o_clock = "as_of + interval '2 hours'"
    op.execute(f"update night_runs set now = {two_o_clock}")
    with op.batch_alter_table("night_runs") as nights:
        nights.alter_column("now", existing_type=UtcDateTime(), nullable=False)
