"""Whether this is a run of CI, where everything must be there and nothing may be skipped."""

import os

IN_CI = bool(os.environ.get("CI"))
