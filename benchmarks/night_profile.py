"""Where a night's fixed cost goes: one in which nothing came, and a drop of one row; against building everything.

    python -m benchmarks.night_profile

On the sample retailer after its first night. The obvious way is to build and test every model every night: measured
by taking away what the warehouse remembers of its last build.
"""

import shutil
from datetime import date, timedelta

import dagster as dg

from benchmarks.measure import WORK, Measured, measure

FIRST = date(2026, 11, 20)
FOLDER = WORK / "profile"
ENV = {
    "RETAIL_DATA_DIR": str(FOLDER),
    "DAGSTER_HOME": str(FOLDER / "dagster"),
    "RETAIL_FIRST_NIGHT": str(FIRST),
}
DROP = """
import logging

import dagster as dg
from retail_assets.config import Settings
from retail_assets.definitions import build_defs
from retail_assets.flows import platform_of

logging.disable()  # the console of a job by itself tells every event
platform = platform_of(Settings())
repository = build_defs(platform).get_repository_def()
job = repository.get_job("file_drop")
with dg.DagsterInstance.get() as instance:
    context = dg.build_sensor_context(instance=instance, repository_def=repository)
    [request] = repository.get_sensor_def("tables_dropped").evaluate_tick(context).run_requests
    done = job.execute_in_process(
        instance=instance, partition_key="{night}", asset_selection=request.asset_selection, tags=request.tags
    )
    assert done.success
"""


def night(number: int) -> Measured:
    return measure("-m", "retail_assets.nightly", "--as-of", FIRST + timedelta(days=number), env=ENV)


def last_run() -> tuple[float, int, dict[str, float]]:
    """Seconds of the newest run, its events, and seconds by step."""
    with dg.DagsterInstance.from_config(str(FOLDER / "dagster")) as instance:
        record = instance.get_run_records(limit=1)[0]
        run_id = record.dagster_run.run_id
        steps = {
            step.step_key: step.end_time - step.start_time
            for step in instance.get_run_step_stats(run_id)
            if step.start_time and step.end_time
        }
        events = len(instance.all_logs(run_id))
    assert record.start_time and record.end_time
    return record.end_time - record.start_time, events, steps


def show(name: str, process: Measured) -> None:
    run, events, steps = last_run()
    print(
        f"{name:28} {process.cpu_seconds:5.1f} s of processor, {process.seconds:5.1f} s; "
        f"run {run:5.1f} s, {events:4d} events; "
        + ", ".join(f"{step} {seconds:.1f}" for step, seconds in steps.items() if seconds >= 0.1)
    )


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    start_up = measure(
        "-c", "import retail_assets.nightly, retail_assets.definitions as d; d.defs()", env=ENV
    )
    measure("-m", "retail_assets.samples", env=ENV)
    show("first night", night(0))
    night(1)
    quiet = night(2)
    show("night in which nothing came", quiet)
    again = night(2)
    show("the same night again", again)
    (FOLDER / "warehouse" / "built.json").unlink()
    everything = night(3)
    show("everything built and tested", everything)
    inbox = FOLDER / "inbox" / "feeds" / "stores"
    (inbox / "one.csv").write_text("store_id,name\nS99,New\n")
    (inbox / "one.csv.done").touch()
    show("a drop of one row", measure("-c", DROP.format(night=FIRST + timedelta(days=3)), env=ENV))
    print(f"start-up without a run: {start_up.cpu_seconds:.1f} s of processor")
    ratio = everything.cpu_seconds / quiet.cpu_seconds
    print(f"building everything takes {ratio:.2f} times the processor of a night in which nothing came")
    shutil.rmtree(FOLDER)


if __name__ == "__main__":
    main()
