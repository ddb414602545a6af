import { barPlot } from './bar-plot.js';
import type { Comparison, CoordinatorFigures, WorstSeed } from './comparison.js';
import { distributionPlot } from './distribution-plot.js';
import { element, escapeText } from './markup.js';
import { spaceTimePicture } from './space-time.js';
import { STYLE } from './style.js';
import { SUMMARY_ROWS } from './summary-rows.js';
import { MARKS, SPANS } from './vocabulary.js';

const LEGEND = Object.freeze([
  ['span leader', 'plans (leader)'],
  ['span down', 'down'],
  ['span paused', 'paused'],
  ['mark claimed', 'task claimed'],
  ['mark effect', 'effect took place'],
  ['mark refused', 'effect refused'],
  ['mark completed', 'attempt reported'],
  ['mark started', 'node started'],
] as const);

/** The comparison of coordinators as one self-contained page: no script, no font and no picture from elsewhere. */
export function comparisonPage(comparison: Comparison): string {
  const { figures, worst, firstSeed, lastSeed, tasksFile } = comparison;
  const title = 'Orrery: coordinators under the same faults';
  const intro =
    `The tasks of <code>${escapeText(tasksFile)}</code> on a simulated cluster under each coordinator, seeds ${firstSeed}..${lastSeed}. ` +
    `Every seed draws its own crashes, pauses, partitions, lost and doubled messages and clock faults. All times are simulated.`;
  const body = [
    `<header><h1>${title}</h1><p>${intro}</p></header>`,
    section('What happened', summaryTable(figures)),
    section('How long it took', durations(figures)),
    section('What went wrong', wrongs(figures)),
    section('One trace, wherever it runs', placementTable(comparison)),
    section('The worst seed of each coordinator', legend() + worst.map(worstSeed).join('')),
    `<footer>Node ${escapeText(comparison.nodeVersion)}, zone data ${escapeText(comparison.zoneDataVersion)}.</footer>`,
  ];
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${title}</title><style>${STYLE}</style></head><body>${body.join('\n')}</body></html>\n`
  );
}

function section(heading: string, content: string): string {
  return `<section><h2>${escapeText(heading)}</h2>${content}</section>`;
}

function summaryTable(figures: readonly CoordinatorFigures[]): string {
  const head = `<tr><th></th>${figures.map(({ coordinator }) => `<th class="${coordinator}">${escapeText(coordinator)}</th>`).join('')}</tr>`;
  const lines = SUMMARY_ROWS.map(
    ({ name, read }) =>
      `<tr><th>${escapeText(name)}</th>${figures.map((one) => `<td>${escapeText(read(one))}</td>`).join('')}</tr>`,
  );
  return `<div class="wide"><table>${head}${lines.join('')}</table></div>`;
}

function durations(figures: readonly CoordinatorFigures[]): string {
  const plot = (title: string, read: (one: CoordinatorFigures) => readonly number[]): string => {
    const series = figures.map((one) => ({ name: one.coordinator, cssClass: one.coordinator, values: read(one) }));
    return figure(title, distributionPlot(title, series));
  };
  return `<div class="plots">${plot('Time to recover: from a crash to the next completed task', (one) => one.timesToRecoverMs)}${plot(
    'Leader switch: from the end of one leader to the next that plans',
    (one) => one.leaderSwitchesMs,
  )}</div>`;
}

function wrongs(figures: readonly CoordinatorFigures[]): string {
  const plot = (title: string, read: (one: CoordinatorFigures) => number, label: (value: number) => string): string => {
    const bars = figures.map((one) => ({
      name: one.coordinator,
      cssClass: one.coordinator,
      value: read(one),
      label: label(read(one)),
    }));
    return figure(title, barPlot(title, bars));
  };
  return `<div class="plots">${[
    plot('Tasks lost, of those accepted', (one) => one.tasksLost, String),
    plot('Tasks executed twice', (one) => one.executedTwice, String),
    plot(
      'Split brain: simulated time with two leaders that plan',
      (one) => one.splitBrainMs,
      (value) => `${(value / 1000).toFixed(1)} s`,
    ),
  ].join('')}</div>`;
}

function figure(title: string, picture: string): string {
  return `<figure><figcaption>${escapeText(title)}</figcaption>${picture}</figure>`;
}

function placementTable({ placements }: Comparison): string {
  const rows = placements.map(({ scenario, seed, inline, threads }) => {
    const verdict = inline === threads ? 'equal' : 'DIFFERENT';
    return `<tr><th>${escapeText(scenario)}</th><td>${seed}</td><td><code>${inline}</code></td><td><code>${threads}</code></td><td>${verdict}</td></tr>`;
  });
  const head =
    '<tr><th>Scenario</th><th>Seed</th><th>In one thread</th><th>A thread for each node</th><th>Fingerprints</th></tr>';
  return `<div class="wide"><table>${head}${rows.join('')}</table></div>`;
}

function legend(): string {
  const items = LEGEND.map(([cssClass, text]) => {
    const sign = cssClass.startsWith('span')
      ? element('line', { x1: 1, x2: 19, y1: 7, y2: 7, class: cssClass })
      : element('circle', { cx: 10, cy: 7, r: 4, class: cssClass });
    return `<li>${element('svg', { width: 20, height: 14, 'aria-hidden': 'true' }, sign)} ${text}</li>`;
  });
  return `<ul class="legend">${items.join('')}</ul>`;
}

const CLOSE_UP_MS = 1_500;

function worstSeed(worst: WorstSeed): string {
  const { nodes, trace, seed, coordinator, why, atMs, endMs, replayCommand } = worst;
  const base = { nodes, trace, marks: MARKS, spans: SPANS };
  const fromMs = Math.max(0, atMs - CLOSE_UP_MS / 2);
  const whole = spaceTimePicture(`${coordinator}, seed ${seed}, the whole run`, {
    ...base,
    fromMs: 0,
    toMs: endMs,
    messages: false,
  });
  const closeTitle = `The ${CLOSE_UP_MS / 1000} s around ${(atMs / 1000).toFixed(3)} s, with every message`;
  const close = spaceTimePicture(closeTitle, { ...base, fromMs, toMs: fromMs + CLOSE_UP_MS, messages: true });
  return (
    `<article><h3 class="${coordinator}">${escapeText(coordinator)}, seed ${seed}</h3><p>${escapeText(why)} Replay: <code>${escapeText(replayCommand)}</code></p>` +
    `<div class="wide">${whole}</div><p class="quiet">${closeTitle}</p><div class="wide">${close}</div></article>`
  );
}
