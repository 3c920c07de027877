// Makes elements. Text goes in as text, never as HTML.

const svgSpace = "http://www.w3.org/2000/svg";

export const byId = id => document.getElementById(id);

export function h(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(svgSpace, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

// Changes a text only if it differs, so that nothing is drawn or read aloud for nothing.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Shows a text, or hides its element if there is none.
export function setNotice(element, text) {
  element.hidden = !text;
  setText(element, text ?? "");
}

// One sentence for those who do not see the page change.
export const announce = text => setText(byId("news"), text);
