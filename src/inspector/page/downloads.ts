// Downloads of a chart: the picture as SVG, the states as Mermaid, the machine as XState's JSON.
import type { Chart } from '../server/protocol.ts';

const save = (name: string, type: string, text: string): void => {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
};

const kept = [
  ...['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'paint-order', 'stroke-linejoin'],
  ...['font-size', 'font-family', 'font-weight', 'text-anchor', 'pointer-events'],
];

/** The picture with its present colours: a file has no style sheet. */
export const saveSvg = (chart: Chart): void => {
  const shown = document.querySelector(`svg[data-chart="${chart.name}"]`);
  const copy = shown?.cloneNode(true);
  if (!shown || !(copy instanceof SVGElement)) return;
  const originals = shown.querySelectorAll('*');
  for (const [index, element] of copy.querySelectorAll('*').entries()) {
    const original = originals[index];
    if (!original) continue;
    const style = getComputedStyle(original);
    for (const name of kept) element.setAttribute(name, style.getPropertyValue(name));
  }
  const { width, height } = shown.getBoundingClientRect();
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const background = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const name of ['width', 'height']) background.setAttribute(name, '100%');
  for (const name of ['x', 'y']) background.setAttribute(name, '-4');
  background.setAttribute('fill', getComputedStyle(document.body).backgroundColor);
  copy.removeAttribute('style');
  copy.prepend(background);
  save(`${chart.name}.svg`, 'image/svg+xml', new XMLSerializer().serializeToString(copy));
};

const toId = (path: string): string => path.replaceAll('.', '__');

const toMermaid = (chart: Chart): string => {
  const draw = (parent: string, indent: string): string[] =>
    chart.nodes
      .filter((node) => node.parent === parent)
      .flatMap((node) => {
        const inner = draw(node.path, `${indent}  `);
        const initial = node.isInitial ? [`${indent}[*] --> ${toId(node.path)}`] : [];
        const name = `state "${node.name}" as ${toId(node.path)}`;
        return inner.length === 0
          ? [`${indent}${name}`, ...initial]
          : [`${indent}${name} {`, ...inner, `${indent}}`, ...initial];
      });
  const edges = chart.edges
    .filter(({ from, to }) => from !== '' && to !== '')
    .map(
      ({ from, to, causes }) =>
        `  ${toId(from)} --> ${toId(to)} : ${causes.map(({ on }) => on || 'always').join(', ')}`,
    );
  return ['stateDiagram-v2', ...draw('', '  '), ...edges].join('\n');
};

export const saveMermaid = (chart: Chart): void => save(`${chart.name}.mmd`, 'text/plain', toMermaid(chart));

export const saveJson = (chart: Chart): void =>
  save(`${chart.name}.json`, 'application/json', JSON.stringify(chart.definition, null, 2));
