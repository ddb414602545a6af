import type { ObservedRecord } from '../../runtime/observation.js';
import type { Monitor } from '../../sim/properties/property.js';
import { casRegister, linearizableHistory, type ToldEvent } from '../linearizability/index.js';
import { REGISTER_PREFIX } from './register-client.js';

/**
 * The registers that clients read and increment by compare and set are linearizable, judged by what the clients asked and were told and by
 * nothing that the store tells of itself.
 */
export function registersLinearizable(): Monitor {
  return linearizableHistory(casRegister(0), registerEvent());
}

function registerEvent(): (record: ObservedRecord) => ToldEvent | undefined {
  /** By client, then id of the reads under way: ids are used again for the next try. */
  const reads = new Map<string, { readonly process: string; readonly key: string }>();
  let count = 0;
  const idOf = ({ node, observation }: ObservedRecord): string => `${node} ${String(observation['id'])}`;
  return (record) => {
    const { observation } = record;
    switch (observation.type) {
      case 'read-asked': {
        const key = String(observation['key']);
        if (!key.startsWith(REGISTER_PREFIX)) return undefined;
        const process = `${idOf(record)} read ${++count}`;
        reads.set(idOf(record), { process, key });
        return { process, type: 'invoke', f: 'read', key, value: null };
      }
      case 'read-answered': {
        const read = reads.get(idOf(record));
        if (read === undefined) return undefined;
        reads.delete(idOf(record));
        return { process: read.process, type: 'ok', f: 'read', key: read.key, value: Number(observation['value']) };
      }
      case 'increment-asked': {
        const value = Number(observation['value']);
        const key = String(observation['key']);
        return { process: idOf(record), type: 'invoke', f: 'cas', key, value: [value, value + 1] };
      }
      case 'increment-answered':
        return { process: idOf(record), type: 'ok', f: 'cas', key: null, value: observation['succeeded'] === true };
      default:
        return undefined;
    }
  };
}
