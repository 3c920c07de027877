// The time as resource has it, fetched as each second begins, and what that cost.

import { again, call } from "./api.js";
import { announce, byId, h, setText } from "./elements.js";
import { milliseconds, transport, wire, withUnit } from "./format.js";

const kept = 60;
const costs = [];
const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const hour = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const zone = new Intl.DateTimeFormat("en", { timeZoneName: "longOffset" });

let hadTime = true;

export function startClock() {
  byId("strip").append(...Array.from({ length: kept }, () => h("i", {})));
  again(() => 1015 - Date.now() % 1000, tick);
}

async function tick() {
  const start = performance.now();
  try {
    const answer = await call("GET", "clock");
    show(answer, (performance.now() - start) * 1000);
  } catch (problem) {
    refuse(problem);
  }
}

function show(answer, whole) {
  const moment = new Date(answer.current_time);
  const clock = byId("clock");
  clock.dateTime = answer.current_time;
  setText(clock, hour.format(moment));
  setText(byId("date"), `${day.format(moment)} · ${zoneName(moment)}`);
  byId("cost").replaceChildren(
    "resource’s answer arrived over ", h("span", { class: answer.link === "http" ? "http" : "zmq" }, transport(answer.link)),
    " in ", h("b", {}, withUnit(answer.microseconds)));
  setText(byId("leg-wire"), wire(answer.link));
  setText(byId("leg-zmq"), withUnit(answer.microseconds));
  setText(byId("leg-http"), withUnit(Math.max(0, whole - answer.microseconds)));
  mark(null);
  pulse();
  strip(answer.microseconds);
  if (!hadTime) announce("resource answers again.");
  hadTime = true;
}

function refuse(problem) {
  setText(byId("clock"), "--:--:--");
  byId("clock").removeAttribute("datetime");
  setText(byId("date"), "\u00A0");
  setText(byId("cost"), words(problem));
  setText(byId("leg-zmq"), problem.isOutage ? "…" : "no answer");
  setText(byId("leg-http"), problem.isOutage ? "no answer" : "…");
  mark(problem.isOutage ? "http" : "zmq");
  strip(null);
  if (hadTime) announce(`No time: ${words(problem)}`);
  hadTime = false;
}

// Shows which leg of the way is broken, if one is.
function mark(broken) {
  document.querySelector(".hero").classList.toggle("broken", broken !== null);
  for (const leg of document.querySelectorAll(".leg")) leg.classList.toggle("broken", leg.classList.contains(broken));
}

function words(problem) {
  if (problem.isOutage) return "webapp cannot be reached. Trying again.";
  if (problem.status === 403) return "Your token does not permit the time.";
  if (problem.status === 503 || problem.status === 504) return `${problem.message} Trying again.`;
  return problem.message;
}

function zoneName(moment) {
  const name = zone.formatToParts(moment).find(part => part.type === "timeZoneName").value;
  return /^GMT([+-]00:00)?$/.test(name) ? "UTC" : `${name.replace("GMT", "UTC")}, your time`;
}

// A bar for each of the last costs, cut off if it is far above the others; a gap if there was no answer.
function strip(cost) {
  costs.push(cost);
  if (costs.length > kept) costs.shift();
  const known = costs.filter(value => value !== null).sort((a, b) => a - b);
  const highest = Math.max(400, 1.5 * (known[Math.floor(known.length * 0.8)] ?? 0));
  const bars = [...byId("strip").children];
  costs.forEach((value, index) => {
    const bar = bars[kept - costs.length + index];
    bar.style.setProperty("--share", value === null ? 0 : Math.min(1, Math.max(0.06, value / highest)));
    bar.className = value === null ? "gap" : index === costs.length - 1 ? "now" : "then";
    bar.title = value === null ? "no answer" : `${milliseconds(value)} ms`;
  });
}

// Lets a light run along the way, unless the visitor wants no motion.
function pulse() {
  for (const leg of document.querySelectorAll(".leg i")) {
    leg.classList.remove("pulse");
    requestAnimationFrame(() => leg.classList.add("pulse"));
  }
}
