#!/usr/bin/env bash
# kubernetes-validate 1.37.0: even in strict mode it passes words that no API server takes.
#
# Expected: the validator checks manifests against the schemas of a version of Kubernetes; restartPolicy is one of
# Always, OnFailure and Never, and the data of a Secret is base64.
#
# Seen: the schemas are derived from Kubernetes' OpenAPI document of version 2, which names such choices in its
# descriptions only, and whose "format": "byte" is not checked. A misspelled field is found (in strict mode), a
# misspelled word is not.
#
#   field restartPolicyy:        refused
#   restartPolicy: Sometimes:    valid
#   imagePullPolicy: never:      valid
#   protocol: HTTP:              valid
#   Secret with plain text:      valid
#
# Matters to: pipelines that validate before they deploy. What goes wrong most, a word in the wrong case and a secret
# that was not encoded, is found by the cluster, halfway through the deployment.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check kubernetes-validate==1.37.0

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import kubernetes_validate


def pod(container={}, **spec):
    containers = [{"name": "shop", "image": "shop", **container}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "shop"}, "spec": {"containers": containers, **spec}}


def outcome(manifest):
    try:
        kubernetes_validate.validate(manifest, "1.37", strict=True)
        return "valid"
    except kubernetes_validate.ValidationError:
        return "refused"


secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "data": {"key": "plain text!"}}
seen = {
    "field restartPolicyy:": outcome(pod(restartPolicyy="Always")),
    "restartPolicy: Sometimes:": outcome(pod(restartPolicy="Sometimes")),
    "imagePullPolicy: never:": outcome(pod({"imagePullPolicy": "never"})),
    "protocol: HTTP:": outcome(pod({"ports": [{"containerPort": 80, "protocol": "HTTP"}]})),
    "Secret with plain text:": outcome(secret),
}
for case, result in seen.items():
    print(f"{case:28} {result}")
if list(seen.values()) != ["refused"] + ["valid"] * 4:
    sys.exit("CHANGED: the validator judges these manifests in another way.")
PYTHON
