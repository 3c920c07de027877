# libzmq-ffi-perl
use strict;
use warnings;
use ZMQ::FFI qw(ZMQ_DEALER ZMQ_LINGER ZMQ_RCVTIMEO);

my $context = ZMQ::FFI->new();
my $dealer = $context->socket(ZMQ_DEALER);
$dealer->set(ZMQ_LINGER, 'int', 0);
$dealer->set(ZMQ_RCVTIMEO, 'int', 5000);
$dealer->connect($ARGV[0]);
$dealer->send_multipart([pack('a2CCVQ<', 'S1', 1, 0, 1000, 7), "_health.live\n", '']);
my ($preamble, $head, $body) = $dealer->recv_multipart();
print substr($head, 0, 3), " $body\n";
$dealer->close();
exit(substr($head, 0, 3) eq '200' && unpack('x8Q<', $preamble) == 7 ? 0 : 1);
