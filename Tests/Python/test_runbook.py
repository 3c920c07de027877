"""The runbook: its commands work, and it says something of every alert."""
from __future__ import annotations

import re
import subprocess

from conftest import ROOT, STAR

ARTICLES = ROOT / "Sources" / "Kit" / "Hosting" / "Documentation.docc"
RUNBOOK = (ARTICLES / "Runbook.md").read_text()


def commands(text):
    """The lines of its blocks that run star, and only star."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.startswith("star ")]


def test_its_commands_work_while_everything_runs(family):
    (family.folder / "new-database").write_text("moved.sqlite\n")
    lines = commands(RUNBOOK) + commands((ARTICLES / "Platforms.md").read_text())
    assert len(lines) >= 6
    for line in lines:
        said = subprocess.run(["bash", "-c", line.replace("star ", f"{STAR} ", 1)], cwd=family.folder, env=family.environment,
                              capture_output=True, text=True, timeout=90)
        assert said.returncode == 0, f"{line}: {said.stderr}"
        assert said.stdout.strip()


def test_its_inline_commands_exist():
    def help_of(*words):
        return subprocess.run([STAR, *words, "--help"], capture_output=True, text=True, timeout=30).stdout

    for command in set(re.findall(r"`star ((?:[a-z]+ ?)+)", RUNBOOK)):
        first, *rest = command.split()
        assert re.search(rf"^  {first}\b", help_of(), re.MULTILINE), command
        subcommands = help_of(first).partition("SUBCOMMANDS:")[2]
        assert not subcommands or re.search(rf"^  {rest[0]}\b", subcommands, re.MULTILINE), command


def test_each_alert_has_its_place():
    alerts = re.findall(r"^ +- alert: (\w+)$", (ROOT / "compose" / "observe" / "alerts.yml").read_text(), re.MULTILINE)
    described = [name for heading in re.findall(r"^### (.+)$", RUNBOOK.partition("## The alerts")[2], re.MULTILINE)
                 for name in heading.split(", ")]
    assert alerts and alerts == described
