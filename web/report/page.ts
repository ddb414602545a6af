import { barPlot } from './bar-plot.js';
import { percentile, type Comparison, type CoordinatorFigures, type WorstSeed } from './comparison.js';
import { distributionPlot, durationLabel } from './distribution-plot.js';
import { element, escapeText } from './markup.js';
import { spaceTimePicture, type SpanRule } from './space-time.js';
import { STYLE } from './style.js';

const MARKS = Object.freeze({
  'effect-applied': 'effect',
  'effect-refused': 'refused',
  claimed: 'claimed',
  completed: 'completed',
  'node-started': 'started',
});

const SPANS: readonly SpanRule[] = Object.freeze([
  { begins: 'planner-active', ends: ['planner-inactive', 'node-crashed', 'node-started'], cssClass: 'leader' },
  { begins: 'node-crashed', ends: ['node-started'], cssClass: 'down' },
]);

const LEGEND = Object.freeze([
  ['span leader', 'plans (leader)'],
  ['span down', 'down'],
  ['mark claimed', 'task claimed'],
  ['mark effect', 'effect took place'],
  ['mark refused', 'effect refused'],
  ['mark completed', 'task completed'],
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
  const rows: readonly (readonly [string, (one: CoordinatorFigures) => string])[] = [
    ['Consistency', (one) => one.consistency],
    ['An effect takes place once', (one) => one.effectOnce],
    ['Seeds, failed', (one) => `${one.seeds}, ${one.failedSeeds.length}`],
    ['Faults injected', (one) => String(one.faults)],
    ['Tasks accepted', (one) => String(one.tasksAccepted)],
    ['Tasks lost', (one) => String(one.tasksLost)],
    ['Effects executed twice', (one) => String(one.executedTwice)],
    ['Time to recover, median / p99', (one) => medianAndP99(one.timesToRecoverMs)],
    ['Leader switch, median / p99', (one) => medianAndP99(one.leaderSwitchesMs)],
    ['Split brain', (one) => `${(one.splitBrainMs / 1000).toFixed(1)} s`],
    ['Simulated time', (one) => `${(one.simulatedMs / 3_600_000).toFixed(2)} h`],
    ['Simulated seconds a second', (one) => String(Math.round(one.simulatedMs / Math.max(1, one.wallMs)))],
    ['Seeds a second', (one) => (one.seeds / (Math.max(1, one.wallMs) / 1000)).toFixed(1)],
  ];
  const head = `<tr><th></th>${figures.map(({ coordinator }) => `<th class="${coordinator}">${escapeText(coordinator)}</th>`).join('')}</tr>`;
  const lines = rows.map(
    ([name, read]) =>
      `<tr><th>${escapeText(name)}</th>${figures.map((one) => `<td>${escapeText(read(one))}</td>`).join('')}</tr>`,
  );
  return `<div class="wide"><table>${head}${lines.join('')}</table></div>`;
}

/** `median / p99` of durations in milliseconds, for people. */
export function medianAndP99(valuesMs: readonly number[]): string {
  const median = percentile(valuesMs, 50);
  const p99 = percentile(valuesMs, 99);
  return median === undefined || p99 === undefined ? 'none' : `${durationLabel(median)} / ${durationLabel(p99)}`;
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
    plot('Tasks accepted and lost', (one) => one.tasksLost, String),
    plot('Effects executed twice', (one) => one.executedTwice, String),
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
