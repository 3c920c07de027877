// Draws how often calls took how long: one row of bars for each wire, above one logarithmic axis of time.

import { svg } from "./elements.js";
import { count, wire, withUnit } from "./format.js";

const row = 148, axis = 34, gap = 26;
// The names and the lines share no height: a row begins with its labels.
const labels = 48;
// Room for the longest label of each kind, to each side of its middle.
const medianRoom = 78, tickRoom = 30;
const height = 2 * row + gap + axis;
const ticks = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

// - comparison: as webapp sends it, or null for an empty frame.
export function drawHistogram(place, comparison) {
  const width = place.clientWidth || 960;
  const range = { ...shown(comparison), width };
  const x = time => width * Math.log(time / range.low) / Math.log(range.high / range.low);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": description(comparison) });
  picture.append(...axisMarks(x, range));
  (comparison?.wires ?? [{ link: "ipc" }, { link: "http" }]).forEach((entry, index) => {
    picture.append(...wireRow(entry, comparison?.bounds ?? [], index * (row + gap), x, range));
  });
  place.replaceChildren(picture);
}

// The part of the axis that holds all but the rarest calls, and a little more.
function shown(comparison) {
  const used = (comparison?.bounds ?? []).filter((_, index) =>
    comparison.wires.some(entry => entry.counts[index] > 1 + entry.calls / 400));
  return { low: Math.min(80, (used[0] ?? 100) / 2), high: Math.max(2600, (used.at(-1) ?? 1000) * 1.5) };
}

function axisMarks(x, range) {
  let last = -tickRoom;
  const marked = ticks.filter(time => {
    const at = x(time), hasRoom = at > last + 2 * tickRoom && at > tickRoom && at < range.width - tickRoom;
    if (hasRoom) last = at;
    return hasRoom;
  });
  return marked.flatMap(time => [
    ...[0, row + gap].map(top =>
      svg("line", { class: "grid", x1: x(time), x2: x(time), y1: top + labels, y2: top + row })),
    svg("text", { class: "tick", x: x(time), y: height - 10 }, `${time / 1000} ms`),
  ]);
}

function wireRow(entry, bounds, top, x, range) {
  const kind = entry.link === "http" ? "http" : "zmq";
  const floor = top + row;
  const counts = entry.counts ?? [];
  const highest = Math.max(1, ...counts);
  const parts = [svg("line", { class: "floor", x1: 0, x2: range.width, y1: floor, y2: floor })];
  counts.forEach((number, index) => {
    const from = Math.max(range.low, index === 0 ? range.low : bounds[index - 1]);
    const to = Math.min(range.high, bounds[index] ?? range.high);
    if (number === 0 || to <= from) return;
    const tall = Math.max(2, (row - labels - 2) * number / highest);
    parts.push(svg("rect", {
      class: `column ${kind}`, x: x(from) + 1, width: Math.max(1, x(to) - x(from) - 2), y: floor - tall, height: tall, rx: 3,
    }, svg("title", {}, `${count(number)} calls from ${withUnit(from)} to ${withUnit(to)}`)));
  });
  parts.push(svg("text", { class: `label ${kind}`, x: 2, y: top + 20 }, wire(entry.link)));
  if (entry.p50 !== undefined) parts.push(...median(entry.p50, kind, top, floor, x, range));
  return parts;
}

function median(time, kind, top, floor, x, range) {
  const at = x(Math.min(range.high, Math.max(range.low, time)));
  const middle = Math.min(range.width - medianRoom, Math.max(medianRoom, at));
  return [
    svg("line", { class: `median ${kind}`, x1: at, x2: at, y1: top + labels, y2: floor }),
    svg("text", { class: `median ${kind}`, x: middle, y: top + 40 }, `half within ${withUnit(time)}`),
  ];
}

function description(comparison) {
  if (!comparison) return "Two empty histograms, one for each wire.";
  const sentences = comparison.wires.filter(entry => entry.p50 !== undefined).map(entry =>
    `${wire(entry.link)}: ${count(entry.calls)} calls, half within ${withUnit(entry.p50)}, 99 percent within ${withUnit(entry.p99)}.`);
  return `Histograms of the time for one call. ${sentences.join(" ")}`;
}
