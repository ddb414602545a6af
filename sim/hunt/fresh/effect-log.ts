import { fileURLToPath } from 'node:url';
import { toJson } from '../../artifact/plain-json.js';
import { sourceLocationOf, UNKNOWN_PLACE } from '../../guard/source-location.js';
import type { Effect, EffectListener } from '../../world/effects.js';

/** What a run did, effect by effect, as texts that are equal where the effects are. */
export interface EffectLog {
  readonly lines: readonly string[];
  /** Nothing was kept from here on: the log had become too long. */
  readonly isCut: boolean;
}

/** The first effect in which a run departs from a log. */
export interface EffectDifference {
  /** What the log has there; undefined where it ends. */
  readonly expected: string | undefined;
  /** What the run did; undefined where it ended. */
  readonly actual: string | undefined;
  /** The turn that it belongs to: an actor and what it handles. */
  readonly turn: string | undefined;
  /** `path:line:column` of the code that did it, where that shows. */
  readonly location: string | undefined;
}

const CHARACTERS_MAX = 64_000_000;
// Of this package, as built or by way of its source maps.
const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/dist[\\/]$/, '');
const OWN_FRAME = /^(dist[\\/])?(sim|runtime)[\\/]/;

function isOwnFrame(frame: string): boolean {
  const at = frame.indexOf(ROOT);
  return at >= 0 && OWN_FRAME.test(frame.slice(at + ROOT.length)) && !/\.(test|fixture)\./.test(frame);
}

/** An effect as one line: kind, node, step, time, subject, value. */
function lineOf({ kind, node, step, atUs, subject, value }: Effect): string {
  return JSON.stringify([kind, node, step, atUs, subject, toJson(value)]);
}

/** Keeps what a run does. */
export function effectRecorder(): { readonly listener: EffectListener; log(): EffectLog } {
  const lines: string[] = [];
  let characters = 0;
  return {
    listener(effect) {
      if (characters > CHARACTERS_MAX) return;
      const line = lineOf(effect);
      characters += line.length;
      lines.push(line);
    },
    log: () => ({ lines, isCut: characters > CHARACTERS_MAX }),
  };
}

/** Holds what a run does against a log, and keeps the first difference, with the place in the source while it is on the stack. */
export function effectComparer({ lines, isCut }: EffectLog): {
  readonly listener: EffectListener;
  difference(): EffectDifference | undefined;
} {
  let next = 0;
  let turn: string | undefined;
  let found: EffectDifference | undefined;
  return {
    listener(effect) {
      if (found !== undefined || (isCut && next >= lines.length)) return;
      if (effect.kind === 'turn') turn = `${effect.node}/${effect.subject}`;
      const expected = lines[next++];
      const actual = lineOf(effect);
      if (actual === expected) return;
      const place = sourceLocationOf(String(new Error('here').stack), isOwnFrame);
      found = { expected, actual, turn, location: place === UNKNOWN_PLACE ? undefined : place };
    },
    difference() {
      if (found !== undefined || next >= lines.length) return found;
      return { expected: lines[next], actual: undefined, turn, location: undefined };
    },
  };
}
