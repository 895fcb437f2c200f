"""A retailer's batch platform."""

import zoneinfo

# The clocks of the locked tzdata, whatever the machine has: what is a day must not depend on where it is asked.
zoneinfo.reset_tzpath(())
