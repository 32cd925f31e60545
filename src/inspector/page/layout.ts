// The layout of a chart: the one that was computed when the page was built, or, for any other chart, one that a worker
// computes now.

import built from 'virtual:layouts';
import ELK from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import { useEffect, useMemo, useState } from 'react';
import type { Chart } from '../server/protocol.ts';
import { computeLayout, type Layout, type Sizing, toAbout } from './layout-graph.ts';

const known = new Map<string, Layout>(built.map(({ about, layout }) => [about, layout]));
let elk: InstanceType<typeof ELK> | undefined;

export const useLayout = (chart: Chart | undefined, sizing: Sizing): Layout | undefined => {
  const about = useMemo(() => chart && toAbout(chart, sizing), [chart, sizing]);
  const [computed, setComputed] = useState<{ readonly about: string; readonly layout: Layout }>();
  useEffect(() => {
    if (!chart || about === undefined || known.has(about)) return;
    elk ??= new ELK({ workerUrl });
    let left = false;
    computeLayout(elk, chart, sizing).then((layout) => {
      known.set(about, layout);
      if (!left) setComputed({ about, layout });
    });
    return () => {
      left = true;
    };
  }, [chart, about, sizing]);
  if (about === undefined) return undefined;
  return known.get(about) ?? (computed?.about === about ? computed.layout : undefined);
};
