// Table editor: rows under named columns. Emits rows as {column: value}; numbers as numbers where they can be read.

import { make } from "./dom.js";

export function table(field, value, changed, words) {
  let rows = value.map((row) => ({ ...row }));
  const body = make("tbody");
  const add = make("button", { type: "button", class: "g-small" }, [words.addRow]);
  add.addEventListener("click", () => {
    rows.push(Object.fromEntries(field.columns.map((column) => [column.name, column.initial ?? ""])));
    draw();
    body.lastElementChild.querySelector("input").focus();
    changed(rows.map((row) => ({ ...row })));
  });

  function cell(row, column) {
    const box = make("input", {
      type: column.number ? "number" : "text", step: "any", min: column.minimum, max: column.maximum,
      maxlength: column.number ? null : column.maxLength, "aria-label": column.label,
    });
    box.value = row[column.name] ?? "";
    box.addEventListener("change", () => {
      const typed = box.value.trim();
      row[column.name] = column.number && typed !== "" ? Number(typed) : typed;
      changed(rows.map((entry) => ({ ...entry })));
    });
    return make("td", { class: column.number ? "g-number" : null }, [box]);
  }

  function draw() {
    const lines = rows.map((row, i) => {
      const drop = make("button", { type: "button", class: "g-drop", title: words.dropRow, "aria-label": words.dropRow }, ["×"]);
      drop.addEventListener("click", () => {
        rows = rows.filter((_, k) => k !== i);
        draw();
        changed(rows.map((entry) => ({ ...entry })));
      });
      return make("tr", {}, [...field.columns.map((column) => cell(row, column)), make("td", {}, [drop])]);
    });
    body.replaceChildren(...lines);
    add.disabled = rows.length >= field.maxRows;
  }

  draw();
  const head = make("tr", {}, [...field.columns.map((column) => make("th", {}, [column.label])), make("th")]);
  const sheet = make("table", { class: "g-editor" }, [make("thead", {}, [head]), body]);
  const node = make("div", {}, [make("div", { class: "g-name" }, [field.label]), make("div", { class: "g-sheet" }, [sheet]), add]);
  const set = (next) => {
    rows = next.map((row) => ({ ...row }));
    draw();
  };
  return { node, set };
}
