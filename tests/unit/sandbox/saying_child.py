"""A child process that a hostile file has taken over: it answers in the bytes that it is told to."""

import json
import os
import subprocess
import sys

from retail_assets.sandbox.serving import READY

print(READY, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request.get("environment"):
        said = json.dumps({"found": {"variables": dict(os.environ)}}) + "\n"
    elif request.get("program"):
        started = subprocess.Popen(["sleep", "600"])
        said = json.dumps({"found": {"variables": {"pid": str(started.pid)}}}) + "\n"
    else:
        said = request["say"] * request.get("times", 1)
    sys.stdout.write(said)
    sys.stdout.flush()
