// The list as a real table: headings sort, a row is opened by click or Enter. All texts are set as text, never as markup.
function heading(model, column) {
  const cell = document.createElement("th");
  cell.scope = "col";
  if (column.right) cell.classList.add("n");
  const sort = model.get("sort");
  if (sort.column === column.key) cell.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = column.label;
  button.title = column.says;
  button.addEventListener("click", () => model.send({ do: "sort", column: column.key }));
  cell.append(button);
  return cell;
}

function customer(row) {
  const cell = document.createElement("td");
  cell.className = "c-name";
  const open = document.createElement("button");
  open.type = "button";
  open.className = "who";
  open.textContent = row.name || row.id;
  open.title = "Open this account";
  cell.append(open);
  const key = document.createElement("span");
  key.className = "key";
  key.textContent = row.name ? row.id : "";
  cell.append(key);
  if (row.mark) {
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.textContent = row.mark;
    cell.append(mark);
  }
  return cell;
}

function line(model, columns, row) {
  const tr = document.createElement("tr");
  tr.dataset.customer = row.id;
  tr.classList.toggle("today", row.today);
  tr.classList.toggle("held", row.held);
  if (row.id === model.get("chosen")) tr.setAttribute("aria-selected", "true");
  for (const column of columns) {
    if (column.key === "customer") {
      tr.append(customer(row));
      continue;
    }
    const cell = document.createElement("td");
    if (column.right) cell.classList.add("n");
    if (column.key === "action") cell.classList.add("c-action");
    if (column.key === "moved" && row.moved) cell.classList.add(row.moved.startsWith("▲") ? "up" : "down");
    cell.textContent = row[column.key];
    tr.append(cell);
  }
  tr.addEventListener("click", () => model.send({ do: "open", customer_id: row.id }));
  return tr;
}

function render({ model, el }) {
  const frame = document.createElement("div");
  frame.className = "queue-table";
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", "Collection list");
  const table = document.createElement("table");
  const head = table.createTHead();
  const body = table.createTBody();
  const foot = document.createElement("p");
  foot.className = "more";
  foot.setAttribute("aria-live", "polite");
  frame.append(table);
  el.append(frame, foot);

  const draw = () => {
    const columns = model.get("columns");
    const focused = document.activeElement && head.contains(document.activeElement) ? document.activeElement.textContent : null;
    const top = document.createElement("tr");
    top.append(...columns.map((column) => heading(model, column)));
    head.replaceChildren(top);
    body.replaceChildren(...model.get("rows").map((row) => line(model, columns, row)));
    foot.textContent = model.get("foot");
    if (focused) {
      const again = Array.from(head.querySelectorAll("button")).find((button) => button.textContent === focused);
      if (again) again.focus();
    }
  };
  const mark = () => {
    for (const tr of body.rows) {
      if (tr.dataset.customer === model.get("chosen")) tr.setAttribute("aria-selected", "true");
      else tr.removeAttribute("aria-selected");
    }
  };
  // One message from the kernel changes several of these: draw once, when all are there.
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => { waiting = false; draw(); });
  };
  for (const name of ["rows", "columns", "sort", "foot"]) model.on(`change:${name}`, soon);
  model.on("change:chosen", mark);
  draw();
}

export default { render };
