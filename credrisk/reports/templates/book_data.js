"use strict";
// The rows of the page, column by column, and how a value is written. Text reaches the page as text alone.
const page = JSON.parse(document.getElementById("data").textContent);
const NOTHING = "\u2013";
const NUMBERS = new Set(["money", "cents", "percent", "probability", "days", "count", "number"]);
const TRUTHS = new Set(["contact_today", "still_unpaid"]);
const whole = new Intl.NumberFormat("en-US", {maximumFractionDigits: 0});
const cents = new Intl.NumberFormat("en-US", {minimumFractionDigits: page.decimals, maximumFractionDigits: page.decimals});
const SCALE = 10 ** page.decimals;

function valueOf(set, name, row) {
  const column = page.sets[set].columns[name];
  if (column === undefined) return null;
  if (column.values) return column.values[row];
  const place = column.places[row];
  return place === null ? null : column.words[place];
}

function dayText(days) {
  return new Date(days * 864e5).toISOString().slice(0, 10);
}

function wholeText(number) {
  const text = whole.format(number);
  return text === "-0" ? "0" : text;
}

function percentText(share, decimals) {
  return `${(100 * share).toFixed(decimals).replace(/^-(?=[0.]+$)/, "")} %`;
}

// What a cell shows; null where nothing was measured.
function textOf(value, kind, name) {
  if (value === null || value === undefined) return null;
  if (kind === "money") return wholeText(value / SCALE);
  if (kind === "percent") return percentText(value, 1);
  if (kind === "probability") return percentText(value, Math.abs(value) < 0.0995 ? 2 : 1);
  if (kind === "days" || kind === "count") return wholeText(value);
  if (kind === "number") return String(Number(value.toFixed(3)));
  if (kind === "date") return dayText(value);
  if (TRUTHS.has(name)) return value ? "yes" : "no";
  return kind === "state" ? String(value).replaceAll("_", " ") : String(value);
}

function made(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

// A text of the ledger: its direction of writing stays its own.
function own(text) {
  return made("bdi", {text});
}

function nothing() {
  return made("span", {class: "null", title: "not measured", text: NOTHING});
}

function cardLink(row) {
  const id = valueOf("customers", "customer_id", row);
  const name = valueOf("customers", "name", row);
  return made("a", {href: `#customer/${encodeURIComponent(id)}`, class: "who", title: name || id}, own(name || id));
}

// The cards, unpacked block by block.
const packed = JSON.parse(document.getElementById("cards").textContent);
const unpacked = new Map();

function blockOf(number) {
  if (!unpacked.has(number)) {
    unpacked.set(number, (async () => {
      const text = atob(packed[number]);
      const bytes = new Uint8Array(text.length);
      for (let place = 0; place < text.length; place += 1) bytes[place] = text.charCodeAt(place);
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
      return JSON.parse(await new Response(stream).text());
    })());
  }
  return unpacked.get(number);
}

async function cardOf(row) {
  const block = await blockOf(Math.floor(row / page.block));
  return block[row % page.block];
}

const placeOf = new Map();
page.sets.customers.columns.customer_id?.values.forEach((id, row) => placeOf.set(id, row));
