"use strict";
// Draws what the page's data holds. Nothing is computed here that a file could disagree with:
// numbers come from the data, this file chooses which of them to show.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const figures = [];
const UNIT = data.unit ?? "combination";  // what a parameter set is called
const more = [];  // what other files add to draw
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
const NAMES = { ...(data.grid ? data.grid.metrics : {}), total_trades: "Trades", max_drawdown: "Drawdown, R" };
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

async function redraw(only) {
  const look = theme();
  for (const one of figures) {
    if (only && one.node.id !== only) continue;
    const made = one.draw(look, one.node);
    await Plotly.react(one.node, made.data, made.layout, { displayModeBar: false, responsive: true });
    one.node.dataset.drawn = "yes";
    if (made.click && !one.node.dataset.clicks) {
      one.node.dataset.clicks = "yes";
      one.node.on("plotly_click", (event) => one.click(event));
    }
    one.click = made.click;
  }
}

function choose(id, options, chosen, changed) {
  const node = byId(id);
  if (!node) return;
  node.replaceChildren(...options.map(([value, text]) => {
    const option = document.createElement("option");
    option.value = value;
    option.textContent = text;
    option.selected = String(value) === String(chosen);
    return option;
  }));
  if (changed) node.addEventListener("change", changed);
}

// --- all combinations ------------------------------------------------------------------

function distributionFigure() {
  const all = data.grid.distributions, noise = data.thresholds || {};
  const first = Object.keys(noise).find((name) => all[name]) || Object.keys(all)[0];
  choose("distribution-metric", Object.keys(all).map((name) => [name, NAMES[name]]), first, () => redraw("figure-distribution"));
  show("figure-distribution", (look) => {
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
      hovertemplate: "%{customdata[0]} to %{customdata[1]}<br><b>%{y:,}</b> " + `${UNIT}s<extra></extra>`,
    };
    const marks = [];
    const winner = data.best ? data.best[name] : null;
    if (winner !== null) marks.push([winner, "the winner", look.ink, "solid"]);
    if (noise[name] !== undefined) marks.push([noise[name], "best expected of noise", look.series[1], "dash"]);
    byId("distribution-words").textContent =
      `Mean ${figure(name, one.mean)}, from ${figure(name, one.least)} to ${figure(name, one.greatest)}.` +
      (signed ? ` ${number(one.above_zero, 0)} of ${number(one.total, 0)} (${number(100 * one.above_zero / one.total, 1)} %) lie above zero.` : "");
    const span = one.greatest - one.least || 1;
    return {
      data: [bars],
      layout: layout(look, {
        margin: { l: 56, r: 14, t: 46, b: 44 }, bargap: 0,
        xaxis: axis(look, { title: titled(NAMES[name], look), showgrid: false, nticks: 9 }),
        yaxis: axis(look, { title: titled(`${UNIT[0].toUpperCase()}${UNIT.slice(1)}s`, look), tickformat: ",d", nticks: 6, ...few }),
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

function heatFigure() {
  const grid = data.grid, heat = grid.heat;
  if (!heat.main && !Object.keys(heat.maps).length) return;
  const pairs = Object.keys(heat.maps).map((key) => key.split("-").map(Number));
  const main = heat.main || pairs[0];
  const used = grid.varying.filter((at) => pairs.some((pair) => pair.includes(at)));
  const options = used.map((at) => [at, grid.factors[at].name]);
  const key = (x, y) => `${Math.min(x, y)}-${Math.max(x, y)}`;
  const changed = (moved, other) => () => {
    const x = Number(byId(moved).value);
    if (!heat.maps[key(x, Number(byId(other).value))]) {
      byId(other).value = used.find((at) => heat.maps[key(x, at)]);
    }
    redraw("figure-heat");
  };
  choose("heat-x", options, main[1], changed("heat-x", "heat-y"));
  choose("heat-y", options, main[0], changed("heat-y", "heat-x"));
  const again = () => redraw("figure-heat");
  choose("heat-metric", heat.metrics.map((name) => [name, NAMES[name]]), heat.metrics[0], again);
  const modes = heat.modes ?? (grid.kept ? [["best", "the best kept"]] : [["mean", "mean over the rest"], ["best", "best of the rest"]]);
  choose("heat-mode", modes, modes[0][0], again);
  show("figure-heat", (look, node) => {
    const x = Number(byId("heat-x").value), y = Number(byId("heat-y").value);
    const name = byId("heat-metric").value, mean = byId("heat-mode").value === "mean";
    const turned = x < y, [best, average, combination, count] = heat.maps[key(x, y)][name];
    const turn = (rows) => turned ? rows[0].map((_, column) => rows.map((row) => row[column])) : rows;
    const z = turn(mean ? average : best), numbers = turn(combination), counts = count ? turn(count) : null;
    const hover = (at, place) => {
      const own = mean ? "" : `<br>${UNIT} ${number(numbers[at][place], 0)}`;
      return counts ? `${own}<br>of ${number(counts[at][place], 0)} ${UNIT}${counts[at][place] === 1 ? "" : "s"}` : own;
    };
    const [xs, ys] = [grid.factors[x], grid.factors[y]];
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
    const shapes = grid.winner ? [{
      type: "rect", x0: grid.winner[x] - 0.5, x1: grid.winner[x] + 0.5, y0: grid.winner[y] - 0.5, y1: grid.winner[y] + 0.5,
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

function effectsFigures() {
  const found = data.grid.effects;
  if (!found) return;
  const alone = Object.entries(found.main).map(([name, share]) => [name, share, true]);
  const pairs = found.pairs.map(([one, other, share]) => [`${one} × ${other}`, share, false]);
  const lines = [...alone, ...pairs].filter((one) => one[1] >= 0.001).sort((one, other) => other[1] - one[1]).slice(0, 12).reverse();
  show("figure-effects", (look) => shareBars(look, lines));
  const panels = data.grid.varying.map((at) => {
    const one = data.grid.factors[at];
    return { name: one.name, labels: one.labels, values: found.levels[one.name] };
  });
  multiples("figure-levels", panels, "mean total R");
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
function multiples(id, panels, what) {
  const node = byId(id);
  if (!node) return;
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
        marker: { opacity: 1, size: one.values.map((_, at) => at === one.chosen ? 11 : 6), color: one.values.map((_, at) => at === one.chosen ? look.series[1] : look.accent) },
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

function aroundFigure() {
  const around = data.grid.around;
  if (!around) return;
  const panels = around.panels ?? data.grid.varying.map((at) => ({
    name: data.grid.factors[at].name, labels: data.grid.factors[at].labels, values: around[at], chosen: data.grid.winner[at],
  }));
  multiples("figure-around", panels, "total R");
}

function parallelFigure() {
  const grid = data.grid, parallel = grid.parallel;
  const metrics = parallel.metrics, first = grid.varying.length;
  const axes = [
    ...grid.varying.map((at) => ({ name: grid.factors[at].name, labels: grid.factors[at].labels })),
    ...metrics.map((name) => ({ name: NAMES[name] ?? name, metric: name })),
  ];
  axes.forEach((one, place) => {
    const values = parallel.rows.map((row) => row[place + 1]);
    one.least = one.labels ? 0 : Math.min(...values);
    one.greatest = one.labels ? one.labels.length - 1 : Math.max(...values);
  });
  const level = (one, value) => one.greatest > one.least ? (value - one.least) / (one.greatest - one.least) : 0.5;
  const chosen = new Map();
  choose("parallel-metric", metrics.map((name) => [name, NAMES[name] ?? name]), metrics.includes("score") ? "score" : metrics[0], () => redraw("figure-parallel"));
  byId("parallel-clear")?.addEventListener("click", () => { chosen.clear(); redraw("figure-parallel"); });
  show("figure-parallel", (look, node) => {
    // An axis whose labels are long gets more room; where there is not enough, the axes lie.
    const wide = axes.map((one) => one.labels ? Math.max(7.5, Math.max(...one.labels.map((label) => label.length)) + 3.5) : 8.5);
    const upright = node.clientWidth < 6.8 * wide.reduce((sum, room) => sum + room, 0);
    const height = upright ? axes.length * 70 + 40 : 480;
    node.style.height = `${height}px`;
    const [along, up] = upright ? ["y", "x"] : ["x", "y"];
    const metric = metrics.indexOf(byId("parallel-metric").value), of = axes[first + metric];
    const kept = (row) => [...chosen].every(([place, value]) => row[place + 1] === value);
    const rows = parallel.rows.filter(kept);
    const bins = 12, groups = Array.from({ length: bins }, () => []);
    rows.forEach((row) => groups[Math.min(bins - 1, Math.floor(bins * level(of, row[first + metric + 1])))].push(row));
    // Lines that share a value would hide each other: within a value they fan out by rank.
    const rooms = upright ? axes.map(() => 1) : wide;
    const places = rooms.map((_, place) => rooms.slice(0, place).reduce((sum, room) => sum + room, 0));
    const traces = groups.map((members, bin) => {
      const line = { [along]: [], [up]: [] };
      for (const row of members) {
        const rank = parallel.rows.indexOf(row) / parallel.rows.length - 0.5;
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
    const clear = byId("parallel-clear");
    clear.hidden = !chosen.size;
    byId("parallel-words").textContent = chosen.size
      ? `${number(rows.length, 0)} of ${number(parallel.rows.length, 0)} have ` + [...chosen].map(([place, value]) => `${axes[place].name} ${axes[place].labels[value]}`).join(", ") + "."
      : `Click a value to see only the ${UNIT}s that have it, another one to narrow them down. A bigger dot: more of the lines.`;
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
        redraw("figure-parallel");
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

function equityFigure() {
  const all = data.equity ? data.equity.series : [];
  if (!all.length) return;
  show("figure-equity", (look, node) => {
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

function periodTables() {
  const equity = data.equity;
  if (!equity || !equity.series.length || !byId("months")) return;
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
        if (period) made.title = `${period[0]} trades, win rate ${number(period[2], 1)} %`;
        return made;
      });
      const whole = one.by_year[year];
      body.append(row([cell("th", year, "text"), ...cells, cell("td", number(whole[1]), "sum"), cell("td", number(whole[0], 0))]));
    }
    months.append(head, body);
    byId("months").replaceChildren(months);
    const days = document.createElement("table"), lines = document.createElement("tbody"), top = document.createElement("thead");
    days.append(cell("caption", "R by weekday"));
    top.append(row([cell("th", "", "text"), cell("th", "Total R"), cell("th", "Trades"), cell("th", "Win rate, %"), cell("th", "R per trade")]));
    const week = Object.entries(one.by_weekday), wide = Math.max(...week.map(([, period]) => Math.abs(period[1])));
    for (const [day, period] of week) {
      lines.append(row([cell("th", equity.weekdays[day], "text"), tinted(period[1], wide, look), cell("td", number(period[0], 0)), cell("td", number(period[2], 1)), cell("td", number(period[3], 3))]));
    }
    days.append(top, lines);
    byId("weekdays").replaceChildren(days);
  };
  choose("period-series", equity.series.map((one) => [one.key, one.name]), equity.series[0].key, draw);
  tables.push(draw);
}
const tables = [];

function walkFigure() {
  const windows = data.walk_forward;
  if (!windows) return;
  show("figure-walk", (look) => {
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

function holdoutFigure() {
  const held = data.holdout;
  if (!held) return;
  show("figure-holdout", (look) => ({
    data: [{
      type: "scatter", mode: "markers", x: held.top.map((one) => one[1]), y: held.top.map((one) => one[2]), cliponaxis: false,
      marker: { size: held.top.map((_, place) => place ? 8 : 13), color: held.top.map((_, place) => place ? look.accent : look.series[1]), opacity: 0.8, line: { color: look.card, width: 1 } },
      customdata: held.top.map((one) => [number(one[0], 0), number(one[1]), number(one[2])]),
      hovertemplate: UNIT + " %{customdata[0]}<br>in sample %{customdata[1]} R<br>out of sample <b>%{customdata[2]} R</b><extra></extra>",
    }],
    layout: layout(look, {
      xaxis: axis(look, { title: titled("Total R in sample", look) }),
      yaxis: axis(look, { title: titled("Total R out of sample", look), zeroline: true, zerolinecolor: look.soft }),
    }),
  }));
}

const clock = (minute) => `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

// The list of the last trades, its selector and its buttons; returns what tells the chosen one.
function tradeList(listed, wordsOf, shown) {
  const at = Object.fromEntries(listed.columns.map((name, place) => [name, place]));
  const list = byId("trade-list"), select = byId("day");
  const chosen = () => {
    [...list.tBodies[0].rows].forEach((one, place) => one.classList.toggle("chosen", place === Number(select.value)));
    byId("day-older").disabled = Number(select.value) === listed.trades.length - 1;
    byId("day-newer").disabled = Number(select.value) === 0;
    redraw("figure-day");
  };
  const pick = (place) => { select.value = Math.min(Math.max(place, 0), listed.trades.length - 1); chosen(); };
  choose("day", listed.trades.map((trade, place) => [place, wordsOf(trade)]), 0, chosen);
  byId("day-older").addEventListener("click", () => pick(Number(select.value) + 1));
  byId("day-newer").addEventListener("click", () => pick(Number(select.value) - 1));
  const head = document.createElement("thead"), body = document.createElement("tbody");
  head.append(row(shown.map(([, text, digits]) => cell("th", text, digits === undefined ? "text" : ""))));
  listed.trades.forEach((trade, place) => {
    const made = row(shown.map(([name, , digits]) => digits === undefined
      ? cell("td", trade[at[name]], "text")
      : cell("td", number(trade[at[name]], digits), name === "r" || name === "profit" ? (trade[at[name]] < 0 ? "loss" : trade[at[name]] > 0 ? "gain" : "") : "")));
    made.tabIndex = 0;
    made.addEventListener("click", () => pick(place));
    made.addEventListener("keydown", (event) => { if (event.key === "Enter") pick(place); });
    body.append(made);
  });
  list.append(head, body);
  body.rows[0].classList.add("chosen");
  byId("day-newer").disabled = true;
  byId("day-older").disabled = listed.trades.length < 2;
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

function dayFigure() {
  const listed = data.days;
  if (!listed || !listed.trades.length) return;
  const at = Object.fromEntries(listed.columns.map((name, place) => [name, place]));
  const wordsOf = (trade) => `${trade[at.date]}, ${trade[at.variation]} ${trade[at.direction]}, ${number(trade[at.r])} R`;
  const place = tradeList(listed, wordsOf, [["date", "Date"], ["variation", "Variation"], ["direction", "Side"], ["entry_price", "Entry", 2], ["stop", "Stop", 2], ["tp", "Target", 2], ["exit_price", "Exit", 2], ["exit_reason", "Reason"], ["r", "R", 2], ["cumulative_r", "Sum of R", 2], ["volume", "Volume", 2], ["profit", "Profit", 2]]);
  show("figure-day", (look, node) => {
    const trade = listed.trades[place()], day = listed.days[place()], small = narrow(node);
    const value = (name) => trade[at[name]], [, high, low] = day.ohlc;
    const left = day.ib[0] - 4, right = (day.time.at(-1) ?? day.window[1]) + 6;
    const level = (y, color, dash, from, to, width = 1.4) => ({ type: "line", x0: from, x1: to, y0: y, y1: y, line: { color, dash, width } });
    const shapes = [
      { type: "rect", x0: day.window[0], x1: day.window[1], y0: 0, y1: 1, yref: "paper", fillcolor: look.shade, line: { width: 0 }, layer: "below", opacity: 0.75 },
      { type: "rect", x0: day.ib[0], x1: day.ib[1], y0: value("ibl"), y1: value("ibh"), fillcolor: look.accent, opacity: 0.16, line: { width: 0 }, layer: "below" },
      level(value("ibh"), look.accent, "solid", day.ib[0], right), level(value("ibl"), look.accent, "solid", day.ib[0], right),
      level(value("eq"), look.accent, "dot", day.ib[0], right),
      level(value("entry_price"), look.ink, "solid", day.entry, day.exit + 1, 1.6),
      level(value("stop"), look.loss, "dash", day.entry, day.exit + 1, 1.8), level(value("tp"), look.gain, "dash", day.entry, day.exit + 1, 1.8),
      ...day.news.map((one) => ({ type: "line", x0: one.time, x1: one.time, y0: 0, y1: 1, yref: "paper", line: { color: look.series[1], dash: "dot", width: 1.5 } })),
    ];
    const names = [[value("ibh"), "IB high", look.accent], [value("ibl"), "IB low", look.accent], [value("eq"), "EQ", look.accent]];
    const own = [[value("tp"), "target", look.gain], [value("entry_price"), "entry", look.ink], [value("stop"), "stop", look.loss]];
    const span = Math.max(...high, value("tp"), value("stop")) - Math.min(...low, value("tp"), value("stop")) || 1;
    const gap = span * 0.05, lines = [...names, ...own].sort((one, other) => one[0] - other[0]);
    const places = lines.map(([y]) => y);
    for (let round = 0; round < 60; round++) {  // names of neighbouring levels push each other apart
      for (let one = 1; one < places.length; one++) {
        const lack = (gap - (places[one] - places[one - 1])) / 2;
        if (lack > 0) { places[one] += lack; places[one - 1] -= lack; }
      }
    }
    const annotations = lines.map(([, text, color], place) => (
      { x: 1, xref: "paper", xanchor: "left", xshift: 4, y: places[place], text, showarrow: false, font: { size: 11.5, color } }));
    byId("day-words").textContent = `${wordsOf(trade)}. In at ${clock(day.entry)} for ${number(value("entry_price"))}, out at ${clock(day.exit)} for ${number(value("exit_price"))} (${value("exit_reason")}). ` +
      `Stop and target as they were placed. Times are those of ${listed.zone}; candles of two minutes; shaded: the trade window.`;
    byId("day-news").replaceChildren(...day.news.map((one) => cell("li", `${clock(one.time)} ${one.currency} ${one.title}`)));
    const ticks = [], x = day.time.map((minute) => minute + 1);
    const entry = { x: day.entry + 0.5, y: value("entry_price"), text: `entry ${number(value("entry_price"))}` };
    const exit = { x: day.exit + 0.5, y: value("exit_price"), text: `exit ${number(value("exit_price"))}, ${value("exit_reason")}` };
    for (let minute = Math.ceil(left / 30) * 30; minute <= right; minute += right - left > 200 || small ? 60 : 30) ticks.push(minute);
    return {
      data: [...candleTraces(look, x, day.ohlc, day.time.map(clock)), ...fillTraces(look, entry, exit, value("direction") === "long", value("r"))],
      layout: layout(look, {
        margin: { l: 62, r: 56, t: 10, b: 36 }, shapes, annotations,
        xaxis: axis(look, { range: [left, right], tickvals: ticks, ticktext: ticks.map(clock), rangeslider: { visible: false }, showgrid: false }),
        yaxis: axis(look, { tickformat: ",", nticks: 7 }),
      }),
    };
  });
}

// --- what other kinds of analysis add: bars and lines whose form the data tells -----------

function furtherFigures() {
  for (const one of data.further || []) {
    show(one.id, (look) => ({
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

function begin() {
  if (data.grid) {
    if (byId("figure-distribution")) distributionFigure();
    if (byId("figure-heat")) heatFigure();
    effectsFigures();
    if (byId("figure-parallel")) parallelFigure();
    aroundFigure();
  }
  equityFigure();
  periodTables();
  holdoutFigure();
  walkFigure();
  furtherFigures();
  dayFigure();
  for (const make of more) make();
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
  everything().then(() => { document.documentElement.dataset.ready = "yes"; });
}
