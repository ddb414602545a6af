import { statSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { findNotPlain } from '../../runtime/data.js';
import { isNodeId } from '../../runtime/address.js';
import { findInsecurity } from '../../runtime/node/index.js';
import type { SourceNode } from '../definitions/source.js';
import { issueMessage, unknownFieldMessage } from './files/issue-message.js';
import { nodeAt, positionOf, readSource, valueOf, type Path } from './files/source-text.js';
import { FileFaultsError } from './files/yaml-text.js';

const MAX_CONFIG_BYTES = 256 * 1024;

const ENDPOINT_FORM = 'HOST:PORT with a port up to 65535, such as 127.0.0.1:7101';

const endpoint = z.string().transform((text, context) => {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  if (parts === null || port > 65_535) {
    context.addIssue({
      code: 'custom',
      message: `expected ${ENDPOINT_FORM}, found ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  }
  return { host: parts[1] ?? (parts[2] as string), port };
});

const nodeId = z.string().refine(isNodeId, {
  error: ({ input }) =>
    `${JSON.stringify(input)} cannot name a node; use up to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit`,
});

const milliseconds = z.int().min(1).max(3_600_000);

const variableName = z.string().refine((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name), {
  error: ({ input }) =>
    `${JSON.stringify(input)} cannot name a variable; use letters, digits and "_", beginning with a letter or "_"`,
});

const shellSchema = z.strictObject({
  /** Shell commands run with all rights of the node, so they are off until somebody says so. */
  enabled: z.boolean().default(false),
  directory: z.string().optional(),
  /** Variables of every command, besides those of Orrery and the ones inherited. */
  environment: z.record(variableName, z.string()).default({}),
  inherit: z.array(z.string()).default(['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR']),
  maxOutputBytes: z.int().min(0).max(65_536).default(4096),
  killGraceMs: milliseconds.default(1000),
});

const limitsSchema = z.strictObject({
  maxFrameBytes: z.int().min(65_536).max(268_435_456).optional(),
  maxQueuedMessages: z.int().min(16).max(1_000_000).optional(),
  maxQueuedBytes: z.int().min(65_536).max(1_073_741_824).optional(),
  maxIncomingConnections: z.int().min(1).max(10_000).optional(),
  handshakeMs: milliseconds.optional(),
  keepAliveMs: milliseconds.optional(),
  minBackoffMs: milliseconds.optional(),
  maxBackoffMs: milliseconds.optional(),
});

const tlsSchema = z.strictObject({ ca: z.string(), cert: z.string(), key: z.string() });

const executorsSchema = z.strictObject({
  shell: shellSchema.prefault({}),
  /** A module whose exported functions tasks may run. */
  functions: z.string().optional(),
});

const configSchema = z.strictObject({
  node: nodeId,
  cluster: z.string().min(1).max(200),
  listen: endpoint,
  /** The other nodes. */
  peers: z.record(nodeId, endpoint).default({}),
  /** The nodes that run the scheduler. Default: this one and all peers that are no stores. */
  members: z.array(nodeId).min(1).optional(),
  /** The nodes that hold the store of the `lease` coordinator. */
  stores: z.array(nodeId).default([]),
  coordinator: z.enum(['raft', 'lease', 'gossip']),
  /** Parameters of the coordinator, such as `electionTimeoutMs` of raft. */
  coordinatorOptions: z.unknown().optional(),
  dataDirectory: z.string().min(1),
  /** Definitions that are submitted, once, when the node is up. */
  tasks: z.string().optional(),
  tls: tlsSchema.optional(),
  allowPlaintext: z.boolean().default(false),
  /** Where guarded effects go: handed to tasks as ORRERY_SINK_URL. */
  sink: z.url({ protocol: /^https?$/ }).optional(),
  executors: executorsSchema.prefault({}),
  /** Attempts that run at once on this node. */
  slots: z.int().min(1).max(1024).default(8),
  limits: limitsSchema.prefault({}),
});

/** The configuration of a scheduler node; every path is absolute. */
export type NodeConfig = z.infer<typeof configSchema>;

/** The fields there are, by the path of what holds them. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(configSchema.shape),
  tls: Object.keys(tlsSchema.shape),
  executors: Object.keys(executorsSchema.shape),
  'executors.shell': Object.keys(shellSchema.shape),
  limits: Object.keys(limitsSchema.shape),
};

/** What to write, where the type of a field does not say it. */
const FORMS: Readonly<Record<string, string>> = {
  '': `at least ${['node', 'cluster', 'listen', 'coordinator', 'dataDirectory'].join(', ')}`,
  node: 'the name of this node, such as n1',
  cluster: 'the name that all nodes of the cluster share, such as shop',
  listen: ENDPOINT_FORM,
  peers: 'names of nodes and their addresses, such as { n2: 127.0.0.1:7102 }',
  dataDirectory: 'the folder where this node keeps its data, such as data/n1',
  sink: 'an address such as http://127.0.0.1:8080',
  'tls.ca': 'the path of a PEM file with the certificates of those who sign',
  'tls.cert': "the path of a PEM file with this node's certificate",
  'tls.key': 'the path of a PEM file with its key',
};

/** Reads and checks a configuration. Throws FileFaultsError that names file, line and field of every fault. */
export function readConfig(file: string): NodeConfig {
  const source: Source = { file, root: readSource(file, MAX_CONFIG_BYTES) };
  const parsed = configSchema.safeParse(valueOf(file, source.root));
  if (!parsed.success) {
    throw new FileFaultsError(parsed.error.issues.flatMap((issue) => faultsOf(source, issue)));
  }
  const config = withAbsolutePaths(parsed.data, dirname(resolve(file)));
  const found = [...findContradictions(config), ...findExposure(config), ...findNoDirectory(config)];
  if (found.length > 0) throw new FileFaultsError(found.map(({ path, message }) => faultAt(source, path, message)));
  return config;
}

interface Source {
  readonly file: string;
  readonly root: SourceNode;
}

function faultsOf(source: Source, issue: z.core.$ZodIssue): ReturnType<typeof faultAt>[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const field = path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => faultAt(source, [...path, key], unknownFieldMessage(key, FIELDS[field] ?? [])));
  }
  const node = nodeAt(source.root, path);
  const found = node === undefined ? undefined : valueOf(source.file, node);
  const form = FORMS[field] ?? (path.length === 2 && path[0] === 'peers' ? ENDPOINT_FORM : undefined);
  return [faultAt(source, path, issueMessage(issue, { found, form }))];
}

function faultAt({ file, root }: Source, path: Path, message: string): FileFaultsError['faults'][number] {
  const field = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return { file, ...positionOf(root, path), field: field.replace(/^\./, ''), message };
}

interface Fault {
  readonly path: Path;
  readonly message: string;
}

/** Addresses beyond this machine without protection: the transport refuses them too, but cannot tell where they were written. */
function findExposure({ listen, peers, tls, allowPlaintext }: NodeConfig): Fault[] {
  const places: [Path, string][] = [[['listen'], listen.host]];
  for (const [id, { host }] of Object.entries(peers)) places.push([['peers', id], host]);
  return places.flatMap(([path, host]) => {
    const message = findInsecurity([host], tls, allowPlaintext);
    return message === undefined ? [] : [{ path, message }];
  });
}

/** A data directory may be missing, but nothing in its place or above it may be a file. */
function findNoDirectory({ dataDirectory }: NodeConfig): Fault[] {
  for (let place = dataDirectory; ; place = dirname(place)) {
    const found = statOrNothing(place);
    if (found?.isDirectory() === true || place === dirname(place)) return [];
    if (found === undefined) continue;
    const what = place === dataDirectory ? 'is no directory' : `cannot be made, since ${place} is no directory`;
    return [{ path: ['dataDirectory'], message: `${dataDirectory} ${what}; name a folder, or move that file away` }];
  }
}

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function findContradictions(config: NodeConfig): Fault[] {
  const { node, coordinator, stores } = config;
  const members = membersOf(config);
  const known = new Set([node, ...Object.keys(config.peers)]);
  const found: Fault[] = [];
  const notPlain = findNotPlain(config.coordinatorOptions ?? null, 'it');
  if (notPlain !== undefined) found.push({ path: ['coordinatorOptions'], message: notPlain });
  if (config.peers[node] !== undefined) {
    found.push({
      path: ['peers', node],
      message: `${node} is this node itself; remove it: its own address is "listen"`,
    });
  }
  for (const list of ['members', 'stores'] as const) {
    config[list]?.forEach((id, i) => {
      if (!known.has(id)) found.push({ path: [list, i], message: `${id} is neither this node nor under "peers"` });
    });
  }
  if (!members.includes(node) && !stores.includes(node)) {
    found.push({ path: ['members'], message: `${node} is neither a member nor a store, so it would do nothing` });
  }
  if (coordinator === 'lease' && stores.length === 0) {
    found.push({ path: ['stores'], message: 'the lease coordinator needs a node that holds its store' });
  }
  if (coordinator !== 'lease' && stores.length > 0) {
    found.push({ path: ['stores'], message: `the ${coordinator} coordinator has no stores; remove them` });
  }
  return found;
}

/** The nodes that run the scheduler. */
export function membersOf({ node, peers, members, stores }: NodeConfig): readonly string[] {
  if (members !== undefined) return members;
  return [...new Set([node, ...Object.keys(peers)])].filter((id) => !stores.includes(id)).sort();
}

function withAbsolutePaths(config: NodeConfig, base: string): NodeConfig {
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(base, path));
  const { executors, tls, tasks } = config;
  const dataDirectory = absolute(config.dataDirectory);
  return {
    ...config,
    dataDirectory,
    ...(tasks === undefined ? {} : { tasks: absolute(tasks) }),
    ...(tls === undefined ? {} : { tls: { ca: absolute(tls.ca), cert: absolute(tls.cert), key: absolute(tls.key) } }),
    executors: {
      shell: { ...executors.shell, directory: absolute(executors.shell.directory ?? dataDirectory) },
      ...(executors.functions === undefined ? {} : { functions: absolute(executors.functions) }),
    },
  };
}
