// Reads an OpenAPI document, as this kit writes it.

const methods = ["get", "post", "put", "patch", "delete"];

// The media type of a body that is no JSON.
export const bytes = "application/octet-stream";

// The content of a success, by media type.
function successOf({ responses }) {
  return responses[Object.keys(responses).find(status => status < 300)]?.content;
}

function file(name) {
  return { name, required: true, type: bytes, valueType: "file", isScalar: true, place: "file", fields: [] };
}

// The endpoints, each once: the paths beside its first are its aliases.
export function endpointsOf(schema) {
  const endpoints = new Map();
  for (const [path, item] of Object.entries(schema.paths)) {
    for (const method of methods.filter(method => item[method])) {
      const operation = item[method];
      const name = operation["x-endpoint"];
      const known = endpoints.get(name);
      if (known) { known.also.push(path); continue; }
      const security = operation.security;
      endpoints.set(name, {
        id: name.replaceAll(".", "-"), name, shortName: name.split(".").at(-1), method, path, also: [], operation,
        tag: operation.tags[0], takesToken: security.some(scheme => scheme.token || scheme.bearer),
        takesBytes: Boolean(operation.requestBody?.content[bytes]), returnsBytes: Boolean(successOf(operation)?.[bytes]),
        isOpen: security.length === 0 || security.some(scheme => !Object.keys(scheme).length),
      });
    }
  }
  return [...endpoints.values()];
}

export class Reader {
  constructor(schema) { this.schema = schema; }

  // A schema without its reference, of a field that may be null, too. What stands beside the reference is about its place.
  resolved(node) {
    const reference = node?.$ref ?? node?.anyOf?.[0].$ref;
    if (!reference) return node;
    return reference.slice(2).split("/").reduce((part, name) => part[name.replaceAll("~1", "/").replaceAll("~0", "~")], this.schema);
  }

  // The caller's input: each field with the place it travels in.
  fields({ operation }) {
    const parameters = (operation.parameters ?? []).map(parameter =>
      ({ ...this.field(parameter.name, parameter.schema, parameter.required), description: parameter.description, place: parameter.in }));
    const content = operation.requestBody?.content;
    if (content?.[bytes]) return [{ ...file("body"), description: "The bytes as they are." }];
    const body = this.resolved(content?.["application/json"].schema);
    return [...parameters, ...this.fieldsOf(body).map(field => ({ ...field, place: "body" }))];
  }

  // The output, without the envelope.
  output(operation) {
    const whole = this.resolved(successOf(operation)?.["application/json"]?.schema);
    const isWrapped = whole?.properties?.data && Object.keys(whole.properties).length === 1;
    return this.resolved(isWrapped ? whole.properties.data : whole);
  }

  outputFields(operation) {
    if (successOf(operation)?.[bytes]) return [{ ...file("bytes"), description: "The bytes as they are." }];
    const output = this.output(operation);
    if (output?.additionalProperties) return [{ ...this.field("*", output.additionalProperties, true), description: "Members of any name." }];
    return this.fieldsOf(output);
  }

  problems(operation) {
    return Object.entries(operation.responses).filter(([status]) => status >= 400).flatMap(([status, response]) => {
      const [{ examples }] = Object.values(this.resolved(response).content);
      return Object.entries(examples).map(([code, { summary }]) => ({ status, code, title: summary }));
    });
  }

  fieldsOf(schema) {
    const required = schema?.required ?? [];
    return Object.entries(schema?.properties ?? {}).map(([name, field]) => this.field(name, field, required.includes(name)));
  }

  field(name, node, required) {
    const schema = this.resolved(node);
    const type = typeOf(schema);
    const inner = type === "array" ? this.resolved(schema.items) : schema;
    const isScalar = ["string", "integer", "number", "boolean"].includes(type);
    return {
      name, required, type: this.words(type, schema), valueType: type, isScalar, description: node.description ?? schema.description,
      example: this.example(schema), isSecret: schema.format === "password",
      choices: type === "boolean" ? ["true", "false"] : schema.enum?.filter(value => value !== null),
      inputMode: { integer: "numeric", number: "decimal" }[type], fields: this.fieldsOf(inner),
    };
  }

  // The example of a schema, drawn from those of its parts where it has none of its own.
  example(node) {
    const schema = this.resolved(node);
    if (schema.examples) return schema.examples[0];
    if (schema.items) {
      const count = Math.min(Math.max(schema.minItems ?? 0, 1), schema.maxItems ?? 1);
      return Array(count).fill(this.example(schema.items));
    }
    if (schema.additionalProperties) return { name: this.example(schema.additionalProperties) };
    if (!schema.properties) return undefined;
    return Object.fromEntries(Object.entries(schema.properties).map(([name, part]) => [name, this.example(part)]));
  }

  words(type, schema) {
    const whole = { array: "list", object: "object" }[type];
    return (whole ? this.nested(whole, schema) : type) + bounds(schema);
  }

  // “list of lists of integers”, “object of strings”.
  nested(whole, { items, additionalProperties }) {
    const part = this.resolved(items ?? additionalProperties);
    if (!part || part === true) return whole;
    const type = typeOf(part);
    if (type === "any") return `${whole} of anything`;
    const wholes = { array: "lists", object: "objects" };
    return `${whole} of ${type in wholes ? this.nested(wholes[type], part) : `${type}s`}`;
  }
}

// A type as people say it, besides its name: “, 1 to 64 characters”.
function bounds(schema) {
  const range = (low, high, unit) => low === undefined ? "" : low === high ? `, ${low}${unit}` : `, ${low} to ${high}${unit}`;
  return (schema.format && !["password", "int32", "int64", "double"].includes(schema.format) ? `, ${schema.format}` : "")
    + range(schema.minLength, schema.maxLength, " characters") + range(schema.minimum, schema.maximum, "")
    + range(schema.minItems, schema.maxItems, " elements")
    + (schema.pattern ? `, ${schema.pattern}` : "")
    + (schema.enum ? `: ${schema.enum.filter(value => value !== null).join(", ")}` : "");
}

function typeOf(schema) { return [schema.type ?? "any"].flat().filter(type => type !== "null")[0]; }
