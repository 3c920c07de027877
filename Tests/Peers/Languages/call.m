% octave-zeromq, octave
pkg load zeromq
dealer = zmq_socket(ZMQ_DEALER);
zmq_connect(dealer, argv(){1});
preamble = uint8([double("S1") 1 0 232 3 0 0 7 0 0 0 0 0 0 0]);  % REQ, 1000 ms, id 7
zmq_send(dealer, preamble, ZMQ_SNDMORE);
zmq_send(dealer, uint8("_health.live\n"), ZMQ_SNDMORE);
zmq_send(dealer, uint8([]));
assert(zmq_poll(dealer, 5000));
first = zmq_recv(dealer, 1024);
head = char(zmq_recv(dealer, 1024));
body = char(zmq_recv(dealer, 1024));
printf("%s %s\n", head(1:3), body);
zmq_close(dealer);
exit(!(strcmp(head(1:3), "200") && first(3) == 2 && first(9) == 7));
