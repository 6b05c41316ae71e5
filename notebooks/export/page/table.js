// Sorting and filtering of the tables of a report. Without this script the tables
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

  function filterable(section, names, rows) {
    const tools = document.createElement("div");
    tools.className = "pm-tools";
    const input = document.createElement("input");
    input.type = "search";
    input.placeholder = "filter: text, or column:text";
    input.setAttribute("aria-label", "Filter the rows");
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    tools.append(input, count);
    section.querySelector(".pm-scroll").before(tools);
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
    if (rows.length > 5) filterable(section, names, rows);
  }
})();
