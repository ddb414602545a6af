import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Envelope } from '../../envelope.js';
import { randomStream } from '../../random.js';
import type { TransportEvent } from './events.js';
import type { Endpoint } from './outgoing-link.js';
import type { TlsOptions } from './security.js';
import { TcpTransport } from './tcp-transport.js';

/** The little of X.509 that a test needs: an authority, and certificates that it signs, on Ed25519. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...length), body]);
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const objectId = (...bytes: readonly number[]): Buffer => der(0x06, Uint8Array.from(bytes));
const ED25519 = sequence(objectId(0x2b, 0x65, 0x70));
const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(objectId(0x55, 0x04, 0x03), der(0x0c, Buffer.from(commonName)))));

interface Identity {
  readonly name: string;
  readonly key: KeyObject;
  readonly keyPem: string;
  readonly certPem: string;
}

function certify(name: string, issuer?: Identity): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const key = createPrivateKey(privateKey);
  const validity = sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')));
  const isAuthority = issuer === undefined;
  const constraint = sequence(
    objectId(0x55, 0x1d, 0x13),
    der(0x04, sequence(...(isAuthority ? [der(0x01, Uint8Array.of(0xff))] : []))),
  );
  const body = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, Uint8Array.of(1), randomBytes(8)),
    ED25519,
    nameOf(issuer?.name ?? name),
    validity,
    nameOf(name),
    createPublicKey({ key: publicKey, type: 'spki', format: 'der' }).export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(constraint)),
  );
  const signature = sign(null, body, issuer?.key ?? key);
  const certificate = sequence(body, ED25519, der(0x03, Uint8Array.of(0), signature));
  const base64 = certificate.toString('base64').replace(/.{64}/g, '$&\n');
  const certPem = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
  return { name, key, keyPem: privateKey, certPem };
}

const authority = certify('authority');
const stranger = certify('stranger');

function tlsOf(name: string, issuer = authority): TlsOptions {
  const { keyPem: key, certPem: cert } = certify(name, issuer);
  return { ca: authority.certPem, cert, key };
}

const HOST = '127.0.0.1';
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Side {
  readonly transport: TcpTransport;
  readonly received: Envelope[];
  readonly events: TransportEvent[];
}

async function open(node: string, tls: TlsOptions, peers: Record<string, Endpoint>, port = 0): Promise<Side> {
  const received: Envelope[] = [];
  const events: TransportEvent[] = [];
  const transport = new TcpTransport({
    identity: { cluster: 'test', node, incarnation: () => 1, schemaVersion: 1, acceptsSchema: { from: 1, to: 1 } },
    listen: { host: HOST, port },
    peers,
    tls,
    limits: { minBackoffMs: 5, maxBackoffMs: 20 },
    random: randomStream(node),
    received: (envelope) => received.push(envelope),
    event: (event) => events.push(event),
  });
  await transport.open();
  closers.push(() => transport.close(50));
  return { transport, received, events };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never happened: ${what}`);
}

const envelope: Envelope = {
  ...{ from: 'n1/a', to: 'n2/b', incarnation: 1, toIncarnation: 0, sequence: 1, causeStep: 1, lamport: 1 },
  ...{ traceparent: '', schemaVersion: 1, correlation: 0, stamp: 0, message: { type: 'hello' } },
};
const NOWHERE: Endpoint = { host: HOST, port: 9 };

describe('mutual TLS', () => {
  it('joins peers whose certificates name them', async () => {
    const n2 = await open('n2', tlsOf('n2'), { n1: NOWHERE });
    const n1 = await open('n1', tlsOf('n1'), { n2: { host: HOST, port: n2.transport.port } });
    n1.transport.send(envelope);
    await until('it arrives', () => n2.received.length === 1);
    expect(n2.received).toEqual([envelope]);
  });

  it.each([
    ['shows a certificate of another node', tlsOf('n3'), 'unproven-identity'],
    ['was certified by a stranger', tlsOf('n1', stranger), 'unproven-identity'],
  ])('turns away who %s', async (_, tls, code) => {
    const n2 = await open('n2', tlsOf('n2'), { n1: NOWHERE });
    await open('n1', tls, { n2: { host: HOST, port: n2.transport.port } });
    await until('refused', () => n2.events.some((event) => event.type === 'connection-refused' && event.code === code));
    expect(n2.events.some(({ type }) => type === 'connection-accepted')).toBe(false);
  });

  it('sends nothing to a server that is not whom we dialled', async () => {
    const n2 = await open('n2', tlsOf('n3'), { n1: NOWHERE });
    const n1 = await open('n1', tlsOf('n1'), { n2: { host: HOST, port: n2.transport.port } });
    n1.transport.send(envelope);
    await until('noticed', () => n1.events.some((e) => e.type === 'refused-by-peer' && e.code === 'unproven-identity'));
    expect(n1.transport.counters.sent).toBe(0);
  });

  it('turns away who speaks plainly', async () => {
    const n2 = await open('n2', tlsOf('n2'), { n1: NOWHERE });
    const socket = connect({ host: HOST, port: n2.transport.port });
    socket.on('error', () => undefined);
    socket.write('ORRY hello');
    await until('refused', () => n2.events.some((e) => e.type === 'connection-refused' && e.reason.includes('no TLS')));
    socket.destroy();
  });
});
