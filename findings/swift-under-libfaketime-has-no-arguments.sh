#!/usr/bin/env bash
# Swift 6.3.1 (Linux) with libfaketime 0.9.10 in LD_PRELOAD: a program has no arguments, not even its own name.
#
# Expected: libfaketime changes what clocks say, and nothing else: CommandLine.arguments is as it was given.
#
# Seen: where LD_PRELOAD is set by hand, as its README says for services and containers, CommandLine.argc is 0 and
# CommandLine.arguments empty, each time, with a faked time and without. Foundation's ProcessInfo has the name and no
# arguments. Under the command faketime, which sets LD_PRELOAD too and makes the shared memory that the library would else
# make itself, all are there. Programs in C have theirs in any case.
#
#   program, alone:               3 arguments
#   program, LD_PRELOAD by hand:  0 arguments
#   program, run by faketime:     3 arguments
#   echo, LD_PRELOAD by hand:     x y
#
# Matters to: tests of certificates, tokens and keys that run a service of Swift on another day. A command with subcommands
# prints its help and exits with 0, which a test may take for success.
#
# Needs: Swift 6.3, and the Debian packages faketime and libfaketime (0.9.10-2.1).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
library=$(find /usr/lib -name libfaketime.so.1 | head -n 1)
[ -n "$library" ] && command -v faketime > /dev/null || { echo "faketime is missing." >&2; exit 2; }
echo 'print(CommandLine.argc, "arguments")' > program.swift
swiftc program.swift -o program

alone=$(./program x y)
preloaded=$(LD_PRELOAD=$library FAKETIME=+1d ./program x y)
run=$(faketime -f +1d ./program x y)
echo=$(LD_PRELOAD=$library FAKETIME=+1d /bin/echo x y)

echo "program, alone:               $alone"
echo "program, LD_PRELOAD by hand:  $preloaded"
echo "program, run by faketime:     $run"
echo "echo, LD_PRELOAD by hand:     $echo"
[ "$alone" = "3 arguments" ] && [ "$preloaded" = "0 arguments" ] && [ "$run" = "3 arguments" ] && [ "$echo" = "x y" ]
