// Sorting, filtering and downloading of the tables of a page. Without this script the tables
// are whole and readable; what it adds, it makes itself.
"use strict";
(() => {
  const exact = (cell) => cell.title || cell.textContent;
  const missing = (cell) => cell.textContent === "—";

  function compare(column, numeric, sign) {
    return (a, b) => {
      const x = a.cells[column], y = b.cells[column];
      if (missing(x) || missing(y)) return missing(x) - missing(y);
      if (numeric) return sign * (parseFloat(exact(x)) - parseFloat(exact(y)));
      return sign * exact(x).localeCompare(exact(y));
    };
  }

  function sortable(table, rows) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const numeric = head.classList.contains("n");
        const was = head.getAttribute("aria-sort");
        const next = was ? (was === "ascending" ? "descending" : "ascending") : numeric ? "descending" : "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", next);
        rows.sort(compare(column, numeric, next === "ascending" ? 1 : -1));
        table.tBodies[0].append(...rows);
      });
    });
    return heads.map((head) => head.textContent.replace(/ \[[^\]]*\]$/, "").toLowerCase());
  }

  // csv is the rows that are shown, in their order, with exact values in the units of
  // the header.
  function csv(table) {
    const quoted = (text) => (/[",\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);
    const value = (cell) => (missing(cell) ? "" : cell.classList.contains("n") ? exact(cell).split(" ")[0] : exact(cell));
    const lines = [[...table.tHead.rows[0].cells].map((head) => head.dataset.field)];
    for (const row of table.tBodies[0].rows) if (!row.hidden) lines.push([...row.cells].map(value));
    return lines.map((line) => line.map(quoted).join(",") + "\n").join("");
  }

  function downloadable(section, table, tools) {
    const link = document.createElement("a");
    link.textContent = "CSV";
    link.download = (section.dataset.name || "table") + ".csv";
    link.href = "data:text/csv;charset=utf-8,";
    link.title = "The rows shown, with exact values";
    link.addEventListener("click", () => (link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(csv(table))));
    tools.append(link);
  }

  function filterable(tools, names, rows) {
    const input = document.createElement("input");
    input.type = "search";
    input.placeholder = "filter: text, or column:text";
    input.setAttribute("aria-label", "Filter the rows");
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    tools.append(input, count);
    input.addEventListener("input", () => {
      let text = input.value.toLowerCase(), column = -1;
      const colon = text.indexOf(":");
      if (colon > 0 && names.includes(text.slice(0, colon))) {
        column = names.indexOf(text.slice(0, colon));
        text = text.slice(colon + 1);
      }
      let shown = 0;
      for (const row of rows) {
        const cells = column < 0 ? [...row.cells] : [row.cells[column]];
        row.hidden = !cells.some((c) => c.textContent.toLowerCase().includes(text) || c.title.toLowerCase().includes(text));
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = input.value ? shown + " of " + rows.length + " rows" : "";
    });
  }

  for (const section of document.querySelectorAll("section.pm-table")) {
    const table = section.querySelector("table");
    if (!table) continue;
    const rows = [...table.tBodies[0].rows];
    const names = sortable(table, rows);
    const tools = document.createElement("div");
    tools.className = "pm-tools";
    if (rows.length > 5) filterable(tools, names, rows);
    downloadable(section, table, tools);
    section.querySelector(".pm-scroll").before(tools);
  }
})();
