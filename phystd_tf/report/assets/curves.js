// ROC, DET and histogram of the scores, with a threshold that can be moved.
{
  const data = JSON.parse(document.getElementById("curves_data").textContent);
  const get = (id) => document.getElementById(id);
  const box = { left: 44, right: 326, top: 8, bottom: 258 };
  const live = data.types.find((type) => type.name === "live");
  const spoofs = data.types.filter((type) => type !== live);
  // As the tables round.
  const rounding = { minimumFractionDigits: 2, maximumFractionDigits: 2, roundingMode: "halfEven" };
  const digits = new Intl.NumberFormat("en", rounding);
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  let charts = {};

  /** An element of an SVG with attributes; what is inside it is text. */
  function draw(parent, name, attributes, text = "") {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    parent.append(element);
    return element;
  }

  /** Rates at each threshold: spoofs that are accepted, live faces that are refused. */
  function ratesOf(types) {
    const number = sum(types.map((type) => type.number));
    return data.thresholds.map((_, place) => ({
      accepted: number ? 1 - sum(types.map((type) => type.below[place])) / number : NaN,
      refused: live ? live.below[place] / live.number : NaN,
    }));
  }

  /** The normal deviate of a rate: the inverse of the normal distribution, by bisection. */
  function deviate(rate) {
    const wanted = Math.min(Math.max(rate, 5e-4), 1 - 5e-4);
    const density = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    let low = -4;
    let area = 3.167e-5; // below -4
    const step = 0.005;
    while (area < wanted && low < 4) {
      area += (step / 6) * (density(low) + 4 * density(low + step / 2) + density(low + step));
      low += step;
    }
    return low;
  }

  const linear = { low: 0, high: 1, of: (rate) => rate, ticks: [0, 0.25, 0.5, 0.75, 1] };
  const normal = { low: deviate(0), high: deviate(0.9), of: deviate, ticks: [0.001, 0.01, 0.05, 0.2, 0.5, 0.8] };
  const percent = (rate) => `${+(100 * rate).toPrecision(3)} %`;
  const part = (axis, rate) => (axis.of(rate) - axis.low) / (axis.high - axis.low);
  const onX = (axis, rate) => box.left + part(axis, rate) * (box.right - box.left);
  const onY = (axis, rate) => box.bottom - part(axis, rate) * (box.bottom - box.top);

  function titles(svg, across, up) {
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    draw(svg, "text", { x, y: 292, "text-anchor": "middle" }, across);
    draw(svg, "text", { transform: `translate(11 ${y}) rotate(-90)`, "text-anchor": "middle" }, up);
  }

  function frame(svg, axis, across, up) {
    svg.replaceChildren();
    for (const tick of axis.ticks) {
      const [x, y] = [onX(axis, tick), onY(axis, tick)];
      draw(svg, "line", { x1: x, x2: x, y1: box.top, y2: box.bottom, class: "grid" });
      draw(svg, "line", { x1: box.left, x2: box.right, y1: y, y2: y, class: "grid" });
      draw(svg, "text", { x, y: box.bottom + 15, "text-anchor": "middle" }, percent(tick).replace(" %", ""));
      draw(svg, "text", { x: box.left - 6, y: y + 4, "text-anchor": "end" }, percent(tick).replace(" %", ""));
    }
    titles(svg, across, up);
  }

  /** A curve of rates, as [x, y] on an axis; returns its moving point and its places. */
  function curve(svg, axis, pairs) {
    const places = pairs.map(([x, y]) => [
      Math.min(Math.max(onX(axis, x), box.left), box.right),
      Math.min(Math.max(onY(axis, y), box.top), box.bottom),
    ]);
    const points = places.map((place) => place.map((at) => at.toFixed(2)).join()).join(" ");
    draw(svg, "polyline", { points, class: "curve" });
    return { svg, places, point: draw(svg, "circle", { r: 6, class: "point" }) };
  }

  function histogram(types) {
    const svg = get("histogram");
    svg.replaceChildren();
    const edges = data.edges;
    const x = (score) => box.left + ((score - edges[0]) / (edges.at(-1) - edges[0])) * (box.right - box.left);
    const groups = [["spoof", types], ["live", live ? [live] : []]].map(([name, members]) => {
      const number = sum(members.map((type) => type.number)) || 1;
      return [name, edges.slice(1).map((_, bin) => sum(members.map((type) => type.bins[bin])) / number)];
    });
    const most = Math.max(...groups.flatMap(([, shares]) => shares), 1e-9);
    const y = (share) => box.bottom - (share / most) * (box.bottom - box.top);
    for (const share of [0, most / 2, most]) {
      draw(svg, "line", { x1: box.left, x2: box.right, y1: y(share), y2: y(share), class: "grid" });
      draw(svg, "text", { x: box.left - 6, y: y(share) + 4, "text-anchor": "end" }, (100 * share).toFixed(0));
    }
    for (const [name, shares] of groups) {
      shares.forEach((share, bin) => {
        const width = x(edges[bin + 1]) - x(edges[bin]);
        const place = { x: x(edges[bin]), y: y(share), width, height: box.bottom - y(share) };
        if (share) draw(svg, "rect", { ...place, class: `bar-${name}` });
      });
    }
    for (const [share, anchor] of [[0, "start"], [0.5, "middle"], [1, "end"]]) {
      const score = edges[0] + share * (edges.at(-1) - edges[0]);
      draw(svg, "text", { x: x(score), y: box.bottom + 15, "text-anchor": anchor }, score.toFixed(3));
    }
    titles(svg, "liveness score", "% of the class");
    const places = data.thresholds.map((score) => [Math.min(Math.max(x(score), box.left), box.right), 0]);
    return { svg, places, line: draw(svg, "line", { y1: box.top, y2: box.bottom, class: "at" }) };
  }

  function redraw() {
    const name = get("curve_type").value;
    const types = name ? spoofs.filter((type) => type.name === name) : spoofs;
    const rates = ratesOf(types);
    frame(get("roc"), linear, "spoofs accepted, %", "live faces accepted, %");
    draw(get("roc"), "line", { x1: box.left, y1: box.bottom, x2: box.right, y2: box.top, class: "chance" });
    frame(get("det"), normal, "spoofs accepted, %", "live faces refused, %");
    charts = {
      rates,
      roc: curve(get("roc"), linear, rates.map((rate) => [rate.accepted, 1 - rate.refused])),
      det: curve(get("det"), normal, rates.map((rate) => [rate.accepted, rate.refused])),
      histogram: histogram(types),
    };
    move();
  }

  /** Shows the threshold of the slider. */
  function move() {
    const place = +get("threshold").value;
    const { accepted, refused } = charts.rates[place];
    const text = (rate) => (Number.isNaN(rate) ? "undefined" : `${digits.format(100 * rate)} %`);
    get("threshold_value").textContent = data.thresholds[place].toFixed(5);
    get("threshold").setAttribute("aria-valuetext", data.thresholds[place].toFixed(5));
    get("rate_accepted").textContent = text(accepted);
    get("rate_refused").textContent = text(refused);
    get("rate_half").textContent = text((accepted + refused) / 2);
    for (const chart of [charts.roc, charts.det]) {
      chart.point.setAttribute("cx", chart.places[place][0]);
      chart.point.setAttribute("cy", chart.places[place][1]);
    }
    for (const end of ["x1", "x2"]) charts.histogram.line.setAttribute(end, charts.histogram.places[place][0]);
  }

  /** The threshold whose place on a chart is nearest to the pointer. */
  function point(event, chart) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.svg.getScreenCTM().inverse());
    const far = chart.places.map(([x, y]) => Math.hypot(x - at.x, chart.point ? y - at.y : 0));
    get("threshold").value = far.indexOf(Math.min(...far));
    move();
  }

  const options = spoofs.map(({ name }) => new Option(name.replaceAll("_", " "), name));
  get("curve_type").append(new Option("all", ""), ...options);
  get("threshold").max = data.thresholds.length - 1;
  get("threshold").value = data.threshold;
  get("threshold").addEventListener("input", move);
  get("threshold_reset").addEventListener("click", () => { get("threshold").value = data.threshold; move(); });
  get("curve_type").addEventListener("change", redraw);
  for (const name of ["roc", "det", "histogram"]) {
    for (const type of ["pointerdown", "pointermove"]) {
      get(name).addEventListener(type, (event) => {
        if (event.buttons || type === "pointerdown") point(event, charts[name]);
      });
    }
  }
  redraw();
}
