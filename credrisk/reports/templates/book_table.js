// The tables: pages of rows, sorted by their headings, filtered by words and by column, with sums of what is shown.
const ROWS_A_PAGE = 50, MOST_CHOICES = 60;
const CSV_STARTS = /^'*[=+\-@\t\r]/, PLAIN_NUMBER = /^[+-]?\d+(?:[.,]\d+)?$/;

class Table {
  constructor(key, box, changed) {
    this.key = key;
    this.table = page.tables[key];
    this.changed = changed;
    this.filtersShown = false;
    this.reset();
    this.build(box);
  }

  reset() {
    this.state = {q: "", by: {}, sort: this.table.sort, page: 0};
  }

  // Taken from the address and written into it.
  read(parameters) {
    this.reset();
    for (const [name, value] of parameters) {
      if (name === "q") this.state.q = value;
      else if (name === "sort") this.state.sort = value;
      else if (name === "page") this.state.page = Math.max(0, (Number.parseInt(value, 10) || 1) - 1);
      else if (this.table.columns.some(column => column.name === name)) this.state.by[name] = value;
    }
    if (Object.keys(this.state.by).length) this.filtersShown = true;
  }

  written() {
    const {q, by, sort} = this.state, parameters = new URLSearchParams();
    if (q) parameters.set("q", q);
    for (const [name, value] of Object.entries(by)) parameters.set(name, value);
    if (sort !== this.table.sort) parameters.set("sort", sort);
    if (this.state.page) parameters.set("page", this.state.page + 1);
    return parameters.toString();
  }

  build(box) {
    const {caption, columns} = this.table, id = `words-${this.key}`;
    this.words = made("input", {type: "search", id, class: "words", placeholder: "Filter by words", autocomplete: "off",
      "aria-label": `Filter by words: ${caption}`});
    this.words.addEventListener("input", () => this.ask({q: this.words.value}));
    this.toggle = made("button", {type: "button", text: "Filter columns", "aria-expanded": "false"});
    this.toggle.addEventListener("click", () => {
      this.filtersShown = !this.filtersShown;
      this.show();
    });
    this.clear = made("button", {type: "button", text: "Clear filters", hidden: true});
    this.clear.addEventListener("click", () => {
      this.reset();
      this.changed(this);
      this.show();
      this.words.focus();
    });
    const save = made("button", {type: "button", text: "Save these rows as CSV"});
    save.addEventListener("click", () => this.save());
    this.order = made("select", {"aria-label": `Sort: ${caption}`, class: "narrow"});
    for (const column of columns.filter(one => one.kind !== "long")) {
      this.order.append(made("option", {value: `-${column.name}`, text: `${column.heading}, falling`}),
        made("option", {value: column.name, text: `${column.heading}, rising`}));
    }
    this.order.addEventListener("change", () => this.ask({sort: this.order.value}));
    this.status = made("p", {class: "status", role: "status"});
    this.headings = made("tr");
    this.filters = made("tr", {class: "filters"});
    for (const column of columns) {
      this.headings.append(this.heading(column));
      this.filters.append(this.filterCell(column));
    }
    this.body = made("tbody");
    this.sums = made("tr");
    this.foot = made("tfoot", {}, this.sums);
    const table = made("table", {class: "data stack", id: `table-${this.key}`},
      made("caption", {text: caption}), made("thead", {}, this.headings, this.filters), this.body, this.foot);
    this.scroll = made("div", {class: "scroll tall", tabindex: "0", role: "region", "aria-label": caption}, table);
    this.pager = this.makePager();
    box.replaceChildren(made("div", {class: "tools"}, this.words, this.order, this.toggle, this.clear, save), this.status,
      this.scroll, this.table.note ? made("p", {class: "more", text: this.table.note}) : "", this.pager);
  }

  heading(column) {
    const cell = made("th", {scope: "col", title: column.says, class: NUMBERS.has(column.kind) ? "n" : ""});
    if (column.kind === "long") {
      cell.textContent = column.heading;
      return cell;
    }
    const button = made("button", {type: "button", text: column.heading});
    button.addEventListener("click", () => {
      const falling = `-${column.name}`, first = NUMBERS.has(column.kind) && column.name !== "rank";
      const next = this.state.sort === column.name ? falling : this.state.sort === falling ? column.name
        : first ? falling : column.name;
      this.ask({sort: next});
    });
    cell.append(button);
    return cell;
  }

  filterCell(column) {
    const cell = made("td");
    if (column.kind === "long" || column.name === "customer") return cell;
    const stored = page.sets[this.table.rows].columns[column.name], label = `${column.heading}: only`;
    let field;
    if ((stored.words && stored.words.length <= MOST_CHOICES) || TRUTHS.has(column.name)) {
      field = made("select", {"aria-label": label}, made("option", {value: "", text: "all"}));
      const words = stored.words ?? ["yes", "no"];
      for (const word of words) field.append(made("option", {value: word, text: textOf(word, column.kind, "")}));
      if (stored.places?.includes(null)) field.append(made("option", {value: NOT_STATED, text: "(none)"}));
    } else {
      const hint = NUMBERS.has(column.kind) ? "1..9" : column.kind === "date" ? "2025-12" : "contains";
      field = made("input", {type: "text", "aria-label": label, placeholder: hint, autocomplete: "off"});
    }
    field.dataset.column = column.name;
    field.addEventListener(field.tagName === "SELECT" ? "change" : "input", () => {
      const by = {...this.state.by};
      if (field.value === "") delete by[column.name];
      else by[column.name] = field.value;
      this.ask({by});
    });
    cell.append(field);
    return cell;
  }

  makePager() {
    const step = (text, label, to) => {
      const button = made("button", {type: "button", text, "aria-label": label});
      button.addEventListener("click", () => {
        this.state.page = Math.min(Math.max(0, to()), this.pages - 1);
        this.changed(this);
        this.show();
        this.scroll.scrollTop = 0;
      });
      return button;
    };
    this.first = step("«", "First page", () => 0);
    this.before = step("‹", "Page before", () => this.state.page - 1);
    this.after = step("›", "Next page", () => this.state.page + 1);
    this.last = step("»", "Last page", () => this.pages - 1);
    this.number = made("span", {class: "muted"});
    return made("nav", {class: "pager", "aria-label": `Pages: ${this.table.caption}`},
      this.first, this.before, this.number, this.after, this.last);
  }

  ask(changes) {
    Object.assign(this.state, changes, {page: 0});
    this.changed(this);
    this.show();
    this.scroll.scrollTop = 0;
  }

  show() {
    const {rows, unread, all} = rowsFor(this.table, this.state);
    this.rows = rows;
    this.pages = Math.max(1, Math.ceil(rows.length / ROWS_A_PAGE));
    this.state.page = Math.min(this.state.page, this.pages - 1);
    const start = this.state.page * ROWS_A_PAGE, shown = rows.slice(start, start + ROWS_A_PAGE);
    this.body.replaceChildren(...shown.map(row => this.row(row)));
    this.fillWords(shown);
    this.showSums(rows);
    this.showControls(unread);
    const asked = this.state.q || Object.keys(this.state.by).length;
    const which = rows.length ? `${wholeText(start + 1)} to ${wholeText(start + shown.length)} of ` : "";
    this.status.textContent = rows.length || !asked
      ? `${which}${wholeText(rows.length)} ${rows.length === 1 ? "row" : "rows"}${asked ? `, chosen from ${wholeText(all)}` : ""}.`
      : `None of ${wholeText(all)} rows fits. Clear the filters to see them again.`;
    if (this.filtersShown) this.status.textContent += " Numbers: 1000 is at least that; <30, >5, 10..20.";
    if (unread.length) this.status.textContent += " A filter could not be read and is left out: write 1000, <30, 10..20 or 2025-12.";
    this.number.textContent = `page ${wholeText(this.state.page + 1)} of ${wholeText(this.pages)}`;
  }

  showControls(unread) {
    const {q, by, sort} = this.state, down = sort.startsWith("-"), name = down ? sort.slice(1) : sort;
    if (this.words.value !== q) this.words.value = q;
    this.order.value = sort;
    this.table.columns.forEach((column, place) => {
      const cell = this.headings.cells[place];
      if (column.name === name) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    for (const field of this.filters.querySelectorAll("[data-column]")) {
      const wanted = by[field.dataset.column] ?? "";
      if (field.value !== wanted) field.value = wanted;
      field.toggleAttribute("aria-invalid", unread.includes(field.dataset.column));
    }
    this.filters.hidden = !this.filtersShown;
    this.toggle.setAttribute("aria-expanded", String(this.filtersShown));
    this.clear.hidden = !q && !Object.keys(by).length;
    this.first.disabled = this.before.disabled = this.state.page === 0;
    this.last.disabled = this.after.disabled = this.state.page >= this.pages - 1;
    this.pager.hidden = this.pages === 1;
  }

  customer(row) {
    return this.table.rows === "customers" ? row : page.sets[this.table.rows].columns.customer.values[row];
  }

  row(row) {
    const line = made("tr");
    for (const column of this.table.columns) {
      const cell = made("td", {class: `${column.kind} c-${column.name === "customer" ? "name" : column.name}`,
        "data-label": column.heading});
      if (column.name === "customer") {
        const customer = this.customer(row);
        if (customer === null) cell.append(own(valueOf(this.table.rows, "customer_id", row)));
        else cell.append(cardLink(customer), " ", made("span", {class: "key"}, own(valueOf("customers", "customer_id", customer))));
      } else if (column.kind === "long") {
        cell.dataset.words = column.name;
      } else {
        const value = valueOf(this.table.rows, column.name, row), text = textOf(value, column.kind, column.name);
        if (NUMBERS.has(column.kind)) cell.classList.add("n");
        if (column.kind === "money" && value < 0) cell.classList.add("minus");
        if (column.kind === "money" && value === 0) cell.classList.add("zero");
        cell.append(text === null ? nothing() : NUMBERS.has(column.kind) || column.kind === "date" ? text : own(text));
      }
      line.append(cell);
    }
    return line;
  }

  // Long texts come from the cards, once their rows are in view.
  async fillWords(shown) {
    const lines = Array.from(this.body.rows);
    if (!this.table.columns.some(column => column.kind === "long")) return;
    await Promise.all(shown.map(async (row, place) => {
      const card = await cardOf(this.customer(row));
      for (const cell of lines[place].querySelectorAll("[data-words]")) {
        const text = card.words[cell.dataset.words];
        cell.replaceChildren(text ? own(text) : nothing());
      }
    }));
  }

  showSums(rows) {
    const summed = this.table.columns.filter(column => column.total);
    this.foot.hidden = !summed.length || rows.length < 2;
    this.sums.replaceChildren(...this.table.columns.map((column, place) => {
      if (!column.total) return made(place ? "td" : "th", {scope: place ? null : "row", text: place ? "" : `All ${wholeText(rows.length)}`});
      const values = page.sets[this.table.rows].columns[column.name].values;
      let sum = 0, known = 0;
      const today = this.table.today.includes(column.name);
      for (const row of rows) {
        if (values[row] === null || today && !valueOf(this.table.rows, "contact_today", row)) continue;
        sum += values[row];
        known += 1;
      }
      const cell = made("td", {class: "n", "data-label": column.heading, title: `${column.heading}: sum of the rows chosen${today ? " that are contacted today" : ""}`});
      cell.append(known ? wholeText(sum / SCALE) : nothing());
      return cell;
    }));
  }

  async save() {
    const columns = this.table.columns, lines = [];
    const quoted = text => {
      const plain = text ?? "";
      const safe = CSV_STARTS.test(plain) && !PLAIN_NUMBER.test(plain) ? `'${plain}` : plain;
      return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    lines.push(["customer_id", "name", ...columns.slice().filter(one => one.name !== "customer").map(one => one.name)]);
    for (const row of this.rows) {
      const customer = this.customer(row), line = [valueOf(this.table.rows, "customer_id", row)];
      line.push(customer === null ? null : valueOf("customers", "name", customer));
      for (const column of columns) {
        if (column.name === "customer") continue;
        if (column.kind === "long") {
          line.push((await cardOf(customer)).words[column.name]);
          continue;
        }
        const value = valueOf(this.table.rows, column.name, row);
        if (value === null) line.push(null);
        else if (column.kind === "money") line.push((value / SCALE).toFixed(page.decimals));
        else if (column.kind === "date" || TRUTHS.has(column.name)) line.push(textOf(value, column.kind, column.name));
        else line.push(String(value));
      }
      lines.push(line);
    }
    const text = lines.map(line => line.map(quoted).join(",")).join("\n");
    const address = URL.createObjectURL(new Blob([`\ufeff${text}\n`], {type: "text/csv"}));
    const link = made("a", {href: address, download: `${this.key}.csv`});
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }
}
