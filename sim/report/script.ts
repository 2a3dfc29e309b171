/**
 * The little that the page does beyond showing: values under the pointer on plots over time, and a button that copies the
 * command. It runs in the reader's browser; without it only these two are missing.
 */

export const SCRIPT = `
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const number = (value) => value === null ? "\u2013" : value.toLocaleString("en", { maximumSignificantDigits: 4 });
  for (const figure of document.querySelectorAll("figure.plot")) {
    const data = figure.querySelector('script[type="application/json"]');
    const output = figure.querySelector("output");
    if (!data || !output) continue;
    const { endMs, columns } = JSON.parse(data.textContent);
    for (const svg of figure.querySelectorAll("svg[data-left]")) {
      const [left, right] = [Number(svg.dataset.left), Number(svg.dataset.right)];
      const line = document.createElementNS(svg.namespaceURI, "path");
      line.setAttribute("class", "cursor");
      const height = svg.viewBox.baseVal.height;
      svg.addEventListener("pointermove", (event) => {
        const box = svg.getBoundingClientRect();
        const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
        const share = Math.min(1, Math.max(0, (x - left) / (right - left)));
        const at = left + share * (right - left);
        line.setAttribute("d", "M" + at.toFixed(1) + " 0V" + (height - 30));
        svg.append(line);
        const parts = columns.map(({ label, unit, values }) =>
          label + " " + number(values[Math.round(share * (values.length - 1))]) + (unit ? "\u00a0" + unit : ""));
        output.textContent = (share * endMs / 1000).toFixed(1) + "\u00a0s \u00b7 " + parts.join(" \u00b7 ");
      });
      svg.addEventListener("pointerleave", () => { line.remove(); output.textContent = ""; });
    }
  }
  const command = document.getElementById("command");
  if (command && navigator.clipboard) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", () => navigator.clipboard.writeText(command.textContent).then(
      () => { button.textContent = "Copied"; }, () => { button.textContent = "Not copied"; }));
    command.after(button);
  }
})();
`;
