# python3-aiozmq
import asyncio
import struct
import sys

import aiozmq
import zmq


async def call():
    stream = await aiozmq.create_zmq_stream(zmq.DEALER, connect=sys.argv[1])
    stream.write([struct.pack("<2sBBIQ", b"S1", 1, 0, 1000, 7), b"_health.live\n", b""])
    preamble, head, body = await asyncio.wait_for(stream.read(), 5)
    stream.close()
    print(head.split(b"\n")[0].decode(), body.decode())
    return head

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
sys.exit(not loop.run_until_complete(call()).startswith(b"200"))
