"use strict";
// What only the page of a search draws: how it went, what decides, several goals, trades anywhere.

// Goals in the selectors; one alone needs no choice.
function chooseGoal(id, goals, first, changed) {
  choose(id, goals.map(([, text], place) => [place, text]), first, changed);
  byId(id).closest(".controls").hidden = goals.length < 2;
}

// An axis range with some room, which holds nearly all values and the best; and how many it leaves out.
function within(values, best) {
  const [low, high] = usual([...values, best]), room = 0.06 * (high - low) || 1;
  const range = [Math.min(low, best) - room, Math.max(high, best) + room];
  return [range, (value) => value !== null && (value < range[0] || value > range[1])];
}

const outsideWords = (count) => count ? `${number(count, 0)} trial${count > 1 ? "s lie" : " lies"} far outside the picture.` : "";

function historyFigure() {
  const found = data.history;
  if (!found || !byId("figure-history")) return;
  chooseGoal("history-goal", found.goals, 0, () => redraw("figure-history"));
  show("figure-history", (look, node) => {
    const at = Number(byId("history-goal").value), [metric, text] = found.goals[at], best = found.best[at];
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
    byId("history-outside").textContent = outsideWords(all.filter(outside).length);
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

function importanceFigure() {
  const found = data.importance;
  if (!found || !byId("figure-importance")) return;
  chooseGoal("importance-goal", found.map((one) => [one.metric, one.label]), 0, () => redraw("figure-importance"));
  show("figure-importance", (look, node) => {
    const lines = found[Number(byId("importance-goal").value)].shares.slice(0, 15).reverse();
    return shareBars(look, lines.map(([name, share]) => [cut(name, narrow(node) ? 22 : 48), share, true]));
  });
}

function paretoFigure() {
  const found = data.pareto;
  if (!found || !byId("figure-pareto")) return;
  const goals = data.history.goals;
  const changed = (moved, other) => () => {
    if (byId(moved).value === byId(other).value) byId(other).value = goals.findIndex((_, place) => place !== Number(byId(moved).value));
    redraw("figure-pareto");
  };
  const options = goals.map(([, text], place) => [place, text]);
  choose("pareto-x", options, 1, changed("pareto-x", "pareto-y"));
  choose("pareto-y", options, 0, changed("pareto-y", "pareto-x"));
  show("figure-pareto", (look, node) => {
    const x = Number(byId("pareto-x").value), y = Number(byId("pareto-y").value);
    const line = found.lines[`${Math.min(x, y)}-${Math.max(x, y)}`].map((point) => x < y ? point : [point[1], point[0]]);
    const all = data.history.trials.filter((trial) => data.history.states[trial[1]] === "complete").map((trial) => [trial[0], ...trial.slice(3)]);
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
    byId("pareto-outside").textContent = outsideWords(all.filter((trial) => ranges[0][1](trial[1 + x]) || ranges[1][1](trial[1 + y])).length);
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

function chartFigure() {
  const listed = data.charts;
  if (!listed || !listed.trades.length || !byId("figure-day")) return;
  const at = Object.fromEntries(listed.columns.map((name, place) => [name, place]));
  const prices = listed.charts.flatMap((one) => one.ohlc[3]), least = Math.min(...prices.map(Math.abs));
  const digits = least >= 100 ? 2 : least >= 1 ? 4 : 6;
  const stamp = (minute) => new Date(minute * 60000).toISOString().slice(0, 16).replace("T", " ");
  const wordsOf = (trade) => `${trade[at.entry_time]}, ${trade[at.direction]}, ${number(trade[at.r])} R`;
  const place = tradeList(listed, wordsOf, [["entry_time", "Entry"], ["direction", "Side"], ["entry_price", "Entry price", digits], ["exit_time", "Exit"], ["exit_price", "Exit price", digits], ["r", "R", 2], ["cumulative_r", "Sum of R", 2]]);
  show("figure-day", (look, node) => {
    const trade = listed.trades[place()], chart = listed.charts[place()], small = narrow(node);
    const value = (name) => trade[at[name]], won = value("r") > 0 ? look.gain : look.loss, long = value("direction") === "long";
    const x = chart.time.map((_, candle) => candle), days = new Set(chart.time.map((minute) => Math.floor(minute / 1440)));
    const entry = { x: chart.entry, y: value("entry_price"), text: `entry ${number(value("entry_price"), digits)}` };
    const exit = { x: chart.exit, y: value("exit_price"), text: `exit ${number(value("exit_price"), digits)}` };
    const each = chart.bars > 1 ? `each candle gathers ${chart.bars} bars; ` : "";
    byId("day-words").textContent = `${long ? "Long" : "Short"}, ${number(value("r"))} R. In at ${value("entry_time")} for ${number(value("entry_price"), digits)}, out at ${value("exit_time")} for ${number(value("exit_price"), digits)}. ` +
      `Times are those of ${listed.zone}; ${each}hours without bars take no room. Shaded: the time in the trade.`;
    const step = Math.max(1, Math.ceil(x.length / (small ? 4 : 9))), ticks = x.filter((candle) => candle % step === 0);
    const short = (minute) => days.size > 1 ? `${stamp(minute).slice(5, 10)}<br>${clock(minute)}` : clock(minute);
    return {
      data: [
        ...candleTraces(look, x, chart.ohlc, chart.time.map(stamp), digits),
        { type: "scatter", mode: "lines", x: [entry.x, exit.x], y: [entry.y, exit.y], line: { color: won, width: 1.8, dash: "dot" }, hoverinfo: "skip" },
        ...fillTraces(look, entry, exit, long, value("r")),
      ],
      layout: layout(look, {
        margin: { l: 62, r: 16, t: 10, b: 46 },
        shapes: [{ type: "rect", x0: chart.entry - 0.5, x1: chart.exit + 0.5, y0: 0, y1: 1, yref: "paper", fillcolor: look.shade, line: { width: 0 }, layer: "below", opacity: 0.9 }],
        xaxis: axis(look, { range: [-1, x.length], tickvals: ticks, ticktext: ticks.map((candle) => short(chart.time[candle])), tickangle: 0, rangeslider: { visible: false }, showgrid: false }),
        yaxis: axis(look, { tickformat: ",", nticks: 7 }),
      }),
    };
  });
}

more.push(historyFigure, importanceFigure, paretoFigure, chartFigure);
