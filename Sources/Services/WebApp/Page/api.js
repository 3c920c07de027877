// Calls webapp. The token is kept here, in memory, and nowhere else; it travels as a header, which no other site can make
// a browser send.

let token = null;

// Webapp's own address: a proxy may have put it below a path.
const base = new URL("..", import.meta.url).href;

export const setToken = value => { token = value; };

// What a call was refused with (RFC 9457), or that there was no answer at all (status 0).
export class Problem extends Error {
  constructor(status, code, detail, faults = []) {
    super([detail, ...faults.map(fault => `${fault.pointer.slice(1)} ${fault.detail}`)].join(" "));
    this.status = status;
    this.code = code;
  }

  // Whether webapp itself is not there.
  get isOutage() { return this.status === 0; }
}

// Sends one call. Resolves to the data; rejects with a Problem.
export async function call(method, path, body, milliseconds = 8000) {
  const headers = {};
  if (token) headers["X-Token"] = token;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const options = { method, headers, cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(milliseconds) };
  if (body !== undefined) options.body = JSON.stringify(body);
  const sent = token;
  let response, answer;
  try {
    response = await fetch(`${base}api/v1/${path}`, options);
    answer = response.status === 204 ? {} : await response.json();
  } catch {
    listeners.forEach(listener => listener(true));
    throw new Problem(0, "outage", "webapp does not answer.");
  }
  listeners.forEach(listener => listener(false));
  if (response.ok) return answer.data ?? answer;
  if (response.status === 401 && sent && sent === token) refused.forEach(listener => listener());
  throw new Problem(response.status, answer.code, answer.detail, answer.errors);
}

const listeners = [];
const refused = [];

// Hears after each call whether webapp is gone.
export const onOutage = listener => listeners.push(listener);

// Hears when the token is not taken any more.
export const onRefusal = listener => refused.push(listener);

// Does something now and again, a pause after each end, and not while nobody looks. Returns a way to have it at once.
export function again(pause, action) {
  let timer = 0;
  const step = async () => {
    clearTimeout(timer);
    if (!document.hidden) await action();
    clearTimeout(timer);
    timer = setTimeout(step, typeof pause === "function" ? pause() : pause);
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) step(); });
  step();
  return step;
}
