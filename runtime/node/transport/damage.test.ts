import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Envelope } from '../../envelope.js';
import { randomStream } from '../../random.js';
import type { TransportEvent } from './events.js';
import type { Endpoint } from './outgoing-link.js';
import { TcpTransport } from './tcp-transport.js';

// What the simulator's fault `corrupt` says of the real transport: see docs/decisions.

const HOST = '127.0.0.1';
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A way to a port on which one bit of what passes there is flipped, once: that of the byte with this number. */
async function damagingWay(targetPort: number, byte: number, bit: number): Promise<Endpoint> {
  let passed = 0;
  const server = createServer((inner) => {
    const outer = connect({ host: HOST, port: targetPort });
    for (const socket of [inner, outer]) socket.on('error', () => undefined);
    inner.on('close', () => outer.destroy());
    outer.on('close', () => inner.destroy());
    outer.pipe(inner);
    inner.on('data', (chunk) => {
      const at = byte - passed;
      passed += chunk.length;
      if (at >= 0 && at < chunk.length) chunk[at]! ^= 1 << bit;
      outer.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  closers.push(() => void server.close());
  return { host: HOST, port: (server.address() as AddressInfo).port };
}

async function open(node: string, peers: Record<string, Endpoint>): Promise<TcpTransport & { readonly heard: Heard }> {
  const heard: Heard = { received: [], events: [] };
  const transport = new TcpTransport({
    identity: {
      ...{ cluster: 'test', node, incarnation: () => 1, schemaVersion: 1 },
      acceptsSchema: { from: 1, to: 1 },
    },
    listen: { host: HOST, port: 0 },
    peers,
    limits: { minBackoffMs: 5, maxBackoffMs: 20 },
    random: randomStream(node),
    received: (envelope) => heard.received.push(envelope),
    event: (event) => heard.events.push(event),
  });
  await transport.open();
  closers.push(() => transport.close(50));
  return Object.assign(transport, { heard });
}

interface Heard {
  readonly received: Envelope[];
  readonly events: TransportEvent[];
}

function numbered(sequence: number): Envelope {
  const message = { type: 'numbered', sequence, text: 'x'.repeat(sequence % 40) } as Envelope['message'];
  return {
    ...{ from: 'n2/a', to: 'n1/b', incarnation: 1, toIncarnation: 0, sequence, causeStep: sequence, lamport: sequence },
    ...{ traceparent: '', schemaVersion: 1, correlation: 0, stamp: 0, message },
  };
}

const COUNT = 200;
const SENT_MAX = 20_000;

// The introduction takes some hundred bytes; the messages some twenty thousand.
it.each([400, 405, 1_003, 5_555, 9_999, 15_000])(
  'a bit flipped in byte %i of a stream reaches nobody: the connection closes, the next goes on behind a gap',
  async (byte) => {
    const receiver = await open('n1', { n2: { host: HOST, port: 1 } });
    const way = await damagingWay(receiver.port, byte, byte % 8);
    const sender = await open('n2', { n1: way });
    let sent = 0;
    const trickle = setInterval(() => {
      for (let burst = 0; burst < 4 && sent < SENT_MAX; burst++) sender.send(numbered(++sent));
    }, 2);
    closers.push(() => clearInterval(trickle));
    await expect.poll(() => receiver.heard.received.at(-1)?.sequence, { timeout: 20_000 }).toBeGreaterThan(COUNT);
    clearInterval(trickle);
    const sequences = receiver.heard.received.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
    expect(sequences.length).toBeLessThan(sequences.at(-1)!);
    for (const envelope of receiver.heard.received) expect(envelope).toEqual(numbered(envelope.sequence));
    expect(receiver.heard.events).toContainEqual(
      expect.objectContaining({ type: 'connection-refused', code: 'damaged-frame' }),
    );
  },
);
