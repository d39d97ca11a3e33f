// Draws every [data-chart] with ECharts. One message a chart, direct labels, the target as a named line, gaps as gaps.
"use strict";

const INK = "#1d2429", QUIET = "#5b656b", ACT = "#0b5559", LINE = "#d9d6cd", SOON = "#7a4b00";
const FONT = getComputedStyle(document.body).fontFamily;

function targetLine(said) {
  const lines = [];
  if (said.target !== null && said.target !== undefined) lines.push({ [said.kind === "bars" ? "xAxis" : "yAxis"]: said.target, name: `${said.target_name} ${said.target}${said.unit}`, lineStyle: { color: SOON, type: "dashed" }, label: { color: SOON } });
  if (said.whole !== null && said.whole !== undefined) lines.push({ xAxis: said.whole, name: `${said.whole_name} ${said.whole}${said.unit}`, lineStyle: { color: INK, type: "solid", width: 1 }, label: { color: INK } });
  return { silent: true, symbol: "none", data: lines.map((line) => ({ ...line, label: { ...line.label, formatter: line.name, position: said.kind === "bars" ? "end" : "insideEndTop" } })) };
}

// An axis that shows at least a twentieth of what it measures: the rounding of a steady rate is no rise.
function ends(shown) {
  const least = Math.max(Math.abs(shown.min), Math.abs(shown.max)) / 20, lack = (least - (shown.max - shown.min)) / 2;
  if (!(lack > 0)) return [null, null];
  const step = 10 ** Math.floor(Math.log10(least));
  return [Math.floor((shown.min - lack) / step) * step, Math.ceil((shown.max + lack) / step) * step];
}

function trend(said) {
  const last = said.values.findLastIndex((value) => value !== null);
  return {
    grid: { left: 44, right: 64, top: 24, bottom: 28 },
    xAxis: { type: "category", data: said.labels, axisLine: { lineStyle: { color: LINE } }, axisTick: { show: false }, axisLabel: { color: QUIET } },
    yAxis: { type: "value", scale: true, min: (shown) => ends(shown)[0], max: (shown) => ends(shown)[1], splitLine: { lineStyle: { color: "#ebe8e0" } }, axisLabel: { color: QUIET } },
    series: [{
      type: "line", data: said.values, connectNulls: false, symbol: "circle", symbolSize: 5, lineStyle: { color: ACT, width: 2 }, itemStyle: { color: ACT },
      label: { show: true, position: "right", color: ACT, fontWeight: 600, formatter: (at) => (at.dataIndex === last ? `${at.value}${said.unit}` : "") },
      markLine: targetLine(said),
    }],
  };
}

function bars(said) {
  return {
    grid: { left: 8, right: 70, top: 36, bottom: 8, containLabel: true },
    xAxis: { type: "value", splitLine: { lineStyle: { color: "#ebe8e0" } }, axisLabel: { color: QUIET } },
    yAxis: { type: "category", data: said.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: LINE } }, axisLabel: { color: INK, width: 150, overflow: "truncate" } },
    dataZoom: said.labels.length > 30 ? [{ type: "inside", yAxisIndex: 0, start: 100 - 3000 / said.labels.length, end: 100, zoomOnMouseWheel: false, moveOnMouseWheel: true }, { type: "slider", yAxisIndex: 0, right: 4, width: 14, showDetail: false }] : [],
    series: [{ type: "bar", data: said.values, barMaxWidth: 18, itemStyle: { color: "#4f9392" }, label: { show: said.labels.length <= 40, position: "right", color: INK, formatter: (at) => `${at.value}${said.unit}` }, markLine: targetLine(said) }],
  };
}

window.wangdiCharts = (root) => {
  for (const box of root.querySelectorAll("[data-chart]")) {
    if (box.dataset.drawn || !box.dataset.chart) continue;
    box.dataset.drawn = "1";
    const said = JSON.parse(box.dataset.chart);
    if (said.kind === "bars") box.classList.toggle("tall", said.labels.length > 8);
    const chart = echarts.init(box, null, { renderer: "canvas" });
    const option = said.kind === "bars" ? bars(said) : trend(said);
    chart.setOption({
      ...option, animation: false, textStyle: { fontFamily: FONT }, aria: { enabled: true, label: { description: said.alt } },
      tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: (value) => (value === null || value === undefined ? "—" : `${value}${said.unit}`) },
    });
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", said.alt);
    new ResizeObserver(() => chart.resize()).observe(box);
  }
};
window.wangdiCharts(document);
