"""`python -m retail_assets.nightly`: the nightly job once, without a daemon; exits non-zero when it fails."""

import argparse
import os
import sys
from datetime import date

from retail_assets.config import Settings
from retail_assets.initialise import initialise
from retail_assets.partitions import today


def run_nightly(settings: Settings, as_of: date) -> bool:
    """Run the nightly job as a real Dagster run in this process; True when it succeeded."""
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    import dagster as dg

    from jobs.nightly import JOB_NAME
    from retail_assets.definitions import build_defs

    job = build_defs(settings).resolve_job_def(JOB_NAME)
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            instance=instance,
            partition_key=as_of.isoformat(),
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "INFO"}}}},
        )
    for event in result.all_node_events if not result.success else []:
        if event.is_failure:
            print(f"FAILED {event.step_key}: {event.message}", file=sys.stderr)
    return result.success


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m retail_assets.nightly", description=__doc__)
    parser.add_argument(
        "--as-of", type=date.fromisoformat, help="the night's day, yyyy-mm-dd; default: today"
    )
    arguments = parser.parse_args()
    settings = Settings()
    initialise(settings)
    return 0 if run_nightly(settings, arguments.as_of or today(settings.zone)) else 1


if __name__ == "__main__":
    sys.exit(main())
