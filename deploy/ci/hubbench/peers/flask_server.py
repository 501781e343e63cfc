"""Flask-SocketIO as Debian packages it, on eventlet: python3 flask_server.py PORT FRAMES.json"""
import eventlet

eventlet.monkey_patch()

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

from flask import Flask  # noqa: E402
from flask_socketio import SocketIO  # noqa: E402

app = Flask(__name__)
io = SocketIO(app, async_mode="eventlet", cors_allowed_origins="*")
with open(sys.argv[2]) as f:
    frames = json.load(f)


def publish():
    tick, start = 0, time.monotonic()
    while True:
        frame = frames[tick % len(frames)]
        tick += 1
        frame["tick"], frame["published_us"] = tick, time.time_ns() // 1000
        io.emit("drones", frame)
        eventlet.sleep(max(0, start + tick * 0.05 - time.monotonic()))


io.start_background_task(publish)
io.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_output=False)
