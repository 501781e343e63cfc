"""Connects the Python client over each transport and checks what it gets.

    python3 matrix.py --url http://127.0.0.1:3000 [--mode generic|hub] [--count 20]
                      [--timeout 10] [--token T] [--path socket.io]

generic talks to the conformance program, hub to a running fleet. One JSON line
a transport; exit code 1 if anything failed.

The asyncio client is used: the synchronous one starts a thread for each packet,
so that an event's header and its attachments may overtake each other.
"""

import argparse
import asyncio
import json
import sys
import uuid
from importlib.metadata import version

import socketio

TRANSPORTS = {
    "polling": ["polling"],
    "websocket": ["websocket"],
    "upgrade": ["polling", "websocket"],
}


def check(ok, what, got):
    if not ok:
        raise AssertionError(f"{what}: got {got!r}")


def expect(client, name, accept=lambda *args: True):
    """Returns a future for the first event of that name that is accepted."""
    future = asyncio.get_running_loop().create_future()

    async def handler(*args):
        if accept(*args) and not future.done():
            future.set_result(args)

    client.on(name, handler)
    return future


async def generic(client, connect, timeout, n):
    token = str(uuid.uuid4())
    broadcast = expect(client, "broadcast-back", lambda x: x == token)
    echo = expect(client, "message-back")
    await connect()
    await client.emit("broadcast", token)
    await asyncio.wait_for(broadcast, timeout)
    data = bytes([0, 1, 2, 0xFF, n])
    await client.emit("message", ({"text": "Zürich 🚁", "bytes": data}, data))
    got, copy = await asyncio.wait_for(echo, timeout)
    check(got["text"] == "Zürich 🚁", "text", got)
    check(got["bytes"] == data and copy == data, "binary", got)
    ack = await client.call("message-with-ack", {"n": n}, timeout=timeout)
    check(ack == {"n": n}, "ack", ack)


async def hub(client, connect, timeout, n):
    drones = expect(client, "drones", lambda frame: len(frame.get("drones", [])) > 0)
    await connect()
    granted = await client.call("subscribe", {"stream": "drones", "rate_hz": 10}, timeout=timeout)
    check(granted.get("ok") is True, "subscribe", granted)
    await asyncio.wait_for(drones, timeout)
    done = await client.call("command", {"drones": "all", "type": "hold", "params": {}}, timeout=timeout)
    check(done.get("ok") is True, "command", done)


MODES = {"generic": generic, "hub": hub}


async def once(options, transport, n):
    client = socketio.AsyncClient(reconnection=False)

    async def connect():
        await client.connect(
            options.url,
            socketio_path=options.path,
            transports=TRANSPORTS[transport],
            auth={"token": options.token} if options.token else None,
            wait_timeout=options.timeout,
        )

    try:
        await MODES[options.mode](client, connect, options.timeout, n)
        if transport != "polling":
            check(client.transport() == "websocket", "transport", client.transport())
        check(client.connected, "still connected", client.connected)
    finally:
        await client.disconnect()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="http://127.0.0.1:3000")
    parser.add_argument("--mode", choices=MODES, default="generic")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--timeout", type=float, default=10)
    parser.add_argument("--token")
    parser.add_argument("--path", default="socket.io")
    options = parser.parse_args()

    failures = 0
    for transport in TRANSPORTS:
        runs = [once(options, transport, n) for n in range(options.count)]
        results = await asyncio.gather(*runs, return_exceptions=True)
        failed = [r for r in results if isinstance(r, BaseException)]
        failures += len(failed)
        print(json.dumps({
            "client": "python-socketio " + version("python-socketio"),
            "transport": transport,
            "ok": options.count - len(failed),
            "failed": len(failed),
            "errors": sorted({f"{type(e).__name__}: {e}" for e in failed}),
        }), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
