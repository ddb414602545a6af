import type { Outcome } from './command.js';
import { failed } from './command.js';
import type { ClientRequests, Store } from './store.js';

/**
 * Remembering requests, within bounds, so that a retried one takes effect once and gets the first result.
 *
 * A request id `<client>#<number>` belongs to that client, who numbers its requests upwards. The last `resultsPerClient` results of
 * each are kept. A request whose number is not above one already forgotten, and whose result is not kept, is refused: nobody can say
 * any more whether it took effect. So a client with fewer requests in flight than are kept never meets this.
 * Ids of another form share one list of `unnumberedResults`; a repetition later than that is not recognised, nor is one by
 * a client that is no longer among the last `maxClients` heard. Retries last seconds; these bounds are far beyond.
 */
export function repeatedOutcome(store: Store, requestId: string): Outcome | undefined {
  if (requestId === '') return undefined;
  const { client, number } = ownerOf(requestId);
  const known = store.requests.clients.get(client);
  if (known === undefined) return undefined;
  const first = known.results.get(requestId);
  if (first !== undefined) return first;
  if (number < 0 || number > known.forgotten) return undefined;
  return failed(
    'unknown',
    `requestId: results of "${client}" up to ${known.forgotten} are forgotten; it may have happened`,
  );
}

export function rememberOutcome(store: Store, requestId: string, outcome: Outcome): void {
  if (requestId === '') return;
  const { client, number } = ownerOf(requestId);
  const { clients } = store.requests;
  const known: ClientRequests = clients.get(client) ?? { results: new Map(), forgotten: -1 };
  clients.delete(client);
  clients.set(client, known);
  known.results.set(requestId, outcome);
  const kept = number < 0 ? store.limits.unnumberedResults : store.limits.resultsPerClient;
  while (known.results.size > kept) forgetFirst(known);
  for (const oldest of clients.keys()) {
    if (clients.size <= store.limits.maxClients) break;
    clients.delete(oldest);
  }
}

function forgetFirst(known: ClientRequests): void {
  for (const oldest of known.results.keys()) {
    known.results.delete(oldest);
    known.forgotten = Math.max(known.forgotten, ownerOf(oldest).number);
    return;
  }
}

const NUMBERED = /^(.+)#([0-9]{1,15})$/;

function ownerOf(requestId: string): { client: string; number: number } {
  const match = NUMBERED.exec(requestId);
  const client = match?.[1];
  return client === undefined ? { client: '', number: -1 } : { client, number: Number(match?.[2]) };
}
