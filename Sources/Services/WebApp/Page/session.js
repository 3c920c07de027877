// Who the visitor is: a guest, or whoever signed in. The token lives as long as this page, and is renewed while it does.

import { call, onRefusal, setToken } from "./api.js";
import { announce, byId, setNotice, setText } from "./elements.js";

const listeners = [];
let timer = 0;
// What gets the next token, once.
let refreshToken = null;

// Hears who is there whenever that changes: `{ user, permissions }`, or null for a guest.
export const onSession = listener => listeners.push(listener);

export function startSession() {
  const dialog = byId("sign-in-dialog"), form = byId("sign-in-form");
  byId("sign-in").addEventListener("click", () => { form.reset(); setNotice(byId("sign-in-trouble"), null); dialog.showModal(); });
  byId("sign-in-cancel").addEventListener("click", () => dialog.close());
  byId("sign-out").addEventListener("click", () => leave("Signed out."));
  form.addEventListener("submit", event => { event.preventDefault(); signIn(form, dialog); });
  onRefusal(() => leave("Your time is over: sign in again."));
}

async function signIn(form, dialog) {
  const button = form.querySelector("button.main");
  button.disabled = true;
  try {
    await enter(await call("POST", "session", { user: form.elements.user.value, password: form.elements.password.value }));
    form.reset();
    dialog.close();
  } catch (problem) {
    setNotice(byId("sign-in-trouble"), problem.message);
    form.elements.password.select();
  } finally {
    button.disabled = false;
  }
}

// Says whose tokens they are; where that cannot be learned, they are nobody's.
async function enter(grant) {
  keep(grant);
  try {
    const session = await call("GET", "session");
    show(session);
    announce(`Signed in as ${session.user}.`);
  } catch (problem) {
    end();
    throw problem;
  }
}

// Keeps the tokens, and asks for the next ones when four fifths of their time are over.
function keep(grant) {
  setToken(grant.token);
  refreshToken = grant.refresh_token;
  clearTimeout(timer);
  timer = setTimeout(renew, grant.expires_in * 800);
}

// An answer that comes after its session has ended is nobody's. One that is lost is asked for again, with the same token,
// while auth still gives it.
async function renew() {
  const used = refreshToken;
  try {
    const grant = await call("POST", "session/refresh", { refresh_token: used }, 4000);
    if (used === refreshToken) keep(grant);
  } catch (problem) {
    if (used !== refreshToken) return;
    if (problem.status === 401) leave("Your time is over: sign in again.");
    else timer = setTimeout(renew, problem.isOutage ? 1000 : 3000);
  }
}

function leave(words) {
  end();
  show(null);
  announce(words);
}

// Forgets the tokens, and has auth end them. Where it cannot now, they are forgotten all the same.
function end() {
  const token = refreshToken;
  clearTimeout(timer);
  setToken(null);
  refreshToken = null;
  if (token) call("POST", "session/end", { token }).catch(() => {});
}

function show(session) {
  setText(byId("who"), session?.user ?? "Guest");
  byId("who").title = session ? `May: ${session.permissions.join(", ") || "nothing"}` : "";
  byId("sign-in").hidden = Boolean(session);
  byId("sign-out").hidden = !session;
  for (const element of document.querySelectorAll("[data-needs]")) {
    element.hidden = !session?.permissions.includes(element.dataset.needs);
  }
  listeners.forEach(listener => listener(session));
}
