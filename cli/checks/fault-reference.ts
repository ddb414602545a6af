// docs/faults.md: what the registry of faults says of each, with an entry of a plan as a seed could draw it.
import { randomStream } from '../../runtime/random.js';
import type { DrawContext, FaultEntry } from '../../sim/faults/fault-entry.js';
import type { FaultPlan, PlannedFault } from '../../sim/faults/plan.js';
import { faultFamilies, type FaultFamily } from '../../sim/faults/registry.js';
import { findPlanFault } from '../../sim/faults/validate-plan.js';
import type { Setup } from '../../sim/scenario.js';

/** Where the examples would take place: three servers and a client, another build of the servers, a point in the code. */
export const exampleSetup: Setup = {
  nodes: [
    ...['s1', 's2', 's3'].map((id) => ({ id, program: 'server', params: null, role: 'server' as const })),
    { id: 'c1', program: 'client', params: null, role: 'client' },
  ],
  workload: [],
};
export const exampleContext: DrawContext = {
  nodes: exampleSetup.nodes,
  faultMs: 10_000,
  builds: { server: ['server-next'] },
  faultPoints: ['batch-is-half-done'],
};
export const examplePrograms: readonly string[] = ['server', 'client', 'server-next'];

const INTRODUCTION = `# Faults

<!-- Made from sim/faults/registry.ts by \`npm run docs\`; edit the entries there. -->

What a plan can do to a cluster. \`sim/faults/registry.ts\` is the truth, and this page is made from it. How plans are written, drawn
and replayed is told in [simulation.md](simulation.md).

- **hits**: nodes, or links between nodes. A target is \`{ "kind": "node", "node": "s1" }\`, \`{ "kind": "links", "from": […], "to": […] }\`,
  \`{ "kind": "all" }\`, or for reactions \`{ "kind": "observer" }\`. Of a node's links are meant all, in both directions.
- **costs**: what it takes from the budget (\`maxDown\`, \`maxDiskLost\`). A fault that would exceed it is passed over.
- **lasts**: until its \`forMs\` is over, or without it until healing; what does not last happens once and there is nothing to undo.
- **drawn**: by swarm where a scenario names no kinds, or only where \`faults.faults\` or \`faults.alsoFaults\` names it.
- **may halt**: a node that ends by itself under this fault has refused to go on, as it should; otherwise that fails the run.

Parts per million (\`ppm\`) are shares: 1000000 is always. Whatever is struck by a share is chosen by a hash of seed, name of the fault, link or
file, type and occurrence, so that taking one fault out of a plan changes nothing of what the others do.
`;

/** The text of docs/faults.md. Throws where a kind of fault draws an example that the check of plans refuses. */
export function faultReference(families: readonly FaultFamily[] = faultFamilies): string {
  return [INTRODUCTION, ...families.map(describeFamily)].join('\n');
}

function describeFamily({ name, entries }: FaultFamily): string {
  const rows = entries.map((entry) => {
    const cells = [`[${entry.name}](#${entry.name})`, hits(entry), costs(entry), lasts(entry), drawn(entry)];
    return `| ${[...cells, entry.mayHalt ? 'yes' : ''].join(' | ')} |`;
  });
  const head = '| fault | hits | costs | lasts | drawn | may halt |\n|---|---|---|---|---|---|';
  return [`## ${name}\n`, head, ...rows, '', ...entries.map(describeEntry)].join('\n');
}

function describeEntry(entry: FaultEntry): string {
  const parameters = Object.entries(entry.parameters).map(([name, type]) => `- \`${name}\`: ${type.describes}`);
  const described = entry.describes.charAt(0).toUpperCase() + entry.describes.slice(1);
  return [
    `### ${entry.name}\n`,
    `${`${described}. ${undoing(entry)}`.trimEnd()}\n`,
    ...(parameters.length === 0 ? [] : [`${parameters.join('\n')}\n`]),
    '```json',
    exampleOf(entry),
    '```\n',
  ].join('\n');
}

/** As one line, with a moment and a length that are easy to read. */
function exampleOf(entry: FaultEntry): string {
  const planned = examplePlan(entry).faults[0]!;
  const fields = Object.entries(planned).map(([name, value]) => `"${name}": ${spaced(value)}`);
  return `{ ${fields.join(', ')} }`;
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `"${name}": ${spaced(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** A plan of one fault of this kind, checked. */
export function examplePlan(entry: FaultEntry): FaultPlan {
  const drawnFault = entry.draw(randomStream(`example/${entry.name}`), exampleContext);
  if (drawnFault === undefined) {
    throw new Error(`${entry.name} draws nothing for the cluster of the examples; give that cluster what it needs`);
  }
  const { target, params } = drawnFault;
  const planned: PlannedFault = {
    ...{ name: `${entry.name}-1`, fault: entry.name, at: { ms: 2_000 }, target },
    ...(entry.lasts ? { forMs: 1_500 } : {}),
    params,
  };
  const plan: FaultPlan = { faults: [planned] };
  const wrong = findPlanFault(plan, exampleSetup, { programs: examplePrograms });
  if (wrong !== undefined) throw new Error(`${entry.name} draws what the check of plans refuses: ${wrong}`);
  return plan;
}

function hits({ concerns, bothWays, shape }: FaultEntry): string {
  if (concerns === 'nodes') return 'nodes';
  if (bothWays) return 'links, both ways';
  return shape === undefined ? 'links, as named' : 'links, in its own pattern';
}

function costs({ costPerNode, costClass }: FaultEntry): string {
  if (costPerNode === 0) return 'nothing';
  return costClass === 'diskLost' ? 'a server down, and a disk for good' : 'a server down';
}

function lasts({ lasts: isLasting, proceed }: FaultEntry): string {
  if (!isLasting) return 'happens once';
  return proceed === undefined ? 'until undone' : 'until undone, in stages';
}

function drawn({ inSwarm }: FaultEntry): string {
  return inSwarm ? 'by swarm' : 'by name';
}

function undoing(entry: FaultEntry): string {
  const { describes, lasts: isLasting, concerns, costPerNode, costClass, mayHalt } = entry;
  if (!isLasting) return 'There is nothing to undo.';
  if (describes.includes('undone')) return '';
  if (concerns === 'links') return 'Undone, links are as before; what was lost stays lost.';
  if (costClass === 'diskLost')
    return 'Undone, it acts no longer, and its node is up; what the disk has lost is gone for good.';
  if (mayHalt) return 'Undone, it acts no longer; a node that ended by itself starts again when it is healed.';
  return costPerNode > 0 ? 'Undone, the node runs again.' : 'Undone, it acts no longer.';
}
