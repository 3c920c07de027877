"""The commands of the README and the articles, run: each line that calls a running service, and each piece of Python."""
from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from conftest import PORTS, ROOT, STAR

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("Sources/**/*.md"))]
# Commands that need no running service, or make things, have tests of their own.
CALLS = re.compile(r"(TOKEN=|curl |\.build/release/star (call|contracts|health) )")


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def scripts():
    """Blocks with calls in them, without their other lines, and without those in which a reader fills in a “…”."""
    for page in PAGES:
        for number, block in enumerate(blocks(page, "sh")):
            commands = block.replace("\\\n", " ").splitlines()
            lines = [line for line in commands if CALLS.match(line) or line.startswith("# {")]
            calls = [line for line in lines if CALLS.match(line)]
            if calls and not any("…" in call for call in calls):
                yield pytest.param(lines, id=f"{page.name}-{number}")


@pytest.mark.parametrize("lines", scripts())
def test_what_is_said_to_type_works_when_pasted(lines, family):
    script = "\n".join(["set -eu", *lines]).replace(".build/release/star", str(STAR))
    for name, url in family.urls.items():
        script = script.replace(f"localhost:{PORTS[name]}", url.removeprefix("http://"))
    said = subprocess.run(["bash", "-c", script], cwd=family.folder, env=family.environment, capture_output=True, text=True,
                          timeout=60)
    assert said.returncode == 0, said.stderr
    assert said.stdout.strip()
    # The reply has the members that a comment shows.
    for shown in re.findall(r"^# (\{.*\})$", "\n".join(lines), re.MULTILINE):
        assert json.loads(shown)["data"].keys() == json.loads(said.stdout.splitlines()[0])["data"].keys()


# That article's pieces take tokens, and have tests of their own.
@pytest.mark.parametrize("code", [pytest.param(block, id=page.name) for page in PAGES for block in blocks(page, "python")
                                  if page.name != "VerifyingTokens.md"])
def test_what_is_shown_in_python_runs(code, family):
    said = subprocess.run([sys.executable, "-c", code], cwd=family.folder, capture_output=True, text=True, timeout=60,
                          env={**family.environment, "PYTHONPATH": str(ROOT / "Sources" / "Python")})
    assert said.returncode == 0, said.stderr
