#!/usr/bin/env bash
# opentelemetry-exporter-prometheus 0.66b2: two instruments whose names become one in Prometheus get each other's
# labels, with values that nobody set; and of two attributes that become one label, one is dropped.
#
# Expected: dots become underscores on the way to Prometheus. If "queue.depth" and "queue_depth" then meet, the
# exporter warns, keeps one, or shows both with their own labels. For attributes the specification says: if the keys
# collide, the values are joined by ";".
#
# Seen: the second instrument's values are written under the label names of the first, by position. The counter that
# has no attribute "branch" is exposed with branch="meter", the name of its instrumentation scope, one place too far
# to the left, and its own scope name is empty. And {"http.method": "GET", "http_method": "POST"} becomes
# http_method="POST": the value GET has gone without a word.
#
#   queue_depth_total{branch="north",otel_scope_name="meter",otel_scope_schema_url="",otel_scope_version=""} 1.0
#   queue_depth_total{branch="meter",otel_scope_name="",otel_scope_schema_url=""} 5.0
#   calls_total{http_method="POST",otel_scope_name="meter",otel_scope_schema_url="",otel_scope_version=""} 1.0
#
# Matters to: services whose libraries name the same thing in two styles. The series look sound, and a query by the
# label adds up what does not belong together.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    opentelemetry-exporter-prometheus==0.66b2 opentelemetry-sdk==1.45.2 prometheus_client==0.26.0

timeout 30 "$folder/venv/bin/python" - <<'PYTHON'
import sys

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families

meter = MeterProvider([PrometheusMetricReader()]).get_meter("meter")
meter.create_counter("queue.depth").add(1, {"branch": "north"})
meter.create_counter("queue_depth").add(5)
meter.create_counter("calls").add(1, {"http.method": "GET", "http_method": "POST"})

text = generate_latest(REGISTRY).decode()
for line in text.splitlines():
    if line.startswith(("queue_depth_total{", "calls_total{")):
        print(line)
samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
queues = {sample.value: sample.labels for sample in samples if sample.name == "queue_depth_total"}
calls = [sample.labels for sample in samples if sample.name == "calls_total"]
if queues[5].get("branch") != "meter" or queues[5].get("otel_scope_name") != "":
    sys.exit("CHANGED: an instrument no longer gets the labels of another.")
if calls[0].get("http_method") != "POST":
    sys.exit("CHANGED: attributes that collide are treated in another way.")
PYTHON
