"""Every feed by name. A new feed is added here, once."""

from retail_assets.feeds.contracts import governance, master, returns, trade
from retail_assets.feeds.contracts.base import Feed

FEEDS: dict[str, Feed] = {
    feed.name: feed for feed in [*master.FEEDS, *trade.FEEDS, *returns.FEEDS, *governance.FEEDS]
}
