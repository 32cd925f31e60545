// The colours and strokes of the picture of two versions, for light and dark pages. What a colour says is also said by the
// stroke (solid, dashed, dotted), the sign before a line of text, and the struck-out names of what was removed.

const toColours = (
  ground: string,
  card: string,
  ink: string,
  quiet: string,
  line: string,
  added: readonly [string, string],
  removed: readonly [string, string],
  changed: readonly [string, string],
): string => `
.ground { fill: ${ground}; }
text { fill: ${ink}; }
.quiet, .label .same, .outer.same .name { fill: ${quiet}; }
.label .mono { stroke: ${ground}; }
.state rect { fill: ${card}; stroke: ${line}; }
.edge path { stroke: ${line}; }
.arrow.same { fill: ${line}; }
${Object.entries({ added, removed, changed })
  .map(
    ([status, [strong, soft]]) => `.state.${status} rect { stroke: ${strong}; fill: ${soft}; }
.edge.${status} path { stroke: ${strong}; }
.arrow.${status}, tspan.${status}, text.${status} { fill: ${strong}; }`,
  )
  .join('\n')}
.state.outer rect { fill: ${ground}; }`;

const light = toColours(
  '#f4f6f9',
  '#ffffff',
  '#16202e',
  '#56647a',
  '#8b98ad',
  ['#0b7a4b', '#dff5ea'],
  ['#c2203a', '#ffe5e9'],
  ['#8a5000', '#fff0d6'],
);
const dark = toColours(
  '#0e131b',
  '#161d28',
  '#e6ecf5',
  '#9aa8bd',
  '#7d8ba6',
  ['#5fd39b', '#12362a'],
  ['#ff8595', '#451a24'],
  ['#f2b457', '#3b2b10'],
);

export const pictureStyle = `${light}
text { font: 12.5px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.title { font-size: 18px; font-weight: 700; }
.name { font-weight: 600; }
.inner .name { text-anchor: middle; }
.removed .own { text-decoration: line-through; }
.mono { font: 10px ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; white-space: pre; }
.label .mono { paint-order: stroke; stroke-width: 3px; stroke-linejoin: round; }
.state rect { stroke-width: 1.2; }
.state.added rect { stroke-width: 2.6; }
.state.removed rect { stroke-width: 2; stroke-dasharray: 7 4; }
.state.changed rect { stroke-width: 2.2; stroke-dasharray: 1.5 3; stroke-linecap: round; }
.edge path { fill: none; stroke-width: 1; }
.edge.same path { opacity: 0.55; }
.edge.added path { stroke-width: 2.4; }
.edge.removed path { stroke-width: 1.8; stroke-dasharray: 7 4; }
.edge.changed path { stroke-width: 2.2; stroke-dasharray: 1.5 3.5; stroke-linecap: round; }
@media (prefers-color-scheme: dark) {${dark}
}`;
