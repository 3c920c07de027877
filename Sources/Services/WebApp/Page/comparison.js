// A comparison of the two wires, watched while it runs. Whoever comes meanwhile watches the same one.

import { again, call } from "./api.js";
import { announce, byId, h, setText } from "./elements.js";
import { count, milliseconds, transport, wire, withUnit } from "./format.js";
import { drawHistogram } from "./histogram.js";

let isRunning = false;
let latest = null;
let events = null;
let refresh = () => {};

export function startComparison() {
  new ResizeObserver(() => drawHistogram(byId("histogram"), latest)).observe(byId("histogram"));
  refresh = again(4000, async () => {
    if (events) return;
    try {
      show(await call("GET", "comparison"));
    } catch (problem) {
      refuse(problem);
    }
  });
  byId("compare").addEventListener("click", async () => {
    byId("compare").disabled = true;
    try {
      show(await call("POST", "comparison"));
      announce("The comparison has started.");
    } catch (problem) {
      refuse(problem);
    }
  });
}

// Hears of each step of a comparison that runs, until it ends or the connection does.
function watch() {
  events = new EventSource(new URL("comparison", import.meta.url));
  events.addEventListener("message", event => show(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    unwatch();
    refresh();
  });
}

function unwatch() {
  events?.close();
  events = null;
}

function refuse(problem) {
  isRunning = false;
  byId("compare").disabled = false;
  if (!problem.isOutage) verdict("failed", problem.message);
}

function show(comparison) {
  const wasRunning = isRunning;
  isRunning = comparison.state === "running";
  if (isRunning && !events) watch();
  if (!isRunning) unwatch();
  byId("compare").disabled = isRunning;
  setText(byId("compare"), isRunning ? "Measuring…" : comparison.run ? "Compare again" : "Start a comparison");
  byId("progress").value = comparison.progress;
  if (comparison.run === 0 || (!isRunning && !wasRunning && latest?.run === comparison.run)) return;
  latest = comparison;
  drawHistogram(byId("histogram"), latest);
  rows(comparison.wires);
  conclude(comparison, wasRunning);
}

function rows(wires) {
  byId("figures").tBodies[0].replaceChildren(...wires.map(entry => h("tr", {},
    h("th", { scope: "row", class: kind(entry) }, h("span", { class: "key", "aria-hidden": "true" }), wire(entry.link)),
    h("td", {}, count(entry.calls) + (entry.failed ? ` and ${count(entry.failed)} failed` : "")),
    ...[entry.p50, entry.p90, entry.p99, entry.longest].map(value =>
      h("td", {}, value === undefined ? "–" : milliseconds(value))))));
}

function conclude(comparison, wasRunning) {
  if (comparison.state === "failed") return verdict("failed", comparison.detail);
  verdict("", ...words(comparison));
  if (wasRunning && !isRunning) announce(`Done. ${byId("verdict").textContent}`);
}

// No difference is called one that the run's own noise covers.
function words({ ratio, wires: [one, other] }) {
  if (!ratio) return ["The first rounds are on their way."];
  if (!ratio.is_difference) return ["So far the noise of this run covers the difference: it cannot distinguish the two."];
  const [fast, slow] = ratio.value >= 1 ? [one, other] : [other, one];
  const factors = [ratio.value, ratio.low, ratio.high].map(value => ratio.value >= 1 ? value : 1 / value);
  const [times, ...range] = factors.map(value => value.toFixed(1));
  return [
    `${transport(fast.link)} answers `, h("b", {}, `${times} times`), ` as fast (${range.sort((a, b) => a - b).join(" to ")}, `,
    "with 95 % confidence): half of the calls within ", h("b", {}, withUnit(fast.p50)), ` against ${withUnit(slow.p50)}.`,
  ];
}

function verdict(mood, ...words) {
  byId("verdict").className = `verdict ${mood}`;
  byId("verdict").replaceChildren(...words);
}

const kind = entry => entry.link === "http" ? "http" : "zmq";
