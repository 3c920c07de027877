// Makes elements. Text goes in as text, never as HTML.

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

// JSON text with its parts coloured.
export function highlighted(json) {
  const parts = json.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|-?\b\d[\d.eE+-]*\b|\b(?:true|false|null)\b)/);
  return parts.map((part, index) => {
    if (index % 2 === 0) return part;
    const kind = part.endsWith(":") ? "name" : part.startsWith("\"") ? "text" : /^[tfn]/.test(part) ? "word" : "number";
    return h("span", { class: kind }, part);
  });
}

// A description with its code spans, the one mark of Markdown that descriptions have.
export const prose = text => text.split("`").map((part, index) => index % 2 === 0 ? part : h("code", {}, part));
