// golang-go libzmq3-dev; the bindings of Go wrap libzmq by cgo, as this does
package main

// #cgo LDFLAGS: -lzmq
// #include <stdlib.h>
// #include <zmq.h>
import "C"

import (
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"
)

func main() {
	context := C.zmq_ctx_new()
	dealer := C.zmq_socket(context, C.ZMQ_DEALER)
	wait, none := C.int(5000), C.int(0)
	C.zmq_setsockopt(dealer, C.ZMQ_RCVTIMEO, unsafe.Pointer(&wait), 4)
	C.zmq_setsockopt(dealer, C.ZMQ_LINGER, unsafe.Pointer(&none), 4)
	C.zmq_connect(dealer, C.CString(os.Args[1]))
	preamble := append([]byte("S1\x01\x00"), make([]byte, 12)...)
	binary.LittleEndian.PutUint32(preamble[4:], 1000)
	binary.LittleEndian.PutUint64(preamble[8:], 7)
	send(dealer, preamble, C.ZMQ_SNDMORE)
	send(dealer, []byte("_health.live\n"), C.ZMQ_SNDMORE)
	send(dealer, nil, 0)
	answered, head, body := receive(dealer), receive(dealer), receive(dealer)
	fmt.Println(string(head[:3]), string(body))
	C.zmq_close(dealer)
	C.zmq_ctx_term(context)
	if string(head[:3]) != "200" || binary.LittleEndian.Uint64(answered[8:]) != 7 {
		os.Exit(1)
	}
}

func send(socket unsafe.Pointer, frame []byte, flags C.int) {
	bytes := C.CBytes(frame)
	defer C.free(bytes)
	C.zmq_send(socket, bytes, C.size_t(len(frame)), flags)
}

func receive(socket unsafe.Pointer) []byte {
	var frame [1024]byte
	count := C.zmq_recv(socket, unsafe.Pointer(&frame[0]), 1024, 0)
	if count < 0 {
		panic("no answer in time")
	}
	return frame[:count]
}
