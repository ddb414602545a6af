import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNode } from 'orrery/node';
import { client } from './client.js';
import { counter } from './counter.js';

// The actors of the simulation, unchanged, as two nodes with a disk each and TCP between them.
const folder = mkdtempSync(join(tmpdir(), 'orrery-counter-'));
const [n1, c1] = [await freeEndpoint(), await freeEndpoint()];

const server = await startNode({
  node: 'n1',
  cluster: 'counter',
  actors: [{ name: 'counter', definition: counter, params: null }],
  listen: n1,
  peers: { c1 },
  dataDirectory: join(folder, 'n1'),
});
const caller = await startNode({
  node: 'c1',
  cluster: 'counter',
  actors: [{ name: 'client', definition: client, params: { server: 'n1' } }],
  listen: c1,
  peers: { n1 },
  dataDirectory: join(folder, 'c1'),
});

const outside = caller.connect(() => undefined);
for (const n of [1, 2, 3]) outside.ask('client', { type: 'count', id: `request-${n}`, n });

const totals = () => (caller.stateOf('client') as { totals: Map<string, number> }).totals;
for (let waited = 0; totals().size < 3 && waited < 1_000; waited++) await new Promise((done) => setTimeout(done, 10));
console.log(`n1 listens on ${n1.host}:${n1.port}; it answered c1: ${JSON.stringify(Object.fromEntries(totals()))}`);

await caller.stop();
await server.stop();
rmSync(folder, { recursive: true });

async function freeEndpoint(): Promise<{ host: string; port: number }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { address: host, port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return { host, port };
}
