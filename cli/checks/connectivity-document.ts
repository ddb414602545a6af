import { z } from 'zod';

const figures = z.object({
  without: z.number(),
  medianMs: z.number().nullable(),
  worstMs: z.number().nullable(),
  unstable: z.number(),
  laterElections: z.number(),
  longestGapMs: z.number(),
  reads: z.number(),
});
const connectivity = z.object({
  version: z.literal(1),
  trials: z.number(),
  timing: z.object({ electionTimeoutMs: z.object({ min: z.number(), max: z.number() }), heartbeatMs: z.number() }),
  protections: z.array(z.string()),
  cases: z.array(
    z.object({
      name: z.string(),
      describes: z.string(),
      expects: z.string(),
      found: z.record(z.string(), figures),
    }),
  ),
});
type Connectivity = z.infer<typeof connectivity>;
type Figures = z.infer<typeof figures>;

const EXPECTED: Readonly<Record<string, string>> = Object.freeze({
  stays: 'the leader goes on',
  elected: 'another is elected',
  deposed: 'the leader makes way, then another is elected',
  impossible: 'nobody can lead (§5.4.1)',
});

/**
 * docs/partial-connectivity.md, from what `npm run bench -- connectivity --json` wrote.
 * @throws where the measurements are of another form.
 */
export function connectivityPage(measurements: string): string {
  const measured = connectivity.parse(JSON.parse(measurements));
  return `${[introduction(measured), casesTable(measured), downtimes(measured), stability(measured), PROTECTIONS, BOUNDS].join('\n\n')}\n`;
}

function introduction({ trials, timing, cases }: Connectivity): string {
  const { electionTimeoutMs, heartbeatMs } = timing;
  const reads = cases.reduce(
    (sum, { found }) => sum + Object.values(found).reduce((all, one) => all + one.reads, 0),
    0,
  );
  return `# Raft when only some can reach each other

Made by \`npm run docs\` from \`bench/partial-connectivity.json\`, which \`npm run bench -- connectivity --json bench/partial-connectivity.json\` writes.
Five members as they run in production, in simulated time, so every figure is the same on every machine: time-outs of ${electionTimeoutMs.min} to ${electionTimeoutMs.max} ms
and heartbeats every ${heartbeatMs} ms, which are the defaults and etcd's; ${trials} trials of each case with each set of protections. Two clients reach all members,
write to one after the other and read from them throughout, by leases in every other trial and by read index else. All of the ${reads.toLocaleString('en-US')} reads that were
answered are linearizable, whatever protection is off: none is stale. \`props/raft/partial-connectivity.test.ts\` tries the same in each run of
the tests, with these time-outs and with the paper's.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function casesTable({ cases }: Connectivity): string {
  return table(
    ['case', 'what happens', 'expected with all protections'],
    cases.map(({ name, describes, expects }) => [name, describes, EXPECTED[expects] ?? expects]),
  );
}

function byProtection({ protections, cases }: Connectivity, cell: (figures: Figures) => string): string {
  return table(
    ['case', ...protections],
    cases.map(({ name, found }) => [
      name,
      ...protections.map((protection) => {
        const figuresOf = found[protection];
        return figuresOf === undefined ? '' : cell(figuresOf);
      }),
    ]),
  );
}

function downtimes(measured: Connectivity): string {
  const { trials } = measured;
  const cell = ({ without, medianMs, worstMs }: Figures): string => {
    const times = medianMs === null || worstMs === null ? [] : [`${medianMs} / ${worstMs}`];
    return [...times, ...(without > 0 ? [without === trials ? 'never' : `never in ${without}`] : [])].join(', ');
  };
  return `## Time to a working leader

From when the fault began to the first write acknowledged that was asked for after that: median / worst, in milliseconds. Clients probe every 100 ms while all is well
and every 20 ms while nothing is acknowledged, so what is below 200 ms is their own time. *Never*: not while the fault lasted, which was 24 s.

${byProtection(measured, cell)}`;
}

function stability(measured: Connectivity): string {
  const cell = ({ unstable, laterElections, longestGapMs, medianMs }: Figures): string => {
    if (medianMs === null) return '';
    return unstable === 0 ? `0; ${longestGapMs}` : `${laterElections.toFixed(1)}; ${longestGapMs}`;
  };
  return `## Is it stable?

Elections after that while the fault lasted, on average; and the longest time in which nothing was acknowledged, in milliseconds.

${byProtection(measured, cell)}`;
}

const PROTECTIONS = `## Which protection serves which case

- **checkQuorum**: a leader that hears no majority makes way. Without it a leader that the others hear, and that does not hear them, stays for ever, and
  so does one that only the single well connected member still hears (quorum loss).
- **checkDisk**: a leader whose disk stalls makes way. Its heartbeats do not wait for its disk, its answers do; without it, it leads on and answers nobody.
- **preVote** and **leaderStickiness**: who does not hear the leader asks before it raises its term, and who hears the leader answers no. Without either,
  whoever is cut off from the leader and not from the others ousts it again and again (single link, ring, bridge, chain, a deaf follower).
  One of the two is enough to be stable where clients write: without stickiness it is the log of whoever asks that is too old. But without preVote
  those who cannot win raise their terms in vain, and that puts off whoever can: an election takes longer in a chain; and beside a former leader that is
  deaf it may not end at all, since that one stands again and again, takes the votes of each term and hears of none. preVote also spares the election
  that a member causes when it comes back with a later term.
- **Constrained election**: Raft elects only whoever has all that is committed. Where the one member that reaches a majority lacks some of it, nobody
  leads until another link is back; nothing is lost meanwhile. Omni-Paxos brings such a member up to date before it leads; this is the one case of its
  section 2 in which Raft, and so this implementation, has to wait.`;

const BOUNDS = `## What the tests demand

With E the greatest election time-out and H the heartbeat: a working leader within 2 E and 100 ms where the others miss the leader (one time-out until the
first of them stands, one more where votes split or its log was too old), within E + H more where the leader has to find out first that it hears
no majority or that its disk stalls, and at once where it goes on. After that nobody is elected as long as the fault lasts.`;
