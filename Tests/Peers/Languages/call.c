// cc call.c -lzmq
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

int main(int count, char **arguments) {
    assert(count == 2);
    void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
    int wait = 5000, none = 0;
    zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &wait, sizeof wait);
    zmq_setsockopt(dealer, ZMQ_LINGER, &none, sizeof none);
    assert(zmq_connect(dealer, arguments[1]) == 0);
    uint8_t preamble[16] = {'S', '1', 1, 0, 0xE8, 3, 0, 0, 7}; // REQ, 1000 ms, id 7
    zmq_send(dealer, preamble, sizeof preamble, ZMQ_SNDMORE);
    zmq_send(dealer, "_health.live\n", 13, ZMQ_SNDMORE);
    zmq_send(dealer, "", 0, 0);
    char frame[3][1024] = {{0}};
    for (int part = 0; part < 3; part++) assert(zmq_recv(dealer, frame[part], 1023, 0) >= 0);
    assert(frame[0][2] == 2 && frame[0][8] == 7);
    printf("%.3s %s\n", frame[1], frame[2]);
    zmq_close(dealer);
    zmq_ctx_term(context);
    return strncmp(frame[1], "200", 3) != 0;
}
