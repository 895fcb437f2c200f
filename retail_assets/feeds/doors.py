"""The door with everything that comes in through it. A flow whose drops are no rows adds its part here, once."""

from retail_assets.config import Settings
from retail_assets.feeds.door import Door
from retail_assets.feeds.feeds_door import feeds_door
from retail_assets.refunds.door import with_photos


def every_door(settings: Settings) -> Door:
    """Open the door. A faulty mapping raises MappingError here, before a file is taken."""
    return with_photos(feeds_door(settings), settings)
