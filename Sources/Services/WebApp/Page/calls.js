// Recent calls, and one of them as a trace: a bar for each step, with the parts that its time went to.

import { again, call } from "./api.js";
import { byId, h, setNotice, setText } from "./elements.js";
import { wire, withUnit } from "./format.js";

const shown = 9;
let chosen = null;
let calls = [];

export function startCalls() {
  again(2000, refresh);
}

async function refresh() {
  try {
    calls = (await call("GET", "calls")).calls;
    setNotice(byId("calls-trouble"), null);
    byId("no-calls").hidden = calls.length > 0;
  } catch (problem) {
    setNotice(byId("calls-trouble"), problem.isOutage ? "Nothing is known while webapp does not answer." : problem.message);
    return;
  }
  show();
}

// What was chosen stays, even when newer calls have taken its place in the list.
function show() {
  const list = calls.slice(0, shown);
  const current = chosen ?? list[0];
  const body = byId("call-list");
  while (body.rows.length < list.length) body.append(blank());
  while (body.rows.length > list.length) body.lastChild.remove();
  list.forEach((entry, index) => fill(body.rows[index], entry, current));
  if (current) drawTrace(current);
}

function blank() {
  const row = h("tr", {},
    h("th", { scope: "row" }, h("button", { type: "button", click: () => choose(row.entry) })), h("td", {}), h("td", {}));
  return row;
}

function fill(row, entry, current) {
  const button = row.querySelector("button");
  row.entry = entry;
  row.className = entry === current || entry.trace_id === current?.trace_id ? "chosen" : "";
  button.setAttribute("aria-pressed", String(row.className === "chosen"));
  setText(button, entry.endpoint);
  setText(row.cells[1], String(entry.status));
  row.cells[1].className = entry.status < 400 ? "good" : "bad";
  setText(row.cells[2], withUnit(entry.microseconds));
}

function choose(entry) {
  chosen = entry;
  show();
}

function drawTrace(entry) {
  const place = byId("trace");
  if (place.dataset.of === key(entry)) return;
  place.dataset.of = key(entry);
  const spans = [{ ...entry, offset: 0, depth: 0 }, ...entry.spans.map(span => ({ ...span, depth: 1 }))];
  const whole = Math.max(entry.microseconds, ...entry.spans.map(span => span.offset + span.microseconds));
  place.replaceChildren(
    h("header", {}, h("h3", {}, entry.endpoint),
      h("button", { type: "button", class: "quiet", hidden: chosen ? null : "", click: () => choose(null) }, "Show the latest")),
    h("p", { class: "soft" }, `at ${new Date(entry.started).toLocaleTimeString("en", { hourCycle: "h23" })}, trace `,
      h("code", {}, entry.trace_id)),
    h("ol", { class: "spans" }, ...spans.map(span => spanLine(span, whole))),
    ...ledger(spans));
}

const key = entry => `${entry.trace_id} ${entry.started} ${entry.parts.length} ${chosen ? "chosen" : "latest"}`;

function spanLine(span, whole) {
  const bar = h("div", { class: `span depth${span.depth}${span.status < 400 ? "" : " bad"}` }, ...pieces(span));
  bar.style.setProperty("--from", share(span.offset, whole));
  bar.style.setProperty("--width", share(span.microseconds, whole));
  return h("li", { class: `depth${span.depth}` },
    h("span", { class: "what" }, span.endpoint, span.link ? h("small", {}, ` over ${wire(span.link)}`) : null),
    h("span", { class: "took" }, withUnit(span.microseconds), span.status < 400 ? null : h("small", {}, ` ${span.status}`)),
    h("div", { class: "track", "aria-hidden": "true" }, bar));
}

// The parts of a step in their order. How the wire's time falls to the way there and the way back nobody knows: half each.
function pieces(span) {
  const [wires, own] = [span.parts.filter(part => part.name === "wire"), span.parts.filter(part => part.name !== "wire")];
  const half = wires.map(part => ({ ...part, drawn: part.microseconds / 2 }));
  return [...half, ...own, ...half].map(part => {
    const piece = h("i", { class: `part ${part.name}`, title: `${names[part.name]}: ${precise(part.microseconds)}` });
    piece.style.setProperty("--width", share(part.drawn ?? part.microseconds, span.microseconds));
    return piece;
  });
}

const share = (part, whole) => Math.min(1, whole > 0 ? part / whole : 0);

const names = {
  wire: "Wire", queue: "Queue", wait: "Actor wait", access: "Access", decode: "Decode", handler: "Handler", encode: "Encode",
};

// A name that may be broken where its words end.
const breakable = name => name.replaceAll(/[._]/g, mark => mark + "\u200B");

const precise = microseconds => `${microseconds.toFixed(microseconds < 9.95 ? 1 : 0)} µs`;

// All parts of all steps as numbers, a key to the colours, too.
function ledger(spans) {
  const steps = spans.filter(span => span.parts.length);
  if (!steps.length) return [];
  const value = (span, name) => span.parts.find(part => part.name === name);
  const rows = Object.keys(names).filter(name => steps.some(span => value(span, name))).map(name => h("tr", {},
    h("th", { scope: "row" }, h("span", { class: `key part ${name}`, "aria-hidden": "true" }), names[name]),
    ...steps.map(span => h("td", {}, value(span, name) ? precise(value(span, name).microseconds) : "–"))));
  const box = { class: "scroll", role: "region", "aria-labelledby": "ledger-caption", tabindex: "0" };
  return [h("div", box, h("table", { class: "ledger" },
    h("caption", { id: "ledger-caption" }, "Where the time of each step went"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Part"),
      ...steps.map(span => h("th", { scope: "col" }, breakable(span.endpoint))))),
    h("tbody", {}, ...rows)))];
}
