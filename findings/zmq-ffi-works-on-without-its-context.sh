#!/usr/bin/env bash
# ZMQ::FFI 1.18 (Perl, Debian): a socket whose context is not kept in a variable sends into nowhere, and reports no
# error.
#
# Expected: a socket keeps its context alive, as in pyzmq, or a call that cannot be done dies: the manual promises that
# for errors of libzmq.
#
# Seen: the socket holds its context weakly. In ZMQ::FFI->new()->socket(...), or if a function makes both and returns
# the socket, the context goes at the end of the statement or function, and closes the socket. From then on each call
# only prints the warning "Operation on closed socket" and returns undef: connect() and send() do not die, has_error()
# is false, and a recv() that should wait for a message returns at once.
#
#   context kept:   connect and send: no exception, has_error 0; arrived
#   context lost:   connect and send: no exception, has_error 0; nothing arrived
#   recv, kept:     waited for the message
#   recv, lost:     undef at once
#
# Matters to: scripts that make a socket in one line or in a helper, above all those whose standard error nobody reads:
# their messages are lost while every eval succeeds, and a worker's loop around recv() spins.
#
# Needs: Perl and the Debian package libzmq-ffi-perl (1.18-2). No Python.
set -euo pipefail
perl -MZMQ::FFI -e1 || exit 2

timeout 30 perl - <<'PERL'
use strict;
use warnings;
use Time::HiRes qw(time);
use ZMQ::FFI qw(:all);

my @warnings;
$SIG{__WARN__} = sub { push @warnings, @_ };

my $receivers = ZMQ::FFI->new();
my $pull = $receivers->socket(ZMQ_PULL);
$pull->bind("tcp://127.0.0.1:*");
my $endpoint = $pull->get(ZMQ_LAST_ENDPOINT, "string");
$pull->set(ZMQ_RCVTIMEO, "int", 2000);

sub send_by {
    my ($socket) = @_;
    my $sent = eval { $socket->connect($endpoint); $socket->send("message"); 1 } ? "no exception" : "an exception";
    my $arrived = eval { $pull->recv() } ? "arrived" : "nothing arrived";
    return "connect and send: $sent, has_error " . ($socket->has_error ? 1 : 0) . "; $arrived";
}

sub receive_by {
    my ($socket) = @_;
    my $begin = time;
    my $got = eval { $socket->set(ZMQ_RCVTIMEO, "int", 1000); $socket->bind("tcp://127.0.0.1:*"); $socket->recv(); 1 };
    return time - $begin < 0.5 ? ($got ? "undef at once" : "an exception at once") : "waited for the message";
}

my $kept = ZMQ::FFI->new();
my $lost_push = ZMQ::FFI->new()->socket(ZMQ_PUSH);
my $lost_pull = ZMQ::FFI->new()->socket(ZMQ_PULL);
my @seen = (
    send_by($kept->socket(ZMQ_PUSH)),
    send_by($lost_push),
    receive_by($kept->socket(ZMQ_PULL)),
    receive_by($lost_pull),
);
print "ZMQ::FFI $ZMQ::FFI::VERSION, libzmq ", join(".", $kept->version), "\n";
my @cases = ("context kept:", "context lost:", "recv, kept:", "recv, lost:");
printf "%-15s %s\n", $cases[$_], $seen[$_] for 0 .. 3;
print "warnings: ", scalar @warnings, ", the first: ", $warnings[0] // "none\n";
my $fine = "connect and send: no exception, has_error 0";
my $expected = "$fine; arrived|$fine; nothing arrived|waited for the message|undef at once";
if (join("|", @seen) ne $expected or not @warnings) {
    print STDERR "CHANGED: a socket that has lost its context behaves in another way.\n";
    exit 1;
}
PERL
