// A chain of filters. Each has a switch, its place in the order, and a control for each of its settings.

const escaped = (text) => String(text).replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]);

class Chain {
  // kinds: what is known of each kind of filter. tell: called with all filters after every change.
  constructor(root, kinds, heading, tell) {
    Object.assign(this, { root, kinds, heading, tell });
    root.addEventListener("input", (event) => this.set(event.target, false));
    root.addEventListener("change", (event) => this.set(event.target, true));
    root.addEventListener("click", (event) => this.click(event.target.closest("button")));
  }

  open(filters) {
    this.filters = filters;
    const added = Object.entries(this.kinds).filter(([, kind]) => kind.fresh)
      .map(([name, kind]) => `<option value="${name}">${escaped(kind.label)}</option>`);
    this.root.innerHTML = `<p class="chain-heading">${escaped(this.heading)}</p>
      <ol>${filters.map((filter, place) => this.row(filter, place)).join("")}</ol>
      <select class="chain-add" aria-label="${escaped(this.heading)}: add a filter"><option value="">Add a filter</option>${added.join("")}</select>`;
  }

  row(filter, place) {
    const { label, info, settings } = this.kinds[filter.kind], called = `${place + 1} ${label}`;
    const button = (verb, sign, words, off) =>
      `<button data-verb="${verb}" aria-label="${words} ${escaped(label)}" title="${words}"${off ? " disabled" : ""}>${sign}</button>`;
    return `<li data-place="${place}" data-kind="${filter.kind}">
      <div class="chain-head"><label title="${escaped(info)}"><input type="checkbox" data-name="enabled"${filter.enabled ? " checked" : ""}>${escaped(called)}</label>
      ${button("up", "↑", "Earlier:", place === 0)}${button("down", "↓", "Later:", place === this.filters.length - 1)}${button("remove", "×", "Remove", false)}</div>
      <p class="quiet">${escaped(info)}</p>
      ${filter.enabled ? Object.entries(settings).map(([name, shape]) => this.setting(filter, place, name, shape)).join("") : ""}</li>`;
  }

  setting(filter, place, name, shape) {
    const id = `${this.heading.replace(/\W/g, "-")}-${place}-${name}`, value = filter[name] ?? "";
    const named = `data-name="${name}" aria-describedby="${id}"`, bounds = `min="${shape.low}" max="${shape.high}" step="${shape.step}"`;
    const label = `aria-label="${escaped(`${this.kinds[filter.kind].label}: ${shape.label}`)}"`;
    const number = `<input type="number" ${named} ${label} ${bounds} value="${value}">`;
    const controls = {
      switch: () => `<input type="checkbox" ${named} ${label}${value ? " checked" : ""}>`,
      text: () => `<input type="text" ${named} ${label} value="${escaped(value)}">`,
      list: () => `<select ${named} ${label}>${shape.choices.map(([word, choice]) =>
        `<option value="${escaped(choice)}"${choice === value ? " selected" : ""}>${escaped(word)}</option>`).join("")}</select>`,
      number: () => number,
      slider: () => `<input type="range" ${named} tabindex="-1" aria-hidden="true" ${bounds} value="${value}" style="${this.filled(shape, value)}">${number}`,
    };
    return `<div class="chain-setting ${shape.kind}"><span>${escaped(shape.label)}</span>${controls[shape.kind]()}
      <span class="chain-info" id="${id}">${escaped(shape.info)}</span></div>`;
  }

  // How far the track of a slider is filled, as the theme draws it.
  filled(shape, value) { return `--range_progress: ${100 * (value - shape.low) / (shape.high - shape.low)}%`; }

  // What a control says now. settled: not while it is still being typed or dragged.
  set(control, settled) {
    const row = control.closest("li"), name = control.dataset.name;
    if (!settled && control.type !== "range") return;
    if (!row) return control.value && this.rebuild([...this.filters, { ...this.kinds[control.value].fresh }], ".chain-add");
    const filter = this.filters[row.dataset.place];
    if (name === "enabled") {
      filter.enabled = control.checked;
      return this.rebuild(this.filters, `li[data-place="${row.dataset.place}"] [data-name="enabled"]`);
    }
    const shape = this.kinds[filter.kind].settings[name];
    filter[name] = this.value(control, filter, name, shape);
    row.querySelectorAll(`[data-name="${name}"]:not([type=checkbox])`).forEach((other) => { other.value = filter[name] ?? ""; });
    if (shape.kind === "slider") row.querySelector(`[data-name="${name}"]`).style = this.filled(shape, filter[name]);
    if (settled) this.tell(this.filters);
  }

  // A number stays within its bounds; one that cannot be read leaves what was there.
  value(control, filter, name, shape) {
    if (shape.kind === "text") return control.value || !this.kinds[filter.kind].absent.includes(name) ? control.value : null;
    if (shape.kind === "list") return control.value;
    if (shape.kind === "switch") return control.checked;
    if (control.value === "") return filter[name];
    const within = Math.min(shape.high, Math.max(shape.low, Number(control.value)));
    return shape.step === 1 ? Math.round(within) : within;
  }

  click(button) {
    if (!button) return;
    const place = Number(button.closest("li").dataset.place), verb = button.dataset.verb, filters = [...this.filters];
    const [filter] = filters.splice(place, 1), next = { up: place - 1, down: place + 1 }[verb];
    if (next !== undefined) filters.splice(next, 0, filter);
    this.rebuild(filters, next === undefined ? ".chain-add" : `li[data-place="${next}"] [data-verb="${verb}"]:enabled`);
  }

  // focus: what has the keyboard afterwards.
  rebuild(filters, focus) {
    this.open(filters);
    this.root.querySelector(focus)?.focus();
    this.tell(this.filters);
  }
}
