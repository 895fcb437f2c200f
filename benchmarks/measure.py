"""What the benchmarks share: a command as a process of its own, its seconds and its peak memory."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from retail_assets.config import REPOSITORY

WORK = REPOSITORY / "benchmarks" / "work"


@dataclass(frozen=True)
class Measured:
    """Wall seconds, those of the processors, and the largest resident size of any process of the command in MiB."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    output: str


def measure(*arguments: object, env: dict[str, str] | None = None) -> Measured:
    """Run `python ARGUMENTS…` from the repository and measure the whole process with its children."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=REPOSITORY,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))} failed:\n{output}")
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(time.perf_counter() - started, cpu, usage.ru_maxrss / 1024, output)


def sales_csv(rows: int, *, dialect: str = "plain", first: int = 0, days: int = 730) -> Path:
    """A file of sales lines as the contract names them, or as a European till writes them; made once."""
    import duckdb

    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / f"sales_{dialect}_{first}_{rows}_{days}.csv"
    if path.exists():
        return path
    seconds_apart = days * 86_400 / max(rows / 3, 1) if first == 0 else 8.0
    lines = f"""
        select 'O' || lpad((({first} + i) // 3)::varchar, 10, '0') as order_id, i % 3 + 1 as line_number,
            'S' || lpad((((({first} + i) // 3) * 7919) % 50)::varchar, 3, '0') as store_id,
            'P' || lpad(((({first} + i) * 104729) % 2000)::varchar, 5, '0') as product_id,
            timestamp '{"2024-11-20 08:00:00" if first == 0 else "2026-11-19 08:00:00"}'
                + to_seconds(((i // 3) * {seconds_apart})::bigint) as sold_at,
            case when i % 97 = 0 then -1 else 1 + i % 4 end as quantity,
            (((i * 37) % 9000 + 100) / 100)::decimal(18, 2) as unit_price, 'EUR' as currency,
            case when i % 3 = 0 then 'C' || (i % 50000) end as customer_id,
            case when i % 11 = 0 then 0.50 else 0 end as discount, 0.19 as tax_rate, 'store' as channel,
            i % 11 = 0 as is_promotion
        from range({rows}) t(i)"""
    if dialect == "plain":
        query = f"select * replace (strftime(sold_at, '%Y-%m-%dT%H:%M:%SZ') as sold_at) from ({lines})"
        options = "header"
    else:
        query = f"""
            select order_id as "Bon", line_number as "Zeile", store_id as "Filiale", product_id as "Artikel",
                strftime(sold_at, '%d.%m.%Y %H:%M:%S') as "Zeit", replace(quantity::varchar, '.', ',') as "Menge",
                replace(unit_price::varchar, '.', ',') as "Preis", customer_id as "Kunde",
                replace(discount::varchar, '.', ',') as "Rabatt", '19,00 %' as "MwSt"
            from ({lines})"""
        options = "header, delimiter ';'"
    duckdb.execute(f"copy ({query}) to '{path}' ({options})")
    return path
