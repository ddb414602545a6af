import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { committedFacts, factsAfter, type Fact } from './interaction-facts.fixture.js';
import { InteractionGroup } from './interaction-group.fixture.js';
import type { Interaction } from './interaction.fixture.js';
import { NOT_PORTABLE } from './not-portable.fixture.js';

const casesFile = new URL('../../../../shared/data/raft-cases/cases.json', import.meta.url);
if (!existsSync(casesFile)) console.warn(`SKIPPED: the published cases of Raft are not at ${casesFile.pathname}`);

/** The interaction files of etcd's raft, by name. */
const files = existsSync(casesFile)
  ? Object.entries(JSON.parse(readFileSync(casesFile, 'utf8')) as Readonly<Record<string, readonly Interaction[]>>)
      .filter(([file]) => file.startsWith('interaction/'))
      .map(([file, commands]) => [file.replace(/^interaction\/|\.txt$/g, ''), commands] as const)
  : [];

/** Runs the commands of one file, and compares after each what was published with what is. */
function factsOf(interactions: readonly Interaction[]): { facts: readonly Fact[]; notCarriedOut: readonly string[] } {
  const group = new InteractionGroup(interactions);
  const facts = interactions.flatMap((interaction) => {
    const outcome = group.run(interaction);
    return factsAfter(group, interaction, outcome);
  });
  return { facts: [...facts, ...committedFacts(group, interactions)], notCarriedOut: group.notCarriedOut };
}

function notPortableIn(file: string): ReadonlySet<string> {
  return new Set(NOT_PORTABLE.flatMap(({ facts }) => (facts[file] ?? []).map(([line, fact]) => `${line} ${fact}`)));
}

describe.skipIf(files.length === 0)('published interactions', () => {
  const checked = new Map<string, number>();
  const notCarriedOut: string[] = [];
  let commands = 0;

  it.each(files)('%s', (file, interactions) => {
    const run = factsOf(interactions);
    const differing = run.facts.filter(({ expected, actual }) => expected !== actual);
    const excused = notPortableIn(file);
    const wrong = differing.filter(({ line, expected }) => !excused.has(`${line} ${expected}`));
    expect(wrong).toEqual([]);
    // Who is excused and holds would hide a later mistake.
    expect(new Set(differing.map(({ line, expected }) => `${line} ${expected}`))).toEqual(excused);
    for (const { kind, expected, actual } of run.facts) {
      if (expected === actual) checked.set(kind, (checked.get(kind) ?? 0) + 1);
    }
    notCarriedOut.push(...run.notCarriedOut.map((cmd) => `${file}: ${cmd}`));
    commands += interactions.length;
  });

  afterAll(() => {
    const total = [...checked.values()].reduce((sum, count) => sum + count, 0);
    const kinds = [...checked].map(([kind, count]) => `${count} ${kind}`).join(', ');
    const excused = NOT_PORTABLE.map(({ reason, facts }) => {
      const listed = Object.entries(facts);
      const count = listed.reduce((sum, [, inFile]) => sum + inFile.length, 0);
      return `  ${count} not portable: ${reason} (${listed.map(([file]) => file).join(', ')})`;
    });
    const left = notCarriedOut.map((cmd) => `  not carried out: ${cmd}`);
    const summary = `${files.length} files, ${commands} commands, ${total} facts hold (${kinds})`;
    console.info([summary, ...excused, ...left].join('\n'));
  });
});
