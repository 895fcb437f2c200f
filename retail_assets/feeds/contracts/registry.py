"""Every feed by name. A new feed is added here, once."""

from retail_assets.feeds.contracts import governance, master, trade
from retail_assets.feeds.contracts.base import Feed

FEEDS: dict[str, Feed] = {feed.name: feed for feed in [*master.FEEDS, *trade.FEEDS, *governance.FEEDS]}
