// The card of one customer: what it owes and since when, how likely it fails and why, its limit, what to do today.
const SVG = "http://www.w3.org/2000/svg";

function drawn(tag, properties = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") element.textContent = value;
    else element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

function moneyText(amount) {
  return amount === null || amount === undefined ? null : cents.format(amount).replace(/^-(0(?:\.0+)?)$/, "$1");
}

function shortMoney(minor) {
  const amount = minor / SCALE, size = Math.abs(amount);
  if (size < 1e3) return wholeText(amount);
  const [unit, letter] = size >= 999.5e6 ? [1e9, "bn"] : size >= 999.5e3 ? [1e6, "m"] : [1e3, "k"];
  return `${Number((amount / unit).toPrecision(3))} ${letter}`;
}

function fact(label, value, note) {
  return made("div", {}, made("dt", {text: label}),
    made("dd", {class: "value"}, value === null ? nothing() : value), note ? made("dd", {class: "note"}, own(note)) : null);
}

function part(heading, ...children) {
  return made("section", {class: "part"}, made("h3", {text: heading}), ...children);
}

function simpleTable(caption, columns, rows) {
  const head = made("tr");
  for (const column of columns) head.append(made("th", {scope: "col", class: column.number ? "n" : "", text: column.heading}));
  const body = made("tbody");
  for (const cells of rows) {
    const line = made("tr");
    cells.forEach((cell, place) => {
      const column = columns[place];
      const shown = cell === null || cell === undefined || cell === "" ? nothing() : column.number || cell instanceof Node ? cell : own(String(cell));
      line.append(made("td", {class: column.number ? "n" : column.date ? "date" : "text", "data-label": column.heading}, shown));
    });
    body.append(line);
  }
  return made("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    made("table", {class: "data stack"}, made("caption", {text: caption}), made("thead", {}, head), body));
}

function fees(row) {
  return valueOf("customers", "late_fees", row);
}

// One bar of the balance by age; what lies in no bucket is written below it.
function ageBar(row) {
  const parts = page.buckets.map(({name, heading, colour}) => ({heading, colour, amount: valueOf("customers", name, row) ?? 0}));
  const whole = parts.reduce((sum, one) => sum + Math.max(0, one.amount), 0);
  if (whole <= 0) return made("p", {class: "none", text: fees(row) ? "No debit item is open but late-fee notes." : "No debit item is open."});
  const words = parts.filter(one => one.amount).map(one => `${one.heading} ${wholeText(one.amount / SCALE)}`).join(", ");
  const picture = drawn("svg", {viewBox: "0 0 600 26", role: "img", class: "agebar", preserveAspectRatio: "none",
    "aria-label": `Open debit items by days past due, ${page.currency}: ${words}.`});
  let place = 0;
  for (const {colour, amount} of parts) {
    const width = 600 * Math.max(0, amount) / whole;
    if (width) picture.append(drawn("rect", {x: place, y: 0, width: Math.max(width - 1, 0.75), height: 26, fill: colour}));
    place += width;
  }
  const legend = made("ul", {class: "legend"});
  for (const {heading, colour, amount} of parts) {
    const swatch = made("span", {class: "swatch"});
    swatch.style.background = colour;
    legend.append(made("li", {}, swatch, `${heading} `, made("strong", {text: wholeText(amount / SCALE)}),
      amount > 0 ? ` ${percentText(amount / whole, 0)}` : ""));
  }
  return made("div", {}, picture, legend);
}

// Balance (bars) against the limit (steps) at the month-ends.
function trailChart(trail) {
  const [days, balances, limits] = trail, count = days.length;
  const known = [...balances, ...limits].filter(value => value !== null);
  if (count < 2 || !known.length) return made("p", {class: "none", text: "Not measured: the ledger holds no earlier month-end of this account."});
  const WIDTH = 620, HEIGHT = 190, LEFT = 4, TOP = 16, FLOOR = 160, RIGHT = 112;
  const top = Math.max(...known, 0) || 1, bottom = Math.min(...known, 0);
  const y = value => TOP + (FLOOR - TOP) * (top - value) / (top - bottom || 1);
  const step = (WIDTH - LEFT - RIGHT) / count;
  const last = balances[count - 1], limit = limits[count - 1];
  const words = `Net balance at ${count} month-ends from ${days[0]} to ${days[count - 1]}: lowest ${moneyText(Math.min(...balances.filter(value => value !== null)))}, highest ${moneyText(Math.max(...balances.filter(value => value !== null)))}, last ${moneyText(last) ?? "not measured"}; credit limit ${limit === null ? "none" : moneyText(limit)} ${page.currency}.`;
  const picture = drawn("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words, class: "trail"});
  picture.append(drawn("line", {x1: LEFT, x2: WIDTH - RIGHT, y1: y(0), y2: y(0), class: "axis"}));
  balances.forEach((value, place) => {
    if (value === null) return;
    const over = limits[place] !== null && value > limits[place];
    picture.append(drawn("rect", {x: LEFT + place * step + 0.14 * step, y: Math.min(y(value), y(0)), width: 0.72 * step,
      height: Math.abs(y(value) - y(0)), class: over ? "bar over" : "bar"}, drawn("title", {text: `${days[place]}: ${moneyText(value)}`})));
  });
  let path = "", before = null;
  limits.forEach((value, place) => {
    if (value === null) { before = null; return; }
    const x = LEFT + place * step;
    path += before === null ? `M${x} ${y(value)}` : `L${x} ${y(before)}L${x} ${y(value)}`;
    path += `L${x + step} ${y(value)}`;
    before = value;
  });
  if (path) picture.append(drawn("path", {d: path, class: "limit"}));
  const ends = [[last, "balance", "ink"], [limit, "limit", "mark"]].filter(end => end[0] !== null).sort((a, b) => b[0] - a[0]);
  let lowest = -Infinity;
  for (const [value, label, style] of ends) {
    const at = Math.max(y(value) + 4, lowest + 14, 10);
    lowest = at;
    picture.append(drawn("text", {x: WIDTH - RIGHT + 6, y: at, class: style, text: `${shortMoney(value * SCALE)} ${label}`}));
  }
  const labelled = Math.max(1, Math.ceil(count / 6));
  days.forEach((day, place) => {
    if ((count - 1 - place) % labelled) return;
    picture.append(drawn("text", {x: LEFT + (place + 0.5) * step, y: HEIGHT - 8, class: "tick", "text-anchor": "middle", text: day.slice(0, 7)}));
  });
  return made("div", {}, picture, made("p", {class: "more", text: `Net balance at month-ends, ${page.currency}; the line is the credit limit, orange bars lie above it.`}));
}

function limitPart(row, card) {
  const current = valueOf("customers", "current_limit", row), advised = valueOf("customers", "recommended_limit", row);
  const lines = [["In force", current === null ? null : current / SCALE, null, "now"], ...card.limits.map(one => [...one, ""]),
    ["Recommended", advised === null ? null : advised / SCALE, null, "advised"]];
  // Far larger candidates do not bind: drawn in full they would hide how the others compare.
  const largest = Math.max(1.5 * (advised ?? 0) / SCALE, 1.5 * (current ?? 0) / SCALE, 1);
  const list = made("div", {class: "candidates", role: "table", "aria-label": "How the credit limit follows"});
  for (const [label, amount, how, style] of lines) {
    const bar = made("span", {class: `bar ${style}`});
    bar.style.width = `${Math.min(100, 100 * Math.max(0, amount ?? 0) / largest)}%`;
    if ((amount ?? 0) > largest) bar.classList.add("cut");
    list.append(made("div", {role: "row", class: style},
      made("span", {role: "rowheader", text: label}),
      made("span", {role: "cell", class: "track"}, bar),
      made("span", {role: "cell", class: "n"}, amount === null ? nothing() : wholeText(amount)),
      made("span", {role: "cell", class: "how"}, how ? own(how) : "")));
  }
  const said = card.words.limit_reasons;
  return part("Credit limit", said ? made("p", {class: "said"}, own(said)) : null, list,
    card.figures.review_on ? made("p", {class: "more", text: `To be looked at again on ${card.figures.review_on}.`}) : null);
}

function riskPart(row, card) {
  const {figures, words} = card;
  const list = made("ul", {class: "plain"});
  for (const reason of (words.reasons ?? "").split("; ").filter(Boolean)) list.append(made("li", {}, own(reason)));
  const chance = months => figures[`pd_${months}m`] === undefined ? null : textOf(figures[`pd_${months}m`], "probability");
  return part("Probability of a bad debt",
    made("dl", {class: "tiles small"}, fact("3 months", chance(3)), fact("6 months", chance(6)), fact("12 months", chance(12)),
      fact("Expected loss", textOf(valueOf("customers", "expected_loss", row), "money"))),
    list.children.length ? made("p", {class: "muted", text: "Because:"}) : made("p", {class: "none", text: "No reasons were given."}), list,
    figures.pd_source ? made("p", {class: "more"}, "From: ", own(figures.pd_source.replaceAll("_", " ")),
      figures.lacks ? " \u00b7 nothing is known of " : "", figures.lacks ? own(figures.lacks) : "") : null);
}

function itemsPart(card) {
  const columns = [{heading: "Document"}, {heading: "Kind"}, {heading: "Date", date: true}, {heading: "Due", date: true}, {heading: "Days past due", number: true},
    {heading: "Currency"}, {heading: "Amount", number: true}, {heading: "Open", number: true}, {heading: `Open, ${page.currency}`, number: true},
    {heading: "In dispute", number: true}, {heading: "Promised for", date: true}];
  const foreign = card.items.some(item => item[5] !== page.currency), disputed = card.items.some(item => item[9]);
  const promised = card.items.some(item => item[10]);
  const shown = columns.map((_, place) => !((place === 8 || place === 5) && !foreign) && !(place === 9 && !disputed) && !(place === 10 && !promised));
  const rows = card.items.map(item => [item[0], String(item[1] ?? "").replaceAll("_", " "), item[2], item[3],
    item[4] === null ? null : item[4] > 0 ? wholeText(item[4]) : "not due", item[5], moneyText(item[6]), moneyText(item[7]), moneyText(item[8]),
    item[9] ? moneyText(item[9]) : null, item[10]].filter((_, place) => shown[place]));
  const [more, amount] = card.more;
  return part("Open items", rows.length
    ? simpleTable("Open items", columns.filter((_, place) => shown[place]), rows)
    : made("p", {class: "none", text: "Nothing is open."}),
    more ? made("p", {class: "more", text: `${wholeText(more)} more of ${moneyText(amount)} ${page.currency} in open-items.csv.`}) : null);
}

function casesPart(card) {
  const parts = [], number = {number: true};
  if (card.promises.length) {
    parts.push(part("Promises", simpleTable("Promises", [{heading: "Promise"}, {heading: "Document"}, {heading: "State"}, {heading: "Made on", date: true},
      {heading: "Promised for", date: true}, {heading: "Promised", ...number}, {heading: "Still lacks", ...number}, {heading: "Days late", ...number}],
      card.promises.map(one => [one[0], one[1], String(one[2] ?? "").replaceAll("_", " "), one[3], one[4], moneyText(one[5]), moneyText(one[6]), one[7] === null ? null : wholeText(one[7])])),
      card.earlier[0] ? made("p", {class: "more", text: `${wholeText(card.earlier[0])} earlier ones: credrisk promises lists them all.`}) : null));
  }
  if (card.disputes.length) {
    parts.push(part("Disputes", simpleTable("Disputes", [{heading: "Dispute"}, {heading: "Document"}, {heading: "Cause"}, {heading: "Owner"},
      {heading: "Opened on", date: true}, {heading: "Age, days", ...number}, {heading: "In dispute", ...number}, {heading: "Ended by"}, {heading: "Outcome"}],
      card.disputes.map(one => [one[0], one[1], one[2], one[3], one[4], one[5] === null ? null : wholeText(one[5]), moneyText(one[6]), one[7], one[8]])),
      card.earlier[1] ? made("p", {class: "more", text: `${wholeText(card.earlier[1])} earlier ones: credrisk disputes lists them all.`}) : null));
  }
  return parts;
}

function whenToAct(row, reasons) {
  if (valueOf("customers", "contact_today", row)) return "today";
  if ((valueOf("customers", "gain", row) ?? 0) <= 0) return "not today: it would gain no more than it costs";
  if (reasons?.includes("its payables desk is contacted")) return "later: its payables desk is contacted for other accounts today";
  return "later: others gain more within today's capacity";
}

function queuePart(row, card) {
  const rank = valueOf("customers", "rank", row), action = valueOf("customers", "action", row), held = valueOf("customers", "held", row);
  const said = card.words.queue_reasons;
  let words = "Nothing is to be asked for.";
  if (held) words = `Not today: ${held}.`;
  else if (rank !== null) {
    words = `${textOf(action, "state")}, ${whenToAct(row, said)}; place ${wholeText(rank)}, worth ${textOf(valueOf("customers", "gain", row), "money") ?? NOTHING} ${page.currency}.`;
    words = words[0].toUpperCase() + words.slice(1);
  }
  return part("What to do", made("p", {class: "say"}, own(words)), said ? made("p", {class: "said"}, own(said)) : null);
}

function sisters(row) {
  const groups = page.sets.customers.columns.group;
  if (!groups || valueOf("customers", "group_name", row) === null) return null;
  const mine = valueOf("customers", "group", row), rows = [];
  for (let other = 0; other < page.sets.customers.rows && rows.length < 50; other += 1) {
    if (other !== row && valueOf("customers", "group", other) === mine) rows.push(other);
  }
  if (!rows.length) return null;
  return part("Other accounts of the group", simpleTable("Other accounts of the group",
    [{heading: "Customer"}, {heading: "Net balance", number: true}, {heading: "Past due", number: true}, {heading: "Grade"}],
    rows.map(other => [cardLink(other), textOf(valueOf("customers", "net_balance", other), "money"),
      textOf(valueOf("customers", "past_due", other), "money"), valueOf("customers", "grade", other)])));
}

function summary(row) {
  const said = [], money = name => valueOf("customers", name, row);
  const late = money("past_due"), oldest = money("oldest_open_days");
  said.push(`Owes ${wholeText((money("net_balance") ?? 0) / SCALE)} ${page.currency}`);
  said.push(late ? `${wholeText(late / SCALE)} past due${oldest ? `, the oldest ${wholeText(oldest)} days` : ""}` : "nothing past due");
  if (fees(row)) said.push(`${wholeText(fees(row) / SCALE)} of late-fee notes, which are in no age`);
  const chance = valueOf("customers", "pd_12m", row), grade = valueOf("customers", "grade", row);
  said.push(chance === null ? "no probability of bad debt was measured" : `probability of a bad debt within 12 months ${textOf(chance, "probability")}${grade ? `, grade ${grade}` : ""}`);
  const action = valueOf("customers", "limit_action", row), advised = money("recommended_limit"), current = money("current_limit");
  if (action) {
    const binding = valueOf("customers", "binding", row);
    said.push(`limit ${current === null ? "none" : wholeText(current / SCALE)}, recommended ${advised === null ? NOTHING : wholeText(advised / SCALE)}${binding ? ` (${textOf(binding, "state")})` : ""}`);
  }
  return `${said.join("; ")}.`;
}

function cardHead(row) {
  const set = "customers", id = valueOf(set, "customer_id", row), name = valueOf(set, "name", row);
  const meta = made("p", {class: "meta"}, "No. ", own(id));
  for (const [label, column] of [["", "country"], ["", "industry"], ["segment ", "segment"], ["collector ", "collector"], ["group ", "group_name"]]) {
    const value = valueOf(set, column, row);
    if (value !== null) meta.append(` \u00b7 ${label}`, own(value));
  }
  return [made("h2", {id: "h-customer", tabindex: "-1"}, own(name || id)), meta];
}

function tiles(row, card) {
  const set = "customers", get = (name, kind) => textOf(valueOf(set, name, row), kind, name);
  const use = get("utilisation", "percent"), status = valueOf(set, "status", row);
  return made("dl", {class: "tiles"},
    fact("Net balance", get("net_balance", "money"), valueOf(set, "unapplied_cash", row) ? `after ${get("unapplied_cash", "money")} of unapplied cash` : ""),
    fact("Past due", get("past_due", "money"), valueOf(set, "oldest_open_days", row) ? `oldest ${get("oldest_open_days", "days")} days` : ""),
    fact("PD 12 months", get("pd_12m", "probability"), status && status !== "at_risk" ? textOf(status, "state") : ""),
    fact("Grade", get("grade", "code")),
    fact("Limit in force", get("current_limit", "money"), use ? `${use} used` : ""),
    fact("Recommended", get("recommended_limit", "money"), valueOf(set, "limit_action", row) ? `${get("limit_action", "state")}: ${get("binding", "state") ?? ""}` : ""),
    fact("Pays beyond terms", card.figures.dbt_12m === undefined ? null : `${wholeText(card.figures.dbt_12m)} days`,
      card.figures.terms_days === undefined ? "" : `terms ${wholeText(card.figures.terms_days)} days`));
}

async function fillCard(box, row) {
  const shown = box.dataset.row = String(row);
  const card = await cardOf(row);
  if (box.dataset.row !== shown) return false;
  const body = made("div", {class: "card"});
  body.append(...cardHead(row), made("p", {class: "lead", text: summary(row)}), tiles(row, card),
    made("div", {class: "two"}, part("Balance by days past due", ageBar(row)), part("Balance and limit", trailChart(card.trail))),
    made("div", {class: "two"}, queuePart(row, card), riskPart(row, card)), itemsPart(card), limitPart(row, card),
    ...casesPart(card), ...[sisters(row)].filter(Boolean));
  box.replaceChildren(body);
  return true;
}
