import { connect, createServer, type Server, type Socket } from 'node:net';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Envelope } from '../../envelope.js';
import { randomStream } from '../../random.js';
import { PlainCodec } from './codec.js';
import type { TransportEvent } from './events.js';
import { encodeFrame, FRAME, FrameReader, HEAD_BYTES, MAGIC, type FrameKind } from './frame.js';
import { PROTOCOL_VERSION, type Introduction } from './handshake.js';
import type { TransportLimits } from './limits.js';
import type { Endpoint } from './outgoing-link.js';
import { TcpTransport } from './tcp-transport.js';

const codec = new PlainCodec();
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Side {
  readonly transport: TcpTransport;
  readonly received: Envelope[];
  readonly events: TransportEvent[];
}

const HOST = '127.0.0.1';
const FAST: Partial<TransportLimits> = { minBackoffMs: 5, maxBackoffMs: 20, keepAliveMs: 30, maxSilentKeepAlives: 4 };

async function open(
  node: string,
  peers: Record<string, Endpoint>,
  options: { limits?: Partial<TransportLimits>; cluster?: string; incarnation?: number; schemaVersion?: number } = {},
): Promise<Side> {
  const received: Envelope[] = [];
  const events: TransportEvent[] = [];
  const schemaVersion = options.schemaVersion ?? 1;
  const transport = new TcpTransport({
    identity: {
      cluster: options.cluster ?? 'test',
      node,
      incarnation: () => options.incarnation ?? 1,
      schemaVersion,
      acceptsSchema: { from: schemaVersion, to: schemaVersion },
    },
    listen: { host: HOST, port: 0 },
    peers,
    limits: { ...FAST, ...options.limits },
    random: randomStream(node),
    received: (envelope) => received.push(envelope),
    event: (event) => events.push(event),
  });
  await transport.open();
  closers.push(() => transport.close(50));
  return { transport, received, events };
}

function envelope(from: string, to: string, sequence: number, fields: object = {}): Envelope {
  const message = { type: 'numbered', sequence, ...fields } as Envelope['message'];
  return {
    ...{ from, to, incarnation: 1, toIncarnation: 0, sequence, causeStep: 1, lamport: sequence },
    ...{ traceparent: '', schemaVersion: 1, correlation: 0, stamp: 0, message },
  };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never happened: ${what}`);
}

/** Stands between a dialler and its peer, so that the way can be cut. */
async function relay(): Promise<{
  endpoint: Endpoint;
  to: { port: number };
  cut(): void;
  heal(): void;
  stall(): void;
}> {
  const sockets = new Set<Socket>();
  const to = { port: 0 };
  let isCut = false;
  let isStalled = false;
  const server: Server = createServer((inner) => {
    const outer = connect({ host: HOST, port: to.port });
    for (const [a, b] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(a);
      a.on('error', () => undefined);
      a.on('data', (chunk) => void (isStalled || b.write(chunk)));
      a.on('close', () => {
        sockets.delete(a);
        b.destroy();
      });
    }
    if (isCut) inner.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  closers.push(() => {
    cut();
    server.close();
  });
  return {
    endpoint: { host: HOST, port: (server.address() as { port: number }).port },
    to,
    cut,
    heal: () => void ((isCut = false), (isStalled = false)),
    stall: () => void (isStalled = true),
  };
}

/** A peer that says whatever a test wants. */
async function rawPeer(
  port: number,
): Promise<{ socket: Socket; frames: { kind: FrameKind; body: Uint8Array }[]; closed: () => boolean }> {
  const frames: { kind: FrameKind; body: Uint8Array }[] = [];
  const reader = new FrameReader(1 << 20, (kind, body) => frames.push({ kind, body }));
  const socket = connect({ host: HOST, port });
  let closed = false;
  socket.on('data', (chunk) => void reader.push(chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => (closed = true));
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  closers.push(() => void socket.destroy());
  return { socket, frames, closed: () => closed };
}

const SOUND: Introduction = {
  protocolVersion: PROTOCOL_VERSION,
  schemaVersion: 1,
  cluster: 'test',
  node: 'n2',
  incarnation: 1,
  to: 'n1',
};

function hello(changes: Partial<Introduction> & Record<string, unknown> = {}): Uint8Array {
  return Buffer.concat([MAGIC, encodeFrame(FRAME.hello, codec.encode({ ...SOUND, ...changes } as never))]);
}

function refusalIn(frames: readonly { kind: FrameKind; body: Uint8Array }[]): unknown {
  const frame = frames.find(({ kind }) => kind === FRAME.refuse);
  const decoded = frame === undefined ? undefined : codec.decode(frame.body);
  return decoded?.ok === true ? decoded.value : undefined;
}

const NOWHERE: Endpoint = { host: HOST, port: 9 };

describe('peers that behave', () => {
  it('get messages in order, each once, and count them', async () => {
    const way = await relay();
    const n1 = await open('n1', { n2: way.endpoint });
    const n2 = await open('n2', { n1: { host: HOST, port: n1.transport.port } });
    way.to.port = n2.transport.port;
    for (let i = 1; i <= 2000; i++) n1.transport.send(envelope('n1/a', 'n2/b', i));
    await until('all arrive', () => n2.received.length === 2000);
    expect(n2.received.map((e) => e.sequence)).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
    expect(n1.transport.counters).toMatchObject({ sent: 2000 });
    expect(n2.transport.counters).toMatchObject({ received: 2000, refusedConnections: 0 });
  });

  it('find each other again after the way was cut; nothing comes twice', async () => {
    const way = await relay();
    const n1 = await open('n1', { n2: way.endpoint });
    const n2 = await open('n2', { n1: NOWHERE });
    way.to.port = n2.transport.port;
    let sequence = 0;
    for (let round = 0; round < 5; round++) {
      await until('connected', () => n1.transport.isConnectedTo('n2'));
      const before = n2.received.length;
      for (let i = 0; i < 20; i++) n1.transport.send(envelope('n1/a', 'n2/b', ++sequence));
      await until('some arrive', () => n2.received.length > before);
      way.cut();
      await until('cut', () => !n1.transport.isConnectedTo('n2'));
      way.heal();
    }
    const sequences = n2.received.map((e) => e.sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
  });

  it('notice a peer that has fallen silent', async () => {
    const way = await relay();
    const n1 = await open('n1', { n2: way.endpoint });
    const n2 = await open('n2', { n1: NOWHERE });
    way.to.port = n2.transport.port;
    await until('connected', () => n1.transport.isConnectedTo('n2'));
    way.stall();
    await until('n1 gives up', () => !n1.transport.isConnectedTo('n2'));
    await until('n2 gives up', () => n2.events.some((e) => e.type === 'connection-refused' && e.code === 'silent'));
    way.heal();
    await until('connected again', () => n1.transport.isConnectedTo('n2'));
  });

  it('lose the newest messages where too many wait', async () => {
    const way = await relay();
    const n1 = await open('n1', { n2: way.endpoint }, { limits: { maxQueuedMessages: 10 } });
    for (let i = 1; i <= 25; i++) n1.transport.send(envelope('n1/a', 'n2/b', i));
    expect(n1.transport.counters.dropped['queue-full']).toBe(15);
    expect(n1.events.filter((e) => e.type === 'message-dropped')).toHaveLength(1);
    const n2 = await open('n2', { n1: NOWHERE });
    way.to.port = n2.transport.port;
    await until('the rest arrives', () => n2.received.length === 10);
    expect(n2.received.at(-1)?.sequence).toBe(10);
  });

  it('are told which message was too large; others still go', async () => {
    const way = await relay();
    const n1 = await open('n1', { n2: way.endpoint }, { limits: { maxFrameBytes: 5000 } });
    const n2 = await open('n2', { n1: NOWHERE }, { limits: { maxFrameBytes: 5000 } });
    way.to.port = n2.transport.port;
    n1.transport.send(envelope('n1/a', 'n2/b', 1, { padding: 'x'.repeat(6000) }));
    n1.transport.send(envelope('n1/a', 'n2/b', 2));
    await until('the small one arrives', () => n2.received.length === 1);
    expect(n2.received[0]?.sequence).toBe(2);
    expect(n1.events).toContainEqual({ type: 'message-dropped', peer: 'n2', reason: 'too-large', message: 'numbered' });
    n1.transport.send(envelope('n1/a', 'n9/b', 3));
    expect(n1.events).toContainEqual({
      type: 'message-dropped',
      peer: 'n9',
      reason: 'unknown-peer',
      message: 'numbered',
    });
  });

  it('send nothing after the close', async () => {
    const n2 = await open('n2', { n1: NOWHERE });
    const n1 = await open('n1', { n2: { host: HOST, port: n2.transport.port } });
    await until('connected', () => n1.transport.isConnectedTo('n2'));
    n1.transport.send(envelope('n1/a', 'n2/b', 1));
    await n1.transport.close(200);
    n1.transport.send(envelope('n1/a', 'n2/b', 2));
    await until('the connection ends', () => n2.events.some((e) => e.type === 'connection-lost'));
    expect(n2.received.map((e) => e.sequence)).toEqual([1]);
  });
});

describe('peers that do not', () => {
  /** Does `misbehave` on a raw connection while a good peer is connected; answers what the raw one was told. */
  async function refusalOf(
    misbehave: (socket: Socket) => void,
    limits: Partial<TransportLimits> = {},
  ): Promise<unknown> {
    const n1 = await open('n1', { n2: NOWHERE, n3: NOWHERE }, { limits });
    const n3 = await open('n3', { n1: { host: HOST, port: n1.transport.port } });
    await until('the good peer is in', () => n3.transport.isConnectedTo('n1'));
    const raw = await rawPeer(n1.transport.port);
    misbehave(raw.socket);
    await until('closed', raw.closed);
    expect(n1.events.some((e) => e.type === 'connection-refused' && e.remote !== '')).toBe(true);
    n3.transport.send(envelope('n3/a', 'n1/b', 77));
    await until('the good peer is still heard', () => n1.received.some((e) => e.sequence === 77));
    expect(n1.received).toHaveLength(1);
    return refusalIn(raw.frames);
  }

  it('speak another protocol', async () => {
    expect(await refusalOf((s) => s.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))).toMatchObject({
      code: 'wrong-protocol',
    });
  });
  it('speak another version', async () => {
    expect(
      await refusalOf((s) => s.write(hello({ protocolVersion: PROTOCOL_VERSION + 1, unheardOf: 1 }))),
    ).toMatchObject({
      code: 'wrong-version',
      reason: expect.stringContaining(`protocol version ${PROTOCOL_VERSION + 1}`),
    });
  });
  it('speak another schema', async () => {
    expect(await refusalOf((s) => s.write(hello({ schemaVersion: 9 })))).toMatchObject({ code: 'wrong-version' });
  });
  it('belong to another cluster', async () => {
    expect(await refusalOf((s) => s.write(hello({ cluster: 'other' })))).toMatchObject({ code: 'wrong-cluster' });
  });
  it('look for another node', async () => {
    expect(await refusalOf((s) => s.write(hello({ to: 'n7' })))).toMatchObject({ code: 'wrong-node' });
  });
  it('are not in the configuration', async () => {
    expect(await refusalOf((s) => s.write(hello({ node: 'n9' })))).toMatchObject({ code: 'unknown-peer' });
  });
  it('claim to be this node', async () => {
    expect(await refusalOf((s) => s.write(hello({ node: 'n1' })))).toMatchObject({ code: 'wrong-node' });
  });
  it('send a frame over the limit', async () => {
    const tooLong = Buffer.alloc(HEAD_BYTES);
    tooLong.writeUInt32BE(0x7fff_ffff);
    tooLong[4] = FRAME.envelope;
    tooLong.writeUInt32BE(crc32(tooLong.subarray(0, 9)), 9);
    expect(await refusalOf((s) => s.write(Buffer.concat([hello(), tooLong])))).toMatchObject({
      code: 'frame-too-large',
    });
  });
  it('send a frame that was damaged on its way, in its head or in its body', async () => {
    for (const at of [3, HEAD_BYTES + 20]) {
      const frame = encodeFrame(FRAME.envelope, codec.encodeEnvelope(envelope('n2/a', 'n1/b', 1)));
      frame[at]! ^= 1;
      expect(await refusalOf((s) => s.write(Buffer.concat([hello(), frame])))).toMatchObject({ code: 'damaged-frame' });
    }
  });
  it('introduce themselves at length', async () => {
    expect(await refusalOf((s) => s.write(hello({ cluster: 'x'.repeat(5000) })))).toMatchObject({
      code: 'frame-too-large',
    });
  });
  it('send garbage', async () => {
    const garbage = encodeFrame(
      FRAME.envelope,
      Uint8Array.from({ length: 300 }, (_, i) => (i * 37) & 0xff),
    );
    expect(await refusalOf((s) => s.write(Buffer.concat([hello(), garbage])))).toMatchObject({
      code: 'malformed-frame',
    });
  });
  it('send as somebody else', async () => {
    const spoofed = encodeFrame(FRAME.envelope, codec.encodeEnvelope(envelope('n3/a', 'n1/b', 1)));
    expect(await refusalOf((s) => s.write(Buffer.concat([hello(), spoofed])))).toMatchObject({
      code: 'spoofed-sender',
    });
  });
  it('send as another life of themselves', async () => {
    const spoofed = encodeFrame(
      FRAME.envelope,
      codec.encodeEnvelope({ ...envelope('n2/a', 'n1/b', 1), incarnation: 2 }),
    );
    expect(await refusalOf((s) => s.write(Buffer.concat([hello(), spoofed])))).toMatchObject({
      code: 'spoofed-sender',
    });
  });
  it('send before they are known', async () => {
    const early = encodeFrame(FRAME.envelope, codec.encodeEnvelope(envelope('n2/a', 'n1/b', 1)));
    expect(await refusalOf((s) => s.write(Buffer.concat([MAGIC, early])))).toMatchObject({ code: 'malformed-frame' });
  });
  it('say nothing', async () => {
    expect(await refusalOf(() => undefined, { handshakeMs: 100 })).toMatchObject({ code: 'handshake-timeout' });
  });
  it('come back from an earlier life', async () => {
    const n1 = await open('n1', { n2: NOWHERE });
    const now = await rawPeer(n1.transport.port);
    now.socket.write(hello({ incarnation: 5 }));
    await until('welcome', () => now.frames.some(({ kind }) => kind === FRAME.welcome));
    const before = await rawPeer(n1.transport.port);
    before.socket.write(hello({ incarnation: 4 }));
    await until('refused', () => refusalIn(before.frames) !== undefined);
    expect(refusalIn(before.frames)).toMatchObject({ code: 'stale-incarnation' });
    expect(now.closed()).toBe(false);
  });
  it('are named to the side that dialled them', async () => {
    const n2 = await open('n2', { n1: NOWHERE }, { cluster: 'other' });
    const n1 = await open('n1', { n2: { host: HOST, port: n2.transport.port } });
    await until('told', () => n1.events.some((e) => e.type === 'refused-by-peer'));
    expect(n1.events.find((e) => e.type === 'refused-by-peer')).toMatchObject({ peer: 'n2', code: 'wrong-cluster' });
  });
});

describe('addresses', () => {
  const options = {
    identity: { cluster: 'c', node: 'n1', incarnation: () => 1, schemaVersion: 1, acceptsSchema: { from: 1, to: 1 } },
    random: randomStream('x'),
    received: () => undefined,
  };
  it('beyond this machine need TLS or an explicit word', () => {
    const exposed = { ...options, listen: { host: '0.0.0.0', port: 0 }, peers: {} };
    expect(() => new TcpTransport(exposed)).toThrow(/not a loopback address.*allowPlaintext/s);
    const far = { ...options, listen: { host: '::1', port: 0 }, peers: { n2: { host: 'example.org', port: 1 } } };
    expect(() => new TcpTransport(far)).toThrow(/example.org/);
    expect(() => new TcpTransport({ ...far, allowPlaintext: true })).not.toThrow();
  });
  it('that are taken are named', async () => {
    const taken = await open('n2', {});
    const second = new TcpTransport({ ...options, listen: { host: HOST, port: taken.transport.port }, peers: {} });
    await expect(second.open()).rejects.toThrow(`cannot listen on ${HOST}:${taken.transport.port}`);
  });
});
