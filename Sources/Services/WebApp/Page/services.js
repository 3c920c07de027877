// A card for each service. Its state is shown by a word and a shape, and by colour only besides.

import { again, call } from "./api.js";
import { announce, byId, h, setNotice, setText, svg } from "./elements.js";
import { duration, wire, withUnit } from "./format.js";

const words = { ready: "Ready", partly: "Partly ready", not_ready: "Not ready", down: "Down" };
const marks = {
  ready: "M5 10.500l3.500 3.500L15 6.500",
  partly: "M10 5v6M10 14.200v.1",
  not_ready: "M10 5v6M10 14.200v.1",
  down: "M6 6l8 8M14 6l-8 8",
};
const states = new Map();

export function startServices() {
  again(2000, refresh);
}

async function refresh() {
  try {
    show((await call("GET", "services")).services);
    setNotice(byId("services-trouble"), null);
  } catch (problem) {
    setNotice(byId("services-trouble"), problem.isOutage ? "Nothing is known while webapp does not answer." : problem.message);
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
    h("p", { class: "state" }, mark(), h("span", {})),
    h("h3", {}, service.name), h("p", { class: "summary" }), h("ul", { class: "replicas" }));
}

const mark = () => svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" },
  svg("circle", { cx: 10, cy: 10, r: 9 }), svg("path", {}));

function fill(card, service) {
  const state = overall(service);
  card.className = `card ${state}`;
  card.querySelector("path").setAttribute("d", marks[state]);
  setText(card.querySelector(".state span"), words[state]);
  setText(card.querySelector(".summary"), service.replicas.length === 1 && service.replicas[0].detail || service.summary);
  const list = card.querySelector(".replicas");
  while (list.children.length < service.replicas.length) list.append(blankReplica());
  while (list.children.length > service.replicas.length) list.lastChild.remove();
  service.replicas.forEach((replica, index) => fillReplica(list.children[index], replica, index, service));
  const before = states.get(service.name);
  if (before && before !== state) announce(`${service.name}: ${words[state].toLowerCase()}.`);
  states.set(service.name, state);
}

// A service whose replicas are not all as well as the best of them is said to be so.
const overall = service =>
  service.state === "ready" && service.replicas.some(replica => replica.state !== "ready") ? "partly" : service.state;

function blankReplica() {
  return h("li", {}, h("h4", {}, mark(), h("span", {})), h("dl", {}));
}

function fillReplica(item, replica, index, service) {
  const isAlone = service.replicas.length === 1;
  item.className = `replica ${replica.state}`;
  item.querySelector("h4").hidden = isAlone;
  item.querySelector("path").setAttribute("d", marks[replica.state]);
  setText(item.querySelector("h4 span"), `Replica ${index + 1}: ${words[replica.state].toLowerCase()}`);
  const facts = [
    ["Version", replica.version ?? "–"],
    ["Running for", replica.uptime === undefined ? "–" : duration(replica.uptime)],
    ["Reached by", replica.link ? wire(replica.link) : "you, over HTTP"],
  ];
  // Webapp does not call itself.
  if (replica.link) facts.push(["Answers in", replica.microseconds === undefined ? "–" : withUnit(replica.microseconds)]);
  // Of one among several that is down there is nothing more to say.
  item.querySelector("dl").hidden = !isAlone && replica.state === "down";
  for (const [name, value] of facts) fact(item.querySelector("dl"), name, value);
}

function fact(list, name, value) {
  let entry = [...list.children].find(entry => entry.dataset.name === name);
  if (!entry) {
    entry = h("div", { "data-name": name }, h("dt", {}, name), h("dd", {}));
    list.append(entry);
  }
  setText(entry.querySelector("dd"), value);
}
