import { isIP, isIPv4 } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** Mutual TLS: both ends show a certificate signed by `ca`; the certificate of a peer must carry its node id as a name. */
export interface TlsOptions {
  /** PEM texts. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const address = host.replace(/^::ffff:/i, '');
  if (isIPv4(address)) return address.startsWith('127.');
  return isIP(address) === 6 && /^(0{0,4}:){2,7}0{0,3}1$/.test(address);
}

/** Plain TCP proves nothing and hides nothing, so it stays on this machine unless somebody says otherwise. */
export function findInsecurity(
  hosts: readonly string[],
  tls: TlsOptions | undefined,
  allowPlaintext: boolean,
): string | undefined {
  if (tls !== undefined || allowPlaintext) return undefined;
  const exposed = hosts.find((host) => !isLoopback(host));
  if (exposed === undefined) return undefined;
  return `${exposed} is not a loopback address and there is no TLS; give "tls" (ca, cert, key) or, in a network that you trust, set "allowPlaintext: true"`;
}

/** The names that the peer's certificate proves. */
export function provenNames(socket: TLSSocket): readonly string[] {
  const certificate = socket.getPeerCertificate();
  const alternatives = (certificate.subjectaltname ?? '')
    .split(', ')
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice('DNS:'.length));
  const commonName = certificate.subject?.CN;
  return typeof commonName === 'string' ? [...alternatives, commonName] : alternatives;
}
