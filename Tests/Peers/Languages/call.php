<?php // php-cli php-zmq
$dealer = new ZMQSocket(new ZMQContext(), ZMQ::SOCKET_DEALER);
$dealer->setSockOpt(ZMQ::SOCKOPT_LINGER, 0);
$dealer->setSockOpt(ZMQ::SOCKOPT_RCVTIMEO, 5000);
$dealer->connect($argv[1]);
$dealer->sendMulti([pack('a2CCVP', 'S1', 1, 0, 1000, 7), "_health.live\n", '']);
[$preamble, $head, $body] = $dealer->recvMulti();
echo substr($head, 0, 3), ' ', $body, "\n";
exit(substr($head, 0, 3) === '200' && unpack('P', $preamble, 8)[1] === 7 ? 0 : 1);
