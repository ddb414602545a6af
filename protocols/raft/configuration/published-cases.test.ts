import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { setFollowers, type Progress } from '../replication/progress.js';
import { changeSimply, enterJoint, leaveJoint, type ConfigurationChange, type ConfigurationFault } from './changer.js';
import { committedIndex, configurationOf, membersOf, voteResult, type Configuration } from './configuration.js';

const casesFile = new URL('../../../../shared/data/raft-cases/cases.json', import.meta.url);

interface Case {
  readonly cmd: string;
  readonly input: readonly string[];
  readonly expected: readonly string[];
}

if (!existsSync(casesFile)) console.warn(`SKIPPED: the published cases of Raft are not at ${casesFile.pathname}`);
const cases = existsSync(casesFile)
  ? (JSON.parse(readFileSync(casesFile, 'utf8')) as Readonly<Record<string, readonly Case[]>>)
  : {};

/** `cfg=(1, 2) idx=(12,_)` as names and lists; `zero` is an empty list that is there. */
function argumentsOf(cmd: string): ReadonlyMap<string, readonly string[]> {
  const found = [...cmd.matchAll(/(\w+)=(?:\(([^)]*)\)|zero)/g)];
  return new Map(
    found.map(([, name = '', list = '']) => [
      name,
      list
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    ]),
  );
}

/** Values are given in the order in which the ids come first, those of the second half after those of the first. */
function configurationAndValues(cmd: string): { configuration: Configuration; values: ReadonlyMap<string, string> } {
  const given = argumentsOf(cmd);
  const voters = given.get('cfg') ?? [];
  const outgoing = given.get('cfgj') ?? [];
  const values = given.get('idx') ?? given.get('votes') ?? [];
  const ids = [...new Set([...voters, ...outgoing])];
  return {
    configuration: { ...configurationOf(voters), outgoing },
    values: new Map(ids.flatMap((id, n) => (values[n] === undefined || values[n] === '_' ? [] : [[id, values[n]]]))),
  };
}

const RESULTS = Object.freeze({ won: 'VoteWon', pending: 'VotePending', lost: 'VoteLost' });

function answerTo({ cmd }: Case): string {
  const { configuration, values } = configurationAndValues(cmd);
  if (cmd.startsWith('vote')) {
    const votes = new Map([...values].map(([id, value]) => [id, value === 'y']));
    return RESULTS[voteResult(configuration, votes)];
  }
  const index = committedIndex(configuration, (id) => Number(values.get(id) ?? 0));
  return index === Infinity ? '∞' : String(index);
}

const quorumFiles = Object.entries(cases).filter(([file]) => file.startsWith('quorum/'));

describe.skipIf(quorumFiles.length === 0)('published cases of quorums', () => {
  it.each(quorumFiles)('%s', (file, commands) => {
    for (const command of commands) {
      const expected = (command.expected.at(-1) ?? '').replace('<empty majority quorum>', '');
      expect({ case: command.cmd, answer: answerTo(command) }).toEqual({ case: command.cmd, answer: expected });
    }
    console.info(`${file}: ${commands.length} cases checked`);
    expect(commands.length).toBeGreaterThan(10);
  });
});

const KINDS = Object.freeze({ v: 'add-voter', l: 'add-learner', r: 'remove' } as const);

/** `v1 l2 r3 u4`; an update (u) changes no configuration. */
function changesOf(input: readonly string[]): ConfigurationChange[] {
  return input
    .flatMap((line) => line.split(' '))
    .flatMap((step) => {
      const kind = KINDS[step.charAt(0) as keyof typeof KINDS] as ConfigurationChange['change'] | undefined;
      return kind === undefined ? [] : [{ change: kind, node: step.slice(1) }];
    });
}

const FAULTS: Readonly<Record<ConfigurationFault, string>> = Object.freeze({
  'simple-change-while-joint': "can't apply simple config change in joint config",
  'more-than-one-voter-changed': 'more than one voter changed without entering joint config',
  'no-voter-left': 'removed all voters',
  'joint-already': 'config is already joint',
  'no-voter-to-begin-with': "can't make a zero-voter config joint",
  'not-joint': "can't leave a non-joint config",
});

/** One file's commands in order: the configuration and what is known of followers go on from one to the next. */
class Group {
  private configuration = configurationOf([]);
  private readonly progress = new Map<string, Progress>();
  private commands = 0;

  answerTo({ cmd, input }: Case): readonly string[] {
    const next = Math.max(this.commands++, 1);
    const changes = changesOf(input);
    const [kind, option] = cmd.split(' ');
    const outcome =
      kind === 'simple'
        ? changeSimply(this.configuration, changes)
        : kind === 'enter-joint'
          ? enterJoint(this.configuration, changes, option === 'autoleave=true')
          : leaveJoint(this.configuration);
    if ('fault' in outcome) return [FAULTS[outcome.fault]];
    this.configuration = outcome;
    setFollowers(this.progress, membersOf(outcome), next, 0);
    return [this.described(), ...this.followers()];
  }

  private described(): string {
    const { voters, outgoing, learners, learnersNext, autoLeave } = this.configuration;
    const parts = [`voters=${listed(voters)}${outgoing.length > 0 ? `&&${listed(outgoing)}` : ''}`];
    if (learners.length > 0) parts.push(`learners=${listed(learners)}`);
    if (learnersNext.length > 0) parts.push(`learners_next=${listed(learnersNext)}`);
    if (autoLeave) parts.push('autoleave');
    return parts.join(' ');
  }

  private followers(): string[] {
    const { learners } = this.configuration;
    return sorted([...this.progress.keys()]).map((id) => {
      const { match, next, mode } = this.progress.get(id) as Progress;
      const name = mode === 'probe' ? 'StateProbe' : mode;
      return `${id}: ${name} match=${match} next=${next}${learners.includes(id) ? ' learner' : ''}`;
    });
  }
}

const sorted = (ids: readonly string[]): string[] => [...ids].sort((a, b) => Number(a) - Number(b));
const listed = (ids: readonly string[]): string => `(${sorted(ids).join(' ')})`;

const changeFiles = Object.entries(cases).filter(([file]) => file.startsWith('confchange/'));

describe.skipIf(changeFiles.length === 0)('published cases of configuration changes', () => {
  it.each(changeFiles)('%s', (file, commands) => {
    const group = new Group();
    for (const command of commands) {
      expect({ case: command, answer: group.answerTo(command) }).toEqual({ case: command, answer: command.expected });
    }
    console.info(`${file}: ${commands.length} cases checked`);
    expect(commands.length).toBeGreaterThan(2);
  });
});
