// Users, for who may manage them. Every step is auth's to take, with the visitor's own token.

import { call } from "./api.js";
import { announce, byId, h, setNotice } from "./elements.js";
import { onSession } from "./session.js";

let self = null;
// Takes the visitor's answer. A dialog tells of its end too late for that: the next question may be open by then.
let resolveQuestion = () => {};

export function startUsers() {
  onSession(session => {
    self = session?.permissions.includes("users") ? session.user : null;
    if (self) load();
    else byId("user-list").replaceChildren();
  });
  const dialog = byId("question");
  dialog.addEventListener("submit", () => resolveQuestion(byId("question-field").querySelector("input").value));
  dialog.addEventListener("cancel", () => resolveQuestion(null));
  byId("question-cancel").addEventListener("click", () => { resolveQuestion(null); dialog.close(); });
  // What the browser refuses is not the trouble of before.
  byId("add-user").addEventListener("invalid", () => setNotice(byId("users-trouble"), null), { capture: true });
  byId("add-user").addEventListener("submit", event => { event.preventDefault(); add(event.target); });
}

async function load() {
  await attempt(null, async () => {
    byId("user-list").replaceChildren(...(await everyone()).map(row));
  });
}

// All pages of the list.
async function everyone() {
  const users = [];
  let next = "";
  do {
    const page = await call("GET", `users?limit=200${next && `&after=${encodeURIComponent(next)}`}`);
    users.push(...page.users);
    next = page.next;
  } while (next);
  return users;
}

async function add(form) {
  const { user, password, permissions } = form.elements;
  await attempt(`${user.value} is added.`, async () => {
    await call("POST", "users", { user: user.value, password: password.value, permissions: words(permissions.value) });
    form.reset();
    await load();
  });
}

function row(user) {
  const isSelf = user.user === self;
  return h("tr", {},
    h("th", { scope: "row" }, user.user, isSelf ? h("small", {}, " that is you") : null),
    h("td", {}, chips(user)),
    h("td", {}, user.locked ? "Locked" : "Active"),
    h("td", { class: "actions" },
      action("Permissions", user, () => permit(user)),
      action(user.locked ? "Unlock" : "Lock", user, () => lock(user), isSelf),
      action("Delete", user, () => remove(user), isSelf)));
}

function chips(user) {
  const all = [...user.roles.map(role => `role ${role}`), ...user.permissions];
  return all.length ? h("ul", { class: "chips" }, ...all.map(name => h("li", {}, name))) : "none";
}

function action(label, user, act, isOff = false) {
  return h("button", { type: "button", class: "quiet", "aria-label": `${label} ${user.user}`, disabled: isOff ? "" : null, click: act }, label);
}

async function permit(user) {
  const permissions = await showQuestion(`Permissions of ${user.user}`, "Permissions, with spaces between", "Save", user.permissions.join(" "));
  if (permissions === null) return;
  await step(user, "permissions", "PUT", { permissions: words(permissions), roles: user.roles }, `The permissions of ${user.user} are changed.`);
}

async function lock(user) {
  await step(user, user.locked ? "unlock" : "lock", "POST", undefined, `${user.user} is ${user.locked ? "unlocked" : "locked"}.`);
}

async function remove(user) {
  if (await showQuestion(`Delete ${user.user}?`, "This cannot be undone.", "Delete") === null) return;
  await step(user, "", "DELETE", undefined, `${user.user} is deleted.`);
}

async function step(user, path, method, body, words) {
  await attempt(words, async () => {
    await call(method, ["users", encodeURIComponent(user.user), path].filter(Boolean).join("/"), body);
    await load();
  });
}

// Does something, and shows in its place what it was refused with.
async function attempt(success, act) {
  try {
    await act();
    setNotice(byId("users-trouble"), null);
    if (success) announce(success);
  } catch (problem) {
    setNotice(byId("users-trouble"), problem.message);
  }
}

// Shows a question. Resolves to the text of the field, which is empty if there is none, or null for no.
function showQuestion(title, text, yes, value) {
  const dialog = byId("question"), field = byId("question-field"), input = field.querySelector("input");
  byId("question-title").textContent = title;
  setNotice(byId("question-text"), value === undefined ? text : null);
  field.hidden = value === undefined;
  field.querySelector("span").textContent = text;
  input.value = value ?? "";
  dialog.querySelector("button.main").textContent = yes;
  dialog.showModal();
  return new Promise(resolve => { resolveQuestion = resolve; });
}

const words = text => text.split(/[\s,]+/).filter(Boolean);
