// A request as values, and the lines of code that would send it. A token is always a variable there.

import { bytes } from "./schema.js";

// The service's own address, without a last slash: a proxy may have put it below a path.
export const base = new URL("..", import.meta.url).href.slice(0, -1);

// The content of the form. An empty text is left out unless the field is required.
export function requestOf({ method, path, operation, takesBytes }, inputs) {
  const said = inputs.filter(({ field, text }) =>
    field.place !== "file" && (text !== "" || (field.required && field.place === "query")));
  const at = place => said.filter(({ field }) => field.place === place);
  const values = said.map(({ field, text }) => ({ field, value: valueOf(field, text) }));
  const query = new URLSearchParams(at("query").flatMap(({ field, text }) => texts(field, text).map(text => [field.name, text])));
  const filled = path.replace(/\{([^}]*)\}/g, (_, name) =>
    encodeURIComponent(at("path").find(({ field }) => field.name === name)?.text ?? ""));
  const members = values.filter(({ field }) => field.place === "body").map(({ field, value }) => [field.name, value]);
  const body = operation.requestBody && members.length ? JSON.stringify(Object.fromEntries(members)) : undefined;
  const type = takesBytes ? bytes : body && "application/json";
  return {
    method: method.toUpperCase(), target: filled + (query.size ? `?${query}` : ""), body,
    file: inputs.find(({ field }) => field.place === "file")?.file,
    headers: type ? { "Content-Type": type } : {}, values,
  };
}

function valueOf(field, text) {
  if (field.valueType === "string") return text;
  try { return JSON.parse(text); } catch { return text; }
}

// A list stands in a query once for each element.
function texts(field, text) {
  const value = valueOf(field, text);
  return Array.isArray(value) ? value.map(String) : [text];
}

export const languages = { curl, Swift: swift, Python: python, TypeScript: typeScript, Go: go };

function curl(request, endpoint, { tokenHeader }, hasToken) {
  const parts = [`curl${request.method === "GET" ? "" : ` -X ${request.method}`} ${quoted(base + request.target)}`];
  if (hasToken) parts.push(`-H "${tokenHeader}: $TOKEN"`);
  if (request.body) parts.push(`-H 'Content-Type: application/json'`, `-d ${quoted(request.body)}`);
  if (endpoint.takesBytes) parts.push(`-H 'Content-Type: ${bytes}'`, "--data-binary @FILE");
  if (endpoint.returnsBytes) parts.push("-o FILE");
  return parts.join(" \\\n  ");
}

// As a shell takes it for one word.
function quoted(text) { return /^[\w.:\/@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`; }

function swift(request, endpoint, { type }, hasToken) {
  const labels = request.values.map(({ field, value }) => `${camelCase(field.name)}: ${swiftLiteral(value)}`);
  const parts = [`${type}.${camelCase(endpoint.shortName)}`];
  if (endpoint.takesBytes) parts.push("Bytes(data)");
  else if (endpoint.operation["x-input"] !== "Empty") parts.push(`.init(${labels.join(", ")})`);
  if (hasToken) parts.push("token: token");
  return `let caller = HTTPCaller("${base}")\n`
    + `let answer = try await Client<${type}>(caller).call(\n    ${parts.join(", ")})`;
}

function camelCase(name) { return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase()); }

function swiftLiteral(value) {
  if (Array.isArray(value)) return `[${value.map(swiftLiteral).join(", ")}]`;
  if (value === null) return "nil";
  if (typeof value === "object") return "…";
  if (typeof value !== "string") return String(value);
  return `"${value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

// The service's address for ZeroMQ is a variable, too: the schema is the same wherever the service runs.
function python(request, endpoint, context, hasToken) {
  const labels = request.values.map(({ field, value }) => `${field.name}=${pythonLiteral(value)}`);
  if (endpoint.takesBytes) labels.push("body=data");
  const token = hasToken ? ", token=token" : "";
  const call = endpoint.name.startsWith("_") ? `call("${endpoint.name}")` : `${endpoint.name}(${labels.join(", ")})`;
  return `with Client(address${token}) as client:\n    print(client.${call})`;
}

function pythonLiteral(value) {
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(", ")}]`;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}: ${pythonLiteral(inner)}`).join(", ")}}`;
}

function typeScript(request, endpoint, { tokenHeader }, hasToken) {
  const options = [];
  if (request.method !== "GET") options.push(`method: "${request.method}"`);
  const headers = Object.entries(request.headers).map(([name, value]) => `"${name}": "${value}"`);
  if (hasToken) headers.unshift(`"${tokenHeader}": token`);
  if (headers.length) options.push(`headers: { ${headers.join(", ")} }`);
  if (request.body) options.push(`body: JSON.stringify(${request.body})`);
  if (endpoint.takesBytes) options.push("body: file");
  const all = options.length ? `, {\n${options.map(option => `  ${option},\n`).join("")}}` : "";
  return `const response = await fetch(${JSON.stringify(base + request.target)}${all});\nconsole.log(await response.${endpoint.returnsBytes ? "blob" : "json"}());`;
}

function go(request, endpoint, { tokenHeader }, hasToken) {
  const body = request.body ? `strings.NewReader(${JSON.stringify(request.body)})` : endpoint.takesBytes ? "file" : "nil";
  const headers = Object.entries(request.headers).map(([name, value]) => `request.Header.Set("${name}", "${value}")\n`);
  if (hasToken) headers.unshift(`request.Header.Set("${tokenHeader}", token)\n`);
  return `request, err := http.NewRequest("${request.method}", ${JSON.stringify(base + request.target)}, ${body})\n`
    + `if err != nil {\n\tlog.Fatal(err)\n}\n${headers.join("")}response, err := http.DefaultClient.Do(request)`;
}
