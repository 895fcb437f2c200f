"""The flow's computed tables as assets. Wiring only."""

import dagster as dg

from retail_assets.dagster_kit.wiring import LEDGER, Night, table_spec, told
from retail_assets.platform import Platform
from tests.gates.flow import FLOW, GATE_COUNTS, GATE_STAFFING


def definitions(platform: Platform) -> dg.Definitions:
    @dg.multi_asset(specs=[table_spec(platform, FLOW, GATE_COUNTS, deps=[LEDGER], kinds={"parquet"})])
    @told(platform)
    def gate_counts() -> None:
        from tests.gates.computing import write_counts

        write_counts(platform)

    @dg.multi_asset(specs=[table_spec(platform, FLOW, GATE_STAFFING, deps=[], kinds={"parquet"})])
    @told(platform)  # a sentence in the UI instead of a traceback
    def gate_staffing(context: dg.AssetExecutionContext) -> None:
        from tests.gates.computing import write_staffing  # heavy: loading the code location must not

        write_staffing(platform, as_of=Night(context, platform).as_of)

    return dg.Definitions(assets=[gate_counts, gate_staffing])
