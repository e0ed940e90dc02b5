// The gallery, and the face that is taken apart: weights, views, wipe. The algebra is in formation.js.
{
  const data = JSON.parse(document.getElementById("explorer_data").textContent);
  const get = (id) => document.getElementById(id);
  const size = data.size;
  const GAIN = 4; // of pictures of traces
  const ELEMENTS = ["B", "C", "T", "P"];
  const VIEWS = {
    additive: "additive traces removed",
    live: "live face",
    removed: `what is removed, ×${GAIN}`,
    transfer: "with the traces",
  };
  let shown = data.samples; // those of the filter
  let sample = null; // the one on the stage
  let face = null; // its values, once they are decoded
  let pictures = {}; // of each view: before and after

  /** Values of an image of the page: its pixels are read from a canvas. */
  async function decode(stored, channels = 3) {
    const image = new Image();
    image.src = stored.src;
    await image.decode();
    const canvas = new OffscreenCanvas(size, size);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return dequantize(context.getImageData(0, 0, size, size).data, stored, channels);
  }

  /** B, C, T, P and cover of a face or of a transfer. */
  async function decodeTraces(stored) {
    const names = [...ELEMENTS, "cover"];
    const values = await Promise.all(names.map((name) => decode(stored[name], name === "P" ? 1 : 3)));
    return Object.fromEntries(names.map((name, place) => [name, values[place]]));
  }

  /** Shows values on a canvas, clipped; one per pixel is gray. */
  function paint(canvas, values) {
    const channels = values.length / (size * size);
    const pixels = new ImageData(size, size);
    for (let pixel = 0; pixel < size * size; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        pixels.data[4 * pixel + channel] = 255 * values[pixel * channels + (channels === 1 ? 0 : channel)];
      }
      pixels.data[4 * pixel + 3] = 255;
    }
    canvas.getContext("2d", { willReadFrequently: true }).putImageData(pixels, 0, 0);
  }

  const weights = () => Object.fromEntries(ELEMENTS.map((name) => [name.toLowerCase(), +get(`weight_${name}`).value]));
  const view = () => document.querySelector('input[name="view"]:checked').value;

  /** The pictures of all views for the weights. */
  function recompute() {
    if (!face) return;
    const chosen = weights();
    const live = compose(face.image, face.traces, chosen, -1);
    pictures = {
      additive: [face.image, compose(face.image, face.traces, { ...chosen, p: 0 }, -1)],
      live: [face.image, live],
      removed: [face.image, amplified(face.image, live, GAIN)],
    };
    if (face.transfer) pictures.transfer = [face.target, compose(face.target, face.transfer, chosen, 1)];
    for (const [name, [, after]] of Object.entries(pictures)) paint(get(`view_${name}`), after);
    for (const name of ELEMENTS) {
      const text = (+get(`weight_${name}`).value).toFixed(2);
      get(`value_${name}`).textContent = text;
    }
    wipe();
    formula(chosen);
  }

  /** The picture of the view: before the wipe on the left, after it on the right. */
  function wipe() {
    if (!face) return;
    const [before, after] = pictures[view()];
    const edge = Math.round((size * +get("wipe").value) / 100);
    paint(get("picture"), after.map((value, place) => (Math.floor(place / 3) % size < edge ? before[place] : value)));
    get("edge").style.left = `${(100 * edge) / size}%`;
    const name = view() === "transfer" ? "live face of another person" : "input";
    get("before_name").textContent = name;
    get("after_name").textContent = VIEWS[view()];
    const label = `${get("wipe").value} % of the width: ${name}; the rest: ${VIEWS[view()]}`;
    get("picture").setAttribute("aria-label", label);
    get("wipe").setAttribute("aria-valuetext", `${get("wipe").value} % ${name}`);
  }

  function formula({ b, c, t, p }) {
    const sign = view() === "transfer" ? "+" : "−";
    const term = (weight, name) => ` ${sign} ${weight.toFixed(2)} ${name}`;
    const sum = term(b, "B") + term(c, "C") + term(t, "T");
    const whole = (image, cover) => `(1 − ${p.toFixed(2)} P)(${image}${sum}) + ${p.toFixed(2)} P ${cover}`;
    const text = {
      additive: `I${sum}`,
      live: whole("I", "I_P"),
      removed: `I − [${whole("I", "I_P")}]`,
      transfer: whole("I_live", "I_spoof"),
    }[view()];
    // What follows an underscore is a subscript.
    const parts = text.split(/_(\w+)/).map((part, place) => {
      const element = document.createElement(place % 2 ? "sub" : "span");
      element.textContent = part;
      return element;
    });
    get("formula").replaceChildren(...parts);
  }

  /** Puts a face on the stage. */
  async function choose(next) {
    sample = next;
    for (const button of get("gallery").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.sample === next));
    }
    const terms = ["depth", ...ELEMENTS].map((name) => `${name} ${next.terms[name].toFixed(4)}`).join(", ");
    get("face_name").textContent = `${next.type.replaceAll("_", " ")}: ${next.clip}, frame ${next.frame}`;
    const badge = document.createElement("span");
    badge.className = next.wrong ? "badge wrong" : "badge";
    badge.textContent = verdict(next);
    const score = ` score ${next.score.toFixed(5)}, live from ${data.threshold.toFixed(5)}. Terms: ${terms}`;
    get("face_score").replaceChildren(badge, score);
    get("previous").disabled = shown.indexOf(next) <= 0;
    get("next").disabled = shown.indexOf(next) === shown.length - 1;
    const values = {
      image: await decode(next.components.image),
      traces: await decodeTraces(next.components),
      transfer: next.transfer && (await decodeTraces(next.transfer)),
      target: next.transfer && (await decode(data.targets[next.transfer.target].image)),
    };
    if (sample !== next) return; // another one was chosen meanwhile
    face = values;
    const option = document.querySelector('input[value="transfer"]');
    option.disabled = !face.transfer;
    if (!face.transfer) {
      paint(get("view_transfer"), new Float32Array(size * size).fill(0.5));
      if (option.checked) document.querySelector('input[value="live"]').checked = true;
    }
    for (const name of ELEMENTS) {
      const values = face.traces[name];
      paint(get(`component_${name}`), name === "P" ? values : values.map((value) => 0.5 + (GAIN / 2) * value));
    }
    recompute();
    get("explorer").dataset.shown = `${next.clip}/${next.frame}`;
  }

  const verdict = ({ live, wrong }) =>
    live ? (wrong ? "live, refused" : "live, accepted") : wrong ? "spoof, accepted" : "spoof, refused";

  /** The buttons of the faces of the filter. */
  function fill() {
    const wanted = get("filter").value;
    const fits = (each) => !wanted || (wanted === "wrong" ? each.wrong : `type ${each.type}` === wanted);
    shown = data.samples.filter(fits);
    get("count").textContent = shown.length === 1 ? "1 face" : `${shown.length} faces, the worst first`;
    get("gallery").replaceChildren(...shown.map((each) => {
      const [item, button, image] = ["li", "button", "img"].map((name) => document.createElement(name));
      const texts = [each.type.replaceAll("_", " "), each.score.toFixed(3)].map((text) => {
        const line = document.createElement("span");
        line.textContent = text;
        return line;
      });
      Object.assign(image, { src: each.components.image.src, alt: "", width: size, height: size });
      Object.assign(button, { type: "button", className: each.wrong ? "wrong" : "", sample: each, title: each.clip });
      button.setAttribute("aria-label", `${each.type}, score ${each.score.toFixed(3)}, ${verdict(each)}`);
      button.append(image, ...texts);
      button.addEventListener("click", () => choose(each));
      item.append(button);
      return item;
    }));
    if (shown.length) choose(shown.includes(sample) ? sample : shown[0]);
  }

  /** Chooses the face so many places further; the focus follows within the gallery. */
  function step(by) {
    const next = shown[shown.indexOf(sample) + by];
    if (!next) return;
    const buttons = [...get("gallery").querySelectorAll("button")];
    const button = buttons[shown.indexOf(next)];
    if (get("gallery").contains(document.activeElement)) button.focus();
    button.scrollIntoView({ block: "nearest" });
    choose(next);
  }

  function setAll(weight) {
    for (const name of ELEMENTS) get(`weight_${name}`).value = weight;
    recompute();
  }

  const types = [...new Set(data.samples.map((each) => each.type))];
  get("filter").append(new Option("all faces", ""), new Option("errors", "wrong"),
    ...types.map((type) => new Option(type.replaceAll("_", " "), `type ${type}`)));
  get("filter").addEventListener("change", fill);
  for (const name of ELEMENTS) get(`weight_${name}`).addEventListener("input", recompute);
  for (const option of document.querySelectorAll('input[name="view"]')) option.addEventListener("change", recompute);
  get("wipe").addEventListener("input", wipe);
  get("previous").addEventListener("click", () => step(-1));
  get("next").addEventListener("click", () => step(1));
  get("all_on").addEventListener("click", () => setAll(1));
  get("all_off").addEventListener("click", () => setAll(0));
  get("gallery").addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) { event.preventDefault(); step(by); }
  });
  for (const type of ["pointerdown", "pointermove"]) {
    get("picture").addEventListener(type, (event) => {
      if (!event.buttons && type === "pointermove") return;
      get("wipe").value = (100 * event.offsetX) / get("picture").clientWidth;
      wipe();
    });
  }
  fill();
}
