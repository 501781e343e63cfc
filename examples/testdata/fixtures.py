import base64
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "python"))
from compact import Decoder  # noqa: E402

compared = 0
with open(os.path.join(here, "..", "..", "internal", "compact", "testdata", "streams.json")) as f:
    for stream in json.load(f):
        d = Decoder()
        for step in stream["steps"]:
            taken = d.decode(base64.b64decode(step["message"]))
            assert taken == ("error" not in step), step
            if not taken:
                continue
            assert d.clock == step["clock"], (d.clock, step["clock"])
            for want in step.get("see", []):
                got = dict(d.at(want["slot"], want["at"]), at=want["at"], slot=want["slot"])
                assert got == want, (got, want)
                compared += 1
assert compared > 500
print("compared", compared, "to the last bit")
