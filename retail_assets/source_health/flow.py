"""Source health: what each source sends, day by day, and whether it is as usual."""

from retail_assets.platform import Flow, Mart
from retail_assets.source_health.settings import SourceHealthSettings
from retail_assets.source_health.tables import FILE_PROFILES

FLOW = Flow(
    name="source_health",
    description="What each source sends to each feed, day by day, and whether it is what it usually sends.",
    settings=SourceHealthSettings,
    dbt_settings=("source_words",),
    tables=(FILE_PROFILES,),
    marts=(Mart("source_health"), Mart("source_columns")),
    assets="retail_assets.source_health.assets:definitions",
)
