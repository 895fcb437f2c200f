"""Makes MLflow's tables in the registry's database, or brings them up to date: `python -m ml.tracking.upgrade`.

A program, because MLflow imports and logs a great deal. The database is named by MLFLOW_TRACKING_URI and not on the
command line, where everybody on the machine could read the password in it.
"""

import os
import sys
import warnings

from ml.errors import quoted


def upgrade(url: str) -> str | None:
    """Why it could not be done, as a sentence; None when it was."""
    from alembic.util import CommandError
    from mlflow import MlflowException
    from mlflow.db import upgrade as command
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        create_engine(url).connect().close()  # one that is away MLflow would try again for two minutes
        with warnings.catch_warnings(action="ignore"):
            command.main([url], standalone_mode=False)
    except CommandError as error:
        if "Can't locate revision" not in str(error):
            raise
        return (
            "The model registry's database was made by a newer MLflow than this one: go back to the newer version of "
            "the platform, or restore the database as it was before."
        )
    except (MlflowException, SQLAlchemyError) as error:
        cause = quoted(error.__cause__ or error)
        return f"The model registry's database could not be made or brought up to date ({cause})."
    except ValueError:  # what is no number may be a part of the password
        return (
            "RETAIL_MLFLOW_URL names no database: its port is no number. In a password, write / as %2F, @ as %40 and "
            "# as %23."
        )
    return None


if __name__ == "__main__":
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    sys.exit(upgrade(os.environ["MLFLOW_TRACKING_URI"]))
