// Numbers for people.

// Milliseconds from microseconds, with as many digits as mean something.
export function milliseconds(microseconds) {
  const value = microseconds / 1000;
  return value.toFixed(value < 0.0995 ? 3 : value < 0.995 ? 2 : value < 99.5 ? 1 : 0);
}

export const withUnit = microseconds => `${milliseconds(microseconds)} ms`;

// A time from seconds, in its two largest units.
export function duration(seconds) {
  const units = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = Math.max(0, units.findIndex(([, size]) => seconds >= size));
  return units.slice(seconds < 1 ? 3 : first).slice(0, 2).map(([name, size], index, shown) =>
    `${Math.floor((index === 0 ? seconds : seconds % shown[0][1]) / size)} ${name}`).join(" ");
}

export const count = number => number.toLocaleString("en");

const wires = { ipc: "ZeroMQ ipc", tcp: "ZeroMQ tcp", inproc: "ZeroMQ inproc", http: "HTTP", inprocess: "no wire" };

// How one service is reached from another.
export const wire = link => wires[link] ?? link;

// The transport alone.
export const transport = link => wire(link).split(" ")[0];
