"""What Alembic runs: migrations over the connection that `database.migrate` holds, in its transaction.

To write one after changing a table in `intake/ledger_tables.py`, add a file to `versions/` and raise
`database.NEWEST_REVISION`; a test compares what the migrations make with what the tables declare.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
