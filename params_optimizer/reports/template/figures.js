"use strict";
// Draws what the page's data holds. Nothing is computed here that a file could disagree with:
// numbers come from the data, this file chooses which of them to show.

const data = JSON.parse(document.getElementById("data").textContent);  // figures: id, kind, data
const byId = (id) => document.getElementById(id);
const figures = [];
const narrow = (node) => node.clientWidth < 620;
const safe = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const cut = (text, room) => text.length > room ? `${text.slice(0, room - 1)}…` : text;
const number = (value, digits = 2) => {
  if (value === null || value === undefined) return "-";
  const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text;  // no -0.00
};
const DIGITS = { score: 4, winrate: 1, avg_trade_r: 3, total_trades: 0 };
const figure = (name, value) => number(value, DIGITS[name] ?? 2);
// Around zero these are won or lost; the others are only more or less.
const SIGNED = new Set(["total_r", "sharpe_ratio", "avg_trade_r"]);

function theme() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["paper", "card", "ink", "soft", "line", "grid", "accent", "gain", "loss", "shade"];
  const found = Object.fromEntries(names.map((name) => [name, color(name)]));
  found.series = [0, 1, 2, 3, 4, 5, 6].map((place) => color(`s${place}`));
  found.dark = document.documentElement.dataset.theme === "dark";
  found.signed = found.dark
    ? [[0, "#f0795a"], [0.25, "#a5523e"], [0.5, "#262c36"], [0.75, "#2f8574"], [1, "#5fe0bf"]]
    : [[0, "#9c3018"], [0.25, "#dd9079"], [0.5, "#f6f3ec"], [0.75, "#74b8a8"], [1, "#0b5e4e"]];
  found.plain = found.dark
    ? [[0, "#1f2630"], [0.35, "#235266"], [0.7, "#4b9fb5"], [1, "#e9e2a6"]]
    : [[0, "#f5f1e6"], [0.35, "#a9cfd2"], [0.7, "#3b87a0"], [1, "#12344a"]];
  return found;
}

function axis(look, more) {
  return {
    gridcolor: look.grid, zeroline: false, linecolor: look.line, tickcolor: look.line, automargin: true,
    tickfont: { size: 12, color: look.soft }, title: { font: { size: 12, color: look.soft } }, ...more,
  };
}

const titled = (text, look) => ({ text: safe(text), font: { size: 12, color: look.soft }, standoff: 8 });

function layout(look, more) {
  return {
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: look.ink },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, dragmode: false,
    margin: { l: 52, r: 14, t: 12, b: 44 }, hovermode: "closest",
    hoverlabel: { bgcolor: look.card, bordercolor: look.line, font: { color: look.ink, size: 13 }, align: "left" },
    ...more,
  };
}

function show(id, draw) {
  const node = byId(id);
  if (!node) return;
  figures.push({ node, draw });
}

let pending = 0;  // the page is ready when nothing is being drawn
async function redraw(only) {
  const look = theme(), ready = document.documentElement.dataset;
  pending += 1;
  ready.ready = "no";
  try {
    for (const one of figures) if (!only || one.node.id === only) await drawn(one, look);
  } finally {
    pending -= 1;
    if (!pending) ready.ready = "yes";
  }
}

async function drawn(one, look) {
  const made = one.draw(look, one.node);
  await Plotly.react(one.node, made.data, made.layout, { displayModeBar: false, responsive: true });
  if (made.click && !one.node.dataset.clicks) {
    one.node.dataset.clicks = "yes";
    one.node.on("plotly_click", (event) => one.click(event));
  }
  one.click = made.click;
}

// A selector among the controls of a figure.
function choose(figureId, id, name, options, chosen, changed) {
  const label = document.createElement("label"), node = document.createElement("select");
  label.textContent = name;
  node.id = id;
  label.append(node);
  byId(`${figureId}-controls`).append(label);
  node.replaceChildren(...options.map(([value, text]) => {
    const option = document.createElement("option");
    option.value = value;
    option.textContent = text;
    option.selected = String(value) === String(chosen);
    return option;
  }));
  if (changed) node.addEventListener("change", changed);
  return node;
}

function button(figureId, text) {
  const node = document.createElement("button");
  node.type = "button";
  node.textContent = text;
  byId(`${figureId}-controls`).append(node);
  return node;
}

// A new element below a figure; a table gets a frame that scrolls.
function below(figureId, tag, className = "") {
  const node = document.createElement(tag), place = byId(`${figureId}-below`);
  if (tag !== "table") node.className = className;
  const frame = tag === "table" ? document.createElement("div") : node;
  if (frame !== node) { frame.className = className; frame.append(node); }
  place.append(frame);
  return node;
}

// --- all combinations ------------------------------------------------------------------

function distribution(id, content) {
  const all = content.distributions, noise = content.thresholds, names = content.metrics;
  const first = Object.keys(noise).find((name) => all[name]) || Object.keys(all)[0];
  choose(id, "distribution-metric", "Metric", Object.keys(all).map((name) => [name, names[name]]), first, () => redraw(id));
  const words = below(id, "p");
  show(id, (look) => {
    const name = byId("distribution-metric").value, one = all[name];
    const width = (one.greatest - one.least) / one.counts.length || 1;
    const single = one.least === one.greatest;
    const middles = one.counts.map((_, bin) => single ? one.least : one.least + (bin + 0.5) * width);
    const few = Math.max(...one.counts) < 6 ? { dtick: 1 } : {};
    const signed = SIGNED.has(name);
    const colors = middles.map((value) => !signed ? look.accent : value > 0 ? look.gain : value < 0 ? look.loss : look.soft);
    const bars = {
      type: "bar", x: middles, y: one.counts, width: width * 0.92, marker: { color: colors, opacity: 0.85 },
      customdata: middles.map((value) => [-width / 2, width / 2].map((end) => figure(name, value + (single ? 0 : end)))),
      hovertemplate: "%{customdata[0]} to %{customdata[1]}<br><b>%{y:,}</b> " + `${content.unit}s<extra></extra>`,
    };
    const marks = [];
    const winner = content.winner[name] ?? null;
    if (winner !== null) marks.push([winner, "the winner", look.ink, "solid"]);
    if (noise[name] !== undefined) marks.push([noise[name], "best expected of noise", look.series[1], "dash"]);
    words.textContent =
      `Mean ${figure(name, one.mean)}, from ${figure(name, one.least)} to ${figure(name, one.greatest)}.` +
      (signed ? ` ${number(one.above_zero, 0)} of ${number(one.total, 0)} (${number(100 * one.above_zero / one.total, 1)} %) lie above zero.` : "");
    const span = one.greatest - one.least || 1;
    return {
      data: [bars],
      layout: layout(look, {
        margin: { l: 56, r: 14, t: 46, b: 44 }, bargap: 0,
        xaxis: axis(look, { title: titled(names[name], look), showgrid: false, nticks: 9 }),
        yaxis: axis(look, { title: titled(`${content.unit[0].toUpperCase()}${content.unit.slice(1)}s`, look), tickformat: ",d", nticks: 6, ...few }),
        shapes: marks.map(([at, , color, dash]) => ({ type: "line", x0: at, x1: at, y0: 0, y1: 1, yref: "paper", line: { color, dash, width: 1.6 } })),
        annotations: marks.map(([at, text, color], place) => ({
          x: at, y: 1, yref: "paper", yanchor: "bottom", yshift: 2 + 17 * place, showarrow: false, text: `${text} ${figure(name, at)}`,
          xanchor: at > one.least + 0.6 * span ? "right" : "left", font: { size: 12, color },
        })),
      }),
    };
  });
}

// The range of nearly all values: a few that lie far away would press the others into a line.
function usual(values) {
  const sorted = values.filter((value) => value !== null).sort((one, other) => one - other);
  const [low, high] = [0.05, 0.95].map((share) => sorted[Math.round(share * (sorted.length - 1))]);
  const room = high - low || Math.abs(high) || 1;
  return [Math.max(sorted[0], low - 0.6 * room), Math.min(sorted.at(-1), high + 0.6 * room)];
}

function heat(id, content) {
  if (!Object.keys(content.maps).length) return;
  const pairs = Object.keys(content.maps).map((key) => key.split("-").map(Number));
  const main = content.main || pairs[0];
  const used = content.varying.filter((at) => pairs.some((pair) => pair.includes(at)));
  const options = used.map((at) => [at, content.factors[at].name]);
  const key = (x, y) => `${Math.min(x, y)}-${Math.max(x, y)}`;
  const changed = (moved, other) => () => {
    const x = Number(byId(moved).value);
    if (!content.maps[key(x, Number(byId(other).value))]) {
      byId(other).value = used.find((at) => content.maps[key(x, at)]);
    }
    redraw(id);
  };
  choose(id, "heat-x", "Across", options, main[1], changed("heat-x", "heat-y"));
  choose(id, "heat-y", "Up", options, main[0], changed("heat-y", "heat-x"));
  const again = () => redraw(id);
  choose(id, "heat-metric", "Metric", content.metrics.map((name) => [name, content.names[name]]), content.metrics[0], again);
  choose(id, "heat-mode", "Cell shows", content.modes, content.modes[0][0], again);
  show(id, (look, node) => {
    const x = Number(byId("heat-x").value), y = Number(byId("heat-y").value);
    const name = byId("heat-metric").value, mean = byId("heat-mode").value === "mean";
    const turned = x < y, [best, average, combination, count] = content.maps[key(x, y)][name];
    const turn = (rows) => turned ? rows[0].map((_, column) => rows.map((row) => row[column])) : rows;
    const z = turn(mean ? average : best), numbers = turn(combination), counts = count ? turn(count) : null;
    const hover = (at, place) => {
      const best = mean ? "" : `<br>${content.unit} ${number(numbers[at][place], 0)}`;
      return counts ? `${best}<br>of ${number(counts[at][place], 0)} ${content.unit}${counts[at][place] === 1 ? "" : "s"}` : best;
    };
    const [xs, ys] = [content.factors[x], content.factors[y]];
    const flat = z.flat().filter((value) => value !== null);
    const [low, high] = counts ? usual(flat) : [Math.min(...flat), Math.max(...flat)];
    const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
    const longest = narrow(node) ? 16 : 40, wide = Math.max(...ys.labels.map((label) => Math.min(label.length, longest)));
    const room = (node.clientWidth - (narrow(node) ? 7 * wide + 75 : Math.max(7 * wide - 80, 0))) / xs.labels.length;
    const texts = flat.length <= 400 && room > 46;
    const cells = {
      type: "heatmap", z, x: xs.labels.map((_, place) => place), y: ys.labels.map((_, place) => place), xgap: 2, ygap: 2,
      colorscale: SIGNED.has(name) ? look.signed : look.plain, hoverongaps: false,
      zmin: SIGNED.has(name) ? -reach : low, zmax: SIGNED.has(name) ? reach : high,
      text: z.map((row) => row.map((value) => texts && value !== null ? figure(name, value) : "")),
      texttemplate: "%{text}", textfont: { size: 12 },
      customdata: z.map((row, at) => row.map((value, place) => [
        safe(xs.labels[place]), safe(ys.labels[at]), figure(name, value), hover(at, place)])),
      hovertemplate: `${safe(xs.name)} %{customdata[0]}<br>${safe(ys.name)} %{customdata[1]}<br><b>%{customdata[2]}</b>%{customdata[3]}<extra></extra>`,
      colorbar: { thickness: 10, outlinewidth: 0, tickfont: { size: 11, color: look.soft }, len: 0.9, nticks: 6 },
    };
    const shapes = content.winner ? [{
      type: "rect", x0: content.winner[x] - 0.5, x1: content.winner[x] + 0.5, y0: content.winner[y] - 0.5, y1: content.winner[y] + 0.5,
      line: { color: look.ink, width: 2.5 },
    }] : [];
    const ticks = (one) => ({ tickvals: one.labels.map((_, place) => place), ticktext: one.labels.map((label) => safe(cut(label, longest))), showgrid: false, ticks: "" });
    return {
      data: [cells],
      layout: layout(look, {
        margin: { l: 60, r: 8, t: 8, b: 48 }, shapes,
        xaxis: axis(look, { ...ticks(xs), title: titled(xs.name, look) }),
        yaxis: axis(look, { ...ticks(ys), title: titled(ys.name, look) }),
      }),
    };
  });
}

function shares(id, content) {
  chooseGoal(id, content.goals.map((goal) => [goal.metric, goal.label]), 0, () => redraw(id));
  show(id, (look, node) => {
    const lines = content.goals[Number(byId(`${id}-goal`).value)].shares.slice().reverse();
    return shareBars(look, lines.map(([name, share, alone]) => [cut(name, narrow(node) ? 22 : 48), share, alone]));
  });
}

// Shares of the variance as bars, the last line on top: name, share, whether of one parameter alone.
function shareBars(look, lines) {
  return {
    data: [{
      type: "bar", orientation: "h", y: lines.map((_, place) => place), x: lines.map((one) => 100 * one[1]),
      marker: { color: lines.map((one) => one[2] ? look.accent : look.series[1]) }, cliponaxis: false,
      text: lines.map((one) => `${number(100 * one[1], 1)} %`), textposition: "outside", textfont: { color: look.soft, size: 12 },
      customdata: lines.map((one) => safe(one[0])), hovertemplate: "%{customdata}<br><b>%{text}</b><extra></extra>", width: 0.68,
    }],
    layout: layout(look, {
      margin: { l: 20, r: 56, t: 6, b: 40 },
      xaxis: axis(look, { title: titled("Share of variance, %", look), rangemode: "tozero" }),
      yaxis: axis(look, { showgrid: false, ticks: "", tickvals: lines.map((_, place) => place), ticktext: lines.map((one) => safe(one[0])) }),
    }),
  };
}

// Small panels side by side, one a parameter, on one common scale. Laid out in pixels.
function panels(id, content) {
  const node = byId(id), what = content.what, panels = content.panels;
  const rowHeight = 186, titleHeight = 34, tickHeight = 26, left = 46, gap = 26;
  show(id, (look) => {
    const width = node.clientWidth, columns = Math.min(width < 520 ? 2 : width < 860 ? 3 : 4, panels.length);
    const rows = Math.ceil(panels.length / columns), height = rows * rowHeight;
    node.style.height = `${height}px`;
    const panelWidth = (width - left - 8 - gap * (columns - 1)) / columns, plotWidth = width - left - 8;
    const values = panels.flatMap((one) => one.values).filter((value) => value !== null);
    const pad = 0.1 * (Math.max(...values) - Math.min(...values) || 1);
    const made = { margin: { l: left, r: 8, t: 0, b: 0 }, height }, traces = [], notes = [];
    panels.forEach((one, place) => {
      const [column, row, suffix] = [place % columns, Math.floor(place / columns), place ? place + 1 : ""];
      const domain = [column * (panelWidth + gap), column * (panelWidth + gap) + panelWidth].map((at) => Math.min(at / plotWidth, 1));
      const ydomain = [(row + 1) * rowHeight - tickHeight, row * rowHeight + titleHeight].map((at) => 1 - at / height);
      const longest = Math.max(...one.labels.map((label) => label.length)), fit = Math.max(2, Math.floor(panelWidth / (6.2 * longest + 10)));
      const step = Math.ceil(one.labels.length / fit);
      const shown = one.labels.map((_, at) => at).filter((at) => at % step === 0);
      const letters = Math.max(4, Math.floor((panelWidth / shown.length - 8) / 6.2));
      made[`xaxis${suffix}`] = axis(look, {
        domain, anchor: `y${suffix}`, tickvals: shown, ticktext: shown.map((at) => safe(cut(one.labels[at], letters))), showgrid: false,
        range: [-0.5, one.labels.length - 0.5], automargin: false, tickangle: 0, tickfont: { size: 11, color: look.soft },
      });
      made[`yaxis${suffix}`] = axis(look, {
        domain: ydomain, anchor: `x${suffix}`, range: [Math.min(...values) - pad, Math.max(...values) + pad], nticks: 4,
        showticklabels: column === 0, automargin: false, zeroline: true, zerolinecolor: look.soft, tickfont: { size: 11, color: look.soft },
      });
      traces.push({
        type: "scatter", mode: "lines+markers", x: one.values.map((_, at) => at), y: one.values, xaxis: `x${suffix}`, yaxis: `y${suffix}`,
        line: { color: look.accent, width: 2 }, connectgaps: false,
        marker: { opacity: 1, size: one.values.map((_, at) => at === one.winner ? 11 : 6), color: one.values.map((_, at) => at === one.winner ? look.series[1] : look.accent) },
        customdata: one.values.map((value, at) => [safe(one.labels[at]), number(value)]),
        hovertemplate: `${safe(one.name)} %{customdata[0]}<br>${what} <b>%{customdata[1]}</b><extra></extra>`,
      });
      notes.push({
        text: safe(one.name), showarrow: false, xref: "paper", yref: "paper", x: domain[0], y: ydomain[1], xanchor: "left", yanchor: "bottom",
        yshift: 3, font: { size: 12, color: look.ink },
      });
    });
    return { data: traces, layout: layout(look, { ...made, annotations: notes }) };
  });
}

function parallel(id, content) {
  const metrics = content.metrics, first = content.factors.length;
  const axes = [
    ...content.factors.map((factor) => ({ name: factor.name, labels: factor.labels })),
    ...metrics.map((name) => ({ name: content.names[name], metric: name })),
  ];
  axes.forEach((one, place) => {
    const values = content.rows.map((row) => row[place + 1]);
    one.least = one.labels ? 0 : Math.min(...values);
    one.greatest = one.labels ? one.labels.length - 1 : Math.max(...values);
  });
  const level = (one, value) => one.greatest > one.least ? (value - one.least) / (one.greatest - one.least) : 0.5;
  const chosen = new Map();
  choose(id, "parallel-metric", "Colour", metrics.map((name) => [name, content.names[name]]), metrics.includes("score") ? "score" : metrics[0], () => redraw(id));
  const clear = button(id, "Show all"), words = below(id, "p");
  clear.addEventListener("click", () => { chosen.clear(); redraw(id); });
  show(id, (look, node) => {
    // An axis whose labels are long gets more room; where there is not enough, the axes lie.
    const wide = axes.map((one) => one.labels ? Math.max(7.5, Math.max(...one.labels.map((label) => label.length)) + 3.5) : 8.5);
    const upright = node.clientWidth < 6.8 * wide.reduce((sum, room) => sum + room, 0);
    const height = upright ? axes.length * 70 + 40 : 480;
    node.style.height = `${height}px`;
    const [along, up] = upright ? ["y", "x"] : ["x", "y"];
    const metric = metrics.indexOf(byId("parallel-metric").value), of = axes[first + metric];
    const kept = (row) => [...chosen].every(([place, value]) => row[place + 1] === value);
    const rows = content.rows.filter(kept);
    const bins = 12, groups = Array.from({ length: bins }, () => []);
    rows.forEach((row) => groups[Math.min(bins - 1, Math.floor(bins * level(of, row[first + metric + 1])))].push(row));
    // Lines that share a value would hide each other: within a value they fan out by rank.
    const rooms = upright ? axes.map(() => 1) : wide;
    const places = rooms.map((_, place) => rooms.slice(0, place).reduce((sum, room) => sum + room, 0));
    const traces = groups.map((members, bin) => {
      const line = { [along]: [], [up]: [] };
      for (const row of members) {
        const rank = content.rows.indexOf(row) / content.rows.length - 0.5;
        axes.forEach((one, place) => {
          const fan = one.labels ? rank * 0.36 / Math.max(one.labels.length, 3) : 0;
          line[along].push(places[place]);
          line[up].push(level(one, row[place + 1]) + fan);
        });
        line[along].push(null);
        line[up].push(null);
      }
      return {
        type: "scatter", mode: "lines", ...line, hoverinfo: "skip", connectgaps: false, opacity: rows.length > 60 ? 0.38 : 0.75,
        line: { width: 1.2, color: mix(look.plain, 0.25 + 0.75 * (bin + 0.5) / bins) },
      };
    });
    const dots = { [along]: [], [up]: [], sizes: [], colors: [], custom: [] }, labels = [];
    axes.forEach((one, place) => {
      if (!one.labels) return;
      const longest = Math.max(...one.labels.map((label) => label.length));
      const fit = upright ? 0.8 * node.clientWidth / (6.2 * longest + 8) : 24;
      const step = Math.ceil(one.labels.length / fit);
      one.labels.forEach((label, value) => {
        const count = rows.filter((row) => row[place + 1] === value).length;
        dots[along].push(places[place]);
        dots[up].push(level(one, value));
        if (value % step === 0 || chosen.get(place) === value) labels.push({
          [along]: places[place], [up]: level(one, value), text: safe(label), showarrow: false, bgcolor: `${look.paper}d0`, borderpad: 1,
          font: { size: 11, color: count ? look.ink : look.soft }, ...(upright ? { yshift: -19, ...atEdge(level(one, value), label) } : { xanchor: "left", xshift: 12 }),
        });
        dots.sizes.push(count ? 7 + 13 * Math.sqrt(count / Math.max(rows.length, 1)) : 6);
        dots.colors.push(chosen.get(place) === value ? look.series[1] : look.card);
        dots.custom.push([place, value, safe(one.name), safe(label), number(count, 0)]);
      });
    });
    traces.push({
      type: "scatter", mode: "markers", [along]: dots[along], [up]: dots[up], customdata: dots.custom, cliponaxis: false,
      marker: { size: dots.sizes, color: dots.colors, opacity: 1, line: { color: look.accent, width: 1.5 } },
      hovertemplate: "%{customdata[2]} %{customdata[3]}<br><b>%{customdata[4]}</b> of the lines<extra></extra>",
    });
    const ends = axes.flatMap((one, place) => one.labels ? [] : [[places[place], 0, one.least], [places[place], 1, one.greatest]].map(([at, end, value]) => ({
      [along]: at, [up]: end, text: figure(one.metric, value), showarrow: false, font: { size: 11, color: look.soft },
      ...(upright ? { yshift: -11 } : { yshift: end ? 10 : -10 }),
    })));
    const names = axes.map((one, place) => upright
      ? { x: 0, xref: "paper", y: places[place], text: safe(one.name), showarrow: false, xanchor: "left", yanchor: "bottom", yshift: 11, bgcolor: `${look.paper}d0`, borderpad: 1, font: { size: 12, color: look.ink } }
      : { x: places[place], y: 1, text: safe(cut(one.name, 26)), showarrow: false, textangle: -28, xanchor: "left", yanchor: "bottom", yshift: 22, xshift: -8, font: { size: 12, color: look.ink } });
    const spines = places.map((place) => ({
      type: "line", [`${along}0`]: place, [`${along}1`]: place, [`${up}0`]: 0, [`${up}1`]: 1, line: { color: look.line, width: 1.5 }, layer: "below",
    }));
    clear.hidden = !chosen.size;
    words.textContent = chosen.size
      ? `${number(rows.length, 0)} of ${number(content.rows.length, 0)} have ` + [...chosen].map(([place, value]) => `${axes[place].name} ${axes[place].labels[value]}`).join(", ") + "."
      : `Click a value to see only the ${content.unit}s that have it, another one to narrow them down. A bigger dot: more of the lines.`;
    const lengthwise = { visible: false, range: upright ? [axes.length - 0.4, -0.7] : [-2, places.at(-1) + 3], fixedrange: true };
    const crosswise = { visible: false, range: upright ? [-0.14, 1.14] : [-0.09, 1.09], fixedrange: true };
    return {
      data: traces,
      layout: layout(look, {
        height, margin: upright ? { l: 4, r: 4, t: 4, b: 4 } : { l: 14, r: 60, t: 92, b: 18 }, shapes: spines, annotations: [...labels, ...names, ...ends],
        [`${along}axis`]: lengthwise, [`${up}axis`]: crosswise,
      }),
      click: (event) => {
        const found = event.points.find((point) => point.customdata);
        if (!found) return;
        const [place, value] = found.customdata;
        if (chosen.get(place) === value) chosen.delete(place); else chosen.set(place, value);
        redraw(id);
      },
    };
  });
}

// A long label below the first or last value begins or ends there: centred it would be cut off.
function atEdge(at, label) {
  if (label.length < 12 || (at > 0.1 && at < 0.9)) return {};
  return at < 0.5 ? { xanchor: "left", xshift: -12 } : { xanchor: "right", xshift: 12 };
}

function mix(scale, at) {
  const parts = (hex) => [1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16));
  const next = Math.max(1, scale.findIndex(([edge]) => edge >= at));
  const [[low, one], [high, other]] = [scale[next - 1], scale[next]];
  const share = (at - low) / (high - low);
  return `rgb(${parts(one).map((value, place) => Math.round(value + share * (parts(other)[place] - value))).join(",")})`;
}

// --- trades ----------------------------------------------------------------------------

function equity(id, content) {
  const all = content.series;
  if (content.months) periodTables(id, content);
  show(id, (look, node) => {
    const small = narrow(node);
    const height = small ? 440 + 24 * all.length : 540;
    node.style.height = `${height}px`;
    const strong = (one) => one.key === "best" || one.oos || one.strong;
    const traces = all.flatMap((one, place) => {
      const color = look.series[place % look.series.length], common = { x: one.dates, legendgroup: one.key, type: "scatter", mode: "lines" };
      const line = { color, width: strong(one) ? 2.4 : 1.3, dash: one.oos ? "dot" : "solid", shape: "hv" };
      const upper = [
        { ...common, y: one.cumulative, name: safe(one.name), line, hovertemplate: `%{x|%d %b %Y}<br><b>%{y:,.2f} R</b><extra>${safe(one.name)}</extra>` },
      ];
      return !strong(one) ? upper : [
        ...upper,
        { ...common, y: one.drawdown.map((value) => -value), yaxis: "y2", showlegend: false, line: { ...line, width: 1.2 },
          fill: one.key === "best" ? "tozeroy" : "none", fillcolor: `${color}22`, visible: true,
          hovertemplate: `%{x|%d %b %Y}<br><b>%{y:,.2f} R</b> below the peak<extra>${safe(one.name)}</extra>` },
      ];
    });
    return {
      data: traces,
      layout: layout(look, {
        height, showlegend: true, margin: { l: 54, r: 12, t: 8, b: 36 },
        legend: small ? { orientation: "h", y: -0.12, yanchor: "top", font: { size: 11 }, entrywidthmode: "fraction", entrywidth: 1 } : { orientation: "h", y: 1.02, yanchor: "bottom", font: { size: 12 }, entrywidth: 0 },
        xaxis: axis(look, { type: "date", anchor: "y2", showgrid: false, nticks: small ? 5 : 10 }),
        yaxis: axis(look, { domain: [0.34, 1], title: titled("Sum of R", look), zeroline: true, zerolinecolor: look.soft, zerolinewidth: 1 }),
        yaxis2: axis(look, { domain: [0, 0.27], title: titled("Drawdown, R", look), nticks: 4 }),
      }),
    };
  });
}

function cell(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function row(cells) {
  const made = document.createElement("tr");
  made.append(...cells);
  return made;
}

function tinted(value, most, look) {
  const made = cell("td", value === null ? "" : number(value));
  if (value !== null && most > 0) {
    const share = Math.round(52 * Math.min(Math.abs(value) / most, 1));
    made.style.background = `color-mix(in srgb, ${value < 0 ? look.loss : look.gain} ${share}%, transparent)`;
  }
  return made;
}

function periodTables(id, equity) {
  const place = [below(id, "div", "scroll"), below(id, "div", "scroll")];
  const draw = () => {
    const one = equity.series.find((series) => series.key === byId("period-series").value), look = theme();
    const months = document.createElement("table"), years = Object.keys(one.by_year);
    months.className = "periods";
    months.append(cell("caption", "R by month"));
    const most = Math.max(...years.flatMap((year) => Object.values(one.by_month[year]).map((period) => Math.abs(period[1]))));
    const head = document.createElement("thead"), body = document.createElement("tbody");
    head.append(row([cell("th", "", "text"), ...equity.months.map((name) => cell("th", name)), cell("th", "Year", "sum"), cell("th", "Trades")]));
    for (const year of years) {
      const cells = equity.months.map((_, place) => {
        const period = one.by_month[year][place + 1];
        const made = tinted(period ? period[1] : null, most, look);
        if (period) made.title = `${period[0]} trades: ${recordOf(period)}; win rate ${number(period[2], 1)} %`;
        return made;
      });
      const whole = one.by_year[year];
      body.append(row([cell("th", year, "text"), ...cells, cell("td", number(whole[1]), "sum"), cell("td", number(whole[0], 0))]));
    }
    months.append(head, body);
    place[0].replaceChildren(months);
    const days = document.createElement("table"), lines = document.createElement("tbody"), top = document.createElement("thead");
    days.append(cell("caption", "R by weekday"));
    top.append(row([cell("th", "", "text"), cell("th", "Total R"), cell("th", "Trades"), cell("th", "Win rate (%)"), cell("th", "Won / lost / flat"), cell("th", "R per trade")]));
    const week = Object.entries(one.by_weekday), wide = Math.max(...week.map(([, period]) => Math.abs(period[1])));
    for (const [day, period] of week) {
      lines.append(row([cell("th", equity.weekdays[day], "text"), tinted(period[1], wide, look), cell("td", number(period[0], 0)), cell("td", number(period[2], 1)), cell("td", recordOf(period, " / ", [])), cell("td", number(period[3], 3))]));
    }
    days.append(top, lines);
    place[1].replaceChildren(days);
  };
  choose(id, "period-series", "Months and weekdays of", equity.series.map((one) => [one.key, one.name]), equity.series[0].key, draw);
  tables.push(draw);
}
const tables = [];
const recordOf = (period, between = ", ", words = [" won", " lost", " flat"]) =>
  [period[4], period[5], period[0] - period[4] - period[5]].map((count, place) => `${number(count, 0)}${words[place] ?? ""}`).join(between);

function walk(id, content) {
  const windows = content.windows;
  show(id, (look) => {
    const bar = (key, name, color) => ({
      type: "bar", name, x: windows.map((one) => one.window), y: windows.map((one) => one[key]), marker: { color },
      customdata: windows.map((one) => [safe(one.dates), number(one[`${key}_total`]), number(one[key], 3)]),
      hovertemplate: `%{customdata[0]}<br>${name}: <b>%{customdata[1]} R</b>, %{customdata[2]} a day<extra></extra>`,
    });
    return {
      data: [bar("in_sample", "in sample", look.series[5]), bar("out_sample", "out of sample", look.series[1])],
      layout: layout(look, {
        barmode: "group", showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom" }, margin: { l: 56, r: 12, t: 30, b: 44 },
        xaxis: axis(look, { title: titled("Window", look), showgrid: false, dtick: windows.length > 30 ? undefined : 1 }),
        yaxis: axis(look, { title: titled("R per trading day", look), zeroline: true, zerolinecolor: look.soft }),
      }),
    };
  });
}

function holdout(id, held) {
  show(id, (look) => ({
    data: [{
      type: "scatter", mode: "markers", x: held.top.map((one) => one[1]), y: held.top.map((one) => one[2]), cliponaxis: false,
      marker: { size: held.top.map((_, place) => place ? 8 : 13), color: held.top.map((_, place) => place ? look.accent : look.series[1]), opacity: 0.8, line: { color: look.card, width: 1 } },
      customdata: held.top.map((one) => [number(one[0], 0), number(one[1]), number(one[2])]),
      hovertemplate: held.unit + " %{customdata[0]}<br>in sample %{customdata[1]} R<br>out of sample <b>%{customdata[2]} R</b><extra></extra>",
    }],
    layout: layout(look, {
      xaxis: axis(look, { title: titled("Total R in sample", look) }),
      yaxis: axis(look, { title: titled("Total R out of sample", look), zeroline: true, zerolinecolor: look.soft }),
    }),
  }));
}

const clock = (minute) => `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

// The list of the last trades, its selector and its buttons; returns what tells the chosen one.
function tradeList(id, content) {
  const list = below(id, "table", "scroll tall"), older = button(id, "Older"), newer = button(id, "Newer");
  list.id = "trade-list";
  const chosen = () => {
    [...list.tBodies[0].rows].forEach((one, place) => one.classList.toggle("chosen", place === Number(select.value)));
    older.disabled = Number(select.value) === content.trades.length - 1;
    newer.disabled = Number(select.value) === 0;
    redraw(id);
  };
  const select = choose(id, "day", "Trade", content.names.map((name, place) => [place, name]), 0, chosen);
  const pick = (place) => { select.value = Math.min(Math.max(place, 0), content.trades.length - 1); chosen(); };
  byId(`${id}-controls`).prepend(select.parentNode);
  older.addEventListener("click", () => pick(Number(select.value) + 1));
  newer.addEventListener("click", () => pick(Number(select.value) - 1));
  const head = document.createElement("thead"), body = document.createElement("tbody");
  head.append(row(content.columns.map(([, title, digits]) => cell("th", title, digits === null ? "text" : ""))));
  content.trades.forEach((trade, at) => {
    const line = row(content.columns.map(([name, , digits], place) => digits === null
      ? cell("td", trade[place], "text")
      : cell("td", number(trade[place], digits), name === "r" || name === "profit" ? (trade[place] < 0 ? "loss" : trade[place] > 0 ? "gain" : "") : "")));
    line.tabIndex = 0;
    line.addEventListener("click", () => pick(at));
    line.addEventListener("keydown", (event) => { if (event.key === "Enter") pick(at); });
    body.append(line);
  });
  list.append(head, body);
  body.rows[0].classList.add("chosen");
  newer.disabled = true;
  older.disabled = content.trades.length < 2;
  return () => Number(select.value);
}

// Candles at the places `x`; `times` says when each of them was.
function candleTraces(look, x, ohlc, times, digits = 2) {
  const [open, high, low, close] = ohlc;
  return [
    { type: "candlestick", x, open, high, low, close, name: "", hoverinfo: "skip",
      increasing: { line: { color: look.gain, width: 1 }, fillcolor: look.gain }, decreasing: { line: { color: look.loss, width: 1 }, fillcolor: look.loss } },
    { type: "scatter", mode: "markers", x, y: high, marker: { size: 10, opacity: 0 },
      customdata: times.map((time, place) => [time, number(open[place], digits), number(high[place], digits), number(low[place], digits), number(close[place], digits)]),
      hovertemplate: "%{customdata[0]}<br>open %{customdata[1]}<br>high %{customdata[2]}<br>low %{customdata[3]}<br>close %{customdata[4]}<extra></extra>" },
  ];
}

// Where a trade began and ended, as a triangle in its direction and a cross.
function fillTraces(look, entry, exit, long, r) {
  const won = r > 0 ? look.gain : r < 0 ? look.loss : look.soft, line = { color: look.card, width: 1.5 };
  const fill = (one, marker) => ({ type: "scatter", mode: "markers", x: [one.x], y: [one.y], marker: { ...marker, line }, hovertemplate: `${safe(one.text)}<extra></extra>` });
  return [
    fill(entry, { symbol: long ? "triangle-up" : "triangle-down", size: 15, color: look.ink }),
    fill(exit, { symbol: "x", size: 12, color: won }),
  ];
}

// Names of neighbouring levels push each other apart.
function apart(places, gap) {
  for (let round = 0; round < 60; round++) {
    for (let place = 1; place < places.length; place++) {
      const lack = (gap - (places[place] - places[place - 1])) / 2;
      if (lack > 0) { places[place] += lack; places[place - 1] -= lack; }
    }
  }
  return places;
}

// The chart of a trade: candles by their places, so that hours without bars take no room.
function trades(id, content) {
  const at = Object.fromEntries(content.columns.map(([name], place) => [name, place])), digits = content.digits;
  const stamp = (minute) => new Date(minute * 60000).toISOString().slice(0, 16).replace("T", " ");
  const words = below(id, "p"), events = below(id, "ul"), place = tradeList(id, content);
  words.id = "day-words";
  show(id, (look, node) => {
    const trade = content.trades[place()], chart = content.charts[place()], small = narrow(node);
    const value = (name) => trade[at[name]], levels = chart.levels ?? [], x = chart.time.map((_, candle) => candle);
    const days = new Set(chart.time.map((minute) => Math.floor(minute / 1440)));
    const fill = (where, name) => ({ x: where, y: value(`${name}_price`), text: `${name} ${number(value(`${name}_price`), digits)}` });
    const entry = fill(chart.entry, "entry"), exit = fill(chart.exit, "exit");
    const color = (tone) => look[tone] ?? look.ink;
    const shapes = [
      { type: "rect", x0: chart.shade[0], x1: chart.shade[1], y0: 0, y1: 1, yref: "paper", fillcolor: look.shade, line: { width: 0 }, layer: "below", opacity: 0.85 },
      ...levels.map(([y, , tone, dash, x0, x1]) => ({ type: "line", x0, x1, y0: y, y1: y, line: { color: color(tone), dash, width: dash === "dash" ? 1.8 : 1.5 } })),
      ...(chart.events ?? []).map(([x0]) => ({ type: "line", x0, x1: x0, y0: 0, y1: 1, yref: "paper", line: { color: look.series[1], dash: "dot", width: 1.5 } })),
    ];
    if (chart.box) shapes.push({ type: "rect", x0: chart.box[0], x1: chart.box[1], y0: chart.box[2], y1: chart.box[3], fillcolor: look.accent, opacity: 0.16, line: { width: 0 }, layer: "below" });
    const named = [...levels].sort((one, other) => one[0] - other[0]), ends = [...chart.ohlc[1], ...chart.ohlc[2], ...named.map(([y]) => y)];
    const spots = apart(named.map(([y]) => y), 0.05 * (Math.max(...ends) - Math.min(...ends) || 1));
    const annotations = named.map(([, text, tone], line) => ({ x: 1, xref: "paper", xanchor: "left", xshift: 4, y: spots[line], text: safe(text), showarrow: false, font: { size: 11.5, color: color(tone) } }));
    words.textContent = chart.words;
    events.replaceChildren(...(chart.events ?? []).map(([, text]) => cell("li", text)));
    const step = Math.max(1, Math.ceil(x.length / (small ? 4 : 9))), ticks = x.filter((candle) => candle % step === 0);
    const short = (minute) => days.size > 1 ? `${stamp(minute).slice(5, 10)}<br>${clock(minute)}` : clock(minute);
    const line = { type: "scatter", mode: "lines", x: [entry.x, exit.x], y: [entry.y, exit.y], line: { color: value("r") > 0 ? look.gain : look.loss, width: 1.8, dash: "dot" }, hoverinfo: "skip" };
    return {
      data: [
        ...candleTraces(look, x, chart.ohlc, chart.time.map(stamp), digits), ...(levels.length ? [] : [line]),
        ...fillTraces(look, entry, exit, value("direction") === "long", value("r")),
      ],
      layout: layout(look, {
        margin: { l: 62, r: levels.length ? 56 : 16, t: 10, b: 46 }, shapes, annotations,
        xaxis: axis(look, { range: [-1, x.length], tickvals: ticks, ticktext: ticks.map((candle) => short(chart.time[candle])), tickangle: 0, rangeslider: { visible: false }, showgrid: false }),
        yaxis: axis(look, { tickformat: `,.${digits}f`, nticks: 7 }),
      }),
    };
  });
}

// --- bars and lines whose form the data tells ---------------------------------------------

function traces(id, one) {
    show(id, (look) => ({
      data: one.traces.map((trace, place) => ({
        cliponaxis: trace.type !== "bar" ? false : undefined, hovertemplate: "%{x}<br><b>%{y}</b><extra>%{fullData.name}</extra>", ...trace, name: safe(trace.name ?? ""),
        x: (trace.x ?? []).map((value) => typeof value === "string" ? safe(value) : value),
        y: (trace.y ?? []).map((value) => typeof value === "string" ? safe(value) : value),
        marker: { color: look.series[place % 7], size: 7, ...(trace.marker ?? {}) }, line: { color: look.series[place % 7], width: 2, ...(trace.line ?? {}) },
      })),
      layout: layout(look, {
        showlegend: one.traces.length > 1, legend: { orientation: "h", y: 1.02, yanchor: "bottom" }, margin: { l: 56, r: 14, t: 28, b: 44 }, barmode: "group",
        xaxis: axis(look, { title: titled(one.x ?? "", look), showgrid: false }),
        yaxis: axis(look, { title: titled(one.y ?? "", look), zeroline: true, zerolinecolor: look.soft }),
      }),
    }));
}

// --- how an adaptive run went ---------------------------------------------------------------

// Goals in the selectors; one alone needs no choice.
function chooseGoal(id, goals, first, changed) {
  choose(id, `${id}-goal`, "Goal", goals.map(([, text], place) => [place, text]), first, changed);
  byId(`${id}-controls`).hidden = goals.length < 2;
}

// An axis range with some room, which holds nearly all values and the best; and how many it leaves out.
function within(values, best) {
  const [low, high] = usual([...values, best]), room = 0.06 * (high - low) || 1;
  const range = [Math.min(low, best) - room, Math.max(high, best) + room];
  return [range, (value) => value !== null && (value < range[0] || value > range[1])];
}

const outsideWords = (count) => count ? `${number(count, 0)} trial${count > 1 ? "s lie" : " lies"} far outside the picture.` : "";

function historyFigure(id, found) {
  chooseGoal(id, found.goals, 0, () => redraw(id));
  const beyond = below(id, "p");
  show(id, (look, node) => {
    const at = Number(byId(`${id}-goal`).value), [metric, text] = found.goals[at], best = found.best[at];
    const value = (trial) => trial[3 + at], state = (trial) => found.states[trial[1]];
    const hover = (trial) => [number(trial[0], 0), safe(state(trial)), figure(metric, value(trial)), trial[2] === null ? "" : `<br>answered from memory: trial ${number(trial[2], 0)}`];
    const dots = (name, trials, marker, y = trials.map(value), more = {}) => ({
      type: "scatter", mode: "markers", name, x: trials.map((trial) => trial[0]), y, marker, customdata: trials.map(hover),
      hovertemplate: "trial %{customdata[0]}, %{customdata[1]}<br><b>%{customdata[2]}</b>%{customdata[3]}<extra></extra>", ...more,
    });
    const complete = found.trials.filter((trial) => state(trial) === "complete");
    const none = found.trials.filter((trial) => value(trial) === null);
    const all = found.trials.map(value).filter((one) => one !== null), figures = complete.length ? complete.map(value) : all;
    const [range, outside] = figures.length ? within(figures, best.length ? best.at(-1)[1] : figures[0]) : [[0, 1], () => false];
    beyond.textContent = outsideWords(all.filter(outside).length);
    const last = Math.max(found.count - 1, 1), traces = [];
    if (complete.length) traces.push(dots("complete", complete, { size: 6, color: look.accent, opacity: 0.55 }));
    for (const [name, symbol] of [["infeasible", "circle-open"], ["pruned", "diamond-open"]]) {
      const these = found.trials.filter((trial) => state(trial) === name && value(trial) !== null);
      if (these.length) traces.push(dots(name, these, { size: 6, symbol, color: look.soft, opacity: 0.6 }));
    }
    if (none.length) traces.push(dots("failed", none, { size: 8, symbol: "x-thin", color: look.loss, line: { color: look.loss, width: 1.6 } }, none.map(() => 0.5), { yaxis: "y2" }));
    if (best.length) traces.push({
      type: "scatter", mode: "lines", name: "best so far", line: { color: look.series[1], width: 2.4, shape: "hv" },
      x: [...best.map((one) => one[0]), last], y: [...best.map((one) => one[1]), best.at(-1)[1]],
      customdata: [...best, best.at(-1)].map((one) => [number(one[0], 0), figure(metric, one[1])]),
      hovertemplate: "best so far: trial %{customdata[0]}<br><b>%{customdata[1]}</b><extra></extra>",
    });
    const strip = none.length ? 0.1 : 0;
    return {
      data: traces,
      layout: layout(look, {
        showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", font: { size: 12 } }, margin: { l: 60, r: 14, t: narrow(node) ? 52 : 34, b: 44 },
        xaxis: axis(look, { title: titled("Trial", look), showgrid: false, range: [-0.02 * last - 0.5, 1.02 * last + 0.5], anchor: none.length ? "y2" : "y", tickformat: ",d", ...(last < 10 ? { dtick: 1 } : { nticks: narrow(node) ? 5 : 10 }) }),
        yaxis: axis(look, { title: titled(text, look), domain: [strip, 1], range, zeroline: SIGNED.has(metric), zerolinecolor: look.soft }),
        yaxis2: axis(look, { domain: [0, 0.06], range: [0, 1], visible: false, fixedrange: true }),
      }),
    };
  });
}

function front(id, found) {
  const goals = found.goals, beyond = below(id, "p");
  const changed = (moved, other) => () => {
    if (byId(moved).value === byId(other).value) byId(other).value = goals.findIndex((_, place) => place !== Number(byId(moved).value));
    redraw(id);
  };
  const options = goals.map(([, text], place) => [place, text]);
  choose(id, "pareto-x", "Across", options, 1, changed("pareto-x", "pareto-y"));
  choose(id, "pareto-y", "Up", options, 0, changed("pareto-y", "pareto-x"));
  show(id, (look, node) => {
    const x = Number(byId("pareto-x").value), y = Number(byId("pareto-y").value);
    const line = found.lines[`${Math.min(x, y)}-${Math.max(x, y)}`].map((point) => x < y ? point : [point[1], point[0]]);
    const all = found.complete;
    const dots = (name, trials, marker) => ({
      type: "scatter", mode: "markers", name, x: trials.map((trial) => trial[1 + x]), y: trials.map((trial) => trial[1 + y]), marker,
      customdata: trials.map((trial) => [number(trial[0], 0), goals.map(([metric, text], place) => `<br>${safe(text)} <b>${figure(metric, trial[1 + place])}</b>`).join("")]),
      hovertemplate: "trial %{customdata[0]}%{customdata[1]}<extra></extra>",
    });
    const ranges = [x, y].map((goal) => {
      const best = found.front.map((trial) => trial[1 + goal]);
      const [range, outside] = within(all.map((trial) => trial[1 + goal]), best[0]);
      return [[Math.min(range[0], ...best), Math.max(range[1], ...best)], outside];
    });
    beyond.textContent = outsideWords(all.filter((trial) => ranges[0][1](trial[1 + x]) || ranges[1][1](trial[1 + y])).length);
    return {
      data: [
        dots("complete trials", all, { size: 6, color: look.soft, opacity: 0.45 }),
        { type: "scatter", mode: "lines", name: goals.length > 2 ? "front of these two" : "front", x: line.map((point) => point[0]), y: line.map((point) => point[1]), line: { color: look.series[1], width: 1.8 }, hoverinfo: "skip" },
        dots(goals.length > 2 ? "front of all goals" : "on the front", found.front, { size: 9, color: look.accent, line: { color: look.card, width: 1 } }),
      ],
      layout: layout(look, {
        showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", font: { size: 12 } }, margin: { l: 60, r: 14, t: narrow(node) ? 52 : 34, b: 44 },
        xaxis: axis(look, { title: titled(`${goals[x][1]} (${goals[x][2]})`, look), range: ranges[0][0], zeroline: SIGNED.has(goals[x][0]), zerolinecolor: look.soft }),
        yaxis: axis(look, { title: titled(`${goals[y][1]} (${goals[y][2]})`, look), range: ranges[1][0], zeroline: SIGNED.has(goals[y][0]), zerolinecolor: look.soft }),
      }),
    };
  });
}


// --- the page ----------------------------------------------------------------------------

function applyTheme(name) {
  document.documentElement.dataset.theme = name;
  byId("theme").textContent = name === "dark" ? "Light" : "Dark";
}

// One after the other: a window that changes its size twice must not draw both at once.
let drawing = Promise.resolve();
function everything() {
  drawing = drawing.then(() => {
    for (const draw of tables) draw();
    return redraw();
  });
  return drawing;
}

const DRAW = { distribution, heat, shares, panels, parallel, equity, holdout, walk, traces, trades, history: historyFigure, front };

function begin() {
  for (const one of data.figures) DRAW[one.kind](one.id, one.data);
  applyTheme(document.documentElement.dataset.theme);
  byId("theme").addEventListener("click", () => {
    applyTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    everything();
  });
  let before = "light", width = window.innerWidth;
  window.addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    applyTheme("light");
    document.body.style.width = "690px";  // what A4 leaves between its margins
    everything();
  });
  window.addEventListener("afterprint", () => {
    document.body.style.width = "";
    applyTheme(before);
    everything();
  });
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;  // the address bar of a phone comes and goes
    width = window.innerWidth;
    everything();
  });
  everything();
}
