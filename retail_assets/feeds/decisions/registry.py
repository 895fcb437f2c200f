"""Every kind of decision by name. A flow adds its kinds here, once."""

from retail_assets.config import Settings
from retail_assets.feeds.decisions import files
from retail_assets.feeds.decisions.kinds import Kind
from retail_assets.models.decisions import model_kinds
from retail_assets.refunds import decisions as refunds


def decision_kinds(settings: Settings) -> dict[str, Kind]:
    """All kinds of one platform; those that reach beyond the platform database are made from its settings."""
    return {kind.name: kind for kind in [*files.KINDS, *refunds.KINDS, *model_kinds(settings)]}
