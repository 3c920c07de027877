#!/usr/bin/env bash
# python-dotenv 1.2.4 (also inside pydantic-settings 2.16.3 and environs 15.2.0): "${…}" is replaced even between
# single quotes, and no escape prevents it.
#
# Expected: the manual speaks of "POSIX variable expansion", and POSIX expands nothing between single quotes. The shell
# that sources the same file, django-environ, Starlette and honcho leave the value alone.
#
# Seen: a password that contains "${y}" loses these characters without a word, or gets the value of a variable that
# happens to have that name. Backslashes and a second dollar sign do not help: they stay in the value and the rest is
# replaced all the same. What helps is interpolate=False for the whole file (where the caller's library lets one), or
# a variable that holds a dollar sign: with D='$' the value '${D}{y}' comes out as ${y}.
#
#                        'x${y}z'   'x\${y}z'   'x$${y}z'
#   sh                   x${y}z     x\${y}z     x$${y}z
#   django-environ       x${y}z     x\${y}z     x$${y}z
#   Starlette            x${y}z     x\${y}z     x$${y}z
#   honcho               x${y}z     x\${y}z     x$${y}z
#   python-dotenv        xz         x\z         x$z
#   pydantic-settings    xz         x\z         x$z
#   environs             xz         x\z         x$z
#
# Matters to: whoever keeps generated secrets, patterns or templates in an .env file that a shell or a supervisor reads
# beside a Python program: one of them has another secret.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-dotenv==1.2.4 \
    pydantic-settings==2.16.3 environs==15.2.0 django-environ==0.14.0 starlette==1.10.0 honcho==2.0.0
cd "$folder"
cat > .env <<'ENV'
PLAIN='x${y}z'
ESCAPED='x\${y}z'
DOUBLED='x$${y}z'
D='$'
ROUNDABOUT='x${D}{y}z'
ENV

env -u y timeout 60 venv/bin/python -W ignore - <<'PYTHON'
import os
import subprocess
import sys

import dotenv
import environ
import environs
import honcho.environ
import pydantic_settings
import starlette.config

NAMES = ["PLAIN", "ESCAPED", "DOUBLED"]


class Settings(pydantic_settings.BaseSettings):
    model_config = pydantic_settings.SettingsConfigDict(env_file=".env", extra="ignore")
    plain: str
    escaped: str
    doubled: str


def of_environs():
    reader = environs.Env()
    reader.read_env(".env")
    return [reader(name) for name in NAMES]


def of_django():
    environ.Env.read_env(".env", overwrite=True)
    return [os.environ[name] for name in NAMES]


def of_shell():
    script = '. ./.env; printf "%s\\n" "$PLAIN" "$ESCAPED" "$DOUBLED"'
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()


def values(read):
    before = dict(os.environ)  # some of them write their values there
    try:
        return read()
    finally:
        os.environ.clear()
        os.environ.update(before)


written = dotenv.dotenv_values(".env", interpolate=False)
parsed = dotenv.dotenv_values(".env")
seen = {
    "sh": values(of_shell),
    "django-environ": values(of_django),
    "Starlette": [starlette.config.Config(".env")(name) for name in NAMES],
    "honcho": [honcho.environ.parse(open(".env").read())[name] for name in NAMES],
    "python-dotenv": [parsed[name] for name in NAMES],
    "pydantic-settings": list(Settings().model_dump().values()),
    "environs": values(of_environs),
}
for reader, result in seen.items():
    print(f"{reader:20} {result[0]:10} {result[1]:11} {result[2]}")
kept, replaced = ["x${y}z", r"x\${y}z", "x$${y}z"], ["xz", r"x\z", "x$z"]
print("python-dotenv with D='$':", parsed["ROUNDABOUT"])
if list(seen.values()) != [kept] * 4 + [replaced] * 3 or {parsed["ROUNDABOUT"], written["PLAIN"]} != {"x${y}z"}:
    sys.exit("CHANGED: single quotes are read in another way.")
PYTHON
