"""Watches a fleet over drones_compact and prints where it is once a second.

    pip install "python-socketio[asyncio_client]"
    python3 client.py http://127.0.0.1:5001

python-socketio 5 speaks to the server over WebSocket. The asyncio client is the
one to use for binary events: the other hands the parts of one to several threads.
"""
import argparse
import asyncio
import json

import socketio

from compact import MODES, Decoder


async def main():
    a = argparse.ArgumentParser()
    a.add_argument("url", nargs="?", default="http://127.0.0.1:5001")
    a.add_argument("--seconds", type=float, default=float("inf"), help="leave after so long")
    a.add_argument("--tolerance", type=float, default=0.5, help="metres")
    args = a.parse_args()

    sio = socketio.AsyncClient()
    decoder = Decoder()

    @sio.on("drones_compact")
    async def frame(message):
        if not decoder.decode(message):
            print("a frame is missing: the server sends a snapshot by itself", flush=True)

    @sio.on("connect")
    async def connected():
        decoder.ready = False  # what follows is another stream
        print(json.dumps(await sio.call("subscribe", {"stream": "drones_compact", "tolerance_m": args.tolerance})), flush=True)

    await sio.connect(args.url, transports=["websocket"])
    loop = asyncio.get_running_loop()
    end = loop.time() + args.seconds
    while loop.time() < end:
        await sio.sleep(min(1, max(end - loop.time(), 0)))
        if not decoder.ready:
            continue
        for slot in list(decoder.drones)[:3]:
            s = decoder.at(slot, decoder.tick)
            x, y, z = s["p"]
            print(json.dumps({"tick": decoder.tick, "drones": len(decoder.drones), "drone": "d%d" % (slot + 1),
                              "mode": MODES[s["mode"]], "x": x, "y": y, "z": z}), flush=True)
    await sio.disconnect()


asyncio.run(main())
