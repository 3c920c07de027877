"""The rules for rendered manifests: the API's schemas, and what a cluster or its operators would enforce."""
from __future__ import annotations

import re
import sys
from pathlib import Path

import kubernetes_validate
import yaml

ROOT = Path(__file__).parents[2]
VERSION = "1.30"
# Of the Gateway API, whose schemas are not the cluster's own.
UNKNOWN_KINDS = {"HTTPRoute"}
WORKLOADS = {"Deployment", "StatefulSet", "Job"}
SERVICES = {"auth", "resource", "webapp", "boilerplate"}
SETTINGS = set(re.findall(r"^(?:# In place of it, )?([A-Z][A-Z0-9_]+)(?:=| may name)", (ROOT / "env.example").read_text(),
                          re.MULTILINE))


class Manifests:
    def __init__(self, path: Path):
        self.name = path.name
        self.all = [one for one in yaml.safe_load_all(path.read_text()) if one]

    def of(self, *kinds: str) -> list[dict]:
        return [one for one in self.all if one["kind"] in kinds]

    def named(self, kind: str, name: str) -> dict:
        return next(one for one in self.of(kind) if one["metadata"]["name"] == name)

    def pods(self):
        for one in self.of(*WORKLOADS):
            yield one["metadata"]["name"], one["spec"]["template"]

    def services(self):
        return [(name, pod) for name, pod in self.pods() if name in SERVICES]


def containers(pod: dict) -> list[dict]:
    return pod["spec"].get("initContainers", []) + pod["spec"]["containers"]


def matches(selector: dict, labels: dict) -> bool:
    wanted = selector.get("matchLabels", selector if "matchExpressions" not in selector else {})
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", []))


def test_schemas(manifests: Manifests):
    for one in manifests.all:
        if one["kind"] not in UNKNOWN_KINDS:
            kubernetes_validate.validate(one, VERSION, strict=True)


def test_every_service_is_there(manifests: Manifests):
    assert {name for name, _ in manifests.services()} == SERVICES
    assert all(one["metadata"]["namespace"] == "star" for one in manifests.all if one["kind"] != "Namespace")


def test_pods_are_restricted(manifests: Manifests):
    for name, pod in manifests.pods():
        spec, context = pod["spec"], pod["spec"]["securityContext"]
        assert context["runAsNonRoot"] and context["seccompProfile"]["type"] == "RuntimeDefault", name
        assert context["runAsUser"] > 0 and spec["enableServiceLinks"] is False, name
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False and own["readOnlyRootFilesystem"], name
            assert own["capabilities"] == {"drop": ["ALL"]}, name


def test_only_the_job_that_makes_keys_may_use_the_api(manifests: Manifests):
    assert [name for name, pod in manifests.pods() if pod["spec"].get("automountServiceAccountToken") is not False] == [
        "curve-keys"]
    rules = manifests.named("Role", "curve-keys")["rules"]
    assert rules == [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}]


def test_volumes_and_mounts_fit(manifests: Manifests):
    for one in manifests.of(*WORKLOADS):
        pod = one["spec"]["template"]
        volumes = {volume["name"] for volume in pod["spec"].get("volumes", [])}
        volumes |= {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
        mounts = {mount["name"] for container in containers(pod) for mount in container.get("volumeMounts", [])}
        assert volumes == mounts, one["metadata"]["name"]
        for volume in pod["spec"].get("volumes", []):
            assert volume.get("secret", {"defaultMode": 0o440})["defaultMode"] == 0o440


def test_no_pod_sees_the_key_of_another(manifests: Manifests):
    for name, pod in manifests.services():
        keys = next(volume for volume in pod["spec"]["volumes"] if volume["name"] == "curve")
        assert [item["key"] for item in keys["secret"]["items"]] == [name]


def test_webapp_and_auth_share_the_secret_of_a_client(manifests: Manifests):
    for name, pod in manifests.services():
        secrets = [volume["secret"]["secretName"] for volume in pod["spec"]["volumes"] if "secret" in volume]
        (container,) = pod["spec"]["containers"]
        files = {one["name"]: one.get("value") for one in container["env"]}
        mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
        assert ("star-webapp-client" in secrets) == (name in ("auth", "webapp")), name
        assert files.get("WEBAPP_CLIENT_SECRET_FILE") == (mounts["client"] + "/secret" if "client" in mounts else None), name
    commands = [one.get("args", [])[:4] for one in containers(dict(manifests.pods())["curve-keys"])]
    assert ["create", "secret", "generic", "star-webapp-client"] in commands


def test_settings_exist(manifests: Manifests):
    (settings,) = manifests.of("ConfigMap")
    names = set(settings["data"]) | {
        variable["name"] for _, pod in manifests.services() for container in containers(pod)
        for variable in container["env"]}
    assert names <= SETTINGS, names - SETTINGS
    assert settings["data"]["ENVIRONMENT"] == "production" and settings["data"]["GUEST_PERMISSIONS"] == ""


def test_addresses_lead_to_ports_of_headless_services(manifests: Manifests):
    (settings,) = manifests.of("ConfigMap")
    for name, value in settings["data"].items():
        if not name.endswith("_URL"):
            continue
        scheme, host, port = re.fullmatch(r"(\w+)://([\w-]+):(\d+)", value).groups()
        service = manifests.named("Service", host)
        assert int(port) in [one["port"] for one in service["spec"]["ports"]], value
        assert (service["spec"].get("clusterIP") == "None") == (scheme == "tcp"), value


def test_services_and_budgets_select_pods(manifests: Manifests):
    pods = dict(manifests.pods())
    for service in manifests.of("Service"):
        (pod,) = [pod for pod in pods.values() if matches(service["spec"]["selector"], pod["metadata"]["labels"])]
        ports = {port["name"]: port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]}
        for port in service["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            assert target in ports or target in ports.values(), (service["metadata"]["name"], port)
    budgets = {one["metadata"]["name"] for one in manifests.of("PodDisruptionBudget")}
    assert budgets == SERVICES
    for one in manifests.of(*WORKLOADS):
        selector = one["spec"].get("selector")
        assert selector is None or matches(selector, one["spec"]["template"]["metadata"]["labels"])


def test_probes_ask_the_front(manifests: Manifests):
    for name, pod in manifests.services():
        (container,) = pod["spec"]["containers"]
        paths = {kind: container[kind]["httpGet"]["path"] for kind in ("startupProbe", "readinessProbe", "livenessProbe")}
        # A service that waits for another is not restarted for that.
        assert paths == {"startupProbe": "/health/live", "readinessProbe": "/health/ready", "livenessProbe": "/health/live"}
        assert container["args"] == ["serve", name]


def test_grace_is_longer_than_the_stop(manifests: Manifests):
    (settings,) = manifests.of("ConfigMap")
    stop = (int(settings["data"]["DRAIN_MILLISECONDS"]) + int(settings["data"]["SHUTDOWN_TIMEOUT_MILLISECONDS"])) / 1000
    for _, pod in manifests.services():
        command = pod["spec"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
        assert command[0] == "sleep"
        assert pod["spec"]["terminationGracePeriodSeconds"] > int(command[1]) + stop


def test_the_store_has_one_writer_or_a_database(manifests: Manifests):
    stateful = manifests.of("StatefulSet")
    if stateful:
        (auth,) = stateful
        (claim,) = auth["spec"]["volumeClaimTemplates"]
        assert auth["spec"]["replicas"] == 1 and claim["spec"]["accessModes"] == ["ReadWriteOncePod"]
        assert auth["spec"]["template"]["spec"]["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    else:
        auth = manifests.named("Deployment", "auth")
        assert auth["spec"]["replicas"] == 2
        names = [one["name"] for one in auth["spec"]["template"]["spec"]["containers"][0]["env"]]
        assert "AUTH_DATABASE_FILE" in names


def test_scalers_own_the_number_of_replicas(manifests: Manifests):
    for scaler in manifests.of("HorizontalPodAutoscaler"):
        target = manifests.named("Deployment", scaler["spec"]["scaleTargetRef"]["name"])
        # A number here would be set anew with each apply.
        assert "replicas" not in target["spec"]


def test_policies_let_in_what_is_needed(manifests: Manifests):
    policies = {one["metadata"]["name"]: one["spec"] for one in manifests.of("NetworkPolicy")}
    assert policies["deny"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    for name, pod in manifests.services():
        labels = pod["metadata"]["labels"]
        assert matches(policies["http"]["podSelector"], labels), name
        assert matches(policies["services"]["ingress"][0]["from"][0]["podSelector"], labels), name


def test_the_world_is_led_to_ports_that_exist(manifests: Manifests):
    for ingress in manifests.of("Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                ports = manifests.named("Service", backend["name"])["spec"]["ports"]
                assert backend["port"]["name"] in [port["name"] for port in ports]
    for route in manifests.of("HTTPRoute"):
        for rule in route["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                ports = manifests.named("Service", backend["name"])["spec"]["ports"]
                assert backend["port"] in [port["port"] for port in ports]


def main() -> int:
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    failed = 0
    for path in sys.argv[1:]:
        manifests = Manifests(Path(path))
        for name, test in tests:
            try:
                test(manifests)
            except Exception as error:
                failed += 1
                print(f"{manifests.name}: {name}: {type(error).__name__}: {str(error).partition(chr(10))[0]}")
    count = len(tests) * len(sys.argv[1:])
    print(f"{count - failed} passed, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
