// Who the visitor is: a guest, or whoever signed in. The token lives as long as this page, and is renewed while it does.

import { call, onRefusal, setToken } from "./api.js";
import { announce, byId, say, tell } from "./elements.js";

const listeners = [];
let timer = 0;

// Hears who is there whenever that changes: `{ user, permissions }`, or null for a guest.
export const onSession = listener => listeners.push(listener);

export function startSession() {
  const dialog = byId("sign-in-dialog"), form = byId("sign-in-form");
  byId("sign-in").addEventListener("click", () => { form.reset(); tell(byId("sign-in-trouble"), null); dialog.showModal(); });
  byId("sign-in-cancel").addEventListener("click", () => dialog.close());
  byId("sign-out").addEventListener("click", signOut);
  form.addEventListener("submit", event => { event.preventDefault(); signIn(form, dialog); });
  onRefusal(() => leave("Your time is over: sign in again."));
}

async function signIn(form, dialog) {
  const button = form.querySelector("button.main");
  button.disabled = true;
  try {
    const grant = await call("POST", "session", { user: form.elements.user.value, password: form.elements.password.value });
    await enter(grant);
    form.reset();
    dialog.close();
  } catch (problem) {
    setToken(null);
    tell(byId("sign-in-trouble"), problem.message);
    form.elements.password.select();
  } finally {
    button.disabled = false;
  }
}

async function enter(grant) {
  setToken(grant.token);
  const session = await call("GET", "session");
  show(session);
  announce(`Signed in as ${session.user}.`);
  clearTimeout(timer);
  timer = setTimeout(() => leave("Your time is over: sign in again."), grant.expires_in * 1000);
}

async function signOut() {
  try {
    await call("DELETE", "session");
  } catch {
    // A token that cannot be revoked is forgotten all the same.
  }
  leave("Signed out.");
}

function leave(words) {
  clearTimeout(timer);
  setToken(null);
  show(null);
  announce(words);
}

function show(session) {
  say(byId("who"), session?.user ?? "Guest");
  byId("who").title = session ? `May: ${session.permissions.join(", ") || "nothing"}` : "";
  byId("sign-in").hidden = Boolean(session);
  byId("sign-out").hidden = !session;
  for (const element of document.querySelectorAll("[data-needs]")) {
    element.hidden = !session?.permissions.includes(element.dataset.needs);
  }
  listeners.forEach(listener => listener(session));
}
