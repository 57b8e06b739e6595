"use strict";
// Sorting by a click on a heading and filtering by words. The page is complete without it.
for (const table of document.querySelectorAll("table.stack")) {
  const body = table.tBodies[0], rows = Array.from(body.rows);
  const headings = Array.from(table.tHead.rows[0].cells);
  headings.forEach((heading, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const number = heading.classList.contains("n");
      const now = heading.getAttribute("aria-sort");
      const down = now ? now === "ascending" : number;
      headings.forEach(other => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = row => row.cells[place].dataset.sort;
      const order = rows.slice().sort((a, b) => {
        const x = key(a), y = key(b);
        if (x === "" || y === "") return (x === "") - (y === "");
        const before = number ? Number(x) - Number(y) : x.localeCompare(y);
        return down ? -before : before;
      });
      body.append(...order);
    });
  });
  if (rows.length < 8) continue;
  const box = document.createElement("input");
  box.type = "search";
  box.className = "filter";
  box.placeholder = "Filter these rows";
  box.setAttribute("aria-label", "Filter these rows");
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
    }
  });
  table.closest(".scroll").before(box);
}
