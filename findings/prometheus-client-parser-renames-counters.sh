#!/usr/bin/env bash
# prometheus_client 0.26.0: its parser of the text format gives some counters another name than they have.
#
# Expected: text_string_to_metric_families() returns each sample under the name that stands in the text.
#
# Seen: a family of type counter whose name does not end in "_total" (allowed in the text format 0.0.4, and common in
# exporters older than OpenMetrics) comes back with "_total" added to the names of its samples. The name in the text
# is gone: nothing marks the sample as renamed. Of two counters "jobs" and "jobs_total" in one text, which Prometheus
# stores as two series, both come back as "jobs_total", indistinguishable.
#
#   in the text:       jobs 5, jobs_total 7
#   from the parser:   jobs_total 5, jobs_total 7
#
# Matters to: whatever reads an exporter with this parser to relay, filter or test it (proxies, agents, health checks
# that look a metric up by its name): a look-up fails, or a dashboard shows the relayed series under another name
# than the scraped one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check prometheus_client==0.26.0

timeout 30 "$folder/venv/bin/python" - <<'PYTHON'
import sys

from prometheus_client.parser import text_string_to_metric_families

TEXT = """\
# TYPE jobs counter
jobs 5
# TYPE jobs_total counter
jobs_total 7
"""
written = [line for line in TEXT.splitlines() if not line.startswith("#")]
samples = [sample for family in text_string_to_metric_families(TEXT) for sample in family.samples]
read = [f"{sample.name} {sample.value:g}" for sample in samples]
print("in the text:      ", ", ".join(written))
print("from the parser:  ", ", ".join(read))
if read != ["jobs_total 5", "jobs_total 7"]:
    sys.exit("CHANGED: the parser treats the names of counters in another way.")
PYTHON
