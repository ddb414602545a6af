import type { NodeId } from '../../runtime/address.js';
import type { Plain } from '../../runtime/data.js';
import type { NodePorts, Random } from '../../runtime/ports.js';

export type EffectKind = 'turn' | 'message' | 'observation' | 'draw' | 'disk' | 'timer' | 'work';

/** One thing that a node did, told while it does it: what two runs of a seed are held against each other by. */
export interface Effect {
  readonly kind: EffectKind;
  readonly node: NodeId;
  /** The step that it belongs to, or during which it came about. */
  readonly step: number;
  readonly atUs: number;
  /** The actor and what it handled, the receiver and the type, the stream, the file. */
  readonly subject: string;
  readonly value: Plain;
}

/** Called in the middle of what is told, so that a stack trace shows who does it. */
export type EffectListener = (effect: Effect) => void;

/** Where a node is: asked anew for each effect. */
export interface Whereabouts {
  readonly node: NodeId;
  stepNow(): number;
  nowUs(): number;
}

/** Ports that tell a listener what goes out through them. */
export function listenedPorts(ports: NodePorts, where: Whereabouts, listener: EffectListener): NodePorts {
  const tell = (kind: EffectKind, subject: string, value: Plain, step = where.stepNow()): void =>
    listener({ kind, node: where.node, step, atUs: where.nowUs(), subject, value });
  return {
    ...ports,
    timers: {
      set(token, delayUs) {
        tell('timer', `timer ${token}`, delayUs);
        ports.timers.set(token, delayUs);
      },
      cancel: (token) => ports.timers.cancel(token),
    },
    network: {
      send(envelope) {
        const { to, message, causeStep } = envelope;
        tell('message', `${message.type} to ${to}`, message as unknown as Plain, causeStep);
        ports.network.send(envelope);
      },
    },
    work: {
      start(workId, kind, input) {
        tell('work', kind, input);
        ports.work.start(workId, kind, input);
      },
      cancel: (workId) => ports.work.cancel(workId),
    },
    random: (name) => listenedRandom(ports.random(name), (value) => tell('draw', name, value)),
    observe(record) {
      const who = record.actor === '' ? '' : `${record.actor}: `;
      tell('observation', `${who}${record.observation.type}`, record.observation, record.step);
      ports.observe(record);
    },
  };
}

function listenedRandom(random: Random, tell: (value: number) => void): Random {
  const told = (value: number): number => {
    tell(value);
    return value;
  };
  return {
    uint32: () => told(random.uint32()),
    between: (low, high) => told(random.between(low, high)),
  };
}
