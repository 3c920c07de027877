"""Runs Postman collections as Postman's own runner does: in order, with their scripts, which a browser interprets."""
from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field

# As much of Postman's `pm` as the scripts use. A script that asks for more fails.
SANDBOX = """(script, environment, response) => {
    class Skip {}
    const tests = [];
    const check = (holds, words) => { if (!holds) throw new Error(words); };
    const shown = JSON.stringify;
    const to = value => ({
        be: { oneOf: list => check(list.includes(value), `${shown(value)} is none of ${shown(list)}`) },
        have: {
            property: name => check(name in value, `${shown(value)} has no ${name}`),
            status: code => check(value.code === code, `${value.code} instead of ${code}: ${value.text}`),
        },
    });
    const pm = {
        environment: {
            get: name => environment[name],
            set: (name, value) => { environment[name] = value; },
        },
        expect: value => ({ to: to(value) }),
        test: (name, body) => {
            try { body(); tests.push({ name }); } catch (error) { tests.push({ name, failure: error.message }); }
        },
        execution: { skipRequest: () => { throw new Skip(); } },
        response: { ...response, json: () => JSON.parse(response.text), to: to(response) },
    };
    let isSkipped = false;
    try { new Function("pm", script)(pm); } catch (error) {
        if (!(error instanceof Skip)) throw error;
        isSkipped = true;
    }
    return { environment, tests, isSkipped };
}"""


@dataclass
class Outcome:
    """A request: the status of its answer, or none if it was skipped, and the tests of its scripts."""
    name: str
    status: int | None = None
    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Runner:
    """Sends the requests of collections, with the variables of an environment."""

    def __init__(self, page, environment: dict, **values: str) -> None:
        self._page = page
        self.environment = {variable["key"]: variable["value"] for variable in environment["values"]} | values

    def run(self, collection: dict) -> list[Outcome]:
        return [self._run(item) for item in requests(collection)]

    def _run(self, item: dict) -> Outcome:
        outcome = Outcome(item["name"])
        if self._script(item, "prerequest", {})["isSkipped"]:
            return outcome
        outcome.status, text = self._send(item["request"])
        for test in self._script(item, "test", {"code": outcome.status, "text": text})["tests"]:
            if "failure" in test:
                outcome.failed.append(f"{item['name']}: {test['name']}: {test['failure']}")
            else:
                outcome.passed.append(test["name"])
        return outcome

    def _script(self, item: dict, kind: str, response: dict) -> dict:
        lines = [line for event in item["event"] if event["listen"] == kind for line in event["script"]["exec"]]
        arguments = ", ".join(json.dumps(part) for part in ("\n".join(lines), self.environment, response))
        said = self._page.evaluate(f"({SANDBOX})({arguments})")
        self.environment = said["environment"]
        return said

    def _send(self, request: dict) -> tuple[int, str]:
        url = request["url"]["raw"]
        for variable in request["url"].get("variable", []):
            url = url.replace(f"/:{variable['key']}", f"/{variable['value']}")
        body = request.get("body", {}).get("raw")
        prepared = urllib.request.Request(
            self._resolved(url), method=request["method"], data=self._resolved(body).encode() if body else None,
            headers={header["key"]: self._resolved(header["value"]) for header in request["header"]})
        try:
            with urllib.request.urlopen(prepared, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def _resolved(self, text: str) -> str:
        return re.sub(r"{{(\w+)}}", lambda match: self.environment[match[1]], text)


def requests(item: dict):
    """The requests in a collection or folder, in order."""
    for inner in item["item"]:
        if "item" in inner:
            yield from requests(inner)
        else:
            yield inner
