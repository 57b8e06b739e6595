// Which section is shown, by the address: #risk?grade=F, #customer/C010. Going back and forth shows what was shown.
const sections = Array.from(document.querySelectorAll("main > section"));
const links = new Map(Array.from(document.querySelectorAll("nav.parts a"), link => [link.hash.slice(1), link]));
const tables = new Map();
const title = document.title;
let lastList = "customers", shownSection = null;

function tablesOf(section) {
  return Array.from(section.querySelectorAll("[data-table]"), box => {
    if (!tables.has(box.dataset.table)) tables.set(box.dataset.table, new Table(box.dataset.table, box, remember));
    return tables.get(box.dataset.table);
  });
}

// The first table of a section owns the parameters of the address.
function remember(table) {
  const section = sections.find(one => one.querySelector(`[data-table="${table.key}"]`));
  const [owner] = tablesOf(section);
  if (owner !== table) return;
  const asked = table.written();
  history.replaceState(null, "", `#${section.id}${asked ? `?${asked}` : ""}`);
}

function route() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  if (path.startsWith("customer/")) {
    showCustomer(path.slice("customer/".length));
    return;
  }
  const section = sections.find(one => one.id === (path || "overview")) ?? sections[0];
  activate(section, section.dataset.name);
  tablesOf(section).forEach((table, place) => {
    if (place === 0) table.read(new URLSearchParams(query));
    table.show();
  });
  if (tablesOf(section).length && tablesOf(section)[0].table.rows === "customers") lastList = section.id;
}

function activate(section, name) {
  for (const one of sections) one.classList.toggle("active", one === section);
  for (const [key, link] of links) {
    if (key === section.id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dataset.view = section.id;
  document.title = `${name} \u2013 ${title}`;
  if (shownSection !== null && shownSection !== section) {
    window.scrollTo(0, 0);
    section.querySelector("h2")?.focus({preventScroll: true});
  }
  shownSection = section;
}

function showCustomer(encoded) {
  const section = document.getElementById("customer"), box = section.querySelector(".box");
  let id = encoded;
  try {
    id = decodeURIComponent(encoded);
  } catch { /* an address written by hand */ }
  const row = placeOf.get(id);
  for (const link of section.querySelectorAll("[data-step]")) link.removeAttribute("href");
  if (row === undefined) {
    box.dataset.row = "";
    box.replaceChildren(made("h2", {tabindex: "-1", text: "No such customer"}), made("p", {}, "There is no customer ", own(id), " in this report."));
    shownSection = null;
    activate(section, "Customer");
    return;
  }
  activate(section, valueOf("customers", "name", row) || id);
  links.get(lastList)?.setAttribute("aria-current", "page");
  const [list] = tablesOf(document.getElementById(lastList));
  if (list && !list.rows) list.show();
  const rows = list?.rows ?? [], place = rows.indexOf(row);
  const back = section.querySelector("[data-back]");
  const asked = list?.written() ?? "";
  back.href = `#${lastList}${asked ? `?${asked}` : ""}`;
  back.textContent = `Back to ${links.get(lastList).textContent}`;
  for (const link of section.querySelectorAll("[data-step]")) {
    const next = place < 0 ? undefined : rows[place + Number(link.dataset.step)];
    if (next !== undefined) link.href = `#customer/${encodeURIComponent(valueOf("customers", "customer_id", next))}`;
  }
  section.querySelector("[data-place]").textContent = place < 0 ? "" : `${wholeText(place + 1)} of ${wholeText(rows.length)}`;
  fillCard(box, row).then(
    filled => { if (filled) { window.scrollTo(0, 0); box.querySelector("h2").focus({preventScroll: true}); } },
    () => box.replaceChildren(made("p", {class: "unmeasured", text: "This browser cannot unpack the cards: use one of 2023 or later."})));
}

// The search box: customers by name, number or group; arrows choose, Enter opens.
const MOST_FOUND = 12;
const search = document.getElementById("search"), found = document.getElementById("found");
let choice = -1;

function lookUp() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean), hits = [];
  if (words.length) {
    const texts = haystack("customers");
    for (let row = 0; row < texts.length && hits.length <= MOST_FOUND; row += 1) {
      if (words.every(word => texts[row].includes(word))) hits.push(row);
    }
  }
  choice = -1;
  found.replaceChildren(...hits.slice(0, MOST_FOUND).map((row, place) => {
    const link = cardLink(row);
    link.tabIndex = -1;
    return made("li", {role: "option", id: `found-${place}`, "aria-selected": "false"}, link, " ",
      made("span", {class: "key"}, own(valueOf("customers", "customer_id", row)), ` ${textOf(valueOf("customers", "net_balance", row), "money") ?? ""}`));
  }));
  if (words.length && !hits.length) found.append(made("li", {class: "none", text: "No customer has all these words."}));
  if (hits.length > MOST_FOUND) {
    found.append(made("li", {role: "option", id: `found-${MOST_FOUND}`, "aria-selected": "false"},
      made("a", {href: `#customers?q=${encodeURIComponent(search.value)}`, tabindex: "-1", text: "All that fit, as a table"})));
  }
  open(words.length > 0);
}

function open(shown) {
  found.hidden = !shown;
  search.setAttribute("aria-expanded", String(shown));
  search.removeAttribute("aria-activedescendant");
}

function choose(step) {
  const options = Array.from(found.querySelectorAll('[role="option"]'));
  if (!options.length) return;
  choice = (choice + step + options.length) % options.length;
  options.forEach((option, place) => option.setAttribute("aria-selected", String(place === choice)));
  search.setAttribute("aria-activedescendant", options[choice].id);
  options[choice].scrollIntoView({block: "nearest"});
}

search.addEventListener("input", lookUp);
search.addEventListener("focus", () => { if (search.value) lookUp(); });
search.addEventListener("keydown", event => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    const options = found.querySelectorAll('[role="option"] a');
    const link = options[Math.max(choice, 0)];
    if (link) link.click();
  } else if (event.key === "Escape") {
    open(false);
  }
});
found.addEventListener("click", () => { open(false); search.value = ""; });
document.addEventListener("click", event => { if (!event.target.closest(".search")) open(false); });
document.addEventListener("keydown", event => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  event.preventDefault();
  search.focus();
});
const menu = document.querySelector("details.menu"), narrow = matchMedia("(max-width: 900px)");
menu.open = !narrow.matches;
narrow.addEventListener("change", () => { menu.open = !narrow.matches; });
document.querySelector("nav.parts").addEventListener("click", () => { if (narrow.matches) menu.open = false; });
window.addEventListener("hashchange", route);
document.documentElement.classList.add("js");
route();
