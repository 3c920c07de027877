"""Replicas that are killed, stopped and restarted under load, over each transport: the quick part of Tests/Faults/check."""
import os
import subprocess
import sys
from pathlib import Path

from serving import STAR

CHECK = Path(__file__).parents[1] / "Faults" / "check"


def test_no_call_that_may_be_repeated_is_lost_with_a_replica():
    result = subprocess.run(
        [sys.executable, CHECK, "--replicas"], env={**os.environ, "STAR": str(STAR)}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=120)
    assert result.returncode == 0, result.stdout
    assert result.stdout.count("| yes |") == 12
