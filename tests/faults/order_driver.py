"""Gives approved orders to purchasing and keeps approved transfers in a process of its own, and may kill it:
`python -m tests.faults.order_driver`.

Arguments: the data folder; how many parts of tables are in place when the process is killed (-1: never), and whether
that happens before or after the next one is put there.
"""

import os
import signal
import sys
from pathlib import Path
from unittest.mock import patch

from retail_assets.config import Settings
from retail_assets.flows import platform_of
from retail_assets.inventory.placing import place_orders, place_transfers
from retail_assets.kit import lake_table
from tests.unit.inventory.conftest import NIGHT

put = lake_table.put_in_place
done = 0


def main(data_dir: str, killed_at: str, when: str) -> None:
    def put_or_die(finished: Path, target: Path) -> None:
        global done
        is_now = done == int(killed_at)
        if is_now and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        put(finished, target)
        if is_now:
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1

    with patch.object(lake_table, "put_in_place", put_or_die):
        platform = platform_of(Settings(data_dir=Path(data_dir)))
        place_orders(platform, night=NIGHT)
        place_transfers(platform, night=NIGHT)


if __name__ == "__main__":
    main(*sys.argv[1:])
