#!/usr/bin/env bash
# ruamel.yaml 0.19.1 and PyYAML 6.0.4 read another mode from "defaultMode: 0400", and kubernetes-validate 1.37.0 finds
# both of them fine.
#
# Expected: the mode of a mounted Kubernetes secret, written in octal as in Kubernetes' own documentation, is the same
# number for every YAML library: 256, that is r-------- for the owner.
#
# Seen: PyYAML (YAML 1.1, like the reader in kubectl) has 256. ruamel.yaml (YAML 1.2) has the decimal 400, which as a
# mode is 0620: the owner may read and write, and the group may write. The validator allows any integer. A round trip
# of ruamel.yaml writes "0400" again, so the text shows nothing; what is sent as JSON to the cluster is 400.
#
#   PyYAML:       256 = mode 0400, valid: True
#   ruamel.yaml:  400 = mode 0620, valid: True
#
# Matters to: tools that read manifests with one library and hand them on as JSON. A program that refuses a secret
# which others can change, or ssh with a key, then fails in the cluster, with a manifest that looks right. "0o400" has
# the reverse fate: ruamel.yaml reads 256, PyYAML a string. Only 256 is 256 to all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    ruamel.yaml==0.19.1 PyYAML==6.0.4 kubernetes-validate==1.37.0

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import kubernetes_validate
import yaml
from ruamel.yaml import YAML

MANIFEST = """\
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  containers: [{name: shop, image: shop}]
  volumes:
  - name: key
    secret: {secretName: key, defaultMode: 0400}
"""


def outcome(manifest):
    try:
        kubernetes_validate.validate(manifest, "1.37", strict=True)
        valid = True
    except kubernetes_validate.ValidationError:
        valid = False
    return manifest["spec"]["volumes"][0]["secret"]["defaultMode"], valid


seen = {"PyYAML": outcome(yaml.safe_load(MANIFEST)), "ruamel.yaml": outcome(YAML(typ="safe").load(MANIFEST))}
for name, (mode, valid) in seen.items():
    print(f"{name + ':':13} {mode} = mode {mode:04o}, valid: {valid}")
if seen != {"PyYAML": (256, True), "ruamel.yaml": (400, True)}:
    sys.exit("CHANGED: the mode is read or judged in another way.")
PYTHON
