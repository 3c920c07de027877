#!/usr/bin/env bash
# PyNaCl 1.6.2 and pwdlib 0.3.1: a right password is "wrong" when there is no memory to check it.
#
# Expected: verifying an Argon2id hash needs the memory that the hash names (64 MiB here). If it cannot be had, the
# library says so by an error of its own, as hashing does.
#
# Seen, in a process that may take 16 MiB more (RLIMIT_AS): libsodium's crypto_pwhash_str_verify has one value for
# both cases, and PyNaCl makes "Wrong password" of it. pwdlib, built on argon2-cffi, which does tell the two apart,
# catches its error and returns False. passlib 1.7.4 blames the stored hash instead. Only argon2-cffi 25.1.0 is clear.
#
#   PyNaCl       right password: InvalidkeyError: Wrong password
#   pwdlib       right password: False
#   passlib      right password: ValueError: malformed argon2 hash (argon2_cffi reported: Memory allocation error…
#   argon2-cffi  right password: VerificationError: Memory allocation error
#
# Matters to: services that hash passwords in a container with a memory limit. Under a burst of logins users with
# the right password are told that it is wrong, are counted as attackers and get locked, and no log names the cause.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    PyNaCl==1.6.2 argon2-cffi==25.1.0 passlib==1.7.4 pwdlib==0.3.1

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import resource
import sys

from argon2 import PasswordHasher
from nacl import pwhash
from passlib.hash import argon2 as passlib_argon2
from pwdlib import PasswordHash

stored = pwhash.argon2id.str(b"right", opslimit=2, memlimit=64 << 20).decode()
pwdlib_hash = PasswordHash.recommended()
verifiers = {
    "PyNaCl": lambda password: pwhash.verify(stored.encode(), password.encode()),
    "pwdlib": lambda password: pwdlib_hash.verify(password, stored),
    "passlib": lambda password: passlib_argon2.verify(password, stored),
    "argon2-cffi": lambda password: PasswordHasher().verify(stored, password),
}


def outcome(verify, password):
    try:
        return str(verify(password))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


for name, verify in verifiers.items():
    if outcome(verify, "right") != "True":
        sys.exit(f"{name} does not verify at all: {outcome(verify, 'right')}")
with open("/proc/self/statm") as statm:
    used = int(statm.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (16 << 20),) * 2)
seen = {name: outcome(verify, "right") for name, verify in verifiers.items()}
for name, result in seen.items():
    print(f"{name:12} right password: {result[:80]}")
beginnings = ["InvalidkeyError: Wrong", "False", "ValueError: malformed", "VerificationError: Memory"]
if not all(result.startswith(beginning) for result, beginning in zip(seen.values(), beginnings)):
    sys.exit("CHANGED: a lack of memory is reported in another way.")
PYTHON
