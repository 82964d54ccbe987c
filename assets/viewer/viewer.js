// The film viewer: window and level by drag, zoom and pan, ruler, heatmap or contours, full screen. It asks no host for
// anything: the page hands over the film and the strength of the heatmap, and gets back how they are shown.

const AS_READ = { window: 256, level: 128, inverted: false };
const MOST_ZOOM = 8, STEP = 1.25, TOLD_AFTER_MS = 300;
const FADED_BELOW = 0.05, FULL_FROM = 0.5; // as model/overlay.py
const LEVELS = [0.25, 0.5, 0.75];

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".viewer");
  root.cx ??= new Viewer(root);
  root.cx.take(data, setStateValue);
  return () => root.cx.rest();
}

class Viewer {
  constructor(root) {
    this.root = root;
    this.all = (selector) => [...root.querySelectorAll(selector)];
    this.one = (selector) => root.querySelector(selector);
    this.frames = this.all(".frame");
    this.at = { zoom: 1, x: 0.5, y: 0.5 }; // the middle of what is seen, as shares of the film
    this.pointers = new Map();
    this.ruling = false;
    this.rule = null;
    this.loaded = { film: "", heat: "" };
    this.film = this.heat = null;
    this.key = (event) => this.pressed(event);
    root.addEventListener("click", (event) => this.clicked(event));
    this.one(".bar").addEventListener("keydown", (event) => this.roved(event));
    this.one(".adjust").addEventListener("input", (event) => this.adjusted(event.target));
    for (const frame of this.frames) {
      for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel"])
        frame.addEventListener(kind, (event) => this[kind](event, frame));
      frame.addEventListener("wheel", (event) => this.wheeled(event, frame), { passive: false });
      frame.addEventListener("contextmenu", (event) => event.preventDefault());
      frame.addEventListener("dblclick", (event) => this.zoomTo(this.at.zoom > 1 ? 1 : 2, this.share(event, frame)));
      frame.addEventListener("keydown", (event) => this.moved(event));
    }
    this.size = new ResizeObserver(() => this.draw());
    document.addEventListener("fullscreenchange", () => this.draw());
  }

  // ---- what the page hands over

  async take(data, tell) {
    const first = !this.data || this.data.subject !== data.subject;
    [this.data, this.tell] = [data, tell];
    document.addEventListener("keydown", this.key, true);
    for (const frame of this.frames) this.size.observe(frame);
    if (first) {
      this.view = { ...data.view };
      this.furnish();
    }
    const film = data.film === this.loaded.film ? this.film : await pixelsOf(data.film);
    const heat = data.heat === this.loaded.heat ? this.heat : await pixelsOf(data.heat);
    if (this.data !== data) return; // a newer one came meanwhile
    if (film !== this.film || first) this.greys = null;
    if (heat !== this.heat) this.colour = null;
    Object.assign(this, { film, heat, loaded: data });
    this.draw();
  }

  rest() {
    document.removeEventListener("keydown", this.key, true);
    this.size.disconnect();
  }

  furnish() {
    const { presets, colours } = this.data;
    this.one(".presets").replaceChildren(
      ...Object.keys(presets).map((name) => Object.assign(document.createElement("button"), { type: "button", textContent: name })),
    );
    this.one("select").replaceChildren(
      ...Object.entries(colours).map(([value, { title }]) => Object.assign(document.createElement("option"), { value, textContent: title })),
    );
    for (const button of this.all(".bar button")) {
      const key = button.dataset.key;
      button.title = key ? `Key: ${key.toUpperCase()}` : "Key H shows and hides the heatmap";
      button.ariaKeyShortcuts = key || "h";
      button.tabIndex = -1;
    }
    this.one(".bar button").tabIndex = 0;
  }

  // ---- what the reader does

  clicked(event) {
    const button = event.composedPath().find((part) => part.tagName === "BUTTON");
    if (!button) return;
    if (button.dataset.mode) this.change({ mode: button.dataset.mode });
    else if (button.dataset.act) this.act(button.dataset.act);
    else {
      const [window, level] = this.data.presets[button.textContent];
      this.change({ window, level });
    }
  }

  act(name) {
    const { view } = this;
    if (name === "heatmap") {
      if (view.mode !== "film") this.last = view.mode;
      this.change({ mode: view.mode === "film" ? this.last || "overlay" : "film" });
    } else if (name === "invert") this.change({ inverted: !view.inverted });
    else if (name === "zoom") this.zoomTo(this.at.zoom > 1 ? 1 : 2);
    else if (name === "ruler") {
      this.ruling = !this.ruling;
      this.rule = null;
      this.draw();
    } else if (name === "adjust") {
      const panel = this.one(".adjust");
      panel.hidden = !panel.hidden;
      this.draw();
    } else if (name === "full") {
      if (document.fullscreenElement) document.exitFullscreen();
      else this.root.requestFullscreen();
    } else if (name === "reset") {
      [this.rule, this.ruling] = [null, false];
      this.zoomTo(1);
      this.change(AS_READ);
    }
  }

  adjusted(input) {
    const value = input.name === "colours" ? input.value : Number(input.value);
    this.change({ [input.name]: input.name === "opacity" ? value / 100 : value });
  }

  change(part) {
    Object.assign(this.view, part);
    if ("window" in part || "level" in part || "inverted" in part) this.greys = null;
    if ("colours" in part) this.colour = null;
    this.draw();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.tell("view", { ...this.view }), TOLD_AFTER_MS);
  }

  pressed(event) {
    const typing = event.composedPath()[0].closest?.("input, textarea, select, [contenteditable=true], [role=dialog]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !this.root.checkVisibility()) return;
    const key = event.key.toLowerCase();
    const button = this.all("[data-key]").find((one) => one.dataset.key === key);
    if (key === "h") this.act("heatmap");
    else if (key === "+" || key === "-") this.zoomTo(this.at.zoom * (key === "+" ? STEP : 1 / STEP));
    else if (button) this.act(button.dataset.act);
    else return;
    event.preventDefault();
  }

  roved(event) {
    const buttons = this.all(".bar button"), at = buttons.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    buttons.at(to % buttons.length).tabIndex = 0;
    buttons.at(to % buttons.length).focus();
  }

  moved(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step || this.at.zoom === 1) return;
    event.preventDefault();
    this.pan(step[0] * 0.1, step[1] * 0.1);
  }

  wheeled(event, frame) {
    if (this.at.zoom === 1 && (event.deltaY > 0 || !(event.ctrlKey || document.fullscreenElement))) return;
    event.preventDefault();
    this.zoomTo(this.at.zoom * (event.deltaY < 0 ? STEP : 1 / STEP), this.share(event, frame));
  }

  pointerdown(event, frame) {
    if (event.pointerType === "touch" && !this.ruling && this.at.zoom === 1 && !document.fullscreenElement && event.isPrimary) return;
    frame.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (this.ruling && this.pointers.size === 1) this.rule = [this.share(event, frame), this.share(event, frame)];
  }

  pointermove(event, frame) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const box = frame.getBoundingClientRect();
    const [dx, dy] = [(event.clientX - before.clientX) / box.width, (event.clientY - before.clientY) / box.height];
    if (this.pointers.size === 2) this.pinch(event, frame);
    else if (this.ruling) {
      this.rule[1] = this.share(event, frame);
      this.draw();
    } else if (this.at.zoom > 1 && event.buttons === 1 && !event.shiftKey) this.pan(-dx, -dy);
    else {
      const within = (value, low, high) => Math.round(Math.min(high, Math.max(low, value)));
      this.fine ??= { window: this.view.window, level: this.view.level };
      this.fine.window += dx * 256;
      this.fine.level += dy * 256;
      this.change({ window: within(this.fine.window, 2, 256), level: within(this.fine.level, 0, 255) });
    }
    this.pointers.set(event.pointerId, event);
  }

  pointerup(event) {
    this.pointers.delete(event.pointerId);
    this.fine = undefined;
    this.span = undefined;
  }

  pointercancel(event) {
    this.pointerup(event);
  }

  pinch(event, frame) {
    const [one, other] = [...this.pointers.values()].map((each) => (each.pointerId === event.pointerId ? event : each));
    const span = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = { clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2 };
    if (this.span) this.zoomTo((this.at.zoom * span) / this.span, this.share(middle, frame));
    this.span = span;
  }

  // ---- where things lie

  /** The place below the pointer, as shares of the film's width and height. */
  share(event, frame) {
    const box = frame.getBoundingClientRect(), { zoom, x, y } = this.at;
    return {
      x: x + ((event.clientX - box.left) / box.width - 0.5) / zoom,
      y: y + ((event.clientY - box.top) / box.height - 0.5) / zoom,
    };
  }

  /** Enlarge; the place `about` stays where it is. */
  zoomTo(wanted, about = { x: this.at.x, y: this.at.y }) {
    const zoom = Math.min(MOST_ZOOM, Math.max(1, Math.abs(wanted - 1) < 0.05 ? 1 : wanted)), was = this.at.zoom;
    this.at.x = about.x + ((this.at.x - about.x) * was) / zoom;
    this.at.y = about.y + ((this.at.y - about.y) * was) / zoom;
    this.at.zoom = zoom;
    this.pan(0, 0);
  }

  pan(dx, dy) {
    const { at } = this, edge = 0.5 / at.zoom;
    at.x = Math.min(1 - edge, Math.max(edge, at.x + dx / at.zoom));
    at.y = Math.min(1 - edge, Math.max(edge, at.y + dy / at.zoom));
    this.draw();
  }

  // ---- drawing

  draw() {
    if (!this.film || this.wanted) return;
    this.wanted = requestAnimationFrame(() => {
      this.wanted = 0;
      this.render();
    });
  }

  render() {
    const { data, view, heat } = this, hasMap = heat !== null && view.mode !== "film";
    const both = hasMap && view.mode === "side_by_side", figures = this.all("figure");
    const shown = both ? ["film", "overlay"] : [hasMap ? view.mode : "film"];
    figures[1].hidden = !both;
    this.one(".views").hidden = !heat;
    this.root.style.setProperty("--aspect", data.extent[1] / data.extent[0]);
    this.root.classList.toggle("zoomed", this.at.zoom > 1);
    this.root.classList.toggle("ruling", this.ruling);
    shown.forEach((kind, at) => {
      const canvas = figures[at].querySelector("canvas"), film = kind === "film";
      const how = kind === "contours" ? "lines that mark" : "colour that marks";
      canvas.ariaLabel = film ? this.filmName() : `The radiograph with ${how} ${data.marks}`;
      const kept = kind === "contours" ? "Contours" : "Heatmap";
      figures[at].querySelector("figcaption").textContent = film ? this.filmName() : `${kept}: ${data.marks}`;
      this.paint(canvas, kind);
    });
    for (const button of this.all("[data-mode]")) button.ariaPressed = String(button.dataset.mode === view.mode);
    const on = { invert: view.inverted, zoom: this.at.zoom > 1, ruler: this.ruling };
    for (const [act, value] of Object.entries(on)) this.one(`[data-act=${act}]`).ariaPressed = String(value);
    this.one("[data-act=adjust]").ariaExpanded = String(!this.one(".adjust").hidden);
    for (const name of ["window", "level"]) this.one(`[name=${name}]`).value = view[name];
    this.one("[name=opacity]").value = 100 * view.opacity;
    this.one("[name=opacity]").disabled = view.mode === "contours";
    this.one("[name=colours]").value = view.colours;
    for (const button of this.all(".presets button")) {
      const [window, level] = data.presets[button.textContent];
      button.ariaPressed = String(window === view.window && level === view.level);
    }
    this.tellLegend(hasMap);
    this.one(".status").textContent = this.status();
    this.root.dataset.drawn = JSON.stringify({ subject: this.loaded.subject, ...view, ...this.at, shown, length: this.rule && this.length() });
  }

  filmName() {
    const { window, level, inverted } = this.view;
    const changed = window !== 256 || level !== 128 || inverted;
    return `${this.data.name}, ${changed ? `window ${window}, level ${level}${inverted ? ", inverted" : ""} for viewing only` : "as read"}`;
  }

  status() {
    if (this.rule) return `Ruler: ${this.length()}`;
    if (this.ruling) return `Drag to measure in ${this.data.unit === "mm" ? "millimetres" : "pixels: the file gives no spacing"}.`;
    if (this.at.zoom > 1) return `Enlarged ${this.at.zoom.toFixed(1)} times. Drag moves the film; Shift and drag changes window and level.`;
    return "";
  }

  length() {
    const [from, to] = this.rule, [height, width] = this.data.extent;
    const value = Math.hypot((to.x - from.x) * width, (to.y - from.y) * height);
    return `${value.toFixed(this.data.unit === "mm" ? 1 : 0)} ${this.data.unit}`;
  }

  tellLegend(hasMap) {
    const legend = this.one(".legend"), { scale, weak, strong } = this.data.colours[this.view.colours];
    legend.hidden = !hasMap;
    const contours = this.view.mode === "contours";
    legend.firstElementChild.hidden = contours;
    legend.firstElementChild.style.background = `linear-gradient(to right, ${scale.filter((_, at) => at % 17 === 0).join(",")})`;
    legend.lastElementChild.textContent = contours
      ? "Contours: a thicker, lighter line means stronger influence on the score."
      : `Influence: weak (${weak}) to strong (${strong})`;
  }

  paint(canvas, kind) {
    const sharp = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * sharp);
    canvas.height = Math.round(canvas.clientHeight * sharp);
    const { width, height } = canvas, context = canvas.getContext("2d"), { zoom, x, y } = this.at;
    const place = [width * (0.5 - x * zoom), height * (0.5 - y * zoom), width * zoom, height * zoom];
    context.imageSmoothingQuality = "high";
    context.drawImage((this.greys ??= withGreys(this.film, this.view)), ...place);
    if (kind === "overlay") {
      context.globalAlpha = this.view.opacity;
      context.drawImage((this.colour ??= withColours(this.heat, this.data.colours[this.view.colours].scale)), ...place);
      context.globalAlpha = 1;
    } else if (kind === "contours") this.paintContours(context, place, sharp);
    if (this.rule) this.paintRule(context, place, sharp);
  }

  paintContours(context, [left, top, width, height], sharp) {
    const { scale } = this.data.colours[this.view.colours];
    context.lineCap = context.lineJoin = "round";
    LEVELS.forEach((level, at) => {
      const path = new Path2D();
      for (const [x1, y1, x2, y2] of segments(this.heat, 255 * level)) {
        path.moveTo(left + x1 * width, top + y1 * height);
        path.lineTo(left + x2 * width, top + y2 * height);
      }
      for (const [colour, wider] of [["#000", 2], [scale[Math.round(127.5 + 127.5 * level)], 0]]) {
        context.strokeStyle = colour;
        context.lineWidth = sharp * (1.5 + at + wider);
        context.stroke(path);
      }
    });
  }

  paintRule(context, [left, top, width, height], sharp) {
    const [from, to] = this.rule.map(({ x, y }) => [left + x * width, top + y * height]);
    for (const [colour, wide] of [["#000", 5], ["#ffe14d", 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = wide * sharp;
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
    }
    context.font = `${15 * sharp}px sans-serif`;
    context.lineWidth = 4 * sharp;
    context.strokeStyle = "#000";
    context.fillStyle = "#ffe14d";
    const text = this.length(), x = Math.min(Math.max(0, to[0] + 8 * sharp), context.canvas.width - context.measureText(text).width);
    context.strokeText(text, x, Math.max(18 * sharp, to[1]));
    context.fillText(text, x, Math.max(18 * sharp, to[1]));
  }
}

async function pixelsOf(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight), context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function canvasOf(pixels) {
  const canvas = new OffscreenCanvas(pixels.width, pixels.height);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

/** Grey values through window and level: the linear function of DICOM PS3.3 C.11.2.1.2, as app/services/radiographs.py. */
function withGreys(film, { window, level, inverted }) {
  const pixels = new ImageData(new Uint8ClampedArray(film.data), film.width, film.height), { data } = pixels;
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => 255 * ((value - (level - 0.5)) / (window - 1) + 0.5));
  for (let at = 0; at < data.length; at += 4) {
    const grey = window === 256 && level === 128 ? data[at] : table[data[at]];
    data[at] = data[at + 1] = data[at + 2] = inverted ? 255 - grey : grey;
  }
  return canvasOf(pixels);
}

/** The heatmap in colour; weak places fade out, so that the film keeps its own grey there. */
function withColours(heat, scale) {
  const pixels = new ImageData(new Uint8ClampedArray(heat.data), heat.width, heat.height), { data } = pixels;
  const parts = scale.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  for (let at = 0; at < data.length; at += 4) {
    const value = data[at];
    data.set(parts[value], at);
    data[at + 3] = 255 * Math.min(1, Math.max(0, (value / 255 - FADED_BELOW) / (FULL_FROM - FADED_BELOW)));
  }
  return canvasOf(pixels);
}

/** Marching squares: pieces of the line where the influence crosses a level, as shares of width and height. */
function* segments({ data, width, height }, level) {
  const value = (x, y) => data[4 * (y * width + x)];
  for (let y = 0; y < height - 1; y++)
    for (let x = 0; x < width - 1; x++) {
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]];
      const crossings = [];
      corners.forEach(([x1, y1], at) => {
        const [x2, y2] = corners[(at + 1) % 4], one = value(x1, y1), other = value(x2, y2);
        if (one >= level === other >= level) return;
        const share = (level - one) / (other - one);
        crossings.push([(x1 + share * (x2 - x1) + 0.5) / width, (y1 + share * (y2 - y1) + 0.5) / height]);
      });
      for (let at = 0; at + 1 < crossings.length; at += 2) yield [...crossings[at], ...crossings[at + 1]];
    }
}
