"""A file that holds a part of itself twice, or all of it: summed, every amount in it would count double.

Single lines may well be equal (two bins with the same quantity). So runs of records are looked for: one that repeats
an earlier one, record by record and over several groups, for longer than the equal lines of the file make likely.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.reshape.stream import Stream
from retail_assets.sql import hash_of, parquet

REPEATED = "repeated_records"
"""What records are refused for that repeat a run of earlier ones."""
SHORTEST = 3
"""So many records are a run, but for those of a file that is nothing else."""
_UNLIKELY = 0.00001
"""How many such runs chance may make in a file."""
_DISTANCES = 5
"""So many distances between equal records are looked at, the commonest first."""
_SAMPLE = 1_000_000
"""Of more records than that, about so many are compared to find out whether there is anything to look at."""


def repeated_records(stream: Stream, keys: Sequence[str], amounts: Sequence[str]) -> Path | None:
    """A file with the rows (`_row`) of runs that repeat an earlier one, and the records that they repeat (`_repeats`);
    None where there is none. `keys` are the columns of a group, `amounts` those that are summed."""
    engine, relation = stream.engine, stream.table.relation
    line = hash_of(dict(stream.table.columns.values()))
    key = hash_of(dict.fromkeys(map(stream.text, keys), "json"))
    every = max(1, engine.count(f"select count(*) from {relation}") // _SAMPLE)
    sampled = f"select {line} as line from {relation} where line % {every} = 0"
    equal = f"select 1 from ({sampled}) group by line having count(*) > 1"
    if not engine.count(f"select count(*) from ({equal})"):
        return None
    # What adds nothing may be there as often as it likes.
    counts = " or ".join(f"regexp_matches({stream.text(name)}, '[1-9]')" for name in amounts)
    lines, count = stream.write(
        f"select _row, _record, {line} as line, {key} as key, "
        f"row_number() over (order by _row) as place from {relation} where {counts}"
    )
    distances = engine.rows(
        "select distance from (select place - lag(place) over (partition by line order by place) as distance "
        f"from {parquet(lines)} where line % {every} = 0) where distance is not null "
        f"group by distance order by count(*) desc, distance limit {_DISTANCES}"
    )
    found = [_all_several_times(lines)]
    for (distance,) in {*distances, (count // 2,)}:
        runs, _ = stream.write(_runs(lines, distance))
        if (distance,) in distances:
            found.append(_long_runs(engine, runs))
        if distance and count % distance == 0:
            found.append(_whole_run(runs, count - distance))
    repeats, rows = stream.write(
        f"select _row, min(_repeats) as _repeats from ({' union all '.join(found)}) group by _row"
    )
    return repeats if rows else None


def _runs(lines: Path, distance: int) -> str:
    """The lines that are equal to the one so many before them, numbered by the runs that they make."""
    return (
        "select later._row, earlier._record as _repeats, later.line, later.key, "
        "later.place - row_number() over (order by later.place) as run "
        f"from {parquet(lines)} as later join {parquet(lines)} as earlier "
        f"on later.place = earlier.place + {distance} and later.line = earlier.line"
    )


def _long_runs(engine: Engine, runs: Path) -> str:
    """The lines of runs that are no chance."""
    lengths = engine.rows(
        "select length, count(*) from (select count(*) as length from "
        f"{parquet(runs)} group by run) group by length"
    )
    return (
        f"select _row, _repeats from {parquet(runs)} where run in (select run from {parquet(runs)} group by run "
        f"having count(*) >= {_least(dict(lengths))} and count(distinct key) > 1)"
    )


def _whole_run(runs: Path, length: int) -> str:
    """The lines of a run that is all the rest of the file, which is nothing but copies of its beginning."""
    whole = f"select count(*) = {length} and count(distinct line) > 1 from {parquet(runs)}"
    return f"select _row, _repeats from {parquet(runs)} where ({whole})"


def _least(lengths: Mapping[int, int]) -> int:
    """How long a run is at least that is no chance. `lengths` says how many runs there are of each; how many chance
    makes, and how often it goes on with one, the shorter ones say."""
    least = max(lengths, default=0) + 1
    for length in sorted(lengths, reverse=True):
        shorter = {one: number for one, number in lengths.items() if one < length}
        runs, records = sum(shorter.values()), sum(one * number for one, number in shorter.items())
        goes_on = (records - runs + 1) / (records + 2)
        if length < SHORTEST or (runs and (runs + 1) * goes_on ** (length - 1) > _UNLIKELY):
            break
        least = length
    return least


def _all_several_times(lines: Path) -> str:
    """The lines of all copies but the first, where each stands so many times: a file that was doubled and sorted."""
    often = f"select line, count(*) as often from {parquet(lines)} group by line"
    copies = f"select min(often) as copies, count(*) as kinds from ({often})"
    many = f"copies > 1 and kinds >= {SHORTEST} and (select bool_and(often % copies = 0) from ({often}))"
    within = "over (partition by line order by place)"
    numbered = (
        f"select _row, line, row_number() {within} as number, first_value(_record) {within} as _repeats "
        f"from {parquet(lines)}"
    )
    return (
        f"select _row, _repeats from ({numbered}) join ({often}) using (line), ({copies}) "
        f"where number > often / copies and {many}"
    )
