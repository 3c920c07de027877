// A card for each service. Its state is told by a word and a shape, and by colour only besides.

import { again, call } from "./api.js";
import { announce, byId, h, say, svg, tell } from "./elements.js";
import { wire, withUnit } from "./format.js";

const words = { ready: "Ready", not_ready: "Not ready", down: "Down" };
const marks = {
  ready: "M5 10.500l3.500 3.500L15 6.500",
  not_ready: "M10 5v6M10 14.200v.1",
  down: "M6 6l8 8M14 6l-8 8",
};
const states = new Map();

export function startServices() {
  again(2000, look);
}

async function look() {
  try {
    show((await call("GET", "services")).services);
    tell(byId("services-trouble"), null);
  } catch (problem) {
    tell(byId("services-trouble"), problem.isOutage ? "Nothing is known while webapp does not answer." : problem.message);
    for (const card of byId("cards").children) card.classList.add("stale");
  }
}

function show(services) {
  const list = byId("cards");
  const known = new Map([...list.children].map(card => [card.dataset.name, card]));
  list.append(...services.filter(service => !known.has(service.name)).map(blank));
  for (const card of [...list.children]) {
    const service = services.find(service => service.name === card.dataset.name);
    if (service) fill(card, service);
    else card.remove();
  }
}

function blank(service) {
  return h("li", { class: "card", "data-name": service.name },
    h("p", { class: "state" }, svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" },
      svg("circle", { cx: 10, cy: 10, r: 9 }), svg("path", {})), h("span", {})),
    h("h3", {}, service.name), h("p", { class: "summary" }), h("dl", {}));
}

function fill(card, service) {
  card.className = `card ${service.state}`;
  card.querySelector("path").setAttribute("d", marks[service.state]);
  say(card.querySelector(".state span"), words[service.state]);
  say(card.querySelector(".summary"), service.detail ?? service.summary);
  for (const [name, value] of facts(service)) fact(card.querySelector("dl"), name, value);
  const before = states.get(service.name);
  if (before && before !== service.state) announce(`${service.name} is ${words[service.state].toLowerCase()}.`);
  states.set(service.name, service.state);
}

function facts(service) {
  return [
    ["Version", service.version ?? "–"],
    ["Reached by", service.link ? wire(service.link) : "you, over HTTP"],
    ["Answers in", service.microseconds === undefined ? "–" : withUnit(service.microseconds)],
  ];
}

function fact(list, name, value) {
  let entry = [...list.children].find(entry => entry.dataset.name === name);
  if (!entry) {
    entry = h("div", { "data-name": name }, h("dt", {}, name), h("dd", {}));
    list.append(entry);
  }
  say(entry.querySelector("dd"), value);
}
