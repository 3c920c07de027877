// Numbers for people.

// Milliseconds from microseconds, with as many digits as mean something.
export function milliseconds(microseconds) {
  const value = microseconds / 1000;
  return value.toFixed(value < 0.0995 ? 3 : value < 0.995 ? 2 : value < 99.5 ? 1 : 0);
}

export const withUnit = microseconds => `${milliseconds(microseconds)} ms`;

export const count = number => number.toLocaleString("en");

const wires = { ipc: "ZeroMQ ipc", tcp: "ZeroMQ tcp", inproc: "ZeroMQ inproc", http: "HTTP", inprocess: "no wire" };

// How one service is reached from another.
export const wire = link => wires[link] ?? link;

// The transport alone.
export const transport = link => wire(link).split(" ")[0];
