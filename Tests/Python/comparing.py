"""The common part of the programs that compare figures: ports, ratios and tables."""
import argparse
import math
import os
import platform
import re
import socket
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAR = ROOT / ".build" / "release" / "star"


def number(kind, low, high):
    """An argument's type: a number between these."""
    def parse(text):
        if not low <= kind(text) <= high:
            raise argparse.ArgumentTypeError(f"{text} is not from {low} to {high}")
        return kind(text)
    return parse


def free_ports(count):
    """Ports without a listener, all different."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def ratio(figures, others):
    """The median of the rounds' ratios, and the interval that holds it with 95 %, by the order of the ratios alone."""
    ordered = sorted(mine / other for mine, other in zip(figures, others))
    count = len(ordered)
    outer = max(k for k in range(count // 2) if sum(math.comb(count, i) for i in range(k + 1)) / 2**(count - 1) <= 0.05)
    return statistics.median(ordered), ordered[outer], ordered[-1 - outer]


def table(head, rows):
    """Markdown, aligned for a terminal too."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]], *rows]
    return "\n".join(
        "| " + " | ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))) + " |" for line in lines)


def show_progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def machine():
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"
