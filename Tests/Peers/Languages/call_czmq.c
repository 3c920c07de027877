// cc call_czmq.c -lczmq -lzmq: libczmq-dev
#include <czmq.h>

int main(int count, char **arguments) {
    assert(count == 2);
    zsock_t *dealer = zsock_new_dealer(arguments[1]);
    zsock_set_rcvtimeo(dealer, 5000);
    zsock_set_linger(dealer, 0);
    byte preamble[16] = {'S', '1', 1, 0, 0xE8, 3, 0, 0, 7}; // REQ, 1000 ms, id 7
    zmsg_t *request = zmsg_new();
    zmsg_addmem(request, preamble, sizeof preamble);
    zmsg_addstr(request, "_health.live\n");
    zmsg_addmem(request, "", 0);
    zmsg_send(&request, dealer);
    zmsg_t *reply = zmsg_recv(dealer);
    assert(reply && zmsg_size(reply) == 3);
    zframe_t *first = zmsg_pop(reply);
    assert(zframe_data(first)[2] == 2 && zframe_data(first)[8] == 7);
    char *head = zmsg_popstr(reply), *body = zmsg_popstr(reply);
    printf("%.3s %s\n", head, body);
    int failed = strncmp(head, "200", 3) != 0;
    zstr_free(&head);
    zstr_free(&body);
    zframe_destroy(&first);
    zmsg_destroy(&reply);
    zsock_destroy(&dealer);
    return failed;
}
