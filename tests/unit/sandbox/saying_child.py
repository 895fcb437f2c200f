"""A child process that a hostile file has taken over: it answers in the bytes that it is told to."""

import json
import os
import sys

from retail_assets.sandbox.serving import READY

print(READY, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request.get("environment"):
        said = json.dumps({"found": {"variables": dict(os.environ)}}) + "\n"
    else:
        said = request["say"] * request.get("times", 1)
    sys.stdout.write(said)
    sys.stdout.flush()
