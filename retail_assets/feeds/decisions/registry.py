"""Every kind of decision by name. A flow adds its kinds here, once."""

from retail_assets.feeds.decisions import files
from retail_assets.feeds.decisions.kinds import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in files.KINDS}
