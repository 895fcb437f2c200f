"""The events of a night in Dagster's SQLite, kept open, against Dagster's own log.

    python -m benchmarks.event_log [--events 600]

Both store the events of the same run, one after the other as a run does, and read them back.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg

from retail_assets.dagster_kit.event_log import KeptOpenEventLog
from retail_assets.dagster_kit.private import SqliteEventLogStorage

EventLog = Callable[[str], SqliteEventLogStorage]


def told(events: int) -> list[dg.EventLogEntry]:
    """The events of a run that observes so many assets."""

    @dg.op(out=dg.Out(dg.Nothing))
    def observe() -> Iterator[dg.AssetObservation | dg.Output]:
        for number in range(events):
            yield dg.AssetObservation(dg.AssetKey(["marts", f"m{number % 80}"]))
        yield dg.Output(None)

    @dg.job
    def night() -> None:
        observe()

    with dg.DagsterInstance.ephemeral() as instance:
        run = night.execute_in_process(instance=instance)
        return list(instance.all_logs(run.run_id))


def measured(made: EventLog, entries: list[dg.EventLogEntry]) -> tuple[float, float]:
    """Seconds on the clock and of processor time for storing all."""
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.ephemeral() as instance:
        log = made(str(Path(folder, "runs")))
        log.register_instance(instance)
        clock, processor = time.perf_counter(), time.process_time()
        for one in entries:
            log.store_event(one)
        took = time.perf_counter() - clock, time.process_time() - processor
        assert len(log.get_logs_for_run(entries[0].run_id)) == len(entries)
        log.dispose()
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=600)
    entries = told(parser.parse_args().events)
    took = {}
    for name, made in (("Dagster's own", SqliteEventLogStorage), ("kept open", KeptOpenEventLog)):
        took[name] = measured(made, entries)
        clock, processor = took[name]
        print(f"{name}: {len(entries):,} events in {clock:.1f} s, {processor:.1f} s of processor time")
    own, kept = took.values()
    print(
        f"kept open: {own[0] / kept[0]:.1f} times as fast, {own[1] / kept[1]:.1f} times less processor time"
    )


if __name__ == "__main__":
    main()
