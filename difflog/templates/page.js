"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const { columns, per_page: PER_PAGE, sides } = JSON.parse(at("about").textContent);
  const FILTERS = ["axis", "severity", "status", "env"];
  // A row, as Python packs it: shape, cells, values in the order of the shape, history, both raw sides or one note.
  const SHAPE = 0, CELLS = 1, VALUES = 2, HISTORY = 3, RAW = 4;
  const strings = [], shapes = [], rows = [], open = new Set();
  const column = (name) => columns.indexOf(name);
  const cell = (row, name) => strings[row[CELLS][column(name)]];
  let shown = rows, page = 0, order = { name: null, sign: 1 }, waiting = 0;

  // Text only ever becomes a text node: whatever a venue said, it adds no element.
  function make(tag, text, className) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  // Which strings pass, one flag each: every string is looked at once, however many rows point to it.
  function flags(passes) {
    const hits = new Uint8Array(strings.length);
    for (let index = 0; index < strings.length; index++) if (passes(strings[index])) hits[index] = 1;
    return hits;
  }

  function withWord(word) {
    const pattern = new RegExp(word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "iu");
    return flags((text) => pattern.test(text));
  }

  function has(indexes, hits) {
    for (let number = 0; number < indexes.length; number++) if (hits[indexes[number]] === 1) return true;
    return false;
  }

  const holds = (row, hits) =>
    has(row[CELLS], hits) || has(row[VALUES], hits) || has(row[HISTORY], hits) || has(row[RAW], hits);

  function ranks(index) {
    const used = [...new Set(shown.map((row) => row[CELLS][index]))];
    const isNumber = columns[index] === "seen";
    const before = (a, b) => isNumber ? Number(a) - Number(b) : a < b ? -1 : Number(a > b);
    used.sort((a, b) => before(strings[a], strings[b]));
    return new Map(used.map((number, rank) => [number, rank]));
  }

  function filter() {
    const words = at("search").value.split(/\s+/).filter(Boolean).map(withWord);
    const chosen = FILTERS.filter((name) => at(name).value !== "").map((name) => {
      const value = at(name).value;
      return [column(name), new Map(), (text) => text.split(" ").includes(value)];
    });
    const passes = (row) => chosen.every(([index, known, is]) => {
      const number = row[CELLS][index];
      if (!known.has(number)) known.set(number, is(strings[number]));
      return known.get(number);
    });
    shown = chosen.length || words.length
      ? rows.filter((row) => passes(row) && words.every((hits) => holds(row, hits))) : rows;
    if (order.name) {
      const index = column(order.name), rank = ranks(index);
      shown = shown.slice().sort((a, b) => order.sign * (rank.get(a[CELLS][index]) - rank.get(b[CELLS][index])));
    }
    page = 0;
    draw();
  }

  function draw() {
    const pages = Math.max(1, Math.ceil(shown.length / PER_PAGE));
    const body = document.createDocumentFragment();
    for (const row of shown.slice(page * PER_PAGE, (page + 1) * PER_PAGE)) {
      const line = drawn(row);
      body.append(line);
      if (open.has(row)) line.after(detail(row));
    }
    at("rows").replaceChildren(body);
    at("count").textContent = `${shown.length} of ${rows.length}`;
    at("nothing").hidden = shown.length > 0;
    at("pages").hidden = pages === 1;
    at("page").textContent = `page ${page + 1} of ${pages}`;
    at("previous").disabled = page === 0;
    at("next").disabled = page + 1 >= pages;
  }

  function drawn(row) {
    const line = make("tr", undefined, "row");
    columns.forEach((name, index) => {
      const text = strings[row[CELLS][index]];
      const one = make("td", undefined, name);
      one.dataset.is = text;
      if (name === "entry") {
        const button = make("button", text);
        button.type = "button";
        button.setAttribute("aria-expanded", String(open.has(row)));
        one.append(button);
      } else if (name === "date" && text.length > 10) {
        const day = make("time", text.slice(0, 10));
        day.title = text;
        one.append(day);
      } else {
        one.textContent = text;
      }
      line.append(one);
    });
    line.classList.toggle("is-open", open.has(row));
    line.addEventListener("click", () => { if (!String(getSelection())) toggle(row, line); });
    return line;
  }

  function toggle(row, line) {
    const opens = !open.has(row);
    if (opens) {
      open.add(row);
      line.after(detail(row));
    } else {
      open.delete(row);
      line.nextElementSibling.remove();
    }
    line.classList.toggle("is-open", opens);
    line.querySelector("button").setAttribute("aria-expanded", String(opens));
  }

  function detail(row) {
    const line = make("tr", undefined, "detail"), whole = make("td"), article = make("article");
    whole.colSpan = columns.length;
    const heading = make("h2"), link = make("a", cell(row, "entry"), "mono");
    link.href = `#${encodeURIComponent(cell(row, "entry"))}`;
    heading.append(link);
    const sections = make("div", undefined, "sections");
    let next = 0;
    for (const [title, labels] of shapes[row[SHAPE]]) {
      const section = make("section"), terms = make("dl");
      for (const label of labels) terms.append(make("dt", label), make("dd", strings[row[VALUES][next++]]));
      section.append(make("h3", title), terms);
      sections.append(section);
    }
    article.append(heading, sections);
    if (row[HISTORY].length) article.append(make("h3", "History"), history(row[HISTORY]));
    if (row[RAW].length) article.append(make("h3", "Raw pair"), rawPair(row[RAW]));
    whole.append(article);
    line.append(whole);
    return line;
  }

  function history(indexes) {
    const list = make("ol");
    for (let number = 0; number < indexes.length; number += 2) {
      const line = make("li");
      line.append(make("time", strings[indexes[number]]), strings[indexes[number + 1]]);
      list.append(line);
    }
    return list;
  }

  function rawPair(raw) {
    if (raw.length === 1) return make("p", strings[raw[0]]);
    const pair = sideBySide(raw);
    if (raw[0] === raw[1]) pair.prepend(make("p", "No difference here: both were told the same, and read it differently."));
    return pair;
  }

  function sideBySide(raw) {
    const lines = raw.map((index) => strings[index].split("\n"));
    const bare = (text) => text.replace(/,$/, "");
    const sets = lines.map((side) => new Set(side.map(bare)));
    const pair = make("div", undefined, "pair");
    lines.forEach((side, number) => {
      const block = make("section"), text = make("pre");
      text.tabIndex = 0;
      text.setAttribute("aria-label", `raw answer to ${sides[number]}`);
      for (const line of side) text.append(make("span", line, sets[1 - number].has(bare(line)) ? "" : "differs"));
      block.append(make("h3", sides[number]), text);
      pair.append(block);
    });
    return pair;
  }

  // #DIFF-… opens that entry, wherever it stands.
  function follow() {
    let wanted = "";
    try { wanted = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const number = rows.findIndex((row) => cell(row, "entry") === wanted);
    if (!wanted || number < 0) return;
    if (!shown.includes(rows[number])) { at("filters").reset(); shown = rows; }
    page = Math.floor(shown.indexOf(rows[number]) / PER_PAGE);
    open.add(rows[number]);
    draw();
    const line = [...at("rows").children].find((one) => one.querySelector("td.entry")?.dataset.is === wanted);
    line.scrollIntoView({ block: "center" });
    line.querySelector("button").focus({ preventScroll: true });
  }

  function sortable() {
    for (const name of columns) {
      const head = document.querySelector(`th.${name}`), button = make("button", head.textContent);
      button.type = "button";
      button.addEventListener("click", () => {
        const again = order.name === name;
        order = again && order.sign < 0 ? { name: null, sign: 1 } : { name, sign: again ? -1 : 1 };
        for (const other of document.querySelectorAll("th")) other.removeAttribute("aria-sort");
        if (order.name) head.setAttribute("aria-sort", order.sign > 0 ? "ascending" : "descending");
        filter();
      });
      head.replaceChildren(button);
    }
  }

  function turn(by) {
    page += by;
    draw();
    document.querySelector("table").scrollIntoView({ block: "start" });
  }

  function listen() {
    at("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
    for (const name of FILTERS) at(name).addEventListener("change", filter);
    at("filters").addEventListener("submit", (event) => { event.preventDefault(); filter(); });
    at("filters").addEventListener("reset", () => setTimeout(filter));
    at("previous").addEventListener("click", () => turn(-1));
    at("next").addEventListener("click", () => turn(1));
    addEventListener("hashchange", follow);
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, select")) return;
      event.preventDefault();
      at("search").focus();
    });
    for (const control of at("filters").elements) control.disabled = false;
  }

  // Piece by piece, so that a page of a hundred thousand entries answers while it reads.
  async function start() {
    const breathe = () => new Promise((resolve) => setTimeout(resolve));
    for (const block of document.querySelectorAll("script.piece")) {
      const piece = JSON.parse(block.textContent);
      for (const text of piece.strings) strings.push(text);
      for (const shape of piece.shapes) shapes.push(shape);
      for (const row of piece.rows) rows.push(row);
      block.remove();
      at("count").textContent = `reading, ${rows.length} so far`;
      await breathe();
    }
    sortable();
    listen();
    if (rows.length) draw(); else at("count").textContent = "0 of 0";
    follow();
    document.documentElement.dataset.ready = "true";
  }

  start();
})();
