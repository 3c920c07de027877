#!/usr/bin/env bash
# promtool and Prometheus 2.42.0 (Debian): "promtool check metrics" is content with an exposition of which Prometheus
# silently drops a part.
#
# Expected: the command checks metrics "for consistency and correctness", so exit code 0 means that a scrape of the
# same text stores all of it.
#
# Seen: a text in which one series stands twice, with two values, and a histogram lacks its bucket "+Inf" passes
# without a word. Prometheus scrapes it with up = 1, keeps the first value of the series, and histogram_quantile() of
# the histogram is NaN. Yet promtool complains of a gauge called "open_count", which is stored in full, by exit code 3.
#
#   promtool, series twice and no +Inf:  exit code 0
#   promtool, gauge open_count:          exit code 3
#   Prometheus: up 1, queue{shop="north"} 1 (exposed: 1, then 2), quantile NaN
#
# Matters to: authors of exporters who take promtool for the test of their output, and so learn of a lost series by an
# alert that never fires.
#
# Needs: curl, and apt-get and dpkg-deb of Debian 12 for its package of Prometheus (nothing is installed on the
# system).
set -euo pipefail
folder=$(mktemp -d)
server='' prometheus=''
stop() {
    kill $server $prometheus 2> /dev/null || true
    wait
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
timeout 120 apt-get -q download prometheus=2.42.0+ds-5+deb12u1 > download.log 2>&1 ||
    { cat download.log >&2; exit 2; }
dpkg-deb --extract prometheus_*.deb system

cat > metrics <<'TEXT'
# HELP queue How many orders wait.
# TYPE queue gauge
queue{shop="north"} 1
queue{shop="north"} 2
# HELP wait_seconds How long they wait.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="1"} 3
wait_seconds_sum 2
wait_seconds_count 3
TEXT
printf '# HELP open_count How many are open.\n# TYPE open_count gauge\nopen_count 1\n' > count

check() {
    local code=0
    timeout 10 system/usr/bin/promtool check metrics < "$1" > "$1.log" 2>&1 || code=$?
    echo "$code"
}

cat > serve.py <<'PYTHON'
import http.server
import socket

METRICS = open("metrics", "rb").read()


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(METRICS)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Server)
with socket.create_server(("127.0.0.1", 0)) as free:
    print(server.server_port, free.getsockname()[1], flush=True)
server.serve_forever()
PYTHON
mkfifo ports
timeout 60 python3 serve.py > ports &
server=$!
read -r exporter web < ports
cat > prometheus.yml <<YAML
global: {scrape_interval: 1s}
scrape_configs: [{job_name: shop, static_configs: [{targets: ["127.0.0.1:$exporter"]}]}]
YAML
timeout 60 system/usr/bin/prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
    --web.listen-address="127.0.0.1:$web" > prometheus.log 2>&1 &
prometheus=$!

query() {
    curl --silent --max-time 5 --get --data-urlencode "query=$1" "http://127.0.0.1:$web/api/v1/query" |
        sed -n 's/.*"value":\[[^,]*,"\([^"]*\)"\].*/\1/p'
}

until [ -n "$(query up)" ]; do # timeout(1) ends both servers after a minute, and then this loop
    kill -0 $prometheus 2> /dev/null || { cat prometheus.log >&2; exit 2; }
    sleep 0.5
done
passed=$(check metrics) refused=$(check count)
quantile=$(query 'histogram_quantile(0.5, wait_seconds_bucket)')
stored="up $(query up), queue{shop=\"north\"} $(query queue), quantile $quantile"
echo "promtool, series twice and no +Inf:  exit code $passed"
echo "promtool, gauge open_count:          exit code $refused"
echo "Prometheus: $stored"
if [ "$passed" != 0 ] || [ "$refused" != 3 ] || [ "$stored" != 'up 1, queue{shop="north"} 1, quantile NaN' ]; then
    echo "CHANGED: promtool and Prometheus judge this text in another way." >&2
    exit 1
fi
