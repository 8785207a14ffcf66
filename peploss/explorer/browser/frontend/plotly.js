// One Plotly for the page, loaded once, and one node per figure that lives as long as its component.
let loading = null;

export function loadPlotly() {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("plotly.min.js", import.meta.url).href;
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error("Plotly did not start.")));
    script.onerror = () => reject(new Error("Plotly's script did not arrive."));
    document.head.appendChild(script);
  });
  return loading;
}

// It is the largest file of the page: on its way before the first figure asks for it.
loadPlotly().catch(() => {}); // whoever asks for it is told

export const FONT = '-apple-system, "Segoe UI", "Source Sans", Roboto, "Helvetica Neue", Arial, sans-serif';

// What every figure shares: fonts, transparent paper, quiet axes, tooltips in the theme's colours.
export function dress(layout, colours) {
  const out = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: FONT, size: 12, color: colours.text },
    hoverlabel: { bgcolor: colours.tip, bordercolor: colours["tip-line"], font: { color: colours.text, size: 12, family: FONT }, align: "left" },
    autosize: true, showlegend: false, hovermode: "closest", hoverdistance: 14,
    ...layout,
  };
  for (const key in out) {
    if (!/^[xy]axis\d*$/.test(key)) continue;
    out[key] = {
      zeroline: false, gridcolor: colours.grid, linecolor: colours.line, tickcolor: colours.line,
      tickfont: { size: 11, color: colours.muted }, ticks: "outside", ticklen: 4, ticklabeloverflow: "allow",
      ...out[key],
      ...(out[key].title ? { title: { standoff: 6, ...out[key].title, font: { size: 11.5, color: colours.muted } } } : {}),
    };
  }
  return out;
}

export const NARROW = 600; // px; titles and labels take less room side by side below

export const CONFIG = { displayModeBar: false, displaylogo: false, responsive: false, doubleClick: false, showTips: false };
