"""What `star bench` writes, read by HdrHistogram's own library for Python."""
import subprocess

import pytest

from conftest import STAR

log = pytest.importorskip("hdrh.log")
histogram = pytest.importorskip("hdrh.histogram")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    subprocess.run([STAR, "bench", "--wires", "in-process", "socket", "--callers", "1", "--rate", "0", "--seconds", "1",
                    "--rounds", "2", "--histograms", folder], check=True, timeout=60)
    return folder


def histograms(folder):
    reader = log.HistogramLogReader(str(folder / "bench.hlog"), histogram.HdrHistogram(1, 3600 * 10**9, 3))
    return {each.get_tag(): each for each in iter(reader.get_next_interval_histogram, None)}


def test_the_log_and_the_percentiles_say_the_same(folder):
    read = histograms(folder)
    assert set(read) == {file.stem for file in folder.glob("*.hgrm")} and len(read) == 2
    for tag, each in read.items():
        lines = [line.split() for line in (folder / f"{tag}.hgrm").read_text().splitlines()]
        rows = [[float(field) for field in line] for line in lines if line and line[0][0].isdigit()]
        assert rows[-1][1] == 1 and rows[-1][2] == each.get_total_count() > 100
        median = next(row[0] for row in rows if row[1] == 0.5)
        assert median == pytest.approx(each.get_value_at_percentile(50) / 1000, rel=0.002)
        assert rows[-1][0] == pytest.approx(each.get_max_value() / 1000, rel=0.002)
