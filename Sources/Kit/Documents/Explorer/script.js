// The page: reads the schema, draws it, and wires the forms.
import { bytes, endpointsOf, Reader } from "./schema.js";
import { highlighted, h, prose } from "./elements.js";
import { base, languages, requestOf } from "./samples.js";

const $ = id => document.getElementById(id);
const state = { language: "curl", redraws: [] };

start().catch(error => $("main").append(h("p", { class: "notice" }, `The schema cannot be shown: ${error.message}`)));

async function start() {
  const response = await fetch(`${base}/schema`, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`the service has answered ${response.status}.`);
  const schema = await response.json();
  document.title = `${schema.info.title} · docs`;
  $("name").textContent = schema.info.title;
  $("version").textContent = schema.info.version;
  $("summary").textContent = schema.info.summary ?? "";
  const reader = new Reader(schema);
  const endpoints = endpointsOf(schema);
  const tokenHeader = schema.components.securitySchemes.token.name;
  for (const tag of schema.tags) {
    const those = endpoints.filter(endpoint => endpoint.tag === tag.name);
    const type = tag["x-type"];
    // The summary of the service is at the top of the page already.
    const heading = tag.name === schema.info.title ? [] : [h("h2", {}, tag.name), h("p", {}, tag.description)];
    $("main").append(h("section", { "aria-label": tag.name }, ...heading, ...those.map(endpoint =>
      card(endpoint, { reader, type, tokenHeader }))));
    $("index").append(h("div", {}, h("h2", {}, tag.name), h("ul", {}, ...those.map(link))));
  }
  offerTokens(endpoints, reader);
  followScroll();
  listenToKeys();
  $("token").addEventListener("input", redraw);
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

function redraw() { for (const draw of state.redraws) draw(); }

function link({ id, method, shortName }) {
  return h("li", {}, h("a", { href: `#${id}` }, h("span", { class: `method ${method}` }, method.toUpperCase()), shortName));
}

// If the service itself makes tokens, the field for one says so.
function offerTokens(endpoints, reader) {
  const maker = endpoints.find(({ operation }) => reader.output(operation)?.properties?.token);
  if (!maker) return;
  $("token-maker").href = `#${maker.id}`;
  $("token-maker").hidden = false;
}

// MARK: An endpoint

function card(endpoint, context) {
  const { id, method, path, operation } = endpoint;
  const { reader } = context;
  return h("article", { id },
    h("header", {},
      h("h3", {}, h("span", { class: `method ${method}` }, method.toUpperCase()), ...pathParts(path),
        h("a", { href: `#${id}`, title: "The name on the wire of ZeroMQ" }, endpoint.name)),
      h("p", {}, operation.summary), facts(endpoint)),
    h("div", { class: "halves" },
      h("div", {}, ...described("Input", reader.fields(endpoint), field => field.required ? mark("must", "required") : null),
        ...described("Output", reader.outputFields(operation), field => field.required ? null : mark("may", "may be missing")),
        problems(reader.problems(operation))),
      h("div", {}, ...tryIt(endpoint, context))));
}

function pathParts(path) {
  const parts = path.split(/(\{[^}]*\})/).map(part => part.startsWith("{") ? h("span", { class: "field" }, part) : part);
  return [h("span", {}, ...parts)];
}

function facts({ operation, also, isOpen }) {
  const schemes = operation.security.flatMap(scheme => Object.entries(scheme));
  const [, roles] = schemes[0] ?? [];
  const read = { token: "a token", bearer: "a token", client: "a client's secret" };
  const credentials = [...new Set(schemes.map(([name]) => read[name]))];
  const access = isOpen ? ["open", ...credentials.map(credential => `reads ${credential}`)].join("; ")
    : roles.length ? `needs the permission ${roles.join(", ")}` : "needs a token";
  return h("ul", { class: "facts" }, h("li", { class: isOpen ? "" : "guarded" }, access),
    h("li", {}, `ends within ${operation["x-deadline-ms"]} ms`), ...also.map(path => h("li", {}, "also at ", h("code", {}, path))));
}

function mark(kind, words) { return h("span", { class: kind }, words); }

function described(title, fields, marked) {
  return [h("h4", {}, title), fields.length ? fieldList(fields, marked) : h("p", { class: "soft" }, "Nothing.")];
}

function fieldList(fields, marked) {
  return h("dl", { class: "fields" }, ...fields.map(field => h("div", {},
    h("dt", {}, h("code", {}, field.name), h("span", { class: "type" }, field.type), marked(field)),
    h("dd", {}, ...prose(field.description ?? ""), ...example(field), field.fields.length ? fieldList(field.fields, marked) : null))));
}

function example({ example, choices, isScalar }) {
  return example === undefined || choices || !isScalar ? [] : [" e.g. ", h("code", {}, String(example))];
}

function problems(list) {
  return h("details", {}, h("summary", {}, `Problems (${list.length})`),
    h("table", {}, h("tbody", {}, ...list.map(({ status, code, title }) =>
      h("tr", {}, h("td", {}, status), h("td", {}, h("code", {}, code)), h("td", { class: "soft" }, title))))));
}

// MARK: Trying it

function tryIt(endpoint, context) {
  const inputs = context.reader.fields(endpoint).map(field => ({ field, control: control(field) }));
  const read = () => requestOf(endpoint, inputs.map(({ field, control }) => ({ field, text: control.value, file: control.files?.[0] })));
  const answer = h("div", { role: "status" });
  const send = h("button", { class: "send", type: "submit" }, "Send");
  const form = h("form", { novalidate: "" },
    h("h4", {}, "Try it"),
    ...inputs.map(({ field, control }) => h("label", {},
      h("span", {}, field.name, field.required ? h("span", { class: "must-mark" }, " *") : null), control)),
    h("div", { class: "row" }, send));
  form.addEventListener("submit", async event => {
    event.preventDefault();
    send.disabled = true;
    answer.replaceChildren(await exchange(read(), endpoint, context));
    answer.scrollIntoView({ block: "nearest" });
    send.disabled = false;
  });
  return [form, samples(endpoint, context, read, form), answer];
}

function control(field) {
  const name = { name: field.name, autocomplete: "off", spellcheck: "false" };
  const example = field.example === undefined ? "" : field.isScalar ? String(field.example) : JSON.stringify(field.example);
  if (field.choices) {
    const choices = field.required ? field.choices : ["", ...field.choices];
    return h("select", name, ...choices.map(choice => h("option", {}, choice)));
  }
  if (field.place === "file") return h("input", { ...name, type: "file" });
  const kind = field.isScalar ? "input" : "textarea";
  const type = field.isSecret ? "password" : "text";
  const element = h(kind, field.isScalar ? { ...name, type, placeholder: example } : { ...name, placeholder: example });
  if (field.inputMode) element.inputMode = field.inputMode;
  if (field.required) element.value = example;
  return element;
}

async function exchange(request, endpoint, { tokenHeader }) {
  const token = endpoint.takesToken ? $("token").value.trim() : "";
  const headers = { ...request.headers, ...(token ? { [tokenHeader]: token } : {}) };
  const begin = performance.now();
  try {
    const response = await fetch(base + request.target, { method: request.method, headers, body: request.file ?? request.body });
    if (response.headers.get("Content-Type") === bytes) return downloaded(response, await response.blob());
    const text = await response.text();
    return shown(response, text, Math.round(performance.now() - begin));
  } catch (error) {
    return h("div", { class: "answer bad" }, h("div", { class: "status" }, h("b", {}, "No answer"), error.message));
  }
}

function shown(response, text, time) {
  const fields = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const json = parsed(text);
  const token = json?.data?.token;
  const use = token ? h("button", { type: "button" }, "Use this token") : null;
  use?.addEventListener("click", () => { $("token").value = token; redraw(); use.textContent = "In use"; });
  return h("div", { class: `answer ${response.ok ? "good" : "bad"}` },
    h("div", { class: "status" }, h("b", {}, `${response.status} ${response.statusText}`), h("span", { class: "soft" }, `${time} ms`), use),
    h("pre", { class: "wrap", role: "region", "aria-label": "Body of the answer", tabindex: "0" }, ...(json === undefined ? [text] : highlighted(JSON.stringify(json, null, 2)))),
    h("details", {}, h("summary", {}, "Header"), h("pre", { class: "wrap" }, fields)));
}

function downloaded(response, blob) {
  const link = h("a", { href: URL.createObjectURL(blob), download: "" }, `Save ${blob.size} bytes`);
  return h("div", { class: "answer good" }, h("div", { class: "status" }, h("b", {}, `${response.status} ${response.statusText}`), link));
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

// MARK: Lines of code

function samples(endpoint, context, read, form) {
  const panel = `${endpoint.id}-lines`;
  const code = h("pre", { id: panel, class: "wrap", role: "tabpanel", tabindex: "0" });
  const tabs = Object.keys(languages).map(language => h("button", {
    type: "button", role: "tab", id: `${panel}-${language}`, "aria-controls": panel,
  }, language));
  const copy = h("button", { type: "button", class: "copy" }, "Copy");
  const draw = () => {
    for (const tab of tabs) {
      const isChosen = tab.textContent === state.language;
      tab.ariaSelected = String(isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      if (isChosen) code.setAttribute("aria-labelledby", tab.id);
    }
    const hasToken = endpoint.takesToken && (!endpoint.isOpen || $("token").value.trim() !== "");
    code.textContent = languages[state.language](read(), endpoint, context, hasToken);
  };
  const choose = tab => { state.language = tab.textContent; redraw(); tab.focus({ preventScroll: true }); };
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (step) choose(tabs.at((index + step) % tabs.length));
    });
  }
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  form.addEventListener("input", draw);
  state.redraws.push(draw);
  draw();
  const bar = h("div", { class: "bar" }, h("div", { role: "tablist", "aria-label": "Language" }, ...tabs), copy);
  return h("div", { class: "code" }, bar, code);
}

// MARK: Moving about

function followScroll() {
  const links = new Map([...document.querySelectorAll("nav li a")].map(link => [link.hash.slice(1), link]));
  const seen = new Set();
  const observer = new IntersectionObserver(entries => {
    for (const { target, isIntersecting } of entries) isIntersecting ? seen.add(target.id) : seen.delete(target.id);
    const first = [...links.keys()].find(id => seen.has(id));
    if (!first) return;
    for (const [id, link] of links) id === first ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  }, { rootMargin: "-90px 0px -40% 0px" });
  for (const article of document.querySelectorAll("article")) observer.observe(article);
}

function listenToKeys() {
  const filter = $("filter");
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const link of document.querySelectorAll("nav li a")) {
      const article = document.getElementById(link.hash.slice(1));
      const isWanted = article.textContent.toLowerCase().includes(wanted);
      article.hidden = link.parentElement.hidden = !isWanted;
    }
    for (const group of document.querySelectorAll("main > section")) group.hidden = !group.querySelector("article:not([hidden])");
    for (const group of document.querySelectorAll("#index > div")) group.hidden = !group.querySelector("li:not([hidden])");
  });
  document.addEventListener("keydown", event => {
    if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    filter.focus();
  });
}
