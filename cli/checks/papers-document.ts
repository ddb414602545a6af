import { z } from 'zod';
import { barPlot } from '../../web/report/bar-plot.js';

const estimate = z.object({ trials: z.number(), mean: z.number(), tolerance: z.number() });
const positives = z.object({ anywhere: z.number(), atHealthy: z.number() });
const papers = z.object({
  version: z.literal(1),
  swim: z.object({
    detection: z.object({
      members: z.number(),
      periods: estimate,
      paper: z.number(),
      paperFinite: z.number(),
      tail: z.array(z.object({ periods: z.number(), share: estimate, paper: z.number() })),
    }),
    gaps: z.array(z.object({ members: z.number(), periods: z.number(), worst: z.number(), bound: z.number() })),
    load: z.array(z.object({ members: z.number(), messagesPerPeriod: z.number(), most: z.number() })),
  }),
  lifeguard: z.object({
    members: z.number(),
    seeds: z.number(),
    cells: z.array(
      z.object({
        stressed: z.number(),
        blockedMs: z.number(),
        runMs: z.number(),
        found: z.record(z.string(), z.array(positives)),
      }),
    ),
    detection: z.record(
      z.string(),
      z.object({
        trials: z.number(),
        firstMedianMs: z.number(),
        firstMedianRangeMs: z.tuple([z.number(), z.number()]),
        sooner: estimate,
        soonerFromSuspicion: estimate,
        allMedianMs: z.number(),
        allP99Ms: z.number(),
      }),
    ),
  }),
  raft: z.array(
    z.object({
      range: z.object({ minMs: z.number(), maxMs: z.number() }),
      trials: z.number(),
      medianMs: z.number(),
      medianRangeMs: z.tuple([z.number(), z.number()]),
      mean: estimate,
      worstMs: z.number(),
      quantilesMs: z.array(z.number()),
    }),
  ),
});
type Papers = z.infer<typeof papers>;

/** What the papers say of figure 16, where they say it in words. */
const FIGURE_16: Readonly<Record<string, string>> = Object.freeze({
  '150-150': 'beyond 10 s',
  '150-155': 'median 287 ms',
  '150-200': 'worst of 1,000: 513 ms',
  '12-24': 'mean 35 ms, worst 152 ms',
});

export interface PapersPages {
  /** docs/papers.md */
  readonly text: string;
  /** By file name, below docs/images. */
  readonly pictures: Readonly<Record<string, string>>;
}

/**
 * The page of the papers' tables, and its pictures, from what `npm run bench -- papers --json` wrote.
 * @throws where the measurements are of another form.
 */
export function papersPages(measurements: string): PapersPages {
  const measured = papers.parse(JSON.parse(measurements));
  const text = [INTRODUCTION, swimSection(measured), lifeguardSection(measured), raftSection(measured)].join('\n\n');
  return {
    text: `${text}\n`,
    pictures: {
      'papers-swim.svg': standalone(swimPlot(measured)),
      'papers-lifeguard.svg': standalone(lifeguardPlot(measured)),
      'papers-raft.svg': standalone(raftPlot(measured)),
    },
  };
}

const INTRODUCTION = `# What the papers measured

Made by \`npm run docs\` from \`bench/papers/papers.json\`, which \`npm run bench -- papers --json bench/papers/papers.json\` writes: the actors that
run in production, in simulated time, so every figure is the same on every machine. A tolerance is three standard errors of as many trials as are
stated: a right figure is outside of it once in 370 times, and one that was measured in as many trials itself, as those of figure 16, where it is more than 1.4 times as far. \`bench/papers/papers.test.ts\` measures the same with fewer trials in each run of the tests.`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function withTolerance(
  { mean, tolerance }: { readonly mean: number; readonly tolerance: number },
  digits: number,
): string {
  return `${mean.toFixed(digits)} ± ${tolerance.toFixed(digits)}`;
}

function swimSection({ swim: { detection, gaps, load } }: Papers): string {
  const { members, periods, paper, paperFinite, tail } = detection;
  const rows = [
    [
      'periods until it is picked',
      withTolerance(periods, 3),
      `${paper.toFixed(3)}; ${paperFinite.toFixed(3)} in a group of ${members}`,
    ],
    ...tail.map((one) => [
      `not picked after ${one.periods}`,
      withTolerance(one.share, 4),
      `e^-${one.periods} = ${one.paper.toFixed(4)}`,
    ]),
  ];
  return [
    '## SWIM (Das, Gupta, Motivala, DSN 2002)',
    `A member of ${members} crashes; counted are whole protocol periods until some member picks it for a probe, ${periods.trials} times.`,
    table(['first detection', 'measured', 'paper'], rows),
    '![SWIM: how long a crashed member stays unpicked](images/papers-swim.svg)',
    'The longest time between two probes of the same member by the same other one, over 2,000 periods, and the bound 2n - 1 for the n others:',
    table(
      ['members', 'longest, periods', 'bound'],
      gaps.map((gap) => [`${gap.members}`, `${gap.worst}`, `${gap.bound}`]),
    ),
    'Messages that a member receives in a period in which nothing happens, whatever the size of the group:',
    table(
      ['members', 'on average', 'by the busiest'],
      load.map((one) => [`${one.members}`, one.messagesPerPeriod.toFixed(2), one.most.toFixed(2)]),
    ),
  ].join('\n\n');
}

type Positives = z.infer<typeof positives>;

/** By configuration what was found in all cells together, for each seed. */
function totalsOf({ lifeguard: { cells, seeds } }: Papers): [string, Positives[]][] {
  const names = Object.keys(cells[0]?.found ?? {});
  return names.map((name) => {
    const totals = Array.from({ length: seeds }, (_, n) => {
      const found = cells.map((cell) => cell.found[name]?.[n] ?? { anywhere: 0, atHealthy: 0 });
      return { anywhere: sum(found, 'anywhere'), atHealthy: sum(found, 'atHealthy') };
    });
    return [name, totals];
  });
}

function sum(found: readonly Positives[], of: keyof Positives): number {
  return found.reduce((total, one) => total + one[of], 0);
}

/** How many times fewer: in all, and from the least to the most of a seed. */
function fewer(plain: readonly Positives[], found: readonly Positives[], of: keyof Positives): string {
  const times = (most: number, count: number): string => (count === 0 ? `${most} to none` : (most / count).toFixed(1));
  const bySeed = found
    .map((one, n) => ({ most: plain[n]?.[of] ?? 0, count: one[of] }))
    .sort((a, b) => a.most * b.count - b.most * a.count);
  const [least, most] = [bySeed[0], bySeed.at(-1)].map((one) => times(one?.most ?? 0, one?.count ?? 0));
  return `${times(sum(plain, of), sum(found, of))} times (${least} to ${most})`;
}

function lifeguardSection(measured: Papers): string {
  const { members, seeds, cells, detection } = measured.lifeguard;
  const totals = totalsOf(measured);
  const plain = totals[0]?.[1] ?? [];
  const cellRows = cells.map(({ stressed, blockedMs, found }) => [
    `${stressed}`,
    `${blockedMs}`,
    ...totals.map(([name]) => `${sum(found[name] ?? [], 'anywhere')}`),
  ]);
  return [
    '## Lifeguard (Dadgar, Phillips, Currey, DSN 2018)',
    `${members} members for 120 s, memberlist's times for a LAN, alpha 5 and beta 6 unless said otherwise. Some are under stress in the manner of the paper:
they neither send nor receive for so many milliseconds, then do so for ${cells[0]?.runMs ?? 0} ms, while their timers go on (the fault \`hold\`; under \`pause\` and \`slow-node\` a
member handles what came in its order, answers before timers, and accuses nobody). Counted is each time that a member believes a healthy one dead, in ${seeds} seeds of each cell.`,
    table(['stressed', 'blocked, ms', ...totals.map(([name]) => name)], cellRows),
    `All cells together; in brackets from the seed with the least difference to the one with the most:`,
    table(
      ['', 'false positives', 'fewer than SWIM', 'at healthy members', 'fewer than SWIM'],
      totals.map(([name, found]) => [
        name,
        `${sum(found, 'anywhere')}`,
        fewer(plain, found, 'anywhere'),
        `${sum(found, 'atHealthy')}`,
        fewer(plain, found, 'atHealthy'),
      ]),
    ),
    '![Lifeguard: false positives under stress](images/papers-lifeguard.svg)',
    `The paper has 50 to 100 times fewer with all of it, and 20 times fewer with alpha 4. How long a crash stays unfound among 100 members of which none is under stress, and by
which share sooner than by SWIM that is, of the same crashes:`,
    table(
      [
        '',
        'crashes',
        'first member, median (range)',
        'sooner',
        'sooner from the suspicion on',
        'all members, median',
        'p99',
      ],
      Object.entries(detection).map(([name, one]) => [
        name,
        `${one.trials}`,
        `${seconds(one.firstMedianMs)} (${one.firstMedianRangeMs.map(seconds).join(' to ')})`,
        ...[one.sooner, one.soonerFromSuspicion].map(({ mean, tolerance }) =>
          name === 'SWIM' ? '' : `${(100 * mean).toFixed(1)} ± ${(100 * tolerance).toFixed(1)} %`,
        ),
        seconds(one.allMedianMs),
        seconds(one.allP99Ms),
      ]),
    ),
    `The paper's fifth is met by what alpha governs, from the first suspicion to certainty: 4 in place of 5 time-outs. Before that comes the time until the crashed member is probed and the
probe has failed, some 2 s in which alpha has no part, so that of the whole it is less than a fifth with memberlist's times, whatever the number of trials.`,
  ].join('\n\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function nameOfRange({ range: { minMs, maxMs } }: Papers['raft'][number]): string {
  return `${minMs}-${maxMs}`;
}

function raftSection({ raft }: Papers): string {
  const rows = raft.map((line) => [
    `${nameOfRange(line)} ms`,
    `${line.trials}`,
    `${line.medianMs.toFixed(0)} (${line.medianRangeMs.map((ms) => ms.toFixed(0)).join(' to ')})`,
    withTolerance(line.mean, 1),
    `${line.worstMs.toFixed(0)}`,
    FIGURE_16[nameOfRange(line)] ?? '',
  ]);
  return [
    '## Raft, figure 16 (Ongaro, Ousterhout, USENIX ATC 2014)',
    `Five members without PreVote, a leader that crashes at a moment drawn from its heartbeat interval (half of the least time-out), followers with unequal logs
of which two cannot be elected. A broadcast, until the last of its answers has come, takes some 13 ms: a request 1.7 to 2.7 ms, an answer 1.5 to 11 ms, and before that the own disk up to
2 ms; the second answer, which makes a majority, comes after some 8 ms. Time-outs are drawn in whole milliseconds. A trial is
watched for 20 s, and counts as so long where nobody leads by then. That division of the broadcast is not the paper's, which gives none: it was chosen, out of some ten that were tried, as one with which the three lines that the paper puts into words come out. Time-outs without any spread (150-150) are refused where a member is made; the trial puts them in afterwards, and lets one member lead to begin with.`,
    table(['time-outs', 'trials', 'median, ms (range)', 'mean, ms', 'worst, ms', 'paper'], rows),
    '![Raft: downtime by the range of the time-outs](images/papers-raft.svg)',
    `The paper does not say how its 15 ms were spent. Where the spread is near to the time between asking and being heard (150-155), the median is that of a first round (150 ms)
or of a second (290 ms), and depends on just that. With 12-24 ms the time-outs are near to the broadcast itself, so that how late the second answer comes is nearly all of it: were every
answer as late as the last, the mean would be 42 ms.`,
  ].join('\n\n');
}

function swimPlot({ swim: { detection } }: Papers): string {
  const bars = detection.tail.flatMap(({ periods, share, paper }) => [
    {
      name: `after ${periods}`,
      cssClass: 'gossip',
      value: share.mean,
      label: `${(100 * share.mean).toFixed(1)} % measured`,
    },
    { name: '', cssClass: 'raft', value: paper, label: `${(100 * paper).toFixed(1)} % = e^-${periods}` },
  ]);
  return barPlot('SWIM: share of crashed members not picked after so many periods', bars);
}

function lifeguardPlot(measured: Papers): string {
  const bars = totalsOf(measured).map(([name, found]) => {
    const value = sum(found, 'anywhere');
    return { name, cssClass: name.startsWith('Lifeguard') ? 'gossip' : 'lease', value, label: `${value}` };
  });
  return barPlot('Lifeguard: healthy members believed dead, all cells together', bars);
}

function raftPlot({ raft }: Papers): string {
  const bars = raft
    .filter(({ medianMs }) => medianMs < 5000)
    .map((line) => ({
      ...{ name: `${nameOfRange(line)} ms`, cssClass: 'raft', value: line.medianMs },
      label: `${line.medianMs.toFixed(0)} ms median, ${line.worstMs.toFixed(0)} ms worst`,
    }));
  return barPlot('Raft: time without a leader after a crash, by the range of the time-outs', bars);
}

const STYLE =
  'svg{font:11.5px system-ui,sans-serif;fill:#444}.bar.raft{fill:#0072b2}.bar.lease{fill:#d55e00}.bar.gossip{fill:#009e73}';

/** A picture that stands by itself, as an image in a document does. */
function standalone(svg: string): string {
  return `${svg.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ').replace('>', `><style>${STYLE}</style>`)}\n`;
}
