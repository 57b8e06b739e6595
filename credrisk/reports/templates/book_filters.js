// What the reader asks of a table: words, a filter a column, an order; kept in the address, so that going back restores it.
const sortKeys = new Map();

// Numbers by which a column sorts: its values, or the place of its text among all texts in order.
function sortKey(set, name) {
  const key = `${set}.${name}`;
  if (sortKeys.has(key)) return sortKeys.get(key);
  const rows = page.sets[set].rows, numbers = new Float64Array(rows);
  const source = name === "customer" ? "customers" : set;
  const column = page.sets[source].columns[name === "customer" ? "name" : name];
  const collator = new Intl.Collator("en");
  if (column.words) {
    const order = column.words.map((word, place) => [word, place]).sort((a, b) => collator.compare(a[0], b[0]));
    const rank = new Float64Array(order.length);
    order.forEach(([, place], index) => { rank[place] = index; });
    column.places.forEach((place, row) => { numbers[row] = place === null ? NaN : rank[place]; });
  } else {
    const texts = column.values.find(value => value !== null);
    if (typeof texts === "string") {
      const lower = column.values.map((text, row) => [(text ?? "").toLowerCase(), row]);
      const order = lower.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
      const rank = new Float64Array(order.length);
      order.forEach(([text, row], index) => { rank[row] = text ? index : NaN; });
      const places = name === "customer" && set !== "customers" ? page.sets[set].columns.customer.values : null;
      for (let row = 0; row < rows; row += 1) numbers[row] = places ? (places[row] === null ? NaN : rank[places[row]]) : rank[row];
    } else {
      column.values.forEach((value, row) => { numbers[row] = value === null ? NaN : value; });
    }
  }
  sortKeys.set(key, numbers);
  return numbers;
}

const haystacks = new Map();

// All words of a row that a search looks through, in small letters.
function haystack(set) {
  if (haystacks.has(set)) return haystacks.get(set);
  const searched = set === "customers"
    ? ["customer_id", "name", "group_name", "country", "industry", "segment", "collector"]
    : ["customer_id", "promise_id", "dispute_id", "document_id", "cause", "owner"];
  const names = searched.filter(name => page.sets[set].columns[name]);
  const texts = [];
  for (let row = 0; row < page.sets[set].rows; row += 1) {
    let text = "";
    for (const name of names) text += `${valueOf(set, name, row) ?? ""}\n`;
    if (set !== "customers") {
      const customer = page.sets[set].columns.customer.values[row];
      if (customer !== null) text += valueOf("customers", "name", customer) ?? "";
    }
    texts.push(text.toLowerCase());
  }
  haystacks.set(set, texts);
  return texts;
}

const COMPARED = /^\s*(<=|>=|<|>|=)?\s*(-?[\d.,]+)\s*([km%]?)\s*(?:(?:\.\.|to)\s*(-?[\d.,]+)\s*([km%]?))?\s*$/i;

// A condition on a number such as 1000 (at least), <30, 10..20, >5 %, 2m; null where it cannot be read.
function numberTest(text, kind) {
  const found = COMPARED.exec(text);
  if (!found) return null;
  const number = (digits, unit) => {
    let value = Number(digits.replaceAll(",", ""));
    if (unit.toLowerCase() === "k") value *= 1e3;
    if (unit.toLowerCase() === "m") value *= 1e6;
    if (kind === "probability" || kind === "percent") value /= 100;
    return kind === "money" ? value * SCALE : value;
  };
  const low = number(found[2], found[3]), high = found[4] === undefined ? null : number(found[4], found[5] ?? "");
  if (Number.isNaN(low) || Number.isNaN(high ?? 0)) return null;
  if (high !== null) return value => value >= low && value <= high;
  return {
    "<": value => value < low,
    "<=": value => value <= low,
    ">": value => value > low,
    "=": value => Math.abs(value - low) < 1e-9,
  }[found[1]] ?? (value => value >= low);
}

const DAY = /^\s*(<=|>=|<|>)?\s*(\d{4}(?:-\d{2}(?:-\d{2})?)?)\s*$/;

function dayTest(text) {
  const found = DAY.exec(text);
  if (!found) return null;
  const [, sign, day] = found;
  return value => {
    const own = dayText(value).slice(0, day.length);
    if (sign === "<") return own < day;
    if (sign === "<=") return own <= day;
    if (sign === ">") return own > day;
    return sign === ">=" ? own >= day : own === day;
  };
}

const NOT_STATED = "-";

// The condition of one column as a function of the row; null where it cannot be read.
function columnTest(set, column, wanted) {
  const stored = page.sets[set].columns[column.name];
  if (column.name !== "customer" && !stored) return null;
  if (NUMBERS.has(column.kind) || column.kind === "date") {
    if (wanted.trim() === NOT_STATED) return row => stored.values[row] === null;
    const test = column.kind === "date" ? dayTest(wanted) : numberTest(wanted, column.kind);
    return test && (row => stored.values[row] !== null && test(stored.values[row]));
  }
  if (stored?.words) {
    if (wanted === NOT_STATED) return row => stored.places[row] === null;
    const place = stored.words.indexOf(wanted);
    if (place >= 0) return row => stored.places[row] === place;
    const lower = wanted.toLowerCase();
    const fits = stored.words.map(word => word.toLowerCase().includes(lower));
    return row => stored.places[row] !== null && fits[stored.places[row]];
  }
  if (TRUTHS.has(column.name)) return row => textOf(stored.values[row], column.kind, column.name) === wanted;
  const lower = wanted.toLowerCase();
  if (column.name === "customer") return row => haystack(set)[row].includes(lower);
  return row => (valueOf(set, column.name, row) ?? "").toLowerCase().includes(lower);
}

// The rows that fit, in order, and how many there are without a filter. `state` has q, by (column -> condition) and sort.
function rowsFor(table, state) {
  const set = table.rows, count = page.sets[set].rows, tests = [], unread = [];
  let all = count;
  const only = table.only.filter(name => page.sets[set].columns[name]).map(name => page.sets[set].columns[name].values);
  if (only.length) {
    const shown = row => only.some(values => values[row] !== null && values[row] !== 0);
    tests.push(shown);
    all = Array.from({length: count}, (_, row) => row).filter(shown).length;
  }
  for (const [name, wanted] of Object.entries(state.by)) {
    const column = table.columns.find(one => one.name === name);
    const test = column ? columnTest(set, column, wanted) : null;
    if (test) tests.push(test);
    else unread.push(name);
  }
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length) {
    const texts = haystack(set);
    tests.push(row => words.every(word => texts[row].includes(word)));
  }
  const rows = [];
  for (let row = 0; row < count; row += 1) if (tests.every(test => test(row))) rows.push(row);
  const down = state.sort.startsWith("-"), name = down ? state.sort.slice(1) : state.sort;
  if (name === "customer" || page.sets[set].columns[name]) {
    const keys = sortKey(set, name), sign = down ? -1 : 1;
    rows.sort((a, b) => {
      const x = keys[a], y = keys[b];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || a - b;
      return sign * (x - y) || a - b;
    });
  }
  return {rows, unread, all};
}
