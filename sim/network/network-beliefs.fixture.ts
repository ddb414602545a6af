import {
  gapsOf,
  longestUs,
  tookUs,
  type Arrival,
  type Gap,
  type LinkLog,
  type Log,
  type Moment,
} from './link-log.fixture.js';

/** What every message takes without faults. */
export const BASE_US = 8_000;
export const EVERY_US = 2_000;
/** Each so many messages one is large. */
export const LARGE_EVERY = 40;

/** Something that protocols take for granted of a network, and when it was not so in a run. Which kind of fault makes it so. */
export interface NetworkBelief {
  readonly kind: string;
  readonly belief: string;
  isBroken(log: Log, moments: readonly Moment[]): boolean;
}

const extraUs = (arrival: Arrival): number => tookUs(arrival) - BASE_US;

/** Neither the one before it nor the one after it was delayed. */
function isBetweenPrompt({ byNumber }: LinkLog, at: number): boolean {
  const [before, own, after] = [byNumber[at - 1], byNumber[at]!, byNumber[at + 1]];
  const isNext = before?.n === own.n - 1 && after?.n === own.n + 1;
  return isNext && tookUs(before) === BASE_US && tookUs(after) === BASE_US;
}

function countLate({ links }: Log, fromUs: number, uptoUs: number): number {
  return links.reduce((sum, link) => {
    const late = link.byNumber.filter((arrival, at) => {
      const extra = extraUs(arrival);
      return extra > fromUs && extra <= uptoUs && isBetweenPrompt(link, at);
    });
    return sum + late.length;
  }, 0);
}

/** Enough of them that it is no accident. */
const SEVERAL = 3;
const LATE_US = 50_000;
const MOST_LATE_US = 10_000;

const delayBeliefs: readonly NetworkBelief[] = [
  {
    kind: 'reorder',
    belief: 'whoever follows at the usual distance does not overtake',
    isBroken: (log) => countLate(log, EVERY_US, MOST_LATE_US) >= SEVERAL,
  },
  {
    kind: 'latency-bimodal',
    belief: 'what takes many times as long as the others is lost',
    isBroken: (log) => countLate(log, LATE_US, Infinity) >= SEVERAL,
  },
  {
    kind: 'hold',
    belief: 'nothing comes faster than the way is long',
    isBroken: ({ links }) => links.some(({ byTime }) => byTime.some((arrival) => tookUs(arrival) < BASE_US)),
  },
  {
    kind: 'slow-link',
    belief: 'never do all links become slower by the same',
    isBroken: ({ links }) => {
      const steady = links.map(steadyExtraUs);
      return steady.some((extra) => extra >= MOST_LATE_US && steady.filter((other) => other === extra).length >= 15);
    },
  },
  {
    kind: 'latency-offset',
    belief: 'all links take about as long',
    isBroken: ({ links }) => {
      const steady = new Set(links.map(steadyExtraUs).filter((extra) => extra > 0));
      return steady.size >= links.length / 2;
    },
  },
  {
    kind: 'latency-uniform',
    belief: 'few take longer than the average',
    isBroken: ({ links }) => isSpread(links, 450, 560, 0, 2_500),
  },
  {
    kind: 'latency-exponential',
    belief: 'none takes more than a few times the average',
    isBroken: ({ links }) => isSpread(links, 280, 430, 4_000, Infinity),
  },
  {
    kind: 'bandwidth',
    belief: 'a small message does not wait for a large one',
    isBroken: ({ links }) => links.filter((link) => waitsForLarge(link) >= 2).length >= SEVERAL,
  },
];

const STEADY = 30;

/** What 30 messages in a row took beyond the usual, all the same; 0 where there are none such. */
function steadyExtraUs({ byNumber }: LinkLog): number {
  let count = 0;
  for (const [at, arrival] of byNumber.entries()) {
    const before = byNumber[at - 1];
    const isSame = before !== undefined && extraUs(before) === extraUs(arrival) && extraUs(arrival) > 0;
    count = isSame ? count + 1 : 0;
    if (count >= STEADY) return extraUs(arrival);
  }
  return 0;
}

const SAMPLES = 1_000;

/**
 * Whether messages were delayed each by a time of its own, of which a share (in thousandths) between the two is above the average, and the
 * longest between so many thousandths of the average.
 */
function isSpread(
  links: readonly LinkLog[],
  leastAbove: number,
  mostAbove: number,
  leastPeak: number,
  mostPeak: number,
): boolean {
  const extras = links.flatMap((link) => scatteredExtrasUs(link));
  if (extras.length < SAMPLES) return false;
  const mean = extras.reduce((sum, extra) => sum + extra, 0) / extras.length;
  const above = (1000 * extras.filter((extra) => extra > mean).length) / extras.length;
  const peak = (1000 * extras.reduce((most, extra) => Math.max(most, extra), 0)) / mean;
  return above >= leastAbove && above <= mostAbove && peak >= leastPeak && peak <= mostPeak;
}

/** Delays that go up and down: of each message whose neighbours were both delayed as well, less than it or both more. */
function scatteredExtrasUs({ byNumber }: LinkLog): number[] {
  const delayed = byNumber.flatMap((own, at) => {
    const [before, after] = [byNumber[at - 1], byNumber[at + 1]];
    if (before === undefined || after === undefined) return [];
    return [before, own, after].every((arrival) => extraUs(arrival) > 0) ? [[before, own, after] as const] : [];
  });
  const turns = delayed.filter(([before, own, after]) => {
    const rise = extraUs(own) - extraUs(before);
    return rise !== 0 && Math.sign(rise) !== Math.sign(extraUs(after) - extraUs(own));
  });
  // A ramp has few turns; two of three is what chance has.
  return turns.length * 2 < delayed.length ? [] : delayed.map(([, own]) => extraUs(own));
}

/** How often it takes longer behind a large one, and less and less until that is over. */
function waitsForLarge({ byNumber }: LinkLog): number {
  return byNumber.filter((own, at) => {
    const before = byNumber[at - 2];
    const [second, third] = [byNumber[at + 1], byNumber[at + 2]];
    const isBehindLarge = own.n % LARGE_EVERY === 1 && before?.n === own.n - 2 && third?.n === own.n + 2;
    if (!isBehindLarge || second === undefined) return false;
    const isRamp = tookUs(own) > tookUs(second) && tookUs(second) > tookUs(third);
    return isRamp && tookUs(third) > tookUs(before) + MOST_LATE_US;
  }).length;
}

const SOON_US = 10_000;
const LONG_LOSS = 20;
const SILENT_US = 100_000;
const FLOOD_US = 1_000;

const lossBeliefs: readonly NetworkBelief[] = [
  {
    kind: 'drop',
    belief: 'whoever loses one message loses its neighbours as well',
    isBroken: ({ links }) => links.filter((link) => gapsOf(link).some(({ count }) => count === 1)).length >= SEVERAL,
  },
  {
    kind: 'duplicate',
    belief: 'what comes twice comes much later: a retry, or a detour',
    isBroken: ({ links }) => links.some(({ repeatsAfterUs }) => repeatsAfterUs.some((us) => us <= SOON_US)),
  },
  {
    kind: 'replay',
    belief: 'what comes twice comes twice soon',
    isBroken: ({ links }) => links.some(({ repeatsAfterUs }) => repeatsAfterUs.some((us) => us > SOON_US)),
  },
  {
    kind: 'corrupt',
    belief: 'a connection that breaks loses in both directions',
    isBroken: ({ links }) =>
      shortGaps(links).some(({ link, gap }) => {
        const back = links.filter(({ from, to }) => from === link.to && to === link.from);
        return back.length > 0 && !back.some((way) => gapsOf(way).some((other) => isAtOnce(gap, other)));
      }),
  },
  {
    kind: 'reset',
    belief: 'connections break one at a time',
    isBroken: ({ links }) => {
      const gaps = shortGaps(links);
      return gaps.some(({ gap }) => gaps.filter((other) => isSame(gap, other.gap)).length >= links.length / 2);
    },
  },
  {
    kind: 'half-open',
    belief: 'what comes in a flood after a silence has waited, and nothing of it is lost',
    isBroken: ({ links }) => links.some((link) => gapsOf(link).some((gap) => isBeforeFlood(link, gap))),
  },
];

interface GapOfLink {
  readonly link: LinkLog;
  readonly gap: Gap;
}

function shortGaps(links: readonly LinkLog[]): readonly GapOfLink[] {
  return links.flatMap((link) =>
    gapsOf(link)
      .filter(({ count }) => count >= SEVERAL && count < LONG_LOSS)
      .map((gap) => ({ link, gap })),
  );
}

function isAtOnce(one: Gap, other: Gap): boolean {
  return one.fromUs <= other.untilUs + SOON_US && other.fromUs <= one.untilUs + SOON_US;
}

function isSame(one: Gap, other: Gap): boolean {
  return Math.abs(one.fromUs - other.fromUs) <= EVERY_US && Math.abs(one.untilUs - other.untilUs) <= EVERY_US;
}

function isBeforeFlood({ byNumber }: LinkLog, { count, before }: Gap): boolean {
  const at = byNumber.findIndex(({ n }) => n === before);
  const [last, first, tenth] = [byNumber[at]!, byNumber[at + 1]!, byNumber[at + 10]];
  const isFlood = tenth !== undefined && tenth.atUs >= first.atUs && tenth.atUs - first.atUs < FLOOD_US;
  return count >= LONG_LOSS && isFlood && first.atUs - last.atUs > SILENT_US;
}

/** Longer than it takes to notice and connect anew. */
const NOTICED_US = 200_000;

const partitionBeliefs: readonly NetworkBelief[] = [
  {
    kind: 'partition',
    belief: 'whoever hears nobody is heard',
    isBroken: ({ nodes }, moments) =>
      nodes.some((node) => {
        const others = nodes.filter((other) => other !== node);
        return lasts(moments, ({ hears, speaks }) => {
          const isAlone = others.every((other) => !hears(node, other) && !hears(other, node));
          return speaks(node) && isAlone && others.every((one) => others.some((other) => hears(one, other)));
        });
      }),
  },
  {
    kind: 'partition-one-way',
    belief: 'whom the others do not hear any more they will hear again when it has noticed',
    isBroken: ({ nodes }, moments) =>
      nodes.some((node) => {
        const others = nodes.filter((other) => other !== node);
        const isDeafTo = ({ hears, speaks }: Moment): boolean =>
          speaks(node) && others.every((other) => hears(node, other) && !hears(other, node));
        return longestUs(moments, isDeafTo) >= NOTICED_US;
      }),
  },
  {
    kind: 'partition-partial',
    belief: 'whom I do not hear somebody else does not hear either',
    isBroken: ({ nodes }, moments) =>
      pairsOf(nodes).some(([one, other]) =>
        lasts(moments, ({ hears }) => {
          const thirds = nodes.filter((node) => node !== one && node !== other);
          const isBetween = (third: string): boolean =>
            [one, other].every((end) => hears(third, end) && hears(end, third));
          return !hears(one, other) && !hears(other, one) && thirds.every(isBetween);
        }),
      ),
  },
  {
    kind: 'partition-bridge',
    belief: 'those that I hear hear each other, or one of them is alone',
    isBroken: ({ nodes }, moments) => nodes.some((node) => lasts(moments, (moment) => isBridge(nodes, node, moment))),
  },
  {
    kind: 'partition-ring',
    belief: 'two majorities have more than one node in common',
    isBroken: ({ nodes }, moments) =>
      lasts(moments, ({ hears }) => {
        const heard = nodes.map((node) => nodes.filter((other) => other !== node && hears(node, other)));
        const isRing = heard.every(
          (own, at) => own.length === (nodes.length - 1) / 2 && own.every((other) => hears(other, nodes[at]!)),
        );
        return isRing && new Set(heard.map((own) => own.join())).size === nodes.length;
      }),
  },
];

function lasts(moments: readonly Moment[], isSo: (moment: Moment) => boolean): boolean {
  return longestUs(moments, isSo) >= SILENT_US;
}

function pairsOf(nodes: readonly string[]): readonly (readonly [string, string])[] {
  return nodes.flatMap((one, at) => nodes.slice(at + 1).map((other) => [one, other] as const));
}

/** It hears all others, and they are two halves of at least two that hear nothing of each other. */
function isBridge(nodes: readonly string[], node: string, { hears }: Moment): boolean {
  const others = nodes.filter((other) => other !== node);
  if (!others.every((other) => hears(node, other))) return false;
  const first = others.filter((other) => other === others[0] || hears(others[0]!, other));
  const second = others.filter((other) => !first.includes(other));
  const isApart = first.every((one) => second.every((other) => !hears(one, other) && !hears(other, one)));
  const isTogether = [first, second].every((half) => half.length >= 2 && pairsOf(half).every(([a, b]) => hears(a, b)));
  return isApart && isTogether;
}

export const networkBeliefs: readonly NetworkBelief[] = [...delayBeliefs, ...lossBeliefs, ...partitionBeliefs];

/** Of those who speak seldom, each message taking a time of its own. */
export const seldomBelief: NetworkBelief = {
  kind: 'clog',
  belief: 'what comes in a flood comes in order, or all at one moment',
  isBroken: ({ links }) =>
    links.some(({ byTime }) => byTime.some((_, at) => isDisorderedFlood(byTime.slice(at, at + 6)))),
};

const SPREAD_US = 12_000;
const MOMENT_US = 200;

function isDisorderedFlood(flood: readonly Arrival[]): boolean {
  const span = (flood.at(-1)?.atUs ?? 0) - (flood[0]?.atUs ?? 0);
  const isDisordered = flood.some((arrival, at) => {
    const before = flood[at - 1];
    return before !== undefined && arrival.n < before.n && arrival.atUs - before.atUs > MOMENT_US;
  });
  return flood.length === 6 && isDisordered && span <= SPREAD_US;
}
