# python3-zmq
import struct
import sys

import zmq

dealer = zmq.Context.instance().socket(zmq.DEALER)
dealer.linger, dealer.rcvtimeo = 0, 5000
dealer.connect(sys.argv[1])
dealer.send_multipart([struct.pack("<2sBBIQ", b"S1", 1, 0, 1000, 7), b"_health.live\n", b""])
preamble, head, body = dealer.recv_multipart()
assert struct.unpack("<2sBBIQ", preamble)[4] == 7
print(head.split(b"\n")[0].decode(), body.decode())
sys.exit(not head.startswith(b"200"))
