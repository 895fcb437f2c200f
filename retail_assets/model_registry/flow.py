"""The model registry as a flow: what stands in it as a table, and the decision which version scores."""

from retail_assets.model_registry.tables import REGISTERED_MODEL_VERSIONS
from retail_assets.models.spec import GateSettings
from retail_assets.platform import Flow, Mart

FLOW = Flow(
    name="models",
    description="Versions of models: which scores, since when, and what was measured.",
    settings=GateSettings,
    decisions="retail_assets.model_registry.decisions:decision_kinds",
    tables=(REGISTERED_MODEL_VERSIONS,),
    marts=(Mart("model_versions"),),
    assets="retail_assets.model_registry.assets:definitions",
)
