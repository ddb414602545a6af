import type { NodeId } from '../../runtime/address.js';
import type { Monitor } from '../../sim/index.js';
import { lifeOf, observed } from './observed.js';

// What registers promise at every moment, judged from observations. A write is observed when it is durable, so what is seen here is what survives.

interface SeenVersion {
  readonly counter: number;
  readonly writer: NodeId;
}

/** The order of versions, written down a second time: the count, then the writer's name. */
export function isNewer(a: SeenVersion, b: SeenVersion): boolean {
  return a.counter !== b.counter ? a.counter > b.counter : a.writer > b.writer;
}

export function describeVersion({ counter, writer }: SeenVersion): string {
  return `${counter} by ${writer}`;
}

/**
 * At each node, through all its lives, a register only ever becomes newer, and what the disk held after a crash is not older than what was
 * observed before: no accepted write is lost but to a newer one.
 */
export function versionsGrow(): Monitor {
  const held = new Map<string, SeenVersion>();
  const forgotten = new Set<string>();
  return {
    observe(record) {
      const seen = observed(record);
      if (seen.type === 'register-collected') forgotten.add(`${record.node} ${seen.key}`);
      const isRecovered = seen.type === 'register-recovered';
      if (!isRecovered && seen.type !== 'register-written' && seen.type !== 'register-merged') return undefined;
      const name = `${record.node} ${seen.key}`;
      const before = held.get(name);
      const { counter, writer } = seen;
      held.set(name, { counter, writer });
      // A tombstone that was forgotten may come once more, from somebody who still remembers.
      const mayBeSame = isRecovered || forgotten.has(name);
      if (before === undefined || isNewer(seen, before) || (mayBeSame && !isNewer(before, seen))) return undefined;
      return `${lifeOf(record)}: register ${seen.key} went from version ${describeVersion(before)} to ${describeVersion(seen)}`;
    },
  };
}

/** Each version is written once, by the node that it names, and nobody holds one that was never written. */
export function versionsAreWrittenOnce(): Monitor {
  const written = new Set<string>();
  return {
    observe(record) {
      const seen = observed(record);
      const isRecovered = seen.type === 'register-recovered';
      if (!isRecovered && seen.type !== 'register-written' && seen.type !== 'register-merged') return undefined;
      const version = `version ${describeVersion(seen)} of register ${seen.key}`;
      if (seen.type === 'register-merged' || (isRecovered && seen.writer !== record.node)) {
        return written.has(version) ? undefined : `${lifeOf(record)} holds ${version}, which nobody wrote`;
      }
      if (seen.writer !== record.node) return `${lifeOf(record)} wrote ${version}`;
      if (!isRecovered && written.has(version)) return `${lifeOf(record)} wrote ${version} a second time`;
      written.add(version);
      return undefined;
    },
  };
}

/** A write that expected a version was made over that version, and over no other (C9). */
export function checkedWritesHold(): Monitor {
  const overOf = new Map<string, number>();
  return {
    observe(record) {
      const seen = observed(record);
      if (seen.type === 'register-written') overOf.set(`${seen.key} ${seen.counter} ${seen.writer}`, seen.overCounter);
      if (seen.type !== 'checked-write-done' || seen.expected === 0) return undefined;
      const over = overOf.get(`${seen.key} ${seen.counter} ${seen.writer}`);
      if (over === seen.expected) return undefined;
      return `${lifeOf(record)}: a write of ${seen.key} that expected version ${seen.expected} was carried out over ${over ?? 'no version known'}`;
    },
  };
}

/** At each node, through all its lives, the tokens with which it is elected grow. */
export function tokensGrow(): Monitor {
  const last = new Map<string, number>();
  return {
    observe(record) {
      const seen = observed(record);
      if (seen.type !== 'elected') return undefined;
      const name = `${record.node} ${seen.election}`;
      const before = last.get(name) ?? 0;
      last.set(name, seen.token);
      if (seen.token > before) return undefined;
      return `${lifeOf(record)} was elected to ${seen.election} with token ${seen.token} after it had had ${before}`;
    },
  };
}
