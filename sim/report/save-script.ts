/**
 * Saving figures: each gets two buttons, for an SVG and a PNG that stand by themselves, with their title, their legend,
 * what page they are from, and the colours that the page has at that moment. It runs in the reader's browser, from the
 * file alone, and fetches nothing.
 */

export const SAVE_SCRIPT = `
(() => {
  const SVG = document.querySelector("svg")?.namespaceURI;
  const PAINT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "fill-opacity",
    "stroke-opacity"];
  const LETTERS = ["font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline"];
  const PAD = 12, TITLE = 28, KEY = 20, FOOT = 22, SCALE = 2, SIDE_MAX = 8192;

  /** A copy of a picture that needs no style sheet. */
  const bare = (svg) => {
    const copy = svg.cloneNode(true);
    const originals = [svg, ...svg.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((element, index) => {
      const style = getComputedStyle(originals[index]);
      if (!/^(?:title|desc|defs|clipPath|svg)$/.test(element.localName))
        for (const name of /^t(?:ext|span)$/.test(element.localName) ? [...PAINT, ...LETTERS] : PAINT) {
          const value = style.getPropertyValue(name);
          if (value !== "" && value !== "auto") element.setAttribute(name, value);
        }
      element.removeAttribute("style");
      element.removeAttribute("class");
    });
    for (const cursor of svg.querySelectorAll(".cursor"))
      copy.querySelectorAll("*")[[...svg.querySelectorAll("*")].indexOf(cursor)]?.remove();
    for (const name of ["id", "aria-labelledby", "aria-describedby", "data-left", "data-right"]) copy.removeAttribute(name);
    return copy;
  };
  const sizeOf = (svg) => ({ width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height });
  const visible = (figure) =>
    [...figure.querySelectorAll("svg")].find((svg) => getComputedStyle(svg).display !== "none" && sizeOf(svg).height > 30);
  const titleOf = (figure) =>
    (figure.querySelector("h3")?.textContent ?? visible(figure)?.querySelector("title")?.textContent ?? "figure").trim();

  const make = (name, attributes, text) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  };

  /** The figure with all that a reader needs who has nothing else. */
  const compose = (figure) => {
    const plot = visible(figure);
    const page = getComputedStyle(document.body);
    const soft = getComputedStyle(figure.querySelector("figcaption") ?? document.querySelector("footer")).color;
    const { width, height } = sizeOf(plot);
    const legend = figure.closest(".plots") ? figure.closest("section")?.querySelector(".legend") : null;
    const keys = [...(legend?.querySelectorAll(".key") ?? [])];
    const font = { "font-family": page.fontFamily, fill: page.color };
    const outer = Math.max(width, 320) + 2 * PAD;
    const root = make("svg", {});
    const parts = [make("text", { ...font, x: PAD, y: PAD + 14, "font-size": 14, "font-weight": 600 }, titleOf(figure))];
    const copy = bare(plot);
    for (const [key, value] of Object.entries({ x: PAD, y: PAD + TITLE, width, height, "font-family": page.fontFamily }))
      copy.setAttribute(key, value);
    parts.push(copy);
    let [x, y] = [PAD, PAD + TITLE + height + 16];
    if (keys.length > 0) {
      parts.push(make("text", { ...font, x, y, "font-size": 12 }, legend.firstElementChild.textContent.trim()));
      y += KEY;
    }
    for (const key of keys) {
      const text = key.textContent.trim();
      const wide = 48 + 6.6 * text.length;
      if (x > PAD && x + wide > outer - PAD) [x, y] = [PAD, y + KEY];
      const swatch = key.querySelector("svg");
      if (swatch) {
        const drawn = bare(swatch);
        for (const [name, value] of Object.entries({ x, y: y - 9 })) drawn.setAttribute(name, value);
        parts.push(drawn);
      }
      parts.push(make("text", { ...font, x: x + 42, y, "font-size": 12 }, text));
      x += wide;
    }
    const total = y + (keys.length > 0 ? KEY : 0) + FOOT;
    const from = document.title + ", Meshwork " + (document.querySelector('meta[name="generator"]')?.content.split(" ")[1] ?? "");
    const foot = from.length * 5.2 > outer - 2 * PAD ? from.slice(0, Math.floor((outer - 2 * PAD) / 5.2) - 1) + "\\u2026" : from;
    parts.push(make("text", { ...font, fill: soft, x: PAD, y: total - PAD, "font-size": 10 }, foot));
    root.append(make("rect", { width: outer, height: total, fill: page.backgroundColor }), ...parts);
    for (const [key, value] of Object.entries({ width: outer, height: total, viewBox: "0 0 " + outer + " " + total }))
      root.setAttribute(key, value);
    return { text: new XMLSerializer().serializeToString(root), width: outer, height: total };
  };

  const toPng = async ({ text, width, height }) => {
    const image = new Image();
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
    await image.decode();
    const scale = Math.min(SCALE, SIDE_MAX / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  };

  const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60) || "figure";
  const save = async (figure, kind) => {
    const drawn = compose(figure);
    const blob = kind === "svg" ? new Blob([drawn.text], { type: "image/svg+xml" }) : await toPng(drawn);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = slug((document.querySelector("h1")?.textContent ?? "") + " " + titleOf(figure)) + "." + kind;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  for (const figure of document.querySelectorAll("figure")) {
    if (!figure.querySelector("svg")) continue;
    const row = document.createElement("div");
    row.className = "save";
    for (const kind of ["svg", "png"]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = kind.toUpperCase();
      button.setAttribute("aria-label", "Save as " + kind.toUpperCase() + ": " + titleOf(figure));
      button.addEventListener("click", () => save(figure, kind).catch(() => { button.textContent = "not saved"; }));
      row.append(button);
    }
    figure.append(row);
  }
})();
`;
