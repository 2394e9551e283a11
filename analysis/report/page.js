"use strict";
(() => {
  const NOTHING = 4095, ALPHA = 0.05, HEIGHT = 190;
  const live = new Set(); // what is drawn, to be drawn again in other colours

  const css = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const shade = (colour) =>
    colour === "currentColor" ? css("--ink")
      : colour.startsWith("var(") ? css(colour.slice(4, -1)) : colour;
  const faint = (colour, alpha) => shade(colour) + alpha; // of #rrggbb
  const short = (value) => value == null ? "–" : String(+value.toPrecision(4));
  const make = (name, text, where) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    if (where) where.append(element);
    return element;
  };

  // ---------------------------------------------------------------- one plot
  const stepped = uPlot.paths.stepped({ align: 1 });
  const dotted = (u, i, from, to) => to === from; // a lone point is a dot

  const seriesOf = (plot) => {
    const aside = { stroke: "transparent", width: 0, class: "u-aside", points: { show: false } };
    const bands = plot.bands.flatMap((band) => [{ ...aside }, { ...aside }]);
    const lines = plot.lines.map((line) => ({
      label: line.label, stroke: line.faint ? faint(line.colour, "70") : shade(line.colour),
      width: line.aside ? 1 : 2, dash: line.dash, value: (u, v) => short(v),
      points: { show: dotted }, ...(line.aside ? { class: "u-aside" } : {}),
      ...(plot.steps ? { paths: stepped } : {}),
    }));
    if (plot.steps) bands.forEach((each) => { each.paths = stepped; });
    return [{ label: plot.xLabel, value: (u, v) => short(v) }, ...bands, ...lines];
  };

  const span = (plot) => (u) => {
    if (plot.span.length < 2) return;
    const [low, high] = plot.span.map((y) => u.valToPos(y, "y", true));
    u.ctx.save();
    u.ctx.fillStyle = faint("var(--margin)", "38");
    u.ctx.fillRect(u.bbox.left, high, u.bbox.width, low - high);
    u.ctx.restore();
  };

  // A band's lone point is an area without width: a line with caps, as svg.py draws it.
  const whiskers = (plot) => (u) => {
    u.ctx.save();
    u.ctx.setLineDash([]);
    u.ctx.lineWidth = 1.6 * devicePixelRatio;
    for (const { low, high, colour } of plot.bands) {
      const there = (k) => low[k] != null && high[k] != null;
      u.ctx.strokeStyle = faint(colour, "99");
      plot.x.forEach((value, k) => {
        const x = u.valToPos(value, "x", true), cap = 4 * devicePixelRatio;
        const outside = x < u.bbox.left - 1 || x > u.bbox.left + u.bbox.width + 1;
        if (outside || !there(k) || there(k - 1) || there(k + 1)) return;
        const ends = [low[k], high[k]].map((y) => u.valToPos(y, "y", true));
        const way = new Path2D(`M${x} ${ends[0]}V${ends[1]}`);
        for (const y of ends) way.addPath(new Path2D(`M${x - cap} ${y}h${2 * cap}`));
        u.ctx.stroke(way);
      });
    }
    u.ctx.restore();
  };

  const range = (plot) => (u, low, high) => {
    const all = [low, high, ...plot.span].filter((v) => v != null && isFinite(v));
    if (!all.length) return [0, 1];
    const [least, most] = [Math.min(...all), Math.max(...all)];
    const room = 0.04 * (most - least) || 0.5;
    return [least - room, most + room];
  };

  // Up to where its longest line ends: others of the study may go on.
  const cut = (plot) => {
    const count = 1 + Math.max(-1, ...plot.lines.filter((line) => !line.everywhere)
      .map((line) => line.y.findLastIndex((v) => v != null)));
    const first = (values) => values.slice(0, count || values.length);
    return { ...plot, x: first(plot.x),
      lines: plot.lines.map((each) => ({ ...each, y: first(each.y) })),
      bands: plot.bands.map((each) => (
        { ...each, low: first(each.low), high: first(each.high) })) };
  };

  const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

  const optionsOf = (plot, width, key) => {
    const axis = (label, size) => ({
      label, size, stroke: css("--ink"), labelSize: 18, labelFont: "12px system-ui",
      font: "12px system-ui", grid: { stroke: css("--line"), width: 1 },
      ticks: { stroke: css("--muted"), width: 1, size: 4 },
    });
    return {
      width, height: HEIGHT, series: seriesOf(plot), legend: { live: true },
      cursor: { sync: { key }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: range(plot) } },
      axes: [
        { ...axis(plot.xLabel, 32), ...(plot.x.every(Number.isInteger) && { incrs: COUNTS }) },
        axis(plot.yLabel, 48)],
      bands: plot.bands.map((band, n) => (
        { series: [2 * n + 2, 2 * n + 1], fill: faint(band.colour, "2b") })),
      hooks: { drawClear: [span(plot)], draw: [whiskers(plot)] },
    };
  };

  const walk = (u, out) => (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const last = u.data[0].length - 1;
    const next = Math.max(0, Math.min(last, (u.cursor.idx ?? (way > 0 ? -1 : last + 1)) + way));
    u.setCursor({ left: u.valToPos(u.data[0][next], "x"), top: HEIGHT / 3 });
    out.textContent = u.series.flatMap((each, n) => each.class === "u-aside" ? []
      : [`${each.label} ${short(u.data[n][next])}`]).join("; ");
  };

  class Chart {
    constructor(host, key) {
      this.host = host;
      this.key = key;
      this.title = make("h5", "", host);
      this.box = make("div", "", host);
      this.box.tabIndex = 0;
      this.box.setAttribute("role", "img");
      this.out = make("span", "", host);
      this.out.className = "out";
      this.out.setAttribute("aria-live", "polite");
      new ResizeObserver(() => this.fit()).observe(host);
      live.add(this);
    }

    draw(whole) {
      const plot = cut(whole);
      this.plot = plot;
      this.host.classList.add("live");
      this.title.textContent = plot.title;
      this.box.setAttribute("aria-label",
        `${plot.title}: ${plot.yLabel} by ${plot.xLabel}; left and right read the values`);
      if (this.u) this.u.destroy();
      this.width = this.host.clientWidth;
      const data = [plot.x, ...plot.bands.flatMap((b) => [b.low, b.high]),
        ...plot.lines.map((line) => line.y)];
      this.u = new uPlot(optionsOf(plot, this.width, this.key), data, this.box);
      this.box.onkeydown = walk(this.u, this.out);
    }

    fit() {
      const width = this.host.clientWidth;
      if (!this.u || !width || width === this.width) return;
      this.width = width;
      this.u.setSize({ width, height: HEIGHT });
    }

    again() { if (this.plot) this.draw(this.plot); }
  }

  // ------------------------------------------------------ curves of many runs
  const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const VALUE = new Map([...SIGNS].map((sign, n) => [sign, n]));

  const curvesOf = (game) => {
    if (game.curves) return game.curves;
    const points = game.x.length, at = (n) => VALUE.get(game.data[n]);
    const level = (n) => SIGNS.length * at(2 * n) + at(2 * n + 1);
    game.curves = game.runs.map(([arm, seed, halted], row) => ({
      arm, seed, halted,
      y: game.x.map((_, k) => level(row * points + k))
        .map((n) => n === NOTHING ? null : game.low + n * game.step),
    }));
    return game.curves;
  };

  const summary = (rows, points) => {
    const mean = [], sd = [], n = rows.length;
    for (let k = 0; k < points; k++) {
      const values = rows.map((row) => row[k]);
      if (!n || values.some((v) => v == null)) { mean.push(null); sd.push(null); continue; }
      const average = values.reduce((a, b) => a + b, 0) / n;
      const square = values.reduce((a, b) => a + (b - average) ** 2, 0);
      mean.push(average);
      sd.push(n > 1 ? Math.sqrt(square / (n - 1)) : null);
    }
    return { mean, sd };
  };

  // The anytime-valid t interval, as analysis/claims/sequences.py has it, g = 1.
  const halfWidth = (n) => {
    const k = 1 + n, c = (Math.sqrt(k) / ALPHA) ** (2 / n);
    return c < k ? Math.sqrt((n - 1) * (c - 1) / (1 - c / k) / n) : Infinity;
  };

  const sides = (label, colour, { mean, sd }, factor) => ({
    label, colour,
    low: mean.map((m, k) => m == null || sd[k] == null ? null : m - factor * sd[k]),
    high: mean.map((m, k) => m == null || sd[k] == null ? null : m + factor * sd[k]),
  });

  const chosen = (game, arm, state) => curvesOf(game)
    .filter((run) => run.arm === arm && state.seeds.has(run.seed));

  const curvePlot = (study, name, state) => {
    const game = study.games[name], means = [], seeds = [], bands = [];
    for (const arm of state.order.filter((each) => state.arms.has(each))) {
      const { label, colour, dash } = study.arms[arm];
      const runs = chosen(game, arm, state), done = runs.filter((run) => !run.halted);
      if (done.length) {
        const found = summary(done.map((run) => run.y), game.x.length);
        if (done.length > 1 && !state.each) bands.push(sides(label, colour, found, 1));
        means.push({ label: `${label} (n = ${done.length})`, colour, dash, y: found.mean });
      }
      for (const run of runs) {
        if (!run.halted && !(state.each && done.length > 1)) continue;
        seeds.push({ label: `${label}, seed ${run.seed}`, colour, y: run.y, aside: true,
          faint: true, dash: run.halted ? [2, 4] : [] });
      }
    }
    return { title: name, xLabel: "frames (millions)", yLabel: "game return", x: game.x,
      lines: [...seeds, ...means], bands, span: [] };
  };

  const differencePlot = (study, name, state) => {
    const game = study.games[name], lines = [], bands = [];
    const arms = state.order.filter((each) => state.arms.has(each)
      && chosen(game, each, state).some((run) => !run.halted));
    const first = chosen(game, arms[0], state).filter((run) => !run.halted);
    for (const arm of arms.slice(1)) {
      const { label, colour, dash } = study.arms[arm];
      const blocks = chosen(game, arm, state).filter((run) => !run.halted)
        .flatMap((run) => {
          const other = first.find((each) => each.seed === run.seed);
          return other ? [run.y.map((v, k) => v == null || other.y[k] == null
            ? null : v - other.y[k])] : [];
        });
      if (!blocks.length) continue;
      const found = summary(blocks, game.x.length), half = halfWidth(blocks.length);
      if (isFinite(half) && state.whole) bands.push(sides(label, colour, found, half));
      lines.push({ label: `${label} (blocks: ${blocks.length})`, colour, dash, y: found.mean });
    }
    if (!lines.length) return null;
    lines.push({ label: "no difference", colour: "var(--muted)", dash: [3, 3], aside: true,
      everywhere: true, y: game.x.map(() => 0) });
    return { title: `${name}, less ${study.arms[arms[0]].label}`, x: game.x, lines, bands,
      xLabel: "frames (millions)", yLabel: "difference", span: [] };
  };

  // ------------------------------------------------------------- its controls
  const choices = (where, title, names, set, redraw, folded) => {
    const holder = folded ? make("details", "", where) : where;
    if (folded) make("summary", title, holder);
    const field = make("fieldset", "", holder);
    field.className = "choices";
    make("legend", title, field);
    for (const name of names) {
      const label = make("label", "", field), box = make("input", "", label);
      box.type = "checkbox";
      box.checked = true;
      label.append(String(name));
      box.onchange = () => { set[box.checked ? "add" : "delete"](name); redraw(); };
    }
  };

  const upgradeCurves = (figure) => {
    const study = JSON.parse(
      document.getElementById(`study-data-${figure.dataset.study}`).textContent);
    const panels = [...figure.querySelectorAll(".panel")];
    const items = [...figure.querySelectorAll(".legend li")];
    const place = (item) => study.arms.findIndex((a) => a.label === item.dataset.label);
    const order = items.map(place);
    const games = panels.map((panel) => panel.dataset.game);
    const seeds = [...new Set(games.flatMap((name) => study.games[name].runs
      .filter(([arm]) => order.includes(arm)).map(([, seed]) => seed)))]
      .sort((a, b) => a - b);
    const state = { order, arms: new Set(order), games: new Set(games),
      seeds: new Set(seeds), each: false, whole: true };
    const key = `figure-${figure.dataset.study}-${figure.dataset.figure}`;
    const charts = panels.map((panel) => ["[data-curves]", "[data-differences]"]
      .map((kind) => panel.querySelector(kind))
      .map((host) => host && new Chart(host, key)));
    const redraw = () => {
      state.whole = state.seeds.size === seeds.length;
      panels.forEach((panel, n) => {
        panel.hidden = !state.games.has(games[n]);
        if (panel.hidden) return;
        charts[n][0].draw(curvePlot(study, games[n], state));
        if (!charts[n][1]) return;
        const plot = differencePlot(study, games[n], state);
        charts[n][1].host.hidden = !plot;
        if (plot) charts[n][1].draw(plot);
      });
    };
    for (const item of items) {
      const box = make("input");
      box.type = "checkbox";
      box.checked = true;
      box.onchange = () => {
        state.arms[box.checked ? "add" : "delete"](place(item));
        redraw();
      };
      item.querySelector("label").prepend(box);
    }
    const bar = make("div");
    figure.querySelector(".panels").before(bar);
    if (games.length > 1) choices(bar, "Games", games, state.games, redraw);
    if (seeds.length > 1) {
      choices(bar, "Seeds (intervals of differences are shown only with all seeds on)",
        seeds, state.seeds, redraw, true);
      const label = make("label", "", bar), box = make("input", "", label);
      box.type = "checkbox";
      label.className = "each";
      label.append(" every seed’s curve in place of the band");
      box.onchange = () => { state.each = box.checked; redraw(); };
    }
    redraw();
  };

  const upgradePlot = (host) => {
    const plot = JSON.parse(host.querySelector("script").textContent);
    new Chart(host, null).draw(plot);
  };

  // ------------------------------------------------- each when it comes in view
  const watch = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      (target.matches("figure") ? upgradeCurves : upgradePlot)(target);
    }
  }, { rootMargin: "300px" });
  document.querySelectorAll("figure.curves").forEach((figure, n) => {
    figure.dataset.figure = n;
    watch.observe(figure);
  });
  document.querySelectorAll("[data-plot]").forEach((host) => watch.observe(host));
  matchMedia("(prefers-color-scheme: dark)")
    .addEventListener("change", () => live.forEach((chart) => chart.again()));

  // A link to a claim opens it.
  const open = () => {
    const aimed = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (aimed && aimed.matches("details")) aimed.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
